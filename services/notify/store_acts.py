"""What persons do with a notification: sign for it, take that back, have it come again later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.notify import AlertRef, NotificationAcknowledged
from libs.common.kernel.spine import Fact
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.notify.store_deliveries import SOURCE, TOPIC
from services.notify.store_queries import NotificationRow

_ACK = text(
    """
    UPDATE notification SET acknowledged_at = :now, acknowledged_by = :by, snoozed_until = NULL
    WHERE notification_id = :id AND acknowledged_at IS NULL RETURNING notification_id
    """
)
_UNACK = text(
    """
    UPDATE notification SET acknowledged_at = NULL, acknowledged_by = NULL
    WHERE notification_id = :id AND acknowledged_at IS NOT NULL RETURNING notification_id
    """
)
_SNOOZE = text(
    """
    UPDATE notification SET snoozed_until = :until
    WHERE notification_id = :id AND acknowledged_at IS NULL RETURNING notification_id
    """
)
ALREADY = Problem(
    "ALREADY_ACKNOWLEDGED", "", "这条通知已经签收，无需再签。", "The notification is acknowledged already."
)
NOT_YET = Problem(
    "NOT_ACKNOWLEDGED", "", "这条通知还没有签收，不能撤回签收。", "The notification is not acknowledged yet."
)


async def acknowledge(tx: Tx, row: NotificationRow, by: str, act_id: str, legal_now: datetime) -> Problem | None:
    """Signs for a notification and says so on `notify.deliveries.v1`; a second signature changes nothing."""
    if (await tx.execute(_ACK, {"id": row.notification_id, "by": by, "now": legal_now})).first() is None:
        return ALREADY
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


async def take_back(tx: Tx, row: NotificationRow) -> Problem | None:
    """The signature is taken back: the notification waits again."""
    return None if (await tx.execute(_UNACK, {"id": row.notification_id})).first() else NOT_YET


async def snooze(tx: Tx, row: NotificationRow, until: datetime) -> Problem | None:
    """It leaves the list of what waits until then (wall clock)."""
    return None if (await tx.execute(_SNOOZE, {"id": row.notification_id, "until": until})).first() else ALREADY
