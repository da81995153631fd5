"""An Alertmanager configuration file, read into a routing tree; what we do not know is refused by name and place.

Keys of our own stand under `sunlit:` of a receiver: `inbox_configs` and `console`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.common.kernel.errors import DataError, Problem
from services.notify.domain.matchers import Matcher, parse_matchers
from services.notify.domain.routing import (
    ConsoleTarget,
    EmailTarget,
    InboxTarget,
    InhibitRule,
    Receiver,
    Route,
    Routing,
    Target,
    WebhookTarget,
)

DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$")
DURATION_SECONDS = (365 * 86400, 7 * 86400, 86400, 3600, 60, 1, 0.001)
# Alertmanager's own defaults
GROUP_WAIT_SECONDS, GROUP_INTERVAL_SECONDS, REPEAT_INTERVAL_SECONDS = 30.0, 300.0, 4 * 3600.0
TOP_KEYS = {"global", "route", "receivers", "inhibit_rules", "templates"}
ROUTE_KEYS = {
    "receiver",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "matchers",
    "match",
    "match_re",
    "continue",
    "routes",
}
RECEIVER_KEYS = {"name", "webhook_configs", "email_configs", "sunlit"}
INHIBIT_KEYS = {
    "source_matchers",
    "target_matchers",
    "equal",
    "source_match",
    "source_match_re",
    "target_match",
    "target_match_re",
}


@dataclass(slots=True)
class _Reading:
    """Collects every problem of one file, so that the author sees all of them at once."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, code: str, pointer: str, message: str, message_en: str) -> None:
        self.problems.append(Problem(code, pointer, message, message_en))

    def only(self, value: Mapping[str, Any], known: set[str], pointer: str) -> None:
        """Every key that is not known is named: an option that is silently ignored loses alerts."""
        for key in value:
            if key not in known:
                self.wrong("UNSUPPORTED", f"{pointer}/{key}", f"不支持配置项 {key}", f"{key} is not supported")

    def mapping(self, value: Any, pointer: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.wrong("NOT_A_MAPPING", pointer, "这里应是键值对", "a mapping is expected here")
        return {}

    def items(self, value: Any, pointer: str) -> list[Any]:
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.wrong("NOT_A_LIST", pointer, "这里应是列表", "a list is expected here")
        return []


def read_configuration(value: Any) -> Routing:
    """The routing of a parsed YAML document.

    Raises:
        DataError: every problem of the file, each with its place (`/route/routes/0/matchers/1`).
    """
    reading = _Reading()
    top = reading.mapping(value, "")
    reading.only(top, TOP_KEYS, "")
    receivers = {
        receiver.name: receiver
        for number, raw in enumerate(reading.items(top.get("receivers"), "/receivers"))
        for receiver in _receiver(reading, raw, f"/receivers/{number}")
    }
    root = _root(reading, top.get("route"))
    for node in root.walk():
        if node.receiver not in receivers:
            place = "/route" + "".join(f"/routes/{step}" for step in node.path.split("/")[1:] if step)
            reading.wrong(
                "UNKNOWN_RECEIVER",
                f"{place}/receiver",
                f"没有名为「{node.receiver}」的接收者，请在 receivers 里加上",
                f"no receiver is named {node.receiver!r}",
            )
    rules = tuple(
        _inhibit_rule(reading, raw, f"/inhibit_rules/{number}")
        for number, raw in enumerate(reading.items(top.get("inhibit_rules"), "/inhibit_rules"))
    )
    if reading.problems:
        raise DataError(*reading.problems)
    return Routing(root, receivers, rules)


def _root(reading: _Reading, raw: Any) -> Route:
    value = reading.mapping(raw, "/route")
    if not value.get("receiver"):
        reading.wrong(
            "MISSING_FIELD", "/route/receiver", "根路由必须指定 receiver", "the root route must name a receiver"
        )
    parent = Route(
        "", "", (), GROUP_WAIT_SECONDS, GROUP_INTERVAL_SECONDS, REPEAT_INTERVAL_SECONDS, (), continues=False, routes=()
    )
    return _route(reading, value, parent, "", "/route")


def _route(reading: _Reading, value: Mapping[str, Any], parent: Route, path: str, pointer: str) -> Route:
    reading.only(value, ROUTE_KEYS, pointer)
    group_by = parent.group_by
    if "group_by" in value:
        group_by = tuple(str(name) for name in reading.items(value["group_by"], f"{pointer}/group_by"))
    node = Route(
        path=path or "/",
        receiver=str(value.get("receiver") or parent.receiver),
        group_by=group_by,
        group_wait_seconds=_duration(reading, value, "group_wait", parent.group_wait_seconds, pointer),
        group_interval_seconds=_duration(reading, value, "group_interval", parent.group_interval_seconds, pointer),
        repeat_interval_seconds=_duration(reading, value, "repeat_interval", parent.repeat_interval_seconds, pointer),
        matchers=_matchers(reading, value, ("matchers", "match", "match_re"), pointer),
        continues=bool(value.get("continue", False)),
        routes=(),
    )
    children = tuple(
        _route(
            reading,
            reading.mapping(raw, f"{pointer}/routes/{n}"),
            node,
            f"{path.rstrip('/')}/{n}",
            f"{pointer}/routes/{n}",
        )
        for n, raw in enumerate(reading.items(value.get("routes"), f"{pointer}/routes"))
    )
    return replace(node, routes=children)


def _duration(reading: _Reading, value: Mapping[str, Any], key: str, inherited: float, pointer: str) -> float:
    if key not in value:
        return inherited
    text = str(value[key])
    found = DURATION.match(text)
    if not text or found is None or not any(found.groups()):
        reading.wrong(
            "BAD_DURATION",
            f"{pointer}/{key}",
            f"{key} 的时长「{text}」写法不对，例：30s、5m、4h",
            f"{text!r} is no duration; write 30s, 5m, 4h",
        )
        return inherited
    return sum(int(part) * unit for part, unit in zip(found.groups("0"), DURATION_SECONDS, strict=True))


def _matchers(
    reading: _Reading, value: Mapping[str, Any], keys: tuple[str, str, str], pointer: str
) -> tuple[Matcher, ...]:
    modern, exact, pattern = keys
    found: list[Matcher] = []
    for number, text in enumerate(reading.items(value.get(modern), f"{pointer}/{modern}")):
        try:
            found += parse_matchers(str(text))
        except ValueError as error:
            reading.wrong("BAD_MATCHER", f"{pointer}/{modern}/{number}", str(error), f"not a matcher: {text}")
    for key, op in ((exact, "="), (pattern, "=~")):
        for name, wanted in reading.mapping(value.get(key, {}), f"{pointer}/{key}").items():
            try:
                found += parse_matchers(f'{name}{op}"{wanted!s}"')
            except ValueError as error:
                reading.wrong("BAD_MATCHER", f"{pointer}/{key}/{name}", str(error), f"not a matcher: {wanted}")
    return tuple(found)


def _receiver(reading: _Reading, raw: Any, pointer: str) -> list[Receiver]:
    value = reading.mapping(raw, pointer)
    reading.only(value, RECEIVER_KEYS, pointer)
    if not value.get("name"):
        reading.wrong("MISSING_FIELD", f"{pointer}/name", "接收者必须有 name", "a receiver needs a name")
        return []
    targets: list[Target] = []
    for number, row in enumerate(reading.items(value.get("webhook_configs"), f"{pointer}/webhook_configs")):
        targets += _webhook(reading, row, f"{pointer}/webhook_configs/{number}")
    for number, row in enumerate(reading.items(value.get("email_configs"), f"{pointer}/email_configs")):
        targets += _email(reading, row, f"{pointer}/email_configs/{number}")
    own = reading.mapping(value.get("sunlit", {}), f"{pointer}/sunlit")
    reading.only(own, {"inbox_configs", "console"}, f"{pointer}/sunlit")
    for number, row in enumerate(reading.items(own.get("inbox_configs"), f"{pointer}/sunlit/inbox_configs")):
        targets += _inbox(reading, row, f"{pointer}/sunlit/inbox_configs/{number}")
    if own.get("console"):
        targets.append(ConsoleTarget())
    return [Receiver(str(value["name"]), tuple(targets))]


def _webhook(reading: _Reading, raw: Any, pointer: str) -> list[Target]:
    value = reading.mapping(raw, pointer)
    reading.only(value, {"url", "max_alerts", "send_resolved"}, pointer)
    url = str(value.get("url", ""))
    if not url.startswith(("http://", "https://")):
        reading.wrong("BAD_URL", f"{pointer}/url", "url 必须以 http:// 或 https:// 开头", "url must be http or https")
        return []
    most = value.get("max_alerts", 0)
    if not isinstance(most, int) or most < 0:
        reading.wrong(
            "BAD_NUMBER", f"{pointer}/max_alerts", "max_alerts 应为 0 或正整数", "max_alerts must be 0 or more"
        )
        return []
    return [WebhookTarget(url, most, bool(value.get("send_resolved", True)))]


def _email(reading: _Reading, raw: Any, pointer: str) -> list[Target]:
    value = reading.mapping(raw, pointer)
    reading.only(value, {"to", "send_resolved"}, pointer)
    if "@" not in str(value.get("to", "")):
        reading.wrong("BAD_ADDRESS", f"{pointer}/to", "to 必须是邮箱地址", "to must be a mail address")
        return []
    return [EmailTarget(str(value["to"]), bool(value.get("send_resolved", False)))]


def _inbox(reading: _Reading, raw: Any, pointer: str) -> list[Target]:
    value = reading.mapping(raw, pointer)
    reading.only(value, {"post", "send_resolved"}, pointer)
    if not value.get("post"):
        reading.wrong("MISSING_FIELD", f"{pointer}/post", "站内信必须指定岗位 post", "an inbox needs a post")
        return []
    return [InboxTarget(str(value["post"]), bool(value.get("send_resolved", False)))]


def _inhibit_rule(reading: _Reading, raw: Any, pointer: str) -> InhibitRule:
    value = reading.mapping(raw, pointer)
    reading.only(value, INHIBIT_KEYS, pointer)
    return InhibitRule(
        source=_matchers(reading, value, ("source_matchers", "source_match", "source_match_re"), pointer),
        target=_matchers(reading, value, ("target_matchers", "target_match", "target_match_re"), pointer),
        equal=tuple(str(name) for name in reading.items(value.get("equal"), f"{pointer}/equal")),
    )
