"""A test message goes the whole way: a notification and its deliveries, carried by the worker."""

from __future__ import annotations

from datetime import datetime

from libs.common.runtime.database import Tx
from services.notify.making import trial_notification
from services.notify.store import Place, RoutingStore, surroundings
from services.notify.store_notifications import save_notifications


async def send_trial(tx: Tx, tree: RoutingStore, place: Place, receiver: str, number: str, now: datetime) -> str | None:
    """The id of the test notification for a receiver; None when the tree in force has no such receiver."""
    context = await surroundings(tx, tree, place, now, whole=False)
    if receiver not in context.routing.receivers:
        return None
    trial = trial_notification(receiver, number, context, now, context.legal_now)
    await save_notifications(tx, [trial], now, context)
    return trial.notification_id
