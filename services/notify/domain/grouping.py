"""When a group of alerts is told, and with what: the decision that stands between a storm and a mailbox.

Semantics are Alertmanager's (0.25, `dispatch` and `notify`): a change of what fires is told at the next moment of the
group, what is unchanged after the repeat interval, and receivers that want to hear of ends are remembered apart from
those that do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

ALL, FIRING = "all", "firing"
# who hears of what: targets with `send_resolved` hear of everything, the others of what fires
AUDIENCES = (ALL, FIRING)
# an empty group keeps its rhythm this long, so that an alert that comes back at once is the old group's
REST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert; it fires until `ends_at`, or until `expires_at` if nobody repeats it.

    Args:
        fingerprint: stable identity (the card's id for our own findings).
        labels: what it is routed and grouped by.
        annotations: texts for people.
        starts_at: since when it is true (legal instant; wall clock for alerts of others).
        ends_at: since when one of our own findings is over; None while it holds.
        expires_at: when an alert of others is over (wall clock); None for our own.
        generator_url: where it came from.
        timeout: nobody named its end, `expires_at` is only supposed.
        traceparent: the trace that led to it, if there is one.
    """

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime | None = None
    expires_at: datetime | None = None
    generator_url: str = ""
    timeout: bool = False
    traceparent: str | None = None

    def fires_at(self, now: datetime) -> bool:
        """Whether it fires at that wall instant."""
        return self.ends_at is None and (self.expires_at is None or self.expires_at > now)

    @property
    def over_at(self) -> datetime | None:
        """Since when it is over, or will be."""
        return self.ends_at or self.expires_at


@dataclass(frozen=True, slots=True)
class Told:
    """What an audience was last told, and when (wall clock)."""

    firing: frozenset[str]
    resolved: frozenset[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one route and one set of group labels.

    Args:
        told: what each audience knows; it outlives the members.
        flushed: whether its first moment is past.
        emptied_at: since when it has no member (wall clock).
    """

    group_id: str
    route_path: str
    receiver: str
    labels: Mapping[str, str]
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    flushed: bool = False
    emptied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Tell the audience now; `reason` is one of new, changed, resolved, repeat (test, digest, escalated elsewhere)."""

    reason: str
    firing: tuple[Alert, ...]
    resolved: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to tell; `reason` is one of unchanged, never_told, muted, empty."""

    reason: str


Decision = Send | Skip


def flush(group: Group, muted: Mapping[str, str], repeat_interval: timedelta, now: datetime) -> Mapping[str, Decision]:
    """What to tell each audience of a group whose moment has come.

    Args:
        muted: fingerprint → why, for alerts that are inhibited, silenced or out of their time at this moment; they are
            neither told nor counted.
        now: wall clock.
    """
    heard = [alert for alert in group.alerts.values() if alert.fingerprint not in muted]
    if not heard:
        return dict.fromkeys(AUDIENCES, Skip("muted" if group.alerts else "empty"))
    firing = tuple(sorted((a for a in heard if a.fires_at(now)), key=_order))
    resolved = tuple(sorted((a for a in heard if not a.fires_at(now)), key=_order))
    found: dict[str, Decision] = {}
    for audience in AUDIENCES:
        reason = _reason(audience, group.told.get(audience), _ids(firing), _ids(resolved), repeat_interval, now)
        quiet = reason in ("unchanged", "never_told")
        found[audience] = Skip(reason) if quiet else Send(reason, firing, resolved)
    return found


def _reason(
    audience: str,
    told: Told | None,
    firing: frozenset[str],
    resolved: frozenset[str],
    repeat_interval: timedelta,
    now: datetime,
) -> str:
    if told is None:
        # a group of which everything is over before it was ever told has nothing to say
        return "new" if firing else "never_told"
    if not firing <= told.firing:
        return "changed"
    if not firing:
        # whatever the audience: what it was told of must not stay open in its memory
        return "resolved" if told.firing else "unchanged"
    if audience == ALL and not resolved <= told.resolved:
        return "resolved"
    return "repeat" if told.at < now - repeat_interval else "unchanged"


def after_flush(group: Group, decisions: Mapping[str, Decision], now: datetime) -> Group:
    """The group after its moment: what was told is noted, what is over leaves whether it was heard or not."""
    told = dict(group.told)
    for audience, decision in decisions.items():
        if isinstance(decision, Send):
            told[audience] = Told(_ids(decision.firing), _ids(decision.resolved), now)
    left = {key: alert for key, alert in group.alerts.items() if alert.fires_at(now)}
    emptied = None if left else (group.emptied_at if group.emptied_at and not group.alerts else now)
    return replace(group, alerts=left, told=told, flushed=True, emptied_at=emptied)


def next_moment(group: Group, group_interval: timedelta, now: datetime) -> datetime | None:
    """When the group is looked at again after its moment `now`; None = its rhythm ends, it has nothing left to say."""
    at = now + group_interval
    if group.emptied_at is not None and at > group.emptied_at + REST:
        return None
    return at


def is_new(alert: Alert, group_wait: timedelta, now: datetime) -> bool:
    """Whether an alert waits for company; one of others that is older than the wait is told at once."""
    return alert.expires_at is None or alert.starts_at + group_wait >= now


def _ids(alerts: tuple[Alert, ...]) -> frozenset[str]:
    return frozenset(alert.fingerprint for alert in alerts)


def _order(alert: Alert) -> tuple[datetime, str]:
    return (alert.starts_at, alert.fingerprint)
