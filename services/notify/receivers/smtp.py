"""Mail by SMTP; the message id is ours, so that a second attempt is the same mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from services.notify.domain.delivery import Answer

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail is handed over; `host` empty = no mail is configured.

    `start_tls`: True = encrypted or not at all, None = encrypted when the server can.
    """

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = None
    start_tls: bool | None = None


class SmtpSender:
    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, message_id: str, target: str, title: str, text: str, now: datetime) -> Answer:
        """What the mail server said: 4xx is tried again, 5xx is final (RFC 5321)."""
        if not self._settings.host:
            return Answer(ok=False, error="没有配置邮件服务器，请设置 SUNLIT_SMTP_HOST")
        try:
            _, reply = await aiosmtplib.send(
                _mail(message_id, self._settings.sender, target, title, text, now),
                hostname=self._settings.host,
                port=self._settings.port,
                username=self._settings.username,
                password=self._settings.password,
                start_tls=self._settings.start_tls,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            worst = max(recipient.code for recipient in refused.recipients)
            return Answer(ok=False, retryable=worst < 500, error=f"收件人被拒绝（{worst}）")
        except aiosmtplib.SMTPResponseException as refused:
            return Answer(ok=False, retryable=refused.code < 500, error=f"邮件服务器返回 {refused.code}")
        except (aiosmtplib.SMTPException, OSError) as lost:
            return Answer(ok=False, retryable=True, error=f"邮件服务器无法连接：{type(lost).__name__}")
        return Answer(ok=True, receipt=reply[:200])


def _mail(message_id: str, sender: str, target: str, title: str, text: str, now: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, target, title
    mail["Message-ID"] = f"<{message_id}@sunlit-hall>"
    mail["Date"] = format_datetime(now)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail
