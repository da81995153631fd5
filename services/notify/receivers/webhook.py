"""Webhooks signed by the Standard Webhooks scheme, with Alertmanager's JSON as body."""

from __future__ import annotations

import base64
import hashlib
import hmac

import httpcore
import orjson

from services.notify.domain.delivery import Answer, answer_of_status
from services.notify.receivers.calling import reached
from services.notify.receivers.egress import post

KEY_PREFIX = "whsec_"


def sign(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64>` over `id.timestamp.body` (Standard Webhooks 1.0); `key` is `whsec_` + base64."""
    secret = base64.b64decode(key.removeprefix(KEY_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


class WebhookSender:
    """Posts one message; the same message keeps its id over all attempts, so that a receiver can drop doubles."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, key: str) -> None:
        self._pool, self._key = pool, key

    async def send(self, message_id: str, target: str, body: dict[str, object], timestamp: int) -> Answer:
        """What the receiver said; `timestamp` is in seconds since 1970 (wall clock)."""
        raw = orjson.dumps(body)
        headers = {
            "content-type": "application/json",
            "user-agent": "sunlit-hall",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._key, message_id, timestamp, raw),
        }
        reply = await reached(post(self._pool, target, headers, raw))
        return (
            reply
            if isinstance(reply, Answer)
            else answer_of_status(reply.status, reply.text, reply.retry_after_seconds)
        )
