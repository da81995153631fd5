"""The addresses of a receiver: one class for each kind of channel. Secrets in them are never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

RobotKind = Literal["wecom", "dingtalk", "feishu"]


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A webhook; its body is Alertmanager's own JSON (version 4)."""

    url: str
    max_alerts: int = 0
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class EmailTarget:
    """`to` may name who is on duty: `{duty:supervision/duty}`."""

    to: str
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class InboxTarget:
    """The in-app inbox of a post; `{org_code}` stands for the alert's organisation."""

    post: str
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class ConsoleTarget:
    """The worker's own log, for a platform that has no other channel yet."""

    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class RobotTarget:
    """A robot of a chat group: 企业微信, 钉钉 (signed with `secret`), 飞书 (the same)."""

    kind: RobotKind
    url: str
    secret: str = field(default="", repr=False)
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class WechatTarget:
    """An application of 企业微信, as Alertmanager's `wechat_configs` say it; `to_user` may name who is on duty."""

    corp_id: str
    agent_id: str
    api_secret: str = field(repr=False)
    to_user: str = "@all"
    to_party: str = ""
    to_tag: str = ""
    message_type: Literal["text", "markdown"] = "text"
    api_url: str = "https://qyapi.weixin.qq.com/cgi-bin/"
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class SmsTarget:
    """An SMS gateway with an HTTP interface.

    Args:
        to: the mobile number, or `{duty:post}`.
        template_code: the provider's registered template.
        success: `field=value` that the reply's JSON must hold: only then the gateway has taken it.
    """

    url: str
    to: str
    template_code: str
    token: str = field(default="", repr=False)
    success: str = "code=0"
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class LetterTarget:
    """A printed notice (DOCX): delivered when somebody has printed and handed it over."""

    to: str
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class AppriseTarget:
    """Any service that Apprise knows, by its URL."""

    url: str = field(repr=False)
    send_resolved: bool = False


Target = (
    WebhookTarget
    | EmailTarget
    | InboxTarget
    | ConsoleTarget
    | RobotTarget
    | WechatTarget
    | SmsTarget
    | LetterTarget
    | AppriseTarget
)
CHANNELS = (
    "inbox", "webhook", "email", "wecom", "dingtalk", "feishu", "wechat", "sms", "letter", "apprise", "console",
)  # fmt: skip


def channel_of(target: Target) -> str:
    """The channel that carries to it."""
    match target:
        case RobotTarget(kind=kind):
            return kind
        case WebhookTarget():
            return "webhook"
        case EmailTarget():
            return "email"
        case InboxTarget():
            return "inbox"
        case ConsoleTarget():
            return "console"
        case WechatTarget():
            return "wechat"
        case SmsTarget():
            return "sms"
        case LetterTarget():
            return "letter"
        case AppriseTarget():
            return "apprise"


def shown(target: Target) -> str:
    """The address as people may see it: without keys, tokens and whole numbers."""
    match target:
        case WebhookTarget(url=url):
            return url
        case EmailTarget(to=to) | LetterTarget(to=to):
            return to
        case InboxTarget(post=post):
            return post
        case ConsoleTarget():
            return "log"
        case RobotTarget(url=url):
            parts = urlsplit(url)
            return f"{parts.hostname}…{url[-4:]}"
        case WechatTarget(corp_id=corp, agent_id=agent, to_user=user, to_party=party, to_tag=tag):
            return f"{corp}/{agent} {user or party or tag}"
        case SmsTarget(to=to):
            return masked_number(to)
        case AppriseTarget(url=url):
            return f"{url.partition('://')[0]}://…"


def masked_number(number: str) -> str:
    """A mobile number as it is shown: 138****5678."""
    return f"{number[:3]}****{number[-4:]}" if number.isdigit() and len(number) >= 9 else number
