"""Deliveries in the database: leased, settled, and told to the world as facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.notify import AlertRef, NotificationBody, NotificationFailed, NotificationSent
from libs.common.kernel.spine import Fact
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.notify.domain.delivery import Again, Delivered, GaveUp
from services.notify.ports import Parcel

TOPIC = "notify.deliveries.v1"
SOURCE = "//sunlit/notify"

_LEASE = text(
    """
    WITH due AS (
        SELECT delivery_id FROM delivery
        WHERE state = 'pending' AND next_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
        ORDER BY next_at, delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE delivery d SET leased_until = :until, attempts = d.attempts + 1
    FROM due, notification n WHERE d.delivery_id = due.delivery_id AND n.notification_id = d.notification_id
    RETURNING d.delivery_id, d.notification_id, d.channel, d.target, d.body, d.attempts, n.receiver, n.group_id,
              n.title, n.lines, n.alerts
    """
)
_SETTLE = text(
    """
    UPDATE delivery d SET state = r.state, next_at = COALESCE(r.next_at, d.next_at), leased_until = NULL,
        receipt = r.receipt, error = r.error, settled_at = CASE WHEN r.state = 'pending' THEN NULL ELSE :now END,
        settled_legal_at = CASE WHEN r.state = 'pending' THEN NULL ELSE :legal_now END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (delivery_id text, state text, next_at timestamptz,
        receipt text, error text)
    WHERE d.delivery_id = r.delivery_id AND d.state = 'pending'
    RETURNING d.delivery_id
    """
)
_DISABLE = text(
    """
    INSERT INTO disabled_target (target, reason, at)
    SELECT t, reason, :now FROM unnest(CAST(:targets AS text[]), CAST(:reasons AS text[])) AS n (t, reason)
    ON CONFLICT (target) DO NOTHING
    """
)


@dataclass(frozen=True, slots=True)
class Settled:
    """A parcel and what became of its attempt."""

    parcel: Parcel
    verdict: Delivered | Again | GaveUp


async def lease(tx: Tx, now: datetime, until: datetime, limit: int) -> list[Parcel]:
    """Pending deliveries whose moment has come, ours until `until`; the attempt is counted at once."""
    rows = await tx.execute(_LEASE, {"now": now, "until": until, "limit": limit})
    return [
        Parcel(
            delivery_id=row.delivery_id,
            notification_id=row.notification_id,
            receiver=row.receiver,
            group_id=row.group_id,
            channel=row.channel,
            target=row.target,
            title=row.title,
            text="\n".join([row.title, *row.lines]),
            body=row.body,
            alerts=tuple(row.alerts),
            attempt=row.attempts,
        )
        for row in rows
    ]


async def settle(tx: Tx, settled: Sequence[Settled], now: datetime, legal_now: datetime) -> None:
    """Writes outcomes and appends the facts of those that are final; a delivery settled elsewhere is left alone."""
    rows = orjson.dumps([_row(item) for item in settled]).decode()
    done = {row.delivery_id for row in await tx.execute(_SETTLE, {"rows": rows, "now": now, "legal_now": legal_now})}
    gone = [item for item in settled if isinstance(item.verdict, GaveUp) and item.verdict.disables]
    if gone:
        targets = {item.parcel.target: item.verdict.error for item in gone if isinstance(item.verdict, GaveUp)}
        await tx.execute(_DISABLE, {"targets": list(targets), "reasons": list(targets.values()), "now": now})
    facts = [fact_of(item, legal_now) for item in settled if item.parcel.delivery_id in done and _final(item)]
    await outbox.append(tx, facts)


def _final(item: Settled) -> bool:
    return not isinstance(item.verdict, Again)


def _row(item: Settled) -> dict[str, Any]:
    match item.verdict:
        case Delivered(receipt):
            return {"delivery_id": item.parcel.delivery_id, "state": "sent", "receipt": receipt}
        case Again(at, error):
            return {"delivery_id": item.parcel.delivery_id, "state": "pending", "next_at": at, "error": error}
        case GaveUp(error):
            return {"delivery_id": item.parcel.delivery_id, "state": "failed", "error": error}


def fact_of(item: Settled, legal_now: datetime) -> Fact:
    """The fact of a final outcome; its id is the delivery's, so that it exists once."""
    parcel, verdict = item.parcel, item.verdict
    body: dict[str, Any] = {
        "notification_id": parcel.notification_id,
        "receiver": parcel.receiver,
        "channel": f"{parcel.channel}:{parcel.target}"[:200],
        "group": parcel.group_id,
        "alerts": tuple(
            AlertRef(fingerprint=a["fingerprint"], status=a["status"], labels=a["labels"]) for a in parcel.alerts
        ),
        "attempt": parcel.attempt,
    }
    if isinstance(verdict, Delivered):
        kind = "notify.notification.sent"
        data: NotificationBody = NotificationSent(**body, provider_receipt=verdict.receipt)
    else:
        kind = "notify.notification.failed"
        data = NotificationFailed(**body, error=verdict.error)
    event = new_event(
        kind, parcel.notification_id, data, time=legal_now, source=SOURCE, id=f"{parcel.delivery_id}/{kind[-4:]}"
    )
    return Fact(TOPIC, event)
