"""An Alertmanager configuration file, read into a routing tree; what we do not know is refused by name and place.

Keys of our own stand under `sunlit:`, at the top, at a route and at a receiver. What Alertmanager 0.25 refuses is
refused here too, so that a file goes both ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from libs.common.kernel.errors import DataError
from services.notify.domain.configuration_own import read_manners, read_own
from services.notify.domain.configuration_receivers import read_receivers
from services.notify.domain.outside import RESOLVE_TIMEOUT
from services.notify.domain.reading import Reading
from services.notify.domain.routing import GROUP_BY_ALL, InhibitRule, Receiver, Route, Routing
from services.notify.domain.time_intervals import read_intervals

# Alertmanager's own defaults
GROUP_WAIT_SECONDS, GROUP_INTERVAL_SECONDS, REPEAT_INTERVAL_SECONDS = 30.0, 300.0, 4 * 3600.0
TOP_KEYS = frozenset(
    {"global", "route", "receivers", "inhibit_rules", "templates", "time_intervals", "mute_time_intervals", "sunlit"}
)
# the mail server and the proxy are settings of ours; what a file says of them is read and not used
GLOBAL_KEYS = frozenset(
    {
        "resolve_timeout", "http_config", "smtp_from", "smtp_hello", "smtp_smarthost", "smtp_auth_username",
        "smtp_auth_password", "smtp_auth_secret", "smtp_auth_identity", "smtp_require_tls", "wechat_api_url",
        "wechat_api_secret", "wechat_api_corp_id",
    }
)  # fmt: skip
ROUTE_KEYS = frozenset(
    {
        "receiver", "group_by", "group_wait", "group_interval", "repeat_interval", "matchers", "match", "match_re",
        "continue", "routes", "mute_time_intervals", "active_time_intervals", "sunlit",
    }
)  # fmt: skip
INHIBIT_KEYS = frozenset(
    {
        "source_matchers", "target_matchers", "equal", "source_match", "source_match_re", "target_match",
        "target_match_re",
    }
)  # fmt: skip
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def read_configuration(value: Any) -> Routing:
    """The routing of a parsed YAML document.

    Raises:
        DataError: every problem of the file, each with its place (`/route/routes/0/matchers/1`).
    """
    reading = Reading()
    top = reading.mapping(value, "")
    reading.only(top, TOP_KEYS, "")
    general = reading.mapping(top.get("global") or {}, "/global")
    reading.only(general, GLOBAL_KEYS, "/global")
    if top.get("templates"):
        message = "不支持 Go 模板文件；请在接收者的 sunlit.template 里写 Jinja2 模板"
        reading.wrong("UNSUPPORTED", "/templates", message, "Go templates are not supported: use sunlit.template")
    receivers = read_receivers(reading, top, general)
    root = _root(reading, top.get("route"))
    intervals = read_intervals(reading, top)
    _names_exist(reading, root, receivers, intervals)
    resolve = reading.duration(general, "resolve_timeout", RESOLVE_TIMEOUT.total_seconds(), "/global")
    routing = Routing(
        root,
        receivers,
        tuple(
            _inhibit_rule(reading, row, place)
            for row, place in reading.rows(top.get("inhibit_rules"), "/inhibit_rules")
        ),
        intervals,
        timedelta(seconds=resolve),
    )
    routing = read_own(reading, top.get("sunlit"), routing)
    if reading.problems:
        raise DataError(*reading.problems)
    return routing


def _root(reading: Reading, raw: Any) -> Route:
    value = reading.mapping(raw, "/route")
    if not value.get("receiver"):
        message = "根路由必须指定 receiver"
        reading.wrong("MISSING_FIELD", "/route/receiver", message, "the root route must name a receiver")
    for key in ("matchers", "match", "match_re", "mute_time_intervals", "active_time_intervals", "continue"):
        if value.get(key):
            message = f"根路由接收一切，不能有 {key}"
            reading.wrong("ROOT_LIMITED", f"/route/{key}", message, f"the root route takes everything: no {key}")
    parent = Route("", "", (), GROUP_WAIT_SECONDS, GROUP_INTERVAL_SECONDS, REPEAT_INTERVAL_SECONDS, (), False, ())
    return _keyed(_route(reading, value, parent, "", "/route"), "{}", "{}")


def _route(reading: Reading, value: Mapping[str, Any], parent: Route, path: str, pointer: str) -> Route:
    reading.only(value, ROUTE_KEYS, pointer)
    node = Route(
        path=path or "/",
        receiver=str(value.get("receiver") or parent.receiver),
        group_by=_group_by(reading, value, parent, pointer),
        group_wait_seconds=reading.duration(value, "group_wait", parent.group_wait_seconds, pointer),
        group_interval_seconds=reading.duration(value, "group_interval", parent.group_interval_seconds, pointer),
        repeat_interval_seconds=reading.duration(value, "repeat_interval", parent.repeat_interval_seconds, pointer),
        matchers=reading.matchers(value, ("matchers", "match", "match_re"), pointer),
        continues=reading.flag(value, "continue", pointer, False),
        routes=(),
        mute=reading.words(value.get("mute_time_intervals"), f"{pointer}/mute_time_intervals"),
        active=reading.words(value.get("active_time_intervals"), f"{pointer}/active_time_intervals"),
        manners=read_manners(reading, value.get("sunlit"), parent.manners, f"{pointer}/sunlit"),
    )
    for name, seconds in (
        ("group_interval", node.group_interval_seconds),
        ("repeat_interval", node.repeat_interval_seconds),
    ):
        if seconds <= 0:
            reading.wrong("BAD_DURATION", f"{pointer}/{name}", f"{name} 不能为 0", f"{name} cannot be zero")
    children = tuple(
        _route(reading, row, node, f"{path.rstrip('/')}/{number}", place)
        for number, (row, place) in enumerate(reading.rows(value.get("routes"), f"{pointer}/routes"))
    )
    return replace(node, routes=children)


def _keyed(node: Route, key: str, identity: str) -> Route:
    """The node and all below it under its names; twins of one parent are told apart."""
    seen: dict[str, int] = {}
    below = []
    for child in node.routes:
        words = f"/{matchers_words(child)}"
        seen[words] = seen.get(words, 0) + 1
        twin = "" if seen[words] == 1 else f"#{seen[words]}"
        below.append(_keyed(child, key + words, identity + words + twin))
    return replace(node, key=key, identity=identity, routes=tuple(below))


def matchers_words(node: Route) -> str:
    """The conditions of a node as Alertmanager writes them in a group's key."""
    return "{" + ",".join(sorted(str(matcher) for matcher in node.matchers)) + "}"


