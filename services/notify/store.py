"""Where notify keeps alerts, groups and notifications; each statement works on a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import yaml
from sqlalchemy import text

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.spine import Outcome
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Tx
from services.notify.domain.configuration import read_configuration
from services.notify.domain.grouping import Alert, Group, Told
from services.notify.domain.routing import Routing
from services.notify.handlers import FLUSH
from services.notify.ports import Membership, Muted, Notification, Surroundings
from services.notify.store_alerts import COLUMNS, alert_of, firing_labels, locked_alerts, save_alerts
from services.notify.store_notifications import save_notifications
from services.notify.store_silences import open_silences

GROUPS_LINE = "groups"

# Pushes of one storm share their groups: none of these statements locks a row that it does not change, so that only
# the first of them, which makes the groups, is waited for. A new member's foreign key shares its group's row, so that a
# flush that ends the group waits for it, or it for the flush.
_SAVE_GROUPS = text(
    """
    INSERT INTO alert_group (group_id, route_path, receiver, labels)
    SELECT r.group_id, r.route_path, r.receiver, r.labels
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (group_id text, route_path text, receiver text, labels jsonb)
    ORDER BY r.group_id
    ON CONFLICT (group_id) DO NOTHING
    """
)
_MOVE_GROUPS = text(
    """
    UPDATE alert_group AS g SET route_path = r.route_path
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (group_id text, route_path text)
    WHERE g.group_id = r.group_id AND g.route_path <> r.route_path
    """
)
_SAVE_MEMBERS = text(
    """
    INSERT INTO alert_group_member (group_id, fingerprint)
    SELECT g, f FROM unnest(CAST(:groups AS text[]), CAST(:fingerprints AS text[])) AS n (g, f)
    ON CONFLICT DO NOTHING
    """
)
# Whoever has a member is not empty.
_FILLED = text("UPDATE alert_group SET emptied_at = NULL WHERE group_id = ANY(:groups) AND emptied_at IS NOT NULL")
# A group that already has a moment keeps it; a new one waits for company.
_FIRST_FLUSH = text(
    f"""
    INSERT INTO due (line, subject, kind, due_at)
    SELECT '{GROUPS_LINE}', g, '{FLUSH}', at
    FROM unnest(CAST(:groups AS text[]), CAST(:at AS timestamptz[])) AS n (g, at)
    ON CONFLICT (line, subject, kind) DO NOTHING
    """  # noqa: S608 - both names are constants of ours
)
# An alert that has waited long enough hurries a group that was never told; under a driven clock every group is hurried.
_HURRY = text(
    f"""
    UPDATE due SET due_at = :now FROM alert_group AS a
    WHERE due.line = '{GROUPS_LINE}' AND due.kind = '{FLUSH}' AND due.subject = ANY(:groups) AND due.due_at > :now
      AND a.group_id = due.subject AND (:driven OR NOT a.flushed)
    """  # noqa: S608 - both names are constants of ours
)
_GROUPS = text("SELECT * FROM alert_group WHERE group_id = ANY(:keys) ORDER BY group_id FOR UPDATE")
_MEMBERS = text(
    f"""
    SELECT m.group_id, {COLUMNS}
    FROM alert_group_member m JOIN alert a USING (fingerprint) WHERE m.group_id = ANY(:keys)
    """  # noqa: S608 - a constant of ours
)
_TOLD = text(
    """
    UPDATE alert_group g SET told = r.told, flushed = r.flushed, emptied_at = r.emptied_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (group_id text, told jsonb, flushed boolean,
        emptied_at timestamptz)
    WHERE g.group_id = r.group_id
    """
)
_MUTED = text(
    """
    UPDATE alert_group_member m SET muted_by = n.why
    FROM (
        SELECT k.group_id, k.fingerprint, w.why FROM alert_group_member AS k
        LEFT JOIN unnest(CAST(:groups AS text[]), CAST(:fingerprints AS text[]), CAST(:whys AS text[]))
            AS w (g, f, why) ON w.g = k.group_id AND w.f = k.fingerprint
        WHERE k.group_id = ANY(:flushed)
    ) AS n
    WHERE m.group_id = n.group_id AND m.fingerprint = n.fingerprint AND m.muted_by IS DISTINCT FROM n.why
    """
)
_LEAVE = text(
    """
    DELETE FROM alert_group_member m
    USING unnest(CAST(:groups AS text[]), CAST(:fingerprints AS text[])) AS n (g, f)
    WHERE m.group_id = n.g AND m.fingerprint = n.f
    """
)
# What a group without members was told is remembered for a while: who comes back is not told as new.
_FORGET = text(
    """
    DELETE FROM alert_group g WHERE g.emptied_at < :before
      AND NOT EXISTS (SELECT 1 FROM alert_group_member m WHERE m.group_id = g.group_id)
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

    def __init__(self, shipped: str) -> None:
        self._shipped = shipped
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where the service stands: its clocks, its working calendar, its address as readers of messages see it."""

    clock: Clock
    calendar: WorkingCalendar | None
    external_url: str


async def surroundings(tx: Tx, tree: RoutingStore, place: Place, wall: datetime, *, whole: bool = True) -> Surroundings:
    """What a decision sees; `whole`: with silences and whoever fires.

    The tree is read first, in every transaction: whoever has read it makes a change of it wait.
    """
    routing = await tree.current(tx)
    firing = await firing_labels(tx, wall) if whole and routing.inhibit_rules else []
    return Surroundings(
        routing,
        tuple(firing),
        place.external_url,
        await open_silences(tx, wall) if whole else (),
        place.clock.now(),
        place.clock.zone,
        place.calendar,
        wall,
    )


class AlertStore:
    """States of the line `alerts`; takes `Membership` rows as extra."""

    def __init__(self, routing: RoutingStore, place: Place) -> None:
        self._routing, self._place = routing, place

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Alert], Surroundings]:
        """The known alerts of `keys`, and the tree."""
        context = await surroundings(tx, self._routing, self._place, now, whole=False)
        return await locked_alerts(tx, keys), context

    async def save(self, tx: Tx, outcome: Outcome[Alert], now: datetime) -> None:
        """Writes alerts, their groups and the first moment of each new group."""
        await save_alerts(tx, list(outcome.states.values()), now)
        members = [member for member in outcome.extra if isinstance(member, Membership)]
        await save_memberships(tx, members, now, driven=self._place.clock.is_driven)


class GroupStore:
    """States of the line `groups`; takes `Notification` and `Muted` rows as extra."""

    def __init__(self, routing: RoutingStore, place: Place) -> None:
        self._routing, self._place = routing, place

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Group], Surroundings]:
        """The groups with their members, locked, and whoever fires when there are rules of inhibition."""
        context = await surroundings(tx, self._routing, self._place, now)
        heads = (await tx.execute(_GROUPS, {"keys": list(keys)})).all()
        members: dict[str, dict[str, Alert]] = {row.group_id: {} for row in heads}
        for row in await tx.execute(_MEMBERS, {"keys": list(keys)}):
            members[row.group_id][row.fingerprint] = alert_of(row)
        groups = {
            row.group_id: Group(
                row.group_id,
                row.route_path,
                row.receiver,
                row.labels,
                members[row.group_id],
                _told(row.told),
                row.flushed,
                row.emptied_at,
            )
            for row in heads
        }
        return groups, context

    async def save(self, tx: Tx, outcome: Outcome[Group], now: datetime) -> None:
        """Writes what was told, lets members go, and puts deliveries in line."""
        groups = list(outcome.states.values())
        if not groups:
            return
        rows = [
            {
                "group_id": group.group_id,
                "told": {name: _told_row(told) for name, told in group.told.items()},
                "flushed": group.flushed,
                "emptied_at": group.emptied_at,
            }
            for group in groups
        ]
        await tx.execute(_TOLD, {"rows": _json(rows)})
        await self._let_go(tx, groups)
        muted = [row for row in outcome.extra if isinstance(row, Muted)]
        values = {
            "groups": [row.group_id for row in muted],
            "fingerprints": [row.fingerprint for row in muted],
            "whys": [row.why for row in muted],
            "flushed": [group.group_id for group in groups],
        }
        await tx.execute(_MUTED, values)
        told = [row for row in outcome.extra if isinstance(row, Notification)]
        context = await surroundings(tx, self._routing, self._place, now, whole=False)
        await save_notifications(tx, told, now, context)

    async def _let_go(self, tx: Tx, groups: Sequence[Group]) -> None:
        """Members that are no longer in the decided group leave the table."""
        keep = {(group.group_id, name) for group in groups for name in group.alerts}
        rows = await tx.execute(_MEMBERS, {"keys": [group.group_id for group in groups]})
        gone = [(row.group_id, row.fingerprint) for row in rows if (row.group_id, row.fingerprint) not in keep]
        if gone:
            await tx.execute(_LEAVE, {"groups": [g for g, _ in gone], "fingerprints": [f for _, f in gone]})


async def forget_groups(tx: Tx, before: datetime) -> None:
    """Drops the memory of groups that have been empty since before the wall instant `before`."""
    await tx.execute(_FORGET, {"before": before})


async def save_memberships(tx: Tx, given: Sequence[Membership], now: datetime, *, driven: bool = False) -> None:
    """Alerts enter their groups; a group that is new gets its first moment (wall clock).

    Args:
        driven: the legal clock is driven: who waited for company is told at this barrier, by everybody in every run.
    """
    members = sorted(given, key=lambda member: (member.group_id, member.fingerprint))
    if not members:
        return
    groups = {member.group_id: member for member in members}
    rows = _json([{"group_id": m.group_id, "route_path": m.route_path, "receiver": m.receiver, "labels": m.labels}
                  for m in groups.values()])  # fmt: skip
    await tx.execute(_SAVE_GROUPS, {"rows": rows})
    await tx.execute(_MOVE_GROUPS, {"rows": rows})
    await tx.execute(
        _SAVE_MEMBERS,
        {"groups": [m.group_id for m in members], "fingerprints": [m.fingerprint for m in members]},
    )
    await tx.execute(_FILLED, {"groups": list(groups)})
    waits = [0.0 if driven else member.wait_seconds for member in groups.values()]
    first = [now + timedelta(seconds=wait) for wait in waits]
    await tx.execute(_FIRST_FLUSH, {"groups": list(groups), "at": first})
    hurried = sorted({member.group_id for member in members if driven or member.at_once})
    if hurried:
        await tx.execute(_HURRY, {"groups": hurried, "now": now, "driven": driven})


def _told(value: Mapping[str, Any] | None) -> Mapping[str, Told]:
    return {
        audience: Told(frozenset(said["firing"]), frozenset(said["resolved"]), datetime.fromisoformat(said["at"]))
        for audience, said in (value or {}).items()
    }


def _told_row(told: Told) -> dict[str, Any]:
    return {"firing": sorted(told.firing), "resolved": sorted(told.resolved), "at": told.at.isoformat()}


def _json(rows: Any) -> str:
    return orjson.dumps(rows).decode()
