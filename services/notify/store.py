"""Where notify keeps alerts, groups and notifications; each statement works on a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import yaml
from sqlalchemy import text

from libs.common.kernel.spine import Outcome
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Tx
from services.notify.domain.configuration import read_configuration
from services.notify.domain.grouping import Alert, Group, Told
from services.notify.domain.routing import Routing
from services.notify.handlers import FLUSH
from services.notify.ports import Membership, Notification, Surroundings

GROUPS_LINE = "groups"

_ALERTS = text("SELECT * FROM alert WHERE fingerprint = ANY(:keys) ORDER BY fingerprint FOR UPDATE")
_SAVE_ALERTS = text(
    """
    INSERT INTO alert (fingerprint, labels, annotations, starts_at, ends_at, case_no, org_code, updated_at)
    SELECT r.fingerprint, r.labels, r.annotations, r.starts_at, r.ends_at, r.labels ->> 'case_no',
           r.labels ->> 'org_code', :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (fingerprint text, labels jsonb, annotations jsonb,
        starts_at timestamptz, ends_at timestamptz)
    ORDER BY r.fingerprint
    ON CONFLICT (fingerprint) DO UPDATE SET labels = EXCLUDED.labels, annotations = EXCLUDED.annotations,
        starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, updated_at = EXCLUDED.updated_at
    """
)
# The update that changes nothing takes the row's lock, so that a flush that ends the group waits for its new member.
_SAVE_GROUPS = text(
    """
    INSERT INTO alert_group (group_id, route_path, receiver, labels)
    SELECT r.group_id, r.route_path, r.receiver, r.labels
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (group_id text, route_path text, receiver text, labels jsonb)
    ORDER BY r.group_id
    ON CONFLICT (group_id) DO UPDATE SET receiver = EXCLUDED.receiver
    """
)
_SAVE_MEMBERS = text(
    """
    INSERT INTO alert_group_member (group_id, fingerprint)
    SELECT g, f FROM unnest(CAST(:groups AS text[]), CAST(:fingerprints AS text[])) AS n (g, f)
    ON CONFLICT DO NOTHING
    """
)
# A group that already has a moment keeps it, unless the new one is earlier; a new one waits for company.
_FIRST_FLUSH = text(
    f"""
    INSERT INTO due (line, subject, kind, due_at)
    SELECT '{GROUPS_LINE}', g, '{FLUSH}', at
    FROM unnest(CAST(:groups AS text[]), CAST(:at AS timestamptz[])) AS n (g, at)
    ON CONFLICT (line, subject, kind) DO UPDATE SET due_at = EXCLUDED.due_at
    WHERE :at_once AND due.due_at > EXCLUDED.due_at
    """  # noqa: S608 - both names are constants of ours
)
_GROUPS = text("SELECT * FROM alert_group WHERE group_id = ANY(:keys) ORDER BY group_id FOR UPDATE")
_MEMBERS = text(
    """
    SELECT m.group_id, a.fingerprint, a.labels, a.annotations, a.starts_at, a.ends_at
    FROM alert_group_member m JOIN alert a USING (fingerprint) WHERE m.group_id = ANY(:keys)
    """
)
_FIRING = text("SELECT labels FROM alert WHERE ends_at IS NULL")
_TOLD = text(
    """
    UPDATE alert_group g SET told = r.told
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (group_id text, told jsonb) WHERE g.group_id = r.group_id
    """
)
_LEAVE = text(
    """
    DELETE FROM alert_group_member m
    USING unnest(CAST(:groups AS text[]), CAST(:fingerprints AS text[])) AS n (g, f)
    WHERE m.group_id = n.g AND m.fingerprint = n.f
    """
)
_END = text("DELETE FROM alert_group WHERE group_id = ANY(:groups)")
_SAVE_NOTIFICATIONS = text(
    """
    INSERT INTO notification (notification_id, group_id, receiver, reason, status, severity, title, lines, alerts,
        made_at, legal_at, route_path, route_words)
    SELECT r.notification_id, r.group_id, r.receiver, r.reason, r.status, r.severity, r.title, r.lines, r.alerts,
           r.made_at, :legal_now, r.route_path, r.route_words
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (notification_id text, group_id text, receiver text, reason text,
        status text, severity text, title text, lines jsonb, alerts jsonb, made_at timestamptz,
        route_path text, route_words text)
    ON CONFLICT (notification_id) DO NOTHING
    """
)
# An address that said 410 gets nothing more; the delivery is failed with that reason, never dropped.
_SAVE_DELIVERIES = text(
    """
    INSERT INTO delivery (delivery_id, notification_id, channel, target, body, state, next_at, error, settled_at,
        settled_legal_at)
    SELECT r.delivery_id, r.notification_id, r.channel, r.target, r.body,
           CASE WHEN d.target IS NULL THEN 'pending' ELSE 'failed' END, :now, d.reason,
           CASE WHEN d.target IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END,
           CASE WHEN d.target IS NULL THEN NULL ELSE CAST(:legal_now AS timestamptz) END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (delivery_id text, notification_id text, channel text,
        target text, body jsonb)
    LEFT JOIN disabled_target d USING (target)
    ON CONFLICT (delivery_id) DO NOTHING
    """
)
_ROUTING = text("SELECT version, document, author, effective_at FROM routing ORDER BY version DESC LIMIT 1")
_ROUTING_VERSION = text("SELECT max(version) FROM routing")


@dataclass(frozen=True, slots=True)
class RoutingVersion:
    """One version of the routing file; `effective_at` is a legal instant."""

    version: int
    document: str
    author: str
    effective_at: datetime | None


class RoutingStore:
    """The tree in force: the newest version in the table, or the one that ships with the platform."""

    def __init__(self, shipped: str, external_url: str) -> None:
        self._shipped, self.external_url = shipped, external_url
        self._version: int | None = -1
        self._routing: Routing | None = None

    async def current(self, tx: Tx) -> Routing:
        """The routing of this moment; a version is parsed once."""
        version = (await tx.execute(_ROUTING_VERSION)).scalar_one()
        if self._routing is None or version != self._version:
            document = await self.document(tx)
            self._routing, self._version = read_configuration(yaml.safe_load(document)), version
        return self._routing

    async def document(self, tx: Tx) -> str:
        """The YAML text in force."""
        return (await self.newest(tx)).document

    async def newest(self, tx: Tx) -> RoutingVersion:
        """The text in force with its number; 0 = the one that ships with the platform."""
        row = (await tx.execute(_ROUTING)).first()
        if row is None:
            return RoutingVersion(0, self._shipped, "sunlit", None)
        return RoutingVersion(row.version, row.document, row.author, row.effective_at)


class AlertStore:
    """States of the line `alerts`; takes `Membership` rows as extra."""

    def __init__(self, routing: RoutingStore, clock: Clock) -> None:
        self._routing, self._clock = routing, clock

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Alert], Surroundings]:
        """The known alerts of `keys`, and the tree."""
        # first, in every transaction: whoever has read the tree makes a change of it wait (`store_routing.replace`)
        routing = await self._routing.current(tx)
        rows = await tx.execute(_ALERTS, {"keys": list(keys)})
        alerts = {row.fingerprint: _alert(row) for row in rows}
        return alerts, Surroundings(routing, external_url=self._routing.external_url)

    async def save(self, tx: Tx, outcome: Outcome[Alert], now: datetime) -> None:
        """Writes alerts, their groups and the first moment of each new group."""
        if outcome.states:
            rows = [asdict(alert) for alert in outcome.states.values()]
            await tx.execute(_SAVE_ALERTS, {"rows": _json(rows), "now": now})
        members = [member for member in outcome.extra if isinstance(member, Membership)]
        await save_memberships(tx, members, now, at_once=self._clock.is_driven)


class GroupStore:
    """States of the line `groups`; takes `Notification` rows as extra."""

    def __init__(self, routing: RoutingStore, clock: Clock) -> None:
        self._routing, self._clock = routing, clock

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Group], Surroundings]:
        """The groups with their members, locked, and whoever fires when there are rules of inhibition."""
        routing = await self._routing.current(tx)
        heads = (await tx.execute(_GROUPS, {"keys": list(keys)})).all()
        members: dict[str, dict[str, Alert]] = {row.group_id: {} for row in heads}
        for row in await tx.execute(_MEMBERS, {"keys": list(keys)}):
            members[row.group_id][row.fingerprint] = _alert(row)
        groups = {
            row.group_id: Group(
                row.group_id, row.route_path, row.receiver, row.labels, members[row.group_id], _told(row.told)
            )
            for row in heads
        }
        firing = tuple(row.labels for row in await tx.execute(_FIRING)) if routing.inhibit_rules else ()
        return groups, Surroundings(routing, firing, self._routing.external_url)

    async def save(self, tx: Tx, outcome: Outcome[Group], now: datetime) -> None:
        """Writes what was told, lets members go, ends empty groups, and puts deliveries in line."""
        alive = [group for group in outcome.states.values() if group.alerts]
        ended = [group.group_id for group in outcome.states.values() if not group.alerts]
        if alive:
            rows = [{"group_id": group.group_id, "told": _told_row(group.told)} for group in alive]
            await tx.execute(_TOLD, {"rows": _json(rows)})
            await self._let_go(tx, alive)
        if ended:
            await tx.execute(_END, {"groups": ended})
        told = [row for row in outcome.extra if isinstance(row, Notification)]
        if told:
            await save_notifications(tx, told, now, self._clock.now())

    async def _let_go(self, tx: Tx, groups: Sequence[Group]) -> None:
        """Members that are no longer in the decided group leave the table."""
        keep = {(group.group_id, name) for group in groups for name in group.alerts}
        rows = await tx.execute(_MEMBERS, {"keys": [group.group_id for group in groups]})
        gone = [(row.group_id, row.fingerprint) for row in rows if (row.group_id, row.fingerprint) not in keep]
        if gone:
            await tx.execute(_LEAVE, {"groups": [g for g, _ in gone], "fingerprints": [f for _, f in gone]})


async def save_memberships(tx: Tx, given: Sequence[Membership], now: datetime, *, at_once: bool = False) -> None:
    """Alerts enter their groups; a group that is new gets its first moment (wall clock).

    Args:
        at_once: the legal clock is driven: who waited for company is told at this barrier, by everybody in every run.
    """
    members = sorted(given, key=lambda member: (member.group_id, member.fingerprint))
    if not members:
        return
    groups = {member.group_id: member for member in members}
    await tx.execute(_SAVE_GROUPS, {"rows": _json([asdict(member) for member in groups.values()])})
    await tx.execute(
        _SAVE_MEMBERS,
        {"groups": [m.group_id for m in members], "fingerprints": [m.fingerprint for m in members]},
    )
    first = [now + timedelta(seconds=0 if at_once else member.wait_seconds) for member in groups.values()]
    await tx.execute(_FIRST_FLUSH, {"groups": list(groups), "at": first, "at_once": at_once})


async def save_notifications(tx: Tx, told: Sequence[Notification], now: datetime, legal_now: datetime) -> None:
    """Writes notifications and puts their deliveries in line."""
    clocks = {"now": now, "legal_now": legal_now}
    await tx.execute(_SAVE_NOTIFICATIONS, {"rows": _json([asdict(row) for row in told]), "legal_now": legal_now})
    deliveries = [
        {**asdict(delivery), "notification_id": row.notification_id} for row in told for delivery in row.deliveries
    ]
    await tx.execute(_SAVE_DELIVERIES, {"rows": _json(deliveries), **clocks})


def _alert(row: Any) -> Alert:
    return Alert(row.fingerprint, row.labels, row.annotations, row.starts_at, row.ends_at)


def _told(value: Mapping[str, Any] | None) -> Told | None:
    if value is None:
        return None
    return Told(frozenset(value["firing"]), frozenset(value["resolved"]), datetime.fromisoformat(value["at"]))


def _told_row(told: Told | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {"firing": sorted(told.firing), "resolved": sorted(told.resolved), "at": told.at.isoformat()}


def _json(rows: Any) -> str:
    return orjson.dumps(rows).decode()
