"""What all HTTP channels share: a call that always ends in a reply or in an answer, and replies that are JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

import httpcore
import orjson

from services.notify.domain.delivery import Answer
from services.notify.receivers.egress import AddressRefusedError, Reply

LOST = (TimeoutError, OSError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
JSON_HEADERS = {"content-type": "application/json; charset=utf-8", "user-agent": "sunlit-hall"}


async def reached(call: Awaitable[Reply]) -> Reply | Answer:
    """The reply, or what it means that there was none: a refused address is final, a lost connection is not."""
    try:
        return await call
    except AddressRefusedError as refused:
        return Answer(ok=False, error=str(refused))
    except httpcore.UnsupportedProtocol as error:
        return Answer(ok=False, error=f"地址写法不对：{error}")
    except LOST as lost:
        return Answer(ok=False, retryable=True, error=f"无法送达：{type(lost).__name__} {lost}")


def json_of(reply: Reply) -> Mapping[str, Any]:
    """The reply's JSON object; empty when it is none."""
    try:
        found = orjson.loads(reply.text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def nobody_on_duty(place: str) -> Answer:
    """The answer for an address that stayed a question."""
    return Answer(ok=False, error=f"{place}：岗位没有值班名册，或值班人没有登记联系方式，请在路由文件的 rosters 里补上")
