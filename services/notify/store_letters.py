"""Printed notices: what waits to be handed over, and that it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.notify.domain.delivery import Delivered
from services.notify.ports import Parcel
from services.notify.receivers.letter import Letter
from services.notify.store_deliveries import Settled, settle

_LETTER = text(
    """
    SELECT d.delivery_id, d.notification_id, d.channel, d.target, d.attempts, d.state, n.receiver, n.group_id, n.title,
           n.lines, n.alerts, n.legal_at
    FROM delivery AS d JOIN notification AS n USING (notification_id)
    WHERE d.notification_id = :id AND d.channel = 'letter' ORDER BY d.target LIMIT 1
    """
)


async def letter_of(tx: Tx, notification_id: str, zone_now: datetime, external_url: str) -> Letter | None:
    """The notice of a notification; `zone_now` lends its zone to the date. None: it has no letter."""
    row = (await tx.execute(_LETTER, {"id": notification_id})).first()
    if row is None:
        return None
    made = row.legal_at.astimezone(zone_now.tzinfo)
    link = f"{external_url}/notify/{notification_id}"
    return Letter(row.target, notification_id[:8], row.title, list(row.lines), made, link)


async def hand_over(tx: Tx, notification_id: str, by: str, now: datetime, legal_now: datetime) -> bool:
    """The letter was printed and handed over: that is its receipt; False when it was before, or there is none."""
    row = (await tx.execute(_LETTER, {"id": notification_id})).first()
    if row is None or row.state != "pending":
        return False
    parcel = Parcel(
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
        attempt=max(1, row.attempts),
    )
    await settle(tx, [Settled(parcel, Delivered(f"{by} 打印送达"))], now, legal_now)
    return True
