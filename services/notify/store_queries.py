"""What lists and pages of notify read. A notification's state is judged when it is asked for, never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.notify.domain.inbox import Scope

Place = tuple[str, str]

STATE = """
    CASE WHEN NOT EXISTS (SELECT 1 FROM jsonb_array_elements(n.alerts) AS e
                          JOIN alert AS a ON a.fingerprint = e ->> 'fingerprint' WHERE a.ends_at IS NULL
                            AND (a.expires_at IS NULL OR a.expires_at > :wall)) THEN 'settled'
         WHEN EXISTS (SELECT 1 FROM notification AS later
                      WHERE later.group_id = n.group_id AND later.made_at > n.made_at) THEN 'replaced'
         WHEN n.acknowledged_at IS NOT NULL THEN 'acknowledged'
         WHEN n.snoozed_until > :wall THEN 'snoozed'
         ELSE 'waiting' END
"""
_VISIBLE = """
    EXISTS (SELECT 1 FROM delivery AS d WHERE d.notification_id = n.notification_id AND d.channel = 'inbox'
            AND split_part(d.target, '/', 1) = ANY(:rooms))
"""
_POST = """
    EXISTS (SELECT 1 FROM delivery AS d
            WHERE d.notification_id = n.notification_id AND d.channel = 'inbox' AND d.target = :post)
"""
_COLUMNS = """
    n.notification_id, n.group_id, n.receiver, n.reason, n.status, n.severity, n.title, n.lines, n.alerts, n.made_at,
    n.legal_at, n.acknowledged_at, n.acknowledged_by, n.snoozed_until, n.route_path, n.route_words, n.chain, n.everyone,
    n.step,
    (SELECT coalesce(array_agg(s.post || ' ' || s.by ORDER BY s.at, s.post), '{}') FROM signature AS s
     WHERE s.notification_id = n.notification_id) AS signatures
"""
_DELIVERY = """
    d.delivery_id, d.notification_id, d.channel, d.target, d.state, d.attempts, d.next_at, d.receipt, d.error,
    d.settled_at, d.settled_legal_at, d.held, d.merged_into, n.receiver, n.title, n.severity, n.made_at, n.legal_at
