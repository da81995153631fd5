"""Notifications and their deliveries are put in line; what is a double, held back or addressed to the dead says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text

from libs.common.kernel.spine import Fact
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.notify.chains import DIGEST, RELEASE, STEP
from services.notify.domain.delivery import Delivered, GaveUp
from services.notify.domain.escalation import next_working_morning, step_at, when
from services.notify.ports import Delivery, Notification, Parcel, Surroundings
from services.notify.store_deliveries import Settled, fact_of

CHAINS_LINE = "chains"
# a chain begins with what is new; a reminder is no news
BEGINS = frozenset({"new", "changed"})

_SAVE_NOTIFICATIONS = text(
    """
    INSERT INTO notification (notification_id, group_id, receiver, reason, status, severity, title, lines, alerts,
        made_at, legal_at, route_path, route_words, chain, everyone)
    SELECT r.notification_id, r.group_id, r.receiver, r.reason, r.status, r.severity, r.title, r.lines, r.alerts,
           r.made_at, :legal_now, r.route_path, r.route_words, r.chain, r.everyone
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (notification_id text, group_id text, receiver text, reason text,
        status text, severity text, title text, lines jsonb, alerts jsonb, made_at timestamptz,
        route_path text, route_words text, chain text, everyone boolean)
    ON CONFLICT (notification_id) DO NOTHING
    """
)
# An address that said 410 gets nothing more; the delivery is failed with that reason, never dropped. What was said to
# the same address a short while ago is merged into that delivery. What is held waits for its morning.
_SAVE_DELIVERIES = text(
    """
    INSERT INTO delivery (delivery_id, notification_id, channel, target, body, address, held, dedupe_key, state,
        next_at, error, merged_into, settled_at, settled_legal_at)
    SELECT r.delivery_id, r.notification_id, r.channel, r.target, r.body, r.address, r.held, r.dedupe_key,
           CASE WHEN d.target IS NOT NULL THEN 'failed' WHEN s.state = 'pending' OR s.state IS NULL THEN 'pending'
                ELSE 'merged' END,
           CASE WHEN r.held THEN CAST('9999-01-01T00:00:00Z' AS timestamptz) ELSE CAST(:now AS timestamptz) END,
           d.reason, CASE WHEN d.target IS NULL THEN s.delivery_id END,
           CASE WHEN d.target IS NOT NULL OR s.state <> 'pending' THEN CAST(:now AS timestamptz) END,
           CASE WHEN d.target IS NOT NULL OR s.state <> 'pending' THEN CAST(:legal_now AS timestamptz) END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (delivery_id text, notification_id text, channel text,
        target text, body jsonb, address jsonb, held boolean, dedupe_key text, dedupe_seconds double precision)
    LEFT JOIN disabled_target d USING (target)
    LEFT JOIN LATERAL (
        SELECT e.delivery_id, e.state FROM delivery AS e JOIN notification AS m USING (notification_id)
        WHERE r.dedupe_key <> '' AND e.dedupe_key = r.dedupe_key AND e.state IN ('pending', 'sent')
          AND e.merged_into IS NULL AND e.delivery_id <> r.delivery_id
          AND m.made_at > CAST(:now AS timestamptz) - make_interval(secs => r.dedupe_seconds)
        ORDER BY m.made_at DESC LIMIT 1) AS s ON true
    ON CONFLICT (delivery_id) DO NOTHING
    RETURNING delivery_id, state, merged_into, error
    """
)
_LOOKS = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT :line, s, k, at FROM unnest(CAST(:subjects AS text[]), CAST(:kinds AS text[]), CAST(:at AS timestamptz[]))
        AS n (s, k, at)
    ON CONFLICT (line, subject, kind) DO NOTHING
    """
)


async def save_notifications(tx: Tx, told: Sequence[Notification], now: datetime, context: Surroundings) -> None:
    """Writes notifications, puts their deliveries in line, and sets the moments at which somebody else is told."""
    if not told:
        return
    legal_now = context.legal_now
    await tx.execute(_SAVE_NOTIFICATIONS, {"rows": _json([_plain(row) for row in told]), "legal_now": legal_now})
    deliveries = [
        {**_plain(delivery), "notification_id": row.notification_id} for row in told for delivery in row.deliveries
    ]
    while deliveries:
        # a statement does not see its own rows: doubles within one batch are written after what they repeat
        firsts, deliveries = _firsts(deliveries)
        values = {"rows": _json(firsts), "now": now, "legal_now": legal_now}
        ended = [row for row in await tx.execute(_SAVE_DELIVERIES, values) if row.state != "pending"]
        await outbox.append(tx, _facts(told, ended, legal_now))
    await _set_looks(tx, [look for row in told for look in _looks(row, context)])


def _facts(told: Sequence[Notification], ended: Sequence[Any], legal_now: datetime) -> list[Fact]:
    """The facts of deliveries that ended as they were made: doubles of what was sent, addresses that are gone."""
    ways = {way.delivery_id: (row, way) for row in told for way in row.deliveries}
    found = []
    for row in ended:
        notification, way = ways[row.delivery_id]
        parcel = Parcel(
            delivery_id=way.delivery_id,
            notification_id=notification.notification_id,
            receiver=notification.receiver,
            group_id=notification.group_id,
            channel=way.channel,
            target=way.target,
            title=notification.title,
            text="",
            body=None,
            alerts=notification.alerts,
            attempt=0,
            riders=(row.merged_into,) if row.merged_into else (),
        )
        verdict = Delivered(None) if row.state == "merged" else GaveUp(row.error or "地址已停用")
        found.append(fact_of(Settled(parcel, verdict), legal_now, merged=row.state == "merged"))
    return found


def _plain(row: Notification | Delivery) -> dict[str, Any]:
    """Its fields as they are; a storm's notification holds thousands of alerts, which nobody needs twice."""
    return {field.name: getattr(row, field.name) for field in fields(row) if field.name != "deliveries"}


def _firsts(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The first of each dedupe key with everything that has none, and the rest."""
    seen: set[str] = set()
    firsts: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for row in rows:
        key = row["dedupe_key"]
        (rest if key and key in seen else firsts).append(row)
        seen.add(key)
    return firsts, rest


def _looks(row: Notification, context: Surroundings) -> list[tuple[str, str, datetime]]:
    """(subject, kind, legal instant) of what follows from a notification."""
    found = []
    chain = context.routing.chains.get(row.chain)
    first = step_at(chain, 0) if chain is not None and row.reason in BEGINS else None
    if first is not None:
        at = when(first, context.legal_now, context.zone, context.calendar)
        found.append((row.notification_id, STEP, at))
    if any(delivery.held for delivery in row.deliveries):
        at = next_working_morning(context.legal_now, context.zone, context.calendar)
        found.append((f"release:{row.notification_id}", RELEASE, max(at, context.legal_now + timedelta(seconds=1))))
    return found


async def _set_looks(tx: Tx, looks: Sequence[tuple[str, str, datetime]]) -> None:
    if looks:
        values = {
            "subjects": [s for s, _, _ in looks],
            "kinds": [k for _, k, _ in looks],
            "at": [a for _, _, a in looks],
        }
        await tx.execute(_LOOKS, {"line": CHAINS_LINE, **values})


async def set_digests(tx: Tx, moments: Sequence[tuple[str, datetime]]) -> None:
    """Digests that have no moment yet get theirs (legal instants)."""
    await _set_looks(tx, [(f"digest:{name}", DIGEST, at) for name, at in moments])


def _json(rows: Any) -> str:
    return orjson.dumps(rows).decode()
