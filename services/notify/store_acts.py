"""What persons do with a notification: sign for it, take that back, have it come again later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import TextClause, text

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.notify import AlertRef, NotificationAcknowledged
from libs.common.kernel.spine import Fact
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.notify.domain.inbox import Scope, posts_signed
from services.notify.store_deliveries import SOURCE, TOPIC
from services.notify.store_queries import NotificationRow

_POSTS = text("SELECT target FROM delivery WHERE notification_id = :id AND channel = 'inbox' ORDER BY target")
_SIGNED = text("SELECT post FROM signature WHERE notification_id = :id")
_SIGN = text(
    """
    INSERT INTO signature (notification_id, post, by, at)
    SELECT :id, p, :by, :now FROM unnest(CAST(:posts AS text[])) AS n (p) ON CONFLICT DO NOTHING
    """
)
_LOCK = text("SELECT acknowledged_at FROM notification WHERE notification_id = :id FOR UPDATE")
_ACK = text(
    """
    UPDATE notification SET acknowledged_at = :now, acknowledged_by = :by, snoozed_until = NULL
    WHERE notification_id = :id
    """
)
_UNACK = text("UPDATE notification SET acknowledged_at = NULL, acknowledged_by = NULL WHERE notification_id = :id")
_UNSIGN = text("DELETE FROM signature WHERE notification_id = :id AND post = ANY(:posts) RETURNING post")
_SNOOZE = text(
    """
    UPDATE notification SET snoozed_until = :until
    WHERE notification_id = :id AND acknowledged_at IS NULL RETURNING notification_id
    """
)
_ESCALATE = text(
    """
    UPDATE due SET due_at = :now WHERE line = 'chains' AND subject = :id AND kind = 'step' AND due_at > :now
    RETURNING subject
    """
)
NO_STEP = Problem("NO_STEP", "", "没有下一步可升级：没有升级链，或已走到头。", "There is no step left to escalate to.")
ALREADY = Problem(
    "ALREADY_ACKNOWLEDGED", "", "这条通知已经签收，无需再签。", "The notification is acknowledged already."
)
NOT_YET = Problem(
    "NOT_ACKNOWLEDGED", "", "这条通知还没有签收，不能撤回签收。", "The notification is not acknowledged yet."
)


async def acknowledge(
    tx: Tx, row: NotificationRow, by: str, scope: Scope, act_id: str, legal_now: datetime
) -> Problem | None:
    """Signs for the posts within the person's scope; a second signature for the same posts changes nothing.

    Where everyone must sign, the notification is acknowledged with the last post's signature, and only then
    `notify.notification.acknowledged` goes out.
    """
    if (await tx.execute(_LOCK, {"id": row.notification_id})).scalar_one() is not None:
        return ALREADY
    posts = await _column(tx, _POSTS, row.notification_id)
    before = await _column(tx, _SIGNED, row.notification_id)
    mine = posts_signed(posts, scope) or [f"person:{by}"]
    if row.everyone and set(mine) <= set(before):
        return ALREADY
    await tx.execute(_SIGN, {"id": row.notification_id, "by": by, "now": legal_now, "posts": mine})
    if row.everyone and not set(posts) <= {*before, *mine}:
        return None
    await tx.execute(_ACK, {"id": row.notification_id, "by": by, "now": legal_now})
    body = NotificationAcknowledged(
        notification_id=row.notification_id,
        receiver=row.receiver,
        channel="inbox",
        group=row.group_id,
        alerts=tuple(
            AlertRef(fingerprint=a["fingerprint"], status=a["status"], labels=a["labels"]) for a in row.alerts
        ),
        by=by,
    )
    kind = "notify.notification.acknowledged"
    event = new_event(kind, row.notification_id, body, time=legal_now, source=SOURCE, id=act_id)
    await outbox.append(tx, [Fact(TOPIC, event)])
    return None


async def take_back(tx: Tx, row: NotificationRow, scope: Scope) -> Problem | None:
    """The signature is taken back: the notification waits again."""
    signed_at = (await tx.execute(_LOCK, {"id": row.notification_id})).scalar_one()
    signed = await _column(tx, _SIGNED, row.notification_id)
    mine = posts_signed(signed, scope) if row.everyone else signed
    if signed_at is None and not mine:
        return NOT_YET
    await tx.execute(_UNSIGN, {"id": row.notification_id, "posts": list(mine)})
    await tx.execute(_UNACK, {"id": row.notification_id})
    return None


async def snooze(tx: Tx, row: NotificationRow, until: datetime) -> Problem | None:
    """It leaves the list of what waits until then (wall clock)."""
    return None if (await tx.execute(_SNOOZE, {"id": row.notification_id, "until": until})).first() else ALREADY


async def escalate(tx: Tx, row: NotificationRow, legal_now: datetime) -> Problem | None:
    """The next step of the chain is taken now instead of at its moment."""
    if row.acknowledged_at is not None:
        return ALREADY
    return None if (await tx.execute(_ESCALATE, {"id": row.notification_id, "now": legal_now})).first() else NO_STEP


async def _column(tx: Tx, query: TextClause, notification_id: str) -> Sequence[str]:
    return [str(value) for (value,) in await tx.execute(query, {"id": notification_id})]
