"""The shapes of notify's HTTP interface (contract/api.md) and how rows become them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from services.notify.domain.routing import Receiver
from services.notify.domain.targets import Target, channel_of, shown
from services.notify.ports import Surroundings
from services.notify.store_queries import DeliveryRow, NotificationRow
from services.notify.trying import Told


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
    held: bool = Field(description="waits for the next working morning")
    merged_into: str | None = Field(description="the delivery that carries its words")
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
    everyone: bool = Field(description="every post that was told must sign")
    signatures: list[str] = Field(description="post and person of each signature so far")
    chain: str = Field(description="chain of escalation that runs until somebody signs")
    step: int = Field(description="how many of its steps are done")
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
    """Labels to send through the tree; `at` is the legal instant at which the alert would begin (default: now)."""

    labels: dict[str, str]
    at: datetime | None = None


class TargetOut(BaseModel):
    """One way of a receiver."""

    channel: str
    target: str
    send_resolved: bool


class WayOut(BaseModel):
    """An address that a message would go to."""

    channel: str
    target: str
    held: bool


class StepOut(BaseModel):
    """A step of a chain."""

    at: datetime
    receiver: str


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
    first_at: datetime = Field(description="legal instant of the first message")
    ways: list[WayOut] = Field(description="the addresses as they would be, with who is on duty")
    kept: str = Field(description="why nothing is told: inhibited:<rule>, time:<name>, silence:<id>; empty = it is")
    held_until: datetime | None = Field(description="messages out of hours wait for this legal instant")
    steps: list[StepOut] = Field(description="who is told next if nobody signs")


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
        next_at=row.next_at.astimezone(zone) if row.state == "pending" and not row.held else None,
        settled_at=_in(row.settled_at, zone),
        receipt=row.receipt,
        error=row.error,
        held=row.held,
        merged_into=row.merged_into,
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
        everyone=row.everyone,
        signatures=list(row.signatures),
        chain=row.chain,
        step=row.step,
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
    """A way of a receiver as JSON; keys and tokens stay in the house."""
    return TargetOut(channel=channel_of(target), target=shown(target), send_resolved=target.send_resolved)


def receiver_out(receiver: Receiver) -> ReceiverOut:
    """A receiver as JSON."""
    return ReceiverOut(name=receiver.name, targets=[target_out(target) for target in receiver.targets])


def trial_out(version: int, told: Sequence[Told], zone: ZoneInfo, context: Surroundings) -> TrialOut:
    """The tester's answer as JSON."""
    rules = [row.kept for row in told if row.kept.startswith("inhibited:")]
    return TrialOut(
        version=version,
        receivers=list(dict.fromkeys(row.node.receiver for row in told)),
        hits=[_hit_out(row, zone, context.routing.receivers[row.node.receiver]) for row in told],
        inhibited_by=int(rules[0].partition(":")[2]) if rules else None,
    )


def _hit_out(told: Told, zone: ZoneInfo, receiver: Receiver) -> HitOut:
    node = told.node
    return HitOut(
        route=node.path,
        receiver=node.receiver,
        matchers=[str(matcher) for matcher in node.matchers],
        group=dict(told.group),
        group_wait_seconds=node.group_wait_seconds,
        group_interval_seconds=node.group_interval_seconds,
        repeat_interval_seconds=node.repeat_interval_seconds,
        targets=[target_out(target) for target in receiver.targets],
        first_at=told.first_at.astimezone(zone),
        ways=[WayOut(channel=way.channel, target=way.target, held=way.held) for way in told.ways],
        kept=told.kept,
        held_until=_in(told.held_until, zone),
        steps=[StepOut(at=at.astimezone(zone), receiver=name) for at, name in told.steps],
    )


def _in(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)
