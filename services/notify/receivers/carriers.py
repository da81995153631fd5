"""The channels of notify behind one interface: webhook, email, inbox, console."""

from __future__ import annotations

from datetime import datetime

import structlog

from services.notify.domain.delivery import Answer
from services.notify.ports import Parcel
from services.notify.receivers.calling import nobody_on_duty
from services.notify.receivers.smtp import SmtpSender
from services.notify.receivers.webhook import WebhookSender
from services.notify.receivers.wording import words_of

MAIL_BYTES_MAX = 256 * 1024

log = structlog.get_logger(__name__)


class WebhookCarrier:
    """Posts the body that was composed with the notification."""

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """The signature's timestamp is the wall clock's, as receivers check it against theirs."""
        return await self._sender.send(parcel.delivery_id, parcel.target, dict(parcel.body or {}), int(now.timestamp()))


class EmailCarrier:
    def __init__(self, sender: SmtpSender) -> None:
        self._sender = sender

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """One mail in plain text; a post without anybody on duty is a failure with its reason."""
        text = words_of(parcel, MAIL_BYTES_MAX)
        if "@" not in parcel.target:
            return nobody_on_duty(parcel.target)
        return await self._sender.send(parcel.delivery_id, parcel.target, parcel.title, text, now)


class InboxCarrier:
    """The in-app inbox reads the delivery's own row, so being written is being delivered."""

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        return Answer(ok=True, receipt=f"inbox:{parcel.target}")


class ConsoleCarrier:
    """The worker's log; texts of alerts hold no personal data."""

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        log.info("notification", title=parcel.title, receiver=parcel.receiver, notification_id=parcel.notification_id)
        return Answer(ok=True, receipt="console")