def _group_by(reading: Reading, value: Mapping[str, Any], parent: Route, pointer: str) -> tuple[str, ...]:
    names = reading.words(value.get("group_by"), f"{pointer}/group_by")
    if not names:
        return parent.group_by
    if GROUP_BY_ALL in names and len(names) > 1:
        message = "group_by 里的 ... 不能和别的标签并用"
        reading.wrong("BAD_GROUP_BY", f"{pointer}/group_by", message, "`...` stands alone in group_by")
    for number, name in enumerate(names):
        if name != GROUP_BY_ALL and not LABEL.fullmatch(name):
            reading.wrong("BAD_LABEL", f"{pointer}/group_by/{number}", f"「{name}」不是标签名", f"{name!r} is no label")
        if name in names[:number]:
            reading.wrong("DUPLICATE", f"{pointer}/group_by/{number}", f"标签「{name}」重复", f"{name!r} stands twice")
    return names


def _names_exist(
    reading: Reading, root: Route, receivers: Mapping[str, Receiver], intervals: Mapping[str, Any]
) -> None:
    """Receivers and intervals that a node names must be there."""
    for node in root.walk():
        place = "/route" + "".join(f"/routes/{step}" for step in node.path.split("/") if step)
        if node.receiver not in receivers:
            message = f"没有名为「{node.receiver}」的接收者，请在 receivers 里加上"
            reading.wrong("UNKNOWN_RECEIVER", f"{place}/receiver", message, f"no receiver is named {node.receiver!r}")
        for key, names in (("mute_time_intervals", node.mute), ("active_time_intervals", node.active)):
            for number, name in enumerate(names):
                if name not in intervals:
                    message = f"没有名为「{name}」的时段，请在 time_intervals 里加上"
                    reading.wrong("UNKNOWN_INTERVAL", f"{place}/{key}/{number}", message, f"no time interval {name!r}")


def _inhibit_rule(reading: Reading, value: Mapping[str, Any], pointer: str) -> InhibitRule:
    reading.only(value, INHIBIT_KEYS, pointer)
    equal = reading.words(value.get("equal"), f"{pointer}/equal")
    for number, name in enumerate(equal):
        if not LABEL.fullmatch(name):
            reading.wrong("BAD_LABEL", f"{pointer}/equal/{number}", f"「{name}」不是标签名", f"{name!r} is no label")
    return InhibitRule(
        source=reading.matchers(value, ("source_matchers", "source_match", "source_match_re"), pointer),
        target=reading.matchers(value, ("target_matchers", "target_match", "target_match_re"), pointer),
        equal=equal,
    )
