"""Robots of chat groups: 企业微信, 钉钉, 飞书. A message has arrived when the robot's JSON says so, not by its status.

Sizes and codes are those of the platforms' own documents; a code that stands in no table is final, because a message
that is wrong stays wrong, except "busy".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpcore
import orjson

from services.notify.domain.delivery import Answer, answer_of_status
from services.notify.domain.message import fit
from services.notify.ports import Parcel
from services.notify.receivers.calling import JSON_HEADERS, json_of, reached
from services.notify.receivers.egress import Reply, post
from services.notify.receivers.wording import words_of

BYTES_MAX: Mapping[str, int] = {"wecom": 4096, "dingtalk": 20_000, "feishu": 20_000}


@dataclass(frozen=True, slots=True)
class Code:
    """What a platform's code means: `after_seconds` set = try again then; `gone` = the robot exists no more."""

    words: str
    after_seconds: float | None = None
    gone: bool = False


CODES: Mapping[str, Mapping[int, Code]] = {
    "wecom": {
        -1: Code("系统繁忙", 5.0),
        45009: Code("超过每分钟 20 条的频率限制", 60.0),
        45033: Code("并发过高", 5.0),
        93000: Code("机器人地址无效或机器人已被移除", gone=True),
        40008: Code("消息类型无效"),
        40058: Code("消息参数不合规"),
        45002: Code("消息超过长度限制"),
    },
    "dingtalk": {
        -1: Code("系统繁忙", 5.0),
        130101: Code("超过每分钟 20 条，被限流 10 分钟", 600.0),
        410100: Code("发送过快，被限流", 600.0),
        310000: Code("未通过安全设置（签名、关键词或 IP）"),
        400013: Code("群已解散", gone=True),
        400101: Code("access_token 不存在", gone=True),
        400102: Code("机器人已停用", gone=True),
        400105: Code("不支持的消息类型"),
        400106: Code("机器人不存在", gone=True),
        43004: Code("请求头缺少 Content-Type"),
    },
    "feishu": {
        11232: Code("超过频率限制", 60.0),
        9499: Code("请求格式不对"),
        19001: Code("机器人地址无效", gone=True),
        19021: Code("签名校验失败，请核对密钥与服务器时间"),
        19022: Code("本机 IP 不在机器人的白名单内"),
        19024: Code("消息不含机器人要求的关键词"),
    },
}


class RobotCarrier:
    """Posts to the robot that the parcel's address names."""

    def __init__(self, kind: str, pool: httpcore.AsyncConnectionPool) -> None:
        self._kind, self._pool = kind, pool

    async def carry(self, parcel: Parcel, now: datetime) -> Answer:
        """The signature's timestamp is the wall clock's, as the platforms check it against theirs."""
        url, secret = str(parcel.address.get("url", "")), str(parcel.address.get("secret", ""))
        text = words_of(parcel, BYTES_MAX[self._kind])
        if self._kind == "dingtalk":
            # a single line end is swallowed by its markdown
            text = fit(text.replace("\n", "  \n"), BYTES_MAX[self._kind], parcel.link)
        body = _body(self._kind, parcel.title, text)
        seconds = int(now.timestamp())
        if secret and self._kind == "dingtalk":
            url += f"&timestamp={seconds * 1000}&sign={quote(dingtalk_sign(secret, seconds * 1000), safe='')}"
        if secret and self._kind == "feishu":
            body = {"timestamp": str(seconds), "sign": feishu_sign(secret, seconds), **body}
        reply = await reached(post(self._pool, url, JSON_HEADERS, orjson.dumps(body)))
        return reply if isinstance(reply, Answer) else answer_of_robot(self._kind, reply)


def dingtalk_sign(secret: str, timestamp_ms: int) -> str:
    """钉钉: base64(HMAC-SHA256(secret, "timestamp\\nsecret"))."""
    told = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), told, hashlib.sha256).digest()).decode()


def feishu_sign(secret: str, timestamp_s: int) -> str:
    """飞书: base64(HMAC-SHA256("timestamp\\nsecret", "")): the string is the key, the message empty."""
    key = f"{timestamp_s}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def _body(kind: str, title: str, text: str) -> dict[str, Any]:
    match kind:
        case "wecom":
            return {"msgtype": "markdown", "markdown": {"content": text}}
        case "dingtalk":
            return {"msgtype": "markdown", "markdown": {"title": title[:64], "text": text}}
        case _:
            return {"msg_type": "text", "content": {"text": text}}


def answer_of_robot(kind: str, reply: Reply) -> Answer:
    """What a robot's reply means."""
    if not 200 <= reply.status < 300:
        return answer_of_status(reply.status, reply.text, reply.retry_after_seconds)
    found = json_of(reply)
    code = found.get("errcode", found.get("code", found.get("StatusCode")))
    if code == 0:
        return Answer(ok=True, receipt=f"{kind}:{found.get('errmsg') or found.get('msg') or 'ok'}")
    if not isinstance(code, int):
        return Answer(ok=False, retryable=True, error=f"机器人没有回执：{reply.text[:200]}")
    known = CODES[kind].get(code)
    words = known.words if known else str(found.get("errmsg") or found.get("msg") or "")[:200]
    wait = None if known is None else known.after_seconds
    return Answer(
        ok=False,
        retryable=wait is not None,
        disables=known is not None and known.gone,
        error=f"机器人返回 {code}：{words}",
        after_seconds=wait,
    )
