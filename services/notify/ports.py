"""What the decisions of notify hand over to the shell: memberships, notifications and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import WorkingCalendar
from services.notify.domain.delivery import Answer
from services.notify.domain.routing import Routing
from services.notify.domain.silences import Silence


@dataclass(frozen=True, slots=True)
class Membership:
    """An alert belongs to a group; a group that is new is told first after `wait_seconds` (wall clock).

    `at_once`: an alert of others that is older than the wait: its group, if it was never told, does not wait.
    """

    group_id: str
    fingerprint: str
    route_path: str
    receiver: str
    labels: Mapping[str, str]
    wait_seconds: float
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way of one notification to one address.

    Args:
        channel: one of `domain.targets.CHANNELS`.
        target: the address as it may be shown.
        body: what a webhook gets.
        address: what the channel needs to reach it, keys included; shown to nobody.
        held: waits for the next working morning.
        dedupe_key: what it says to whom; the same within `dedupe_seconds` is not sent again.
    """

    delivery_id: str
    channel: str
    target: str
    body: Mapping[str, Any] | None = None
    address: Mapping[str, Any] | None = None
    held: bool = False
    dedupe_key: str = ""
    dedupe_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Notification:
    """What a group tells a receiver at one moment, over which ways, and by which node of the tree (`route_words`).

    `chain` and `everyone`: who is told when nobody signs, and whether every post must.
    """

    notification_id: str
    group_id: str
    receiver: str
    reason: str
    status: str
    severity: str
    title: str
    lines: tuple[str, ...]
    alerts: tuple[Mapping[str, Any], ...]
    deliveries: tuple[Delivery, ...]
    made_at: datetime
    route_path: str = "/"
    route_words: str = ""
    chain: str = ""
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Muted:
    """Why an alert was not told at its group's moment; `why` is `silence:<id>`, `inhibited:<rule>` or `time:<name>`."""

    group_id: str
    fingerprint: str
    why: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision needs beside the group.

    Args:
        routing: the tree in force.
        firing: labels of all that fires (for inhibition).
        silences: those that are not over.
        legal_now: the legal instant; duty, holding and chains go by it.
        zone, calendar: legal zone and working calendar.
        wall_now: the instant of machinery.
    """

    routing: Routing
    firing: tuple[Mapping[str, str], ...] = field(default_factory=tuple)
    external_url: str = ""
    silences: tuple[Silence, ...] = ()
    legal_now: datetime = datetime(1, 1, 1, tzinfo=UTC)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    calendar: WorkingCalendar | None = None
    wall_now: datetime = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery whose moment has come, with all that a channel needs.

    `riders`: deliveries of the same address that this one carries as a digest; its words are theirs too.
    """

    delivery_id: str
    notification_id: str
    receiver: str
    group_id: str
    channel: str
    target: str
    title: str
    text: str
    body: Mapping[str, Any] | None
    alerts: tuple[Mapping[str, Any], ...]
    attempt: int
    address: Mapping[str, Any] = field(default_factory=dict)
    status: str = "firing"
    severity: str = "notice"
    link: str = ""
    riders: tuple[str, ...] = ()


class Carrier(Protocol):
    """A channel out of the house."""

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """Tries once; `now` is the wall clock. It answers for every failure and raises for none."""
        ...
