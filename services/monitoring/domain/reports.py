"""The reports of the office: 政务审批工作专报 (daily), 行政效能电子监察报告 (monthly), 工作考核通报 (bulletin).

A report is a head and sections; a section is a table whose every number names the list that it counts. Nothing in it is
personal data. What was given once stays: a later look lists what has changed since as corrections (rules.md §8, §12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

TITLES: Mapping[str, str] = {
    "daily": "政务审批工作专报",
    "monthly": "行政效能电子监察报告",
    "bulletin": "工作考核通报",
}
EMPTY = "-"
SEVERITIES = ("red", "yellow", "notice")
SEVERITY_NAMES = {"red": "红牌", "yellow": "黄牌", "notice": "预警"}
LIGHT_NAMES = {"red": "红", "yellow": "黄", "notice": "预警", "green": "绿", "paused": "暂停", "grey": "灰"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and the address of the list behind it."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a report."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is given.

    Args:
        head: period, cut-off, versions, late sources: name and value.
        corrections: what has changed since it was first given.
    """

    kind: str
    title: str
    period: str
    head: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    corrections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """What the reports are made of.

    Args:
        measures: rows of (organisation or empty for all, code, name, value, numerator, denominator).
        lights: organisation → light → open cases at the cut-off.
        cards: (organisation, family, severity, issued, revoked, live).
        overdue: open cases past their due day: (case_no, item, organisation, due day, days over).
        scores: (organisation, total, grade, is_ranked, head → points left, deductions).
        late_sources: names of sources that were silent at the cut-off.
    """

    period: str
    first_on: date
    last_on: date
    cut_off: datetime
    measures: Sequence[tuple[str, str, str, str, int, int | None]] = ()
    lights: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    cards: Sequence[tuple[str, str, str, int, int, int]] = ()
    overdue: Sequence[tuple[str, str, str, date, int]] = ()
    scores: Sequence[tuple[str, int, str, bool, Mapping[str, int], Sequence[tuple[str, int, str]]]] = ()
    late_sources: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def daily(m: Material) -> Report:
    """政务审批工作专报: volumes, lights, what is open and overdue, cards of the day."""
    return _report("daily", m, [_volumes(m), _lights(m), _overdue(m), _cards_by_org(m)])


def monthly(m: Material) -> Report:
    """行政效能电子监察报告: volumes and timeliness by organisation, cards by family, overdue, scores."""
    sections = [_volumes(m), _timeliness(m), _cards_by_family(m), _cards_by_org(m), _overdue(m), _ranking(m)]
    return _report("monthly", m, sections)


def bulletin(m: Material) -> Report:
    """工作考核通报: rank and grade, points by head, every deduction with its event; small volumes apart."""
    return _report("bulletin", m, [_ranking(m), _small(m), _heads(m), _deductions(m)])


def _report(kind: str, m: Material, sections: Iterable[Section]) -> Report:
    head = (
        ("统计期间", f"{m.first_on} 至 {m.last_on}"),
        ("数据截止", m.cut_off.isoformat(timespec="minutes")),
        *((name, value) for name, value in m.versions.items()),
        ("数据中断的来源", "、".join(m.late_sources) or "无"),
    )
    return Report(kind, TITLES[kind], m.period, head, tuple(sections))


def _name(m: Material, org: str) -> str:
    return m.names.get(org, org) if org else "合计"


def _cases(**filters: str) -> str:
    return f"/supervision/cases?{urlencode(filters)}"


def _cards_link(m: Material, **filters: str) -> str:
    return f"/supervision/cards?{urlencode({**filters, 'state': 'all', 'as_of': m.cut_off.date().isoformat()})}"


_VOLUMES = ("ST-01", "ST-02", "ST-02b", "ST-03", "ST-04")
_SPEED = ("ST-05", "ST-06", "ST-07", "ST-12", "ST-13", "ST-15", "ST-15m", "ST-15p", "ST-16", "ST-17")


