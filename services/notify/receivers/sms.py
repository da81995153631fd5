"""SMS gateways with an HTTP interface: a registered template, its parameters, and a receipt (rules §11).

"success only after the gateway's receipt": the reply's JSON must hold the field and value that the receiver names; a
plain 200 is no receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpcore
import orjson

from services.notify.domain.delivery import Answer, answer_of_status
from services.notify.ports import Parcel
from services.notify.receivers.calling import JSON_HEADERS, json_of, nobody_on_duty, reached
from services.notify.receivers.egress import post
from services.notify.receivers.wording import words_of

# ten parts of a long message, in the gateways' UTF-8
BYTES_MAX = 1500
RECEIPTS = ("msgid", "message_id", "messageId", "id", "requestId", "BizId")


class SmsCarrier:
    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """One message; the gateway gets an id by which it can tell doubles."""
        address = parcel.address
        to = str(address.get("to", ""))
        if not to or "{duty:" in to:
            return nobody_on_duty(parcel.target)
        text = words_of(parcel, BYTES_MAX)
        body = {
            "id": parcel.delivery_id,
            "to": to,
            "template": address.get("template_code", ""),
            "params": {"title": parcel.title, "text": text, "link": parcel.link},
            "text": text,
        }
        headers = {**JSON_HEADERS, "idempotency-key": parcel.delivery_id}
        if address.get("token"):
            headers["authorization"] = f"Bearer {address['token']}"
        reply = await reached(post(self._pool, str(address.get("url", "")), headers, orjson.dumps(body)))
        if isinstance(reply, Answer):
            return reply
        if not 200 <= reply.status < 300:
            return answer_of_status(reply.status, reply.text, reply.retry_after_seconds)
        found = json_of(reply)
        field, _, value = str(address.get("success") or "code=0").partition("=")
        if not found:
            return Answer(ok=False, retryable=True, error=f"短信网关没有回执：{reply.text[:200]}")
        if str(_at(found, field)) != value:
            return Answer(ok=False, error=f"短信网关拒绝：{reply.text[:200]}")
        return Answer(ok=True, receipt=next((str(found[key]) for key in RECEIPTS if found.get(key)), "ok")[:200])


def _at(found: Mapping[str, Any], path: str) -> Any:
    """The value of a dotted name."""
    value: Any = found
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
