"""Applications of 企业微信: a token that is fetched and kept; the platform itself keeps messages from doubling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpcore
import orjson

from services.notify.domain.delivery import Answer, answer_of_status
from services.notify.ports import Parcel
from services.notify.receivers.calling import JSON_HEADERS, json_of, nobody_on_duty, reached
from services.notify.receivers.egress import Reply, get, post
from services.notify.receivers.robots import Code
from services.notify.receivers.wording import words_of

BYTES_MAX = 2048
# the platform drops a message that it got before within this time
DOUBLES_SECONDS = 4 * 3600
TOKEN_OVER = frozenset({40014, 42001})
CODES: Mapping[int, Code] = {
    -1: Code("系统繁忙", 5.0),
    45009: Code("接口调用超过限制", 60.0),
    45033: Code("接口并发超过限制", 5.0),
    40001: Code("应用密钥不对"),
    40013: Code("企业编号不对"),
    40056: Code("应用编号不对"),
    60020: Code("本机 IP 不在可信 IP 内"),
    81013: Code("收件人、部门和标签都无效"),
    82001: Code("没有收件人"),
}


class WechatCarrier:
    """Sends as the application that the parcel's address names."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool
        self._tokens: dict[tuple[str, str], tuple[str, datetime]] = {}

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """A token that is over is fetched anew once."""
        address = parcel.address
        if "{duty:" in str(address.get("to_user", "")):
            return nobody_on_duty(parcel.target)
        answer, code = await self._send(parcel, now)
        if code in TOKEN_OVER:
            self._tokens.pop((str(address["corp_id"]), str(address["api_secret"])), None)
            answer, _ = await self._send(parcel, now)
        return answer

    async def _send(self, parcel: Parcel, now: datetime) -> tuple[Answer, int | None]:
        address = parcel.address
        token = await self._token(address, now)
        if isinstance(token, Answer):
            return token, None
        kind = str(address.get("message_type") or "text")
        body = {
            "touser": address.get("to_user", ""),
            "toparty": address.get("to_party", ""),
            "totag": address.get("to_tag", ""),
            "agentid": address.get("agent_id", ""),
            "msgtype": kind,
            kind: {"content": words_of(parcel, BYTES_MAX)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DOUBLES_SECONDS,
        }
        url = f"{_base(address)}message/send?{urlencode({'access_token': token})}"
        reply = await reached(post(self._pool, url, JSON_HEADERS, orjson.dumps(body)))
        return (reply, None) if isinstance(reply, Answer) else _answer(reply)

    async def _token(self, address: Mapping[str, Any], now: datetime) -> str | Answer:
        key = (str(address["corp_id"]), str(address["api_secret"]))
        known = self._tokens.get(key)
        if known is not None and known[1] > now:
            return known[0]
        query = urlencode({"corpid": key[0], "corpsecret": key[1]})
        reply = await reached(get(self._pool, f"{_base(address)}gettoken?{query}"))
        if isinstance(reply, Answer):
            return reply
        answer, _ = _answer(reply)
        found = json_of(reply)
        if not answer.ok or not found.get("access_token"):
            return answer if not answer.ok else Answer(ok=False, retryable=True, error="企业微信没有给出令牌")
        # a minute early, so that none is over on its way
        until = now + timedelta(seconds=max(60, int(found.get("expires_in", 7200)) - 60))
        self._tokens[key] = (str(found["access_token"]), until)
        return str(found["access_token"])


def _base(address: Mapping[str, Any]) -> str:
    return str(address.get("api_url") or "").rstrip("/") + "/"


def _answer(reply: Reply) -> tuple[Answer, int | None]:
    if not 200 <= reply.status < 300:
        return answer_of_status(reply.status, reply.text, reply.retry_after_seconds), None
    found = json_of(reply)
    code = found.get("errcode")
    if code == 0:
        missed = str(found.get("invaliduser") or "")
        receipt = str(found.get("msgid") or "ok") + (f"（无效收件人 {missed}）" if missed else "")
        return Answer(ok=True, receipt=receipt[:200]), 0
    if not isinstance(code, int):
        return Answer(ok=False, retryable=True, error=f"企业微信没有回执：{reply.text[:200]}"), None
    known = CODES.get(code)
    words = known.words if known else str(found.get("errmsg", ""))[:200]
    wait = None if known is None else known.after_seconds
    error = f"企业微信返回 {code}：{words}"
    return Answer(ok=False, retryable=wait is not None, error=error, after_seconds=wait), code