def _table(m: Material, title: str, codes: Sequence[str]) -> Section:
    by_org: dict[str, dict[str, Cell]] = {}
    names: dict[str, str] = {}
    for org, code, name, value, numerator, denominator in m.measures:
        if code in codes:
            names[code] = name
            parts = f"（{numerator}/{denominator}）" if denominator is not None and not code.startswith("ST-15") else ""
            link = _stats_link(m, org)
            by_org.setdefault(org, {})[code] = Cell(f"{value}{parts}", link)
    shown = [code for code in codes if code in names]
    rows = tuple(
        (Cell(_name(m, org)), *(cells.get(code, Cell(EMPTY)) for code in shown))
        for org, cells in sorted(by_org.items(), reverse=True)
    )
    return Section(title, ("单位", *(names[code] for code in shown)), rows)


def _stats_link(m: Material, org: str) -> str:
    values = {"from": m.first_on.isoformat(), "to": m.last_on.isoformat(), **({"org": org} if org else {})}
    return f"/api/supervision/v1/stats?{urlencode(values)}"


def _volumes(m: Material) -> Section:
    return _table(m, "一、收件、受理与办结", _VOLUMES)


def _timeliness(m: Material) -> Section:
    return _table(m, "二、时效与评价", _SPEED)


def _lights(m: Material) -> Section:
    rows = []
    for org in sorted(m.lights):
        cells = [Cell(str(m.lights[org].get(k, 0)), _cases(org=org, light=k)) for k in LIGHT_NAMES]
        rows.append((Cell(_name(m, org)), *cells))
    totals = {k: sum(lights.get(k, 0) for lights in m.lights.values()) for k in LIGHT_NAMES}
    rows.append((Cell("合计"), *(Cell(str(totals[k]), _cases(light=k)) for k in LIGHT_NAMES)))
    return Section("在办件亮灯", ("单位", *LIGHT_NAMES.values()), tuple(rows))


def _overdue(m: Material) -> Section:
    rows = tuple(
        (
            Cell(case_no, f"/supervision/cases/{case_no}"),
            Cell(item),
            Cell(_name(m, org)),
            Cell(due.isoformat()),
            Cell(str(days)),
        )
        for case_no, item, org, due, days in m.overdue
    )
    return Section("未办结已过期", ("办件编号", "事项", "单位", "到期日", "超期工作日"), rows, "" if rows else "无")


def _cards_by_org(m: Material) -> Section:
    found: dict[str, dict[str, tuple[int, int, int]]] = {}
    for org, _, severity, issued, revoked, live in m.cards:
        known = found.setdefault(org, {}).get(severity, (0, 0, 0))
        found[org][severity] = (known[0] + issued, known[1] + revoked, known[2] + live)
    rows = []
    for org in sorted(found):
        cells = []
        for severity in SEVERITIES:
            issued, revoked, live = found[org].get(severity, (0, 0, 0))
            cells.append(Cell(f"{issued} / {revoked} / {live}", _cards_link(m, org=org, severity=severity)))
        rows.append((Cell(_name(m, org)), *cells))
    columns = ("单位", *(f"{SEVERITY_NAMES[s]}（发出 / 撤销 / 有效）" for s in SEVERITIES))
    return Section("监察牌", columns, tuple(rows), "" if rows else "本期没有发牌")


def _cards_by_family(m: Material) -> Section:
    found: dict[str, dict[str, int]] = {}
    for _, family, severity, issued, _, _ in m.cards:
        row = found.setdefault(family, {})
        row[severity] = row.get(severity, 0) + issued
    rows = tuple(
        (Cell(family), *(Cell(str(found[family].get(s, 0)), _cards_link(m, severity=s)) for s in SEVERITIES))
        for family in sorted(found)
    )
    return Section("三、监察牌按规则族", ("规则族", *SEVERITY_NAMES.values()), rows)


