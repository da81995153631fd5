"""Notify's decisions in simulated time: the handlers of the service over memory instead of a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from libs.common.kernel.spine import Batch
from services.notify.domain.grouping import Alert, Group
from services.notify.domain.outside import merge, read_pushed
from services.notify.domain.routing import Routing
from services.notify.domain.silences import Silence
from services.notify.handlers import FLUSH, memberships_of, tell_groups
from services.notify.ports import Muted, Notification, Surroundings


@dataclass
class SimulatedHouse:
    """Everything that the service would keep, and a clock that goes where it is told."""

    routing: Routing
    now: datetime
    alerts: dict[str, Alert] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    looks: dict[str, datetime] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    told: list[Notification] = field(default_factory=list)
    muted: dict[tuple[str, str], str] = field(default_factory=dict)

    def push(self, raws: Iterable[Any]) -> None:
        """What `POST /api/v2/alerts` does."""
        for raw in raws:
            new = read_pushed(raw, "", self.now, self.routing.resolve_timeout)
            self.put(merge(self.alerts.get(new.fingerprint), new, self.now))

    def put(self, alert: Alert) -> None:
        """An alert enters its groups."""
        self.alerts[alert.fingerprint] = alert
        for member in memberships_of(self.routing, alert, self.now):
            fresh = Group(member.group_id, member.route_path, member.receiver, member.labels)
            group = self.groups.setdefault(member.group_id, fresh)
            self.groups[member.group_id] = replace(group, emptied_at=None)
            self.members.setdefault(member.group_id, set()).add(alert.fingerprint)
            first = self.now + timedelta(seconds=0 if member.at_once else member.wait_seconds)
            known = self.looks.get(member.group_id)
            if known is None or (not group.flushed and first < known):
                self.looks[member.group_id] = first

    def until(self, moment: datetime) -> None:
        """Works off what comes due up to `moment`, in order."""
        while due := sorted((at, group) for group, at in self.looks.items() if at <= moment):
            at, group_id = due[0]
            self.now = max(self.now, at)
            self._flush(group_id, at)
        self.now = moment

    def _flush(self, group_id: str, at: datetime) -> None:
        alerts = {name: self.alerts[name] for name in self.members[group_id]}
        group = replace(self.groups[group_id], alerts=alerts)
        context = Surroundings(
            self.routing,
            tuple(a.labels for a in self.alerts.values() if a.fires_at(at)),
            "http://hall.test",
            tuple(self.silences.values()),
            legal_now=at,
            wall_now=at,
        )
        outcome = tell_groups(Batch({group_id: group}, context, (), ((group_id, FLUSH),), at))
        left = outcome.states[group_id]
        self.groups[group_id], self.members[group_id] = replace(left, alerts={}), set(left.alerts)
        (look, *_) = (*outcome.looks[group_id], None)
        if look is None:
            del self.looks[group_id]
        else:
            self.looks[group_id] = look.due_at
        self.told += [row for row in outcome.extra if isinstance(row, Notification)]
        for name in group.alerts:
            self.muted.pop((group_id, name), None)
        self.muted |= {(row.group_id, row.fingerprint): row.why for row in outcome.extra if isinstance(row, Muted)}


def webhook_bodies(told: Sequence[Notification]) -> list[tuple[datetime, str, dict[str, Any]]]:
    """(when, url, body) of every webhook that would have been called."""
    return [
        (row.made_at, way.target, dict(way.body or {}))
        for row in told
        for way in row.deliveries
        if way.channel == "webhook"
    ]
