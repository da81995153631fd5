"""Grafana dashboards: a row of numbers that must be right at a glance, below them the curves that explain them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

WIDTH, STAT_HEIGHT, CURVE_HEIGHT = 24, 4, 8
STATS_A_ROW, CURVES_A_ROW = 6, 2
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Args:
        queries: (PromQL, legend).
        unit: Grafana's name of the unit.
        warn, bad: from which value on yellow and red; None = no colour.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    kind: Literal["stat", "timeseries"] = "timeseries"
    unit: str = "short"
    warn: float | None = None
    bad: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard; `uid` is its file's name too."""

    uid: str
    title: str
    panels: tuple[Panel, ...] = field(default_factory=tuple)


def stat(title: str, query: str, unit: str = "short", warn: float | None = None, bad: float | None = None) -> Panel:
    """A number."""
    return Panel(title, ((query, ""),), "stat", unit, warn, bad)


def curve(title: str, *queries: tuple[str, str], unit: str = "short") -> Panel:
    """A curve."""
    return Panel(title, queries, "timeseries", unit)


def quantile(q: float, metric: str, by: str, match: str = "") -> str:
    """A quantile of a histogram."""
    return f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{match}[$__rate_interval])))"


def http(service: str, by: str, more: str = "") -> str:
    """Requests to the API of a service in a second, by one label."""
    match = f'service="{service}",process="api"{more}'
    return f"sum by ({by}) (rate(sunlit_http_requests_total{{{match}}}[$__rate_interval]))"


def document(dashboard: Dashboard) -> dict[str, Any]:
    """As Grafana reads it."""
    return {
        "uid": f"sunlit-{dashboard.uid}",
        "title": dashboard.title,
        "tags": ["sunlit"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "timezone": "Asia/Shanghai",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [panel(one, number, *place) for number, (one, place) in enumerate(placed(dashboard.panels), 1)],
    }


def placed(panels: tuple[Panel, ...]) -> list[tuple[Panel, tuple[int, int, int, int]]]:
    """Each panel with its column, row, width and height: numbers first, six a row, then curves, two a row."""
    found: list[tuple[Panel, tuple[int, int, int, int]]] = []
    top = 0
    for kind, a_row, height in (("stat", STATS_A_ROW, STAT_HEIGHT), ("timeseries", CURVES_A_ROW, CURVE_HEIGHT)):
        chosen = [one for one in panels if one.kind == kind]
        width = WIDTH // a_row
        for place, one in enumerate(chosen):
            found.append((one, (place % a_row * width, top + place // a_row * height, width, height)))
        top += -(-len(chosen) // a_row) * height
    return found


def panel(one: Panel, number: int, x: int, y: int, w: int, h: int) -> dict[str, Any]:
    """One panel as Grafana reads it."""
    steps: list[dict[str, Any]] = [{"color": "green" if one.warn or one.bad else "text", "value": None}]
    steps += [{"color": "yellow", "value": one.warn}] if one.warn is not None else []
    steps += [{"color": "red", "value": one.bad}] if one.bad is not None else []
    return {
        "id": number,
        "title": one.title,
        "type": one.kind,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": w, "h": h},
        "fieldConfig": {
            "defaults": {"unit": one.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": legend or "__auto"}
            for place, (query, legend) in enumerate(one.queries)
        ],
    }
