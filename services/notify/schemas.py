"""The shapes of notify's HTTP interface (contract/api.md) and how rows become them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from services.notify.domain.routing import (
    ConsoleTarget,
    EmailTarget,
    InboxTarget,
    Receiver,
    Route,
    Target,
    WebhookTarget,
)
from services.notify.store_queries import DeliveryRow, NotificationRow


class DeliveryOut(BaseModel):
    """One way of a notification to one address. `next_at` and `settled_at` are wall clock."""

    delivery_id: str
    notification_id: str
    channel: str
    target: str
    state: str
    attempts: int
    next_at: datetime | None
    settled_at: datetime | None
    receipt: str | None
    error: str | None
    receiver: str
    title: str


class NotificationOut(BaseModel):
    """A notification. `state`: waiting, snoozed, acknowledged, replaced (told again later), settled (over)."""

    notification_id: str
    state: str
    severity: str
    status: str
    reason: str
    title: str
    lines: list[str]
    receiver: str
    route: str = Field(description="the node of the tree that sent it here, as it stood then")
    alerts: list[dict[str, Any]]
    made_at: datetime = Field(description="legal instant")
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None = Field(description="wall clock")
    deliveries: list[DeliveryOut] | None = None


class NotificationPage(BaseModel):
    """A page of notifications, the newest first."""

    items: list[NotificationOut]
    next_cursor: str | None


class DeliveryPage(BaseModel):
    """A page of the delivery log, the newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class SnoozeIn(BaseModel):
    """How long a notification stays out of the list of what waits."""

    minutes: int = Field(60, ge=1, le=10_080)


class TrialIn(BaseModel):
    """Labels to send through the tree; `at` is the legal instant to try (no part of the tree depends on it so far)."""

    labels: dict[str, str]
    at: datetime | None = None


class TargetOut(BaseModel):
    """One way of a receiver."""

    channel: str
    target: str
    send_resolved: bool


class HitOut(BaseModel):
    """A node of the tree that the labels reach."""

    route: str
    receiver: str
    matchers: list[str]
    group: dict[str, str]
    group_wait_seconds: float
    group_interval_seconds: float
    repeat_interval_seconds: float
    targets: list[TargetOut]


class TrialOut(BaseModel):
    """Who would be told."""

    version: int
    receivers: list[str]
    hits: list[HitOut]
    inhibited_by: int | None = Field(description="number of the rule of inhibition that keeps it silent now")


class ReceiverOut(BaseModel):
    """A receiver of the tree in force."""

    name: str
    targets: list[TargetOut]


class RoutingOut(BaseModel):
    """What a change of the tree answers; it is in force."""

    version: int
    receivers: list[str]


class ToldOut(BaseModel):
    """Who was told of a case: one way of one notification."""

    at: datetime
    receiver: str
    channel: str
    target: str
    state: str
    title: str
    notification_id: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class ToldPage(BaseModel):
    """Everybody who was told of a case, the newest first."""

    case_no: str
    items: list[ToldOut]
    next_cursor: str | None


def delivery_out(row: DeliveryRow, zone: ZoneInfo) -> DeliveryOut:
    """A delivery as JSON; `next_at` only while it waits."""
    return DeliveryOut(
        delivery_id=row.delivery_id,
        notification_id=row.notification_id,
        channel=row.channel,
        target=row.target,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at.astimezone(zone) if row.state == "pending" else None,
        settled_at=_in(row.settled_at, zone),
        receipt=row.receipt,
        error=row.error,
        receiver=row.receiver,
        title=row.title,
    )


def notification_out(
    row: NotificationRow, zone: ZoneInfo, deliveries: Sequence[DeliveryRow] | None = None
) -> NotificationOut:
    """A notification as JSON, with its deliveries when they are asked for."""
    return NotificationOut(
        notification_id=row.notification_id,
        state=row.state,
        severity=row.severity,
        status=row.status,
        reason=row.reason,
        title=row.title,
        lines=list(row.lines),
        receiver=row.receiver,
        route=f"{row.route_path} {row.route_words}".strip(),
        alerts=[dict(alert) for alert in row.alerts],
        made_at=row.legal_at.astimezone(zone),
        acknowledged_at=_in(row.acknowledged_at, zone),
        acknowledged_by=row.acknowledged_by,
        snoozed_until=_in(row.snoozed_until, zone),
        deliveries=None if deliveries is None else [delivery_out(way, zone) for way in deliveries],
    )


def told_out(row: NotificationRow, deliveries: Sequence[DeliveryRow], zone: ZoneInfo) -> list[ToldOut]:
    """Each way of a notification as a line of "who was told"."""
    return [
        ToldOut(
            at=row.legal_at.astimezone(zone),
            receiver=row.receiver,
            channel=way.channel,
            target=way.target,
            state=way.state,
            title=row.title,
            notification_id=row.notification_id,
            acknowledged_at=_in(row.acknowledged_at, zone),
            acknowledged_by=row.acknowledged_by,
        )
        for way in deliveries
    ]


def target_out(target: Target) -> TargetOut:
    """One way of a receiver as JSON."""
    match target:
        case WebhookTarget(url):
            channel, address = "webhook", url
        case EmailTarget(to):
            channel, address = "email", to
        case InboxTarget(post):
            channel, address = "inbox", post
        case ConsoleTarget():
            channel, address = "console", "log"
    return TargetOut(channel=channel, target=address, send_resolved=target.send_resolved)


def receiver_out(receiver: Receiver) -> ReceiverOut:
    """A receiver as JSON."""
    return ReceiverOut(name=receiver.name, targets=[target_out(target) for target in receiver.targets])


def hit_out(node: Route, group: dict[str, str], receiver: Receiver) -> HitOut:
    """A node that was reached as JSON."""
    return HitOut(
        route=node.path,
        receiver=node.receiver,
        matchers=[str(matcher) for matcher in node.matchers],
        group=group,
        group_wait_seconds=node.group_wait_seconds,
        group_interval_seconds=node.group_interval_seconds,
        repeat_interval_seconds=node.repeat_interval_seconds,
        targets=[target_out(target) for target in receiver.targets],
    )


def _in(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)
