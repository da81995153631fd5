"""When a group of alerts is told, and with what: the decision that stands between a storm and a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; it fires until `ends_at`.

    Args:
        fingerprint: stable identity (the card's id for our own findings).
        labels: what it is routed and grouped by.
        annotations: texts for people.
        starts_at: since when it is true (legal instant).
        ends_at: since when it is over; None while it fires.
    """

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None = None

    @property
    def firing(self) -> bool:
        return self.ends_at is None


@dataclass(frozen=True, slots=True)
class Told:
    """What the group's last notification said, and when (wall clock)."""

    firing: frozenset[str]
    resolved: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one route and one set of group labels."""

    group_id: str
    route_path: str
    receiver: str
    labels: Mapping[str, str]
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Tell the receiver now; `reason` is one of new, changed, resolved, repeat."""

    reason: str
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to tell; `reason` is one of unchanged, never_told."""

    reason: str


def flush(group: Group, muted: frozenset[str], repeat_interval: timedelta, now: datetime) -> Send | Skip:
    """What to do with a group whose moment has come.

    Args:
        muted: fingerprints that are inhibited at this moment; they are neither told nor counted.
        now: wall clock.
    """
    heard = [alert for alert in group.alerts.values() if alert.fingerprint not in muted]
    firing = tuple(sorted((a for a in heard if a.firing), key=_order))
    resolved = tuple(sorted((a for a in heard if not a.firing), key=_order))
    reason = _reason(group.told, _ids(firing), _ids(resolved), repeat_interval, now)
    if reason in ("unchanged", "never_told"):
        return Skip(reason)
    return Send(reason, firing, resolved)


def _reason(
    told: Told | None, firing: frozenset[str], resolved: frozenset[str], repeat_interval: timedelta, now: datetime
) -> str:
    if told is None:
        # a group of which everything is over before it was ever told has nothing to say
        return "new" if firing else "never_told"
    if not firing <= told.firing:
        return "changed"
    if not firing:
        return "resolved" if told.firing else "unchanged"
    if not resolved <= told.resolved:
        return "resolved"
    return "repeat" if now - told.at >= repeat_interval else "unchanged"


def after_flush(group: Group, decision: Send | Skip, now: datetime) -> Group | None:
    """The group after its moment: what was told is noted, what is over and told leaves; None when nothing is left."""
    told = group.told
    if isinstance(decision, Send):
        told = Told(_ids(decision.firing), _ids(decision.resolved), now)
    left = {key: alert for key, alert in group.alerts.items() if alert.firing}
    if not left:
        return None
    return Group(group.group_id, group.route_path, group.receiver, group.labels, left, told)


def _ids(alerts: tuple[Alert, ...]) -> frozenset[str]:
    return frozenset(alert.fingerprint for alert in alerts)


def _order(alert: Alert) -> tuple[datetime, str]:
    return (alert.starts_at, alert.fingerprint)
