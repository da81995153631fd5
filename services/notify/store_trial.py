"""A test message goes the whole way: a notification and its deliveries, carried by the worker."""

from __future__ import annotations

from datetime import datetime

from libs.common.runtime.database import Tx
from services.notify.handlers import trial_notification
from services.notify.ports import Surroundings
from services.notify.store import RoutingStore, save_notifications


async def send_trial(
    tx: Tx, tree: RoutingStore, receiver: str, number: str, now: datetime, legal_now: datetime
) -> str | None:
    """The id of the test notification for a receiver; None when the tree in force has no such receiver."""
    routing = await tree.current(tx)
    if receiver not in routing.receivers:
        return None
    context = Surroundings(routing, external_url=tree.external_url)
    trial = trial_notification(receiver, number, context, now, legal_now)
    await save_notifications(tx, [trial], now, legal_now)
    return trial.notification_id