"""
_DELIVERIES_OF = text(
    f"""
    SELECT {_DELIVERY} FROM delivery AS d JOIN notification AS n USING (notification_id)
    WHERE n.notification_id = ANY(:ids) ORDER BY d.channel, d.target
    """  # noqa: S608 - constants of ours
)
_FIGURES = text(
    """
    SELECT (SELECT count(*) FROM alert WHERE ends_at IS NULL AND (expires_at IS NULL OR expires_at > :wall)) AS firing,
           (SELECT count(*) FROM alert_group WHERE emptied_at IS NULL) AS groups,
           (SELECT count(*) FROM delivery WHERE state = 'pending') AS pending,
           (SELECT count(*) FROM delivery WHERE state = 'failed') AS failed,
           (SELECT min(next_at) FROM delivery WHERE state = 'pending' AND NOT held) AS oldest
    """
)
_CHANNELS = text("SELECT channel, state, count(*) AS n FROM delivery GROUP BY channel, state ORDER BY channel, state")
_DISABLED = text("SELECT target, reason, at FROM disabled_target ORDER BY at DESC LIMIT 100")


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """A notification; `made_at` and `snoozed_until` are wall, `legal_at` and `acknowledged_at` legal instants."""

    notification_id: str
    group_id: str
    receiver: str
    reason: str
    status: str
    severity: str
    title: str
    lines: Sequence[str]
    alerts: Sequence[Mapping[str, Any]]
    made_at: datetime
    legal_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    route_path: str
    route_words: str
    chain: str
    everyone: bool
    step: int
    signatures: Sequence[str]
    state: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One way of a notification; `settled_at` is wall, `settled_legal_at` and `legal_at` (of the making) are legal."""

    delivery_id: str
    notification_id: str
    channel: str
    target: str
    state: str
    attempts: int
    next_at: datetime
    receipt: str | None
    error: str | None
    settled_at: datetime | None
    settled_legal_at: datetime | None
    held: bool
    merged_into: str | None
    receiver: str
    title: str
    severity: str
    made_at: datetime
    legal_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notifications are asked for; empty = any."""

    states: tuple[str, ...] = ()
    receiver: str = ""
    post: str = ""
    case_no: str = ""


async def notifications(
    tx: Tx, wanted: Wanted, scope: Scope, wall: datetime, limit: int, after: Place | None = None
) -> tuple[list[NotificationRow], Place | None]:
    """A page of notifications, the newest first, and the place of the last one when more follow."""
    where, values = _conditions(wanted, scope)
    if after is not None:
        where.append("(n.made_at, n.notification_id) < (CAST(:after_at AS timestamptz), :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    values |= {"wall": wall, "limit": limit + 1}
    query = f"""
        SELECT * FROM (SELECT {_COLUMNS}, {STATE} AS state FROM notification AS n WHERE {" AND ".join(where)}) AS s
        {"WHERE state = ANY(:states)" if wanted.states else ""}
        ORDER BY made_at DESC, notification_id DESC LIMIT :limit
    """  # noqa: S608 - constants of ours
    rows = [_notification(row) for row in await tx.execute(text(query), values)]
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], (last.made_at.isoformat(), last.notification_id) if last else None


def _conditions(wanted: Wanted, scope: Scope) -> tuple[list[str], dict[str, Any]]:
    where, values = ["true"], dict[str, Any]()
    if wanted.states:
        values["states"] = list(wanted.states)
    if wanted.receiver:
        where.append("n.receiver = :receiver")
        values["receiver"] = wanted.receiver
    if wanted.post:
        where.append(_POST)
        values["post"] = wanted.post
    if wanted.case_no:
        where.append("n.alerts @> CAST(:with_case AS jsonb)")
        values["with_case"] = orjson.dumps([{"labels": {"case_no": wanted.case_no}}]).decode()
    if scope.rooms is not None:
        where.append(_VISIBLE)
        values["rooms"] = list(scope.rooms)
    return where, values


async def one(tx: Tx, notification_id: str, scope: Scope, wall: datetime) -> NotificationRow | None:
    """One notification within the scope of the person who asks."""
    where, values = _conditions(Wanted(), scope)
    query = f"""
        SELECT {_COLUMNS}, {STATE} AS state FROM notification AS n
        WHERE n.notification_id = :id AND {" AND ".join(where)}
    """  # noqa: S608 - constants of ours
    row = (await tx.execute(text(query), {**values, "id": notification_id, "wall": wall})).first()
    return None if row is None else _notification(row)


async def counts(tx: Tx, scope: Scope, wall: datetime, most: int = 2000) -> Mapping[str, int]:
    """How many of the newest `most` notifications stand in each state."""
    where, values = _conditions(Wanted(), scope)
    query = f"""
        SELECT state, count(*) AS n FROM (
            SELECT {STATE} AS state FROM notification AS n WHERE {" AND ".join(where)}
            ORDER BY n.made_at DESC, n.notification_id DESC LIMIT :most) AS s
        GROUP BY state
    """  # noqa: S608 - constants of ours
    rows = await tx.execute(text(query), {**values, "wall": wall, "most": most})
    return {row.state: row.n for row in rows}


async def deliveries_of(tx: Tx, ids: Sequence[str]) -> Mapping[str, list[DeliveryRow]]:
    """The deliveries of these notifications."""
    found: dict[str, list[DeliveryRow]] = {id_: [] for id_ in ids}
    for row in await tx.execute(_DELIVERIES_OF, {"ids": list(ids)}):
        found[row.notification_id].append(_delivery(row))
    return found


async def deliveries(
    tx: Tx, state: str, channel: str, scope: Scope, limit: int, after: Place | None = None
) -> tuple[list[DeliveryRow], Place | None]:
    """A page of the log, the newest first; empty words = any."""
    where, values = _conditions(Wanted(), scope)
    for name, value in (("state", state), ("channel", channel)):
        if value:
            where.append(f"d.{name} = :{name}")
            values[name] = value
    if after is not None:
        where.append("(n.made_at, d.delivery_id) < (CAST(:after_at AS timestamptz), :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    query = f"""
        SELECT {_DELIVERY} FROM delivery AS d JOIN notification AS n USING (notification_id)
        WHERE {" AND ".join(where)} ORDER BY n.made_at DESC, d.delivery_id DESC LIMIT :limit
    """  # noqa: S608 - constants of ours
    rows = [_delivery(row) for row in await tx.execute(text(query), {**values, "limit": limit + 1})]
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], (last.made_at.isoformat(), last.delivery_id) if last else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How the service stands; `oldest` is the wall moment of the earliest delivery that waits."""

    firing: int
    groups: int
    pending: int
    failed: int
    oldest: datetime | None
    channels: Mapping[tuple[str, str], int]
    disabled: Sequence[tuple[str, str, datetime]]


async def figures(tx: Tx, wall: datetime) -> Figures:
    """For the operators' page."""
    row = (await tx.execute(_FIGURES, {"wall": wall})).one()
    channels = {(found.channel, found.state): found.n for found in await tx.execute(_CHANNELS)}
    disabled = [(found.target, found.reason, found.at) for found in await tx.execute(_DISABLED)]
    return Figures(row.firing, row.groups, row.pending, row.failed, row.oldest, channels, disabled)


def _notification(row: Any) -> NotificationRow:
    return NotificationRow(**{name: getattr(row, name) for name in NotificationRow.__dataclass_fields__})


def _delivery(row: Any) -> DeliveryRow:
    return DeliveryRow(**{name: getattr(row, name) for name in DeliveryRow.__dataclass_fields__})
