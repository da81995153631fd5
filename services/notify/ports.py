"""What the decisions of notify hand over to the shell: memberships, notifications and their deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from services.notify.domain.delivery import Answer
from services.notify.domain.routing import Routing


@dataclass(frozen=True, slots=True)
class Membership:
    """An alert belongs to a group; a group that is new is told first after `wait_seconds` (wall clock)."""

    group_id: str
    fingerprint: str
    route_path: str
    receiver: str
    labels: Mapping[str, str]
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """One way of one notification to one address; `channel` is webhook, email, inbox or console."""

    delivery_id: str
    channel: str
    target: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What a group tells a receiver at one moment, over which ways, and by which node of the tree (`route_words`)."""

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


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision needs beside the group: the tree in force, who fires (for inhibition), our own address."""

    routing: Routing
    firing: tuple[Mapping[str, str], ...] = field(default_factory=tuple)
    external_url: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery whose moment has come, with all that a channel needs."""

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


class Carrier(Protocol):
    """A channel out of the house."""

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """Tries once; `now` is the wall clock. It answers for every failure and raises for none."""
        ...
