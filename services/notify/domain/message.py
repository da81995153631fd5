"""What a receiver reads: a title and lines, from the alerts alone, Chinese first, no personal data.

Alerts of one group are told together; a long group is cut and says how many more there are and where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notify.domain.alerting import SEVERITY_NAMES
from services.notify.domain.grouping import Alert, Send

LINES_MAX = 20
SEVERITY_ORDER = ("red", "yellow", "notice")


@dataclass(frozen=True, slots=True)
class Message:
    """A notification's words. `status` is firing or resolved."""

    status: str
    title: str
    lines: tuple[str, ...]
    severity: str

    @property
    def text(self) -> str:
        return "\n".join((self.title, *self.lines))


def compose(decision: Send) -> Message:
    """The message for one decision to send."""
    firing, resolved = decision.firing, decision.resolved
    if not firing:
        lines = _lines(resolved, "已解除：")
        only = summary_of(resolved[0]) if len(resolved) == 1 else None
        title = f"已解除：{only}" if only else f"已解除 {len(resolved)} 项"
        return Message("resolved", title, lines, _worst(resolved))
    again = "（再次提醒）" if decision.reason == "repeat" else ""
    title = f"{_counts(firing)}{again}"
    if len(firing) == 1:
        title = f"{summary_of(firing[0])}{again}"
    return Message("firing", title, _lines(firing, "") + _lines(resolved, "已解除："), _worst(firing))


def _counts(alerts: tuple[Alert, ...]) -> str:
    numbers = Counter(alert.labels.get("severity", "notice") for alert in alerts)
    parts = [f"{SEVERITY_NAMES[s][0]} {numbers[s]} 项" for s in SEVERITY_ORDER if numbers[s]]
    others = sum(n for s, n in numbers.items() if s not in SEVERITY_NAMES)
    return "、".join(parts + ([f"其他 {others} 项"] if others else []))


def _worst(alerts: tuple[Alert, ...]) -> str:
    found = {alert.labels.get("severity", "notice") for alert in alerts}
    return next((s for s in SEVERITY_ORDER if s in found), "notice")


def _lines(alerts: tuple[Alert, ...], prefix: str) -> tuple[str, ...]:
    shown = [f"{prefix}{_line(alert)}" for alert in alerts[:LINES_MAX]]
    if len(alerts) > LINES_MAX:
        shown.append(f"{prefix}另有 {len(alerts) - LINES_MAX} 项，见站内通知")
    return tuple(shown)


def _line(alert: Alert) -> str:
    words = (summary_of(alert), *(alert.annotations.get(key, "") for key in ("item", "ground")))
    return "；".join(word for word in words if word)


def summary_of(alert: Alert) -> str:
    """One line that says what it is; alerts of others may come without words of their own."""
    words = alert.annotations.get("summary") or alert.annotations.get("description")
    if words:
        return words
    rest = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
    return (
        f"{alert.labels.get('alertname', alert.fingerprint)}（{rest}）" if rest else alert.labels.get("alertname", "")
    )


def digest_words(titles: Sequence[str]) -> tuple[str, str]:
    """Title and text of a message that carries many notifications."""
    title = f"合并 {len(titles)} 条通知"
    return title, "\n".join([title, *(f"{number}. {words}" for number, words in enumerate(titles, 1))])


def fit(text: str, bytes_max: int, link: str) -> str:
    """The text within a channel's size (UTF-8); whole lines are left out and a link leads to them."""
    if len(text.encode()) <= bytes_max:
        return text
    lines = text.split("\n")
    for kept in range(len(lines) - 1, 0, -1):
        short = "\n".join([*lines[:kept], f"另有 {len(lines) - kept} 行，见 {link}"])
        if len(short.encode()) <= bytes_max:
            return short
    tail = f"…，全文见 {link}"
    room = max(0, bytes_max - len(tail.encode()))
    return lines[0].encode()[:room].decode("utf-8", "ignore") + tail


def alertmanager_json(
    decision: Send, receiver: str, group_key: str, group_labels: Mapping[str, str], external_url: str, max_alerts: int
) -> dict[str, Any]:
    """Alertmanager's webhook body, version 4: what every receiver of the field already reads."""
    told = (*decision.firing, *decision.resolved)
    shown = told[:max_alerts] if max_alerts else told
    over = frozenset(alert.fingerprint for alert in decision.resolved)
    return {
        "version": "4",
        "groupKey": group_key,
        "truncatedAlerts": len(told) - len(shown),
        "status": "firing" if decision.firing else "resolved",
        "receiver": receiver,
        "groupLabels": dict(group_labels),
        "commonLabels": _common([alert.labels for alert in told]),
        "commonAnnotations": _common([alert.annotations for alert in told]),
        "externalURL": external_url,
        "alerts": [_alert_json(alert, external_url, alert.fingerprint in over) for alert in shown],
    }


def group_key(route_key: str, labels: Mapping[str, str]) -> str:
    """A group's name as Alertmanager writes it: `{}/{severity="red"}:{org_code="11"}`."""
    words = ", ".join(f"{name}={_quoted(labels[name])}" for name in sorted(labels))
    return f"{route_key}:{{{words}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _alert_json(alert: Alert, external_url: str, over: bool) -> dict[str, Any]:
    return {
        "status": "resolved" if over else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": alert.starts_at.isoformat(),
        # Alertmanager writes the year 1 for "has not ended"
        "endsAt": alert.over_at.isoformat() if over and alert.over_at else "0001-01-01T00:00:00Z",
        "generatorURL": alert.generator_url or f"{external_url}{alert.annotations.get('link', '')}",
        "fingerprint": alert.fingerprint,
    }


def _common(maps: list[Mapping[str, str]]) -> dict[str, str]:
    first, *rest = maps
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in rest)}
