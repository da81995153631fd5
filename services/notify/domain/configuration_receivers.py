"""The receivers of a configuration file: Alertmanager's kinds, and ours under `sunlit:`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from services.notify.domain.reading import Reading
from services.notify.domain.routing import Receiver
from services.notify.domain.targets import (
    AppriseTarget,
    ConsoleTarget,
    EmailTarget,
    InboxTarget,
    LetterTarget,
    RobotKind,
    RobotTarget,
    SmsTarget,
    Target,
    WebhookTarget,
    WechatTarget,
)

Row = Mapping[str, Any]
Made = Target | None
TEMPLATE_CHARACTERS_MAX = 8000


def read_receivers(reading: Reading, top: Row, general: Row) -> dict[str, Receiver]:
    """The receivers by name."""
    found: dict[str, Receiver] = {}
    for value, pointer in reading.rows(top.get("receivers"), "/receivers"):
        reading.only(value, frozenset({"name", "sunlit", *KINDS}), pointer)
        name = reading.text(value, "name", pointer)
        if name in found:
            reading.wrong("DUPLICATE", f"{pointer}/name", f"接收者「{name}」重名", f"receiver {name!r} stands twice")
        targets = [
            made
            for key, read in KINDS.items()
            for row, place in reading.rows(value.get(key), f"{pointer}/{key}")
            if (made := read(reading, row, place, general)) is not None
        ]
        own = reading.mapping(value.get("sunlit") or {}, f"{pointer}/sunlit")
        reading.only(own, frozenset({"console", "template", *OWN_KINDS}), f"{pointer}/sunlit")
        targets += [
            made
            for key, read in OWN_KINDS.items()
            for row, place in reading.rows(own.get(key), f"{pointer}/sunlit/{key}")
            if (made := read(reading, row, place, general)) is not None
        ]
        if own.get("console"):
            targets.append(ConsoleTarget())
        template = str(own.get("template") or "")
        if len(template) > TEMPLATE_CHARACTERS_MAX:
            message = f"模板不得超过 {TEMPLATE_CHARACTERS_MAX} 字"
            reading.wrong("TOO_LONG", f"{pointer}/sunlit/template", message, "the template is too long")
        if name:
            found[name] = Receiver(name, tuple(targets), template)
    return found


def _webhook(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    reading.only(value, frozenset({"url", "max_alerts", "send_resolved"}), pointer)
    url = _url(reading, value, pointer)
    most = reading.number(value, "max_alerts", pointer, 0)
    resolved = reading.flag(value, "send_resolved", pointer, True)
    return WebhookTarget(url, most, resolved) if url else None


def _email(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    known = {"to", "send_resolved", "from", "smarthost", "hello", "auth_username", "auth_password", "auth_identity",
             "auth_secret", "require_tls"}  # fmt: skip
    reading.only(value, frozenset(known), pointer)
    to = str(value.get("to") or "")
    if "@" not in to and not to.startswith("{duty:"):
        message = "to 必须是邮箱地址，或值班岗位 {duty:岗位}"
        reading.wrong("BAD_ADDRESS", f"{pointer}/to", message, "to must be a mail address or {duty:post}")
        return None
    return EmailTarget(to, reading.flag(value, "send_resolved", pointer, False))


def _wechat(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    known = {"api_secret", "api_url", "corp_id", "agent_id", "to_user", "to_party", "to_tag", "message_type",
             "send_resolved"}  # fmt: skip
    reading.only(value, frozenset(known), pointer)
    merged = {
        "corp_id": general.get("wechat_api_corp_id"),
        "api_secret": general.get("wechat_api_secret"),
        "api_url": general.get("wechat_api_url"),
    }
    merged |= dict(value)
    kind = str(value.get("message_type") or "text")
    if kind not in ("text", "markdown"):
        reading.wrong("BAD_KIND", f"{pointer}/message_type", "message_type 应为 text 或 markdown", "text or markdown")
        kind = "text"
    corp, secret = reading.text(merged, "corp_id", pointer), reading.text(merged, "api_secret", pointer)
    to = [str(value.get(key) or "") for key in ("to_user", "to_party", "to_tag")]
    return WechatTarget(
        corp_id=corp,
        agent_id=str(merged.get("agent_id") or ""),
        api_secret=secret,
        to_user=to[0] if any(to) else "@all",
        to_party=to[1],
        to_tag=to[2],
        message_type=cast(Literal["text", "markdown"], kind),
        api_url=str(merged.get("api_url") or WechatTarget.__dataclass_fields__["api_url"].default),
        send_resolved=reading.flag(value, "send_resolved", pointer, False),
    )


def _inbox(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    reading.only(value, frozenset({"post", "send_resolved"}), pointer)
    post = reading.text(value, "post", pointer)
    return InboxTarget(post, reading.flag(value, "send_resolved", pointer, False)) if post else None


def _robot(kind: RobotKind) -> Callable[[Reading, Row, str, Row], Made]:
    def read(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
        reading.only(value, frozenset({"url", "secret", "send_resolved"}), pointer)
        url = _url(reading, value, pointer)
        resolved = reading.flag(value, "send_resolved", pointer, True)
        return RobotTarget(kind, url, str(value.get("secret") or ""), resolved) if url else None

    return read


def _sms(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    reading.only(value, frozenset({"url", "to", "template_code", "token", "success", "send_resolved"}), pointer)
    url, to = _url(reading, value, pointer), reading.text(value, "to", pointer)
    success = str(value.get("success") or "code=0")
    if "=" not in success:
        reading.wrong("BAD_KIND", f"{pointer}/success", "success 应写成 字段=值", "success must be field=value")
    code = reading.text(value, "template_code", pointer)
    resolved = reading.flag(value, "send_resolved", pointer, False)
    return SmsTarget(url, to, code, str(value.get("token") or ""), success, resolved) if url else None


def _letter(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    reading.only(value, frozenset({"to", "send_resolved"}), pointer)
    to = reading.text(value, "to", pointer)
    return LetterTarget(to, reading.flag(value, "send_resolved", pointer, False)) if to else None


def _apprise(reading: Reading, value: Row, pointer: str, general: Row) -> Made:
    reading.only(value, frozenset({"url", "send_resolved"}), pointer)
    url = reading.text(value, "url", pointer)
    if "://" not in url:
        reading.wrong("BAD_URL", f"{pointer}/url", "应为 Apprise 地址，如 ntfy://主题", "an Apprise URL is wanted")
        return None
    return AppriseTarget(url, reading.flag(value, "send_resolved", pointer, False))


def _url(reading: Reading, value: Row, pointer: str) -> str:
    url = str(value.get("url") or "")
    if url.startswith(("http://", "https://")):
        return url
    reading.wrong("BAD_URL", f"{pointer}/url", "url 必须以 http:// 或 https:// 开头", "url must be http or https")
    return ""


KINDS: Mapping[str, Callable[[Reading, Row, str, Row], Made]] = {
    "webhook_configs": _webhook,
    "email_configs": _email,
    "wechat_configs": _wechat,
}
OWN_KINDS: Mapping[str, Callable[[Reading, Row, str, Row], Made]] = {
    "inbox_configs": _inbox,
    "wecom_configs": _robot("wecom"),
    "dingtalk_configs": _robot("dingtalk"),
    "feishu_configs": _robot("feishu"),
    "sms_configs": _sms,
    "letter_configs": _letter,
    "apprise_configs": _apprise,
}
