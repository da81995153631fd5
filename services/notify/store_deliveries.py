"""Deliveries in the database: leased, limited and merged, settled, and told to the world as facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.notify import (
    AlertRef,
    NotificationBody,
    NotificationFailed,
    NotificationMerged,
    NotificationSent,
)
from libs.common.kernel.spine import Fact
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.notify.domain.delivery import Again, Delivered, GaveUp
from services.notify.domain.message import digest_words
from services.notify.domain.rates import Bucket, Limit, Plan, plan
from services.notify.ports import Parcel

TOPIC = "notify.deliveries.v1"
SOURCE = "//sunlit/notify"
WAITING_MAX = 2000

# A letter is delivered by hand: it waits for a person, not for a channel.
_DUE = text(
    """
    SELECT delivery_id, channel, target FROM delivery
    WHERE state = 'pending' AND merged_into IS NULL AND channel <> 'letter' AND next_at <= :now
      AND (leased_until IS NULL OR leased_until <= :now)
    ORDER BY next_at, delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_WAITING = text(
    """
    SELECT delivery_id FROM delivery
    WHERE state = 'pending' AND merged_into IS NULL AND channel = :channel AND target = :target AND next_at <= :now
      AND (leased_until IS NULL OR leased_until <= :now)
    ORDER BY next_at, delivery_id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_NEW_BUCKETS = text(
    """
    INSERT INTO bucket (target, tokens, at)
    SELECT t, tokens, :now FROM unnest(CAST(:targets AS text[]), CAST(:tokens AS double precision[])) AS n (t, tokens)
    ORDER BY t ON CONFLICT (target) DO NOTHING
    """
)
_BUCKETS = text("SELECT * FROM bucket WHERE target = ANY(:targets) ORDER BY target FOR UPDATE")
_SAVE_BUCKET = text("UPDATE bucket SET tokens = :tokens, at = :at WHERE target = :target")
_LATER = text("UPDATE delivery SET next_at = :at WHERE delivery_id = ANY(:ids)")
_RIDE = text("UPDATE delivery SET merged_into = :host WHERE delivery_id = ANY(:riders) OR merged_into = ANY(:riders)")
_LEASE = text(
    """
    UPDATE delivery d SET leased_until = :until, attempts = d.attempts + 1
    FROM notification n WHERE d.delivery_id = ANY(:ids) AND n.notification_id = d.notification_id
    RETURNING d.delivery_id, d.notification_id, d.channel, d.target, d.body, d.address, d.attempts, d.dedupe_key,
              n.receiver, n.group_id, n.title, n.lines, n.alerts, n.status, n.severity
    """
)
_RIDERS = text(
    """
    SELECT d.delivery_id, d.merged_into, d.notification_id, d.channel, d.target, d.attempts, d.dedupe_key, d.address,
           n.receiver, n.group_id, n.title, n.alerts
    FROM delivery d JOIN notification n USING (notification_id)
    WHERE d.state = 'pending' AND d.merged_into = ANY(:hosts) ORDER BY n.made_at, d.delivery_id
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


async def lease(
    tx: Tx, now: datetime, until: datetime, limit: int, limits: Mapping[str, Limit], external_url: str = ""
) -> list[Parcel]:
    """Deliveries whose moment has come, ours until `until`; the attempt is counted at once.

    An address with a limit gets what its bucket holds; the rest rides on a digest or waits.
    """
    rows = (await tx.execute(_DUE, {"now": now, "limit": limit})).all()
    ids = [row.delivery_id for row in rows if row.channel not in limits]
    targets = sorted({(row.channel, row.target) for row in rows if row.channel in limits})
    ids += await _within_limits(tx, now, targets, limits)
    if not ids:
        return []
    leased = (await tx.execute(_LEASE, {"ids": ids, "until": until})).all()
    riders: dict[str, list[Any]] = {}
    for row in await tx.execute(_RIDERS, {"hosts": ids}):
        riders.setdefault(row.merged_into, []).append(row)
    return [_parcel(row, riders.get(row.delivery_id, []), external_url) for row in leased]


async def _within_limits(
    tx: Tx, now: datetime, targets: Sequence[tuple[str, str]], limits: Mapping[str, Limit]
) -> list[str]:
    """The deliveries to addresses with a limit that may go now."""
    if not targets:
        return []
    names = [f"{channel}:{target}" for channel, target in targets]
    tokens = [float(limits[channel].burst) for channel, _ in targets]
    await tx.execute(_NEW_BUCKETS, {"targets": names, "tokens": tokens, "now": now})
    buckets = {row.target: Bucket(row.tokens, row.at) for row in await tx.execute(_BUCKETS, {"targets": names})}
    ids: list[str] = []
    for (channel, target), name in zip(targets, names, strict=True):
        values = {"channel": channel, "target": target, "now": now, "limit": WAITING_MAX}
        waiting = [row.delivery_id for row in await tx.execute(_WAITING, values)]
        found = plan(waiting, buckets[name], limits[channel], now)
        ids += await _follow(tx, found, waiting)
        await tx.execute(_SAVE_BUCKET, {"target": name, "tokens": found.bucket.tokens, "at": found.bucket.at})
    return ids


async def _follow(tx: Tx, found: Plan, waiting: Sequence[str]) -> list[str]:
    """Writes what a plan says of riders and of waiting; answers who goes now."""
    if found.wait_until is not None:
        await tx.execute(_LATER, {"ids": list(waiting), "at": found.wait_until})
        return []
    if found.host is None:
        return list(found.alone)
    if found.riders:
        await tx.execute(_RIDE, {"host": found.host, "riders": list(found.riders)})
    return [*found.alone, found.host]


def _parcel(row: Any, riders: Sequence[Any], external_url: str) -> Parcel:
    address = dict(row.address or {})
    said = str(address.get("text") or "\n".join([row.title, *row.lines]))
    others = [rider.title for rider in riders if not rider.dedupe_key or rider.dedupe_key != row.dedupe_key]
    title, words = row.title, said
    if others:
        title, words = digest_words([row.title, *others])
    return Parcel(
        delivery_id=row.delivery_id,
        notification_id=row.notification_id,
        receiver=row.receiver,
        group_id=row.group_id,
        channel=row.channel,
        target=row.target,
        title=title,
        text=words,
        body=row.body,
        alerts=tuple(row.alerts),
        attempt=row.attempts,
        address=address,
        status=str(address.get("status") or row.status),
        severity=row.severity,
        link=f"{external_url}/notify/{'' if others else row.notification_id}",
        riders=tuple(rider.delivery_id for rider in riders),
    )


async def settle(tx: Tx, settled: Sequence[Settled], now: datetime, legal_now: datetime) -> None:
    """Writes outcomes and appends the facts of those that are final; a delivery settled elsewhere is left alone.

    Riders share the fate of their host: merged when it was sent, failed when it was given up.
    """
    final = [item for item in settled if not isinstance(item.verdict, Again)]
    hosts = {item.parcel.delivery_id: item for item in final}
    riders = [
        Settled(_rider(row), hosts[row.merged_into].verdict)
        for row in await tx.execute(_RIDERS, {"hosts": list(hosts)})
    ]
    whole = [_row(item, "sent") for item in settled] + [_row(item, "merged") for item in riders]
    values = {"rows": orjson.dumps(whole).decode(), "now": now, "legal_now": legal_now}
    done = {row.delivery_id for row in await tx.execute(_SETTLE, values)}
    gone = [item for item in settled if isinstance(item.verdict, GaveUp) and item.verdict.disables]
    if gone:
        targets = {item.parcel.target: item.verdict.error for item in gone if isinstance(item.verdict, GaveUp)}
        await tx.execute(_DISABLE, {"targets": list(targets), "reasons": list(targets.values()), "now": now})
    facts = [fact_of(item, legal_now) for item in final if item.parcel.delivery_id in done]
    facts += [fact_of(item, legal_now, merged=True) for item in riders if item.parcel.delivery_id in done]
    await outbox.append(tx, facts)


def _rider(row: Any) -> Parcel:
    return Parcel(
        delivery_id=row.delivery_id,
        notification_id=row.notification_id,
        receiver=row.receiver,
        group_id=row.group_id,
        channel=row.channel,
        target=row.target,
        title=row.title,
        text="",
        body=None,
        alerts=tuple(row.alerts),
        attempt=row.attempts,
        riders=(row.merged_into,),
    )


def _row(item: Settled, delivered: str) -> dict[str, Any]:
    match item.verdict:
        case Delivered(receipt):
            return {"delivery_id": item.parcel.delivery_id, "state": delivered, "receipt": receipt}
        case Again(at, error):
            return {"delivery_id": item.parcel.delivery_id, "state": "pending", "next_at": at, "error": error}
        case GaveUp(error):
            return {"delivery_id": item.parcel.delivery_id, "state": "failed", "error": error}


def fact_of(item: Settled, legal_now: datetime, *, merged: bool = False) -> Fact:
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
    if not isinstance(verdict, Delivered):
        kind = "notify.notification.failed"
        data: NotificationBody = NotificationFailed(**body, error=verdict.error)
    elif merged:
        kind = "notify.notification.merged"
        data = NotificationMerged(**body, provider_receipt=verdict.receipt, merged_into=parcel.riders[0])
    else:
        kind = "notify.notification.sent"
        data = NotificationSent(**body, provider_receipt=verdict.receipt)
    event = new_event(
        kind, parcel.notification_id, data, time=legal_now, source=SOURCE, id=f"{parcel.delivery_id}/{kind[-4:]}"
    )
    return Fact(TOPIC, event)