def _ranking(m: Material) -> Section:
    ranked = sorted((s for s in m.scores if s[3]), key=lambda s: (-s[1], s[0]))
    rows = tuple(
        (Cell(str(place)), Cell(_name(m, org)), Cell(str(total), _score_link(m, org)), Cell(grade))
        for place, (org, total, grade, _, _, _) in enumerate(ranked, start=1)
    )
    return Section("考核得分与等次", ("名次", "单位", "得分", "等次"), rows, "" if rows else "没有达到最低办件量的单位")


def _small(m: Material) -> Section:
    rows = tuple(
        (Cell(_name(m, org)), Cell(str(total), _score_link(m, org)), Cell(grade))
        for org, total, grade, ranked, _, _ in sorted(m.scores)
        if not ranked
    )
    return Section("办件量不足、只计分不排名的单位", ("单位", "得分", "等次"), rows, "" if rows else "无")


def _heads(m: Material) -> Section:
    heads = list(m.scores[0][4]) if m.scores else []
    rows = tuple(
        (Cell(_name(m, org)), *(Cell(str(left.get(head, 0)), _score_link(m, org)) for head in heads))
        for org, _, _, _, left, _ in sorted(m.scores)
    )
    return Section("各项得分", ("单位", *heads), rows)


def _deductions(m: Material) -> Section:
    rows = tuple(
        (Cell(_name(m, org)), Cell(why, f"/supervision/cards/{event}" if len(event) == 36 else ""), Cell(str(points)))
        for org, _, _, _, _, taken in sorted(m.scores)
        for event, points, why in taken
    )
    return Section("扣分明细", ("单位", "事由", "分值"), rows, "" if rows else "没有扣分")


def _score_link(m: Material, org: str) -> str:
    return f"/api/supervision/v1/scorecards/{org}/{m.first_on:%Y-%m}"


def span_of(kind: str, period: str) -> tuple[date, date] | None:
    """First and last day of a period: `2026-03-02` (daily), `2026-03`, `2026-Q1`, `2026`; None for nonsense."""
    try:
        if kind == "daily":
            day = date.fromisoformat(period)
            return day, day
        if "Q" in period:
            year, _, quarter = period.partition("-Q")
            first = date(int(year), 3 * int(quarter) - 2, 1)
            return first, _month_end(date(int(year), 3 * int(quarter), 1))
        if len(period) == 4:
            return date(int(period), 1, 1), date(int(period), 12, 31)
        first = date.fromisoformat(f"{period}-01")
    except ValueError:
        return None
    return first, _month_end(first)


def latest(kind: str, today: date) -> Iterator[str]:
    """Names of the last periods of a kind, newest first: a week of days, a year of months, a year of quarters."""
    if kind == "daily":
        yield from ((today - timedelta(days=n)).isoformat() for n in range(7))
        return
    months = [today.year * 12 + today.month - 1 - n for n in range(12)]
    if kind == "monthly":
        yield from (f"{m // 12}-{m % 12 + 1:02d}" for m in months)
        return
    yield from dict.fromkeys(f"{m // 12}-Q{m % 12 // 3 + 1}" for m in months)


def _month_end(day: date) -> date:
    return (day + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def corrections(given: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    """Every number that is another one now than when the report was given, in words."""
    before, now = _cells(given), _cells(fresh)
    changed = [place for place in before if now.get(place, before[place]) != before[place]]
    added = [place for place in now if place not in before]
    return [
        *(f"{place}：原为 {before[place]}，现为 {now[place]}" for place in changed),
        *(f"{place}：原报告没有，现为 {now[place]}" for place in added),
    ]


def _cells(report: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for section in report["sections"]:
        for row in section["rows"]:
            for column, cell in zip(section["columns"][1:], row[1:], strict=False):
                found[f"{section['title']} · {row[0]['text']} · {column}"] = cell["text"]
    return found
