"""What a receiver reads: a title and lines, from the alerts alone, Chinese first, no personal data.

Alerts of one group are told together; a long group is cut and says how many more there are and where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
        only = resolved[0].annotations.get("summary") if len(resolved) == 1 else None
        title = f"已解除：{only}" if only else f"已解除 {len(resolved)} 项"
        return Message("resolved", title, lines, _worst(resolved))
    again = "（再次提醒）" if decision.reason == "repeat" else ""
    title = f"{_counts(firing)}{again}"
    if len(firing) == 1:
        title = f"{firing[0].annotations.get('summary', title)}{again}"
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
    words = (alert.annotations.get(key, "") for key in ("summary", "item", "ground"))
    return "；".join(word for word in words if word)


def alertmanager_json(
    decision: Send, receiver: str, group_key: str, group_labels: Mapping[str, str], external_url: str, max_alerts: int
) -> dict[str, Any]:
    """Alertmanager's webhook body, version 4: what every receiver of the field already reads."""
    told = (*decision.firing, *decision.resolved)
    shown = told[:max_alerts] if max_alerts else told
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
        "alerts": [_alert_json(alert, external_url) for alert in shown],
    }


def _alert_json(alert: Alert, external_url: str) -> dict[str, Any]:
    return {
        "status": "firing" if alert.firing else "resolved",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": alert.starts_at.isoformat(),
        # Alertmanager writes the year 1 for "has not ended"
        "endsAt": alert.ends_at.isoformat() if alert.ends_at else "0001-01-01T00:00:00Z",
        "generatorURL": f"{external_url}{alert.annotations.get('link', '')}",
        "fingerprint": alert.fingerprint,
    }


def _common(maps: list[Mapping[str, str]]) -> dict[str, str]:
    first, *rest = maps
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in rest)}
