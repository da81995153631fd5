"""The measures of rules.md §10: each a numerator over a denominator, from integers; an empty denominator has no value.

One definition for both ways of counting: the rows that the worker keeps beside each case (streaming) and the rows that
are read again from the raw events (recount) go through the same functions, and must give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from math import ceil

VERSION = "2"
# 实质办结: granted, denied, completed
SUBSTANTIAL = frozenset({"granted", "denied", "completed_plain"})
SLICES = ("org", "item", "kind", "channel", "level", "service_point", "proxy")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as the measures see it; instants are aware, `_on` are legal dates of the case's region.

    Args:
        used_days: working days from the start to the end, pauses out.
        promise_days, legal_days: limits in working days; None = no such limit, or in another unit.
        due_on: the promised day, else the legal one (C3).
        grade: of the first rating; `is_default` = counted by default and not given (EVAL-7).
    """

    case_no: str
    org: str
    item: str
    kind: str
    channel: str
    level: str
    service_point: str
    is_proxy: bool
    opened_at: datetime
    accepted_at: datetime | None
    accepted_on: date | None
    ended_at: datetime | None
    ended_on: date | None
    result: str | None
    due_on: date | None
    used_days: int | None = None
    promise_days: int | None = None
    legal_days: int | None = None
    grade: int | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """[start, stop) for inflow and outflow; open cases are judged at `cut_off` on the date `cut_on`."""

    start: datetime
    stop: datetime
    cut_off: datetime
    cut_on: date


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with what it is made of.

    Args:
        unit: count · percent · working_days.
        value: two decimals, half up; None = the denominator is empty ("-", never 0 or 100 %).
    """

    code: str
    name: str
    name_en: str
    unit: str
    numerator: int
    denominator: int | None
    value: str | None


class Tally:
    """What happened to a set of rows in a period."""

    def __init__(self, rows: Iterable[CaseRow], period: Period) -> None:
        every = [row for row in rows if row.opened_at < period.stop]
        self.period = period
        self.received = [r for r in every if r.opened_at >= period.start]
        self.accepted = [r for r in every if r.accepted_at and period.start <= r.accepted_at < period.stop]
        self.done = [r for r in every if r.accepted_at and r.ended_at and period.start <= r.ended_at < period.stop]
        self.refused = [
            r for r in every if not r.accepted_at and r.ended_at and period.start <= r.ended_at < period.stop
        ]
        open_at_start = [r for r in every if r.accepted_at and r.accepted_at < period.start]
        self.open_before = [r for r in open_at_start if r.ended_at is None or r.ended_at >= period.start]
        self.overdue = [r for r in every if _is_overdue(r, period)]

    def on_time(self) -> int:
        """Done by the end of the due day."""
        return len([r for r in self.done if r.due_on and r.ended_on and r.ended_on <= r.due_on])

    def with_due(self) -> int:
        """Done with a limit, plus open and past due (ST-05): nobody disappears from the rate by not deciding."""
        return len([r for r in self.done if r.due_on]) + len(self.overdue)


def _is_overdue(row: CaseRow, period: Period) -> bool:
    is_open = row.ended_at is None or row.ended_at >= period.stop
    return bool(row.accepted_at) and is_open and row.due_on is not None and row.due_on < period.cut_on


def measures(rows: Sequence[CaseRow], period: Period) -> list[Measure]:
    """ST-01 to ST-17 of a set of cases."""
    t = Tally(rows, period)
    promised = [r for r in t.done if r.promise_days is not None and r.used_days is not None]
    early = [r for r in promised if r.used_days is not None and r.used_days <= (r.promise_days or 0) - 1]
    timed = [r for r in t.done if r.legal_days is not None and r.used_days is not None]
    used = sorted(r.used_days for r in t.done if r.used_days is not None)
    rated = [r for r in t.done if r.grade is not None]
    chosen = [r for r in rated if not r.is_default]
    instant = [r for r in t.accepted if r.kind == "instant"]
    committed = [r for r in t.accepted if r.kind in ("instant", "committed")]
    at_window = [r for r in t.done if r.kind == "instant" and r.channel == "window"]
    same_day = [r for r in t.done if r.accepted_on == r.ended_on]
    done_of_cohort = [r for r in t.accepted if r.ended_at and r.ended_at < period.cut_off]
    law, promise = sum(r.legal_days or 0 for r in timed), sum(r.promise_days or 0 for r in promised)
    return [
        _count("ST-01", "受理数", "accepted", len(t.accepted)),
        _count("ST-02", "办结数", "done", len(t.done)),
        _count("ST-02b", "实质办结数", "done in substance", len([r for r in t.done if r.result in SUBSTANTIAL])),
        _rate("ST-03", "办结率（同批）", "done of those accepted", len(done_of_cohort), len(t.accepted)),
        _rate("ST-04", "流量比", "flow", len(t.done), len(t.accepted) + len(t.open_before)),
        _rate("ST-05", "按时办结率", "on time", t.on_time(), t.with_due()),
        _rate("ST-06", "超期率", "late", t.with_due() - t.on_time(), t.with_due()),
        _rate("ST-07", "提前办结率", "early", len(early), len(promised)),
        _rate("ST-08", "提前占收件比", "early of received", len(early), len(t.received)),
        _rate("ST-09", "即办件率", "instant", len(instant), len(committed)),
        _rate("ST-10", "当日受理办结率", "done on the day", len(same_day), len(t.done)),
        _rate("ST-11", "现场办结率", "done at the window", len(at_window), len(t.done)),
        _rate("ST-12", "法定提速率", "faster than the law", law - sum(r.used_days or 0 for r in timed), law),
        _rate(
            "ST-13",
            "承诺提速率",
            "faster than promised",
            promise - sum(r.used_days or 0 for r in promised),
            promise,
        ),
        _days("ST-15", "平均办理时间", "mean time", sum(used), len(used)),
        _place("ST-15m", "办理时间中位数", "median time", used, 50),
        _place("ST-15p", "办理时间 P90", "90th percentile", used, 90),
        _rate("ST-16", "好评率", "satisfied", len([r for r in rated if (r.grade or 5) <= 3]), len(rated)),
        _rate("ST-17", "主动评价率", "rated by themselves", len(chosen), len(t.done)),
    ]


def sliced(rows: Iterable[CaseRow], by: str) -> Mapping[str, list[CaseRow]]:
    """Rows by a slice; the totals are counted anew from all rows, never from the slices' percentages."""
    key = _KEYS[by]
    found: dict[str, list[CaseRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {name: found[name] for name in sorted(found)}


_KEYS: Mapping[str, Callable[[CaseRow], str]] = {
    "org": lambda r: r.org,
    "item": lambda r: r.item,
    "kind": lambda r: r.kind,
    "channel": lambda r: r.channel,
    "level": lambda r: r.level,
    "service_point": lambda r: r.service_point,
    "proxy": lambda r: "proxy" if r.is_proxy else "self",
}


def percent(numerator: int, denominator: int) -> str | None:
    """A rate in percent, half up to two decimals; None for an empty denominator."""
    return None if denominator == 0 else _two(Decimal(100 * numerator) / denominator)


def _two(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _count(code: str, name: str, name_en: str, n: int) -> Measure:
    return Measure(code, name, name_en, "count", n, None, str(n))


def _rate(code: str, name: str, name_en: str, numerator: int, denominator: int) -> Measure:
    return Measure(code, name, name_en, "percent", numerator, denominator, percent(numerator, denominator))


def _days(code: str, name: str, name_en: str, total: int, n: int) -> Measure:
    return Measure(code, name, name_en, "working_days", total, n, _two(Decimal(total) / n) if n else None)


def _place(code: str, name: str, name_en: str, ordered: Sequence[int], share: int) -> Measure:
    """The nearest-rank percentile of whole working days."""
    n = len(ordered)
    value = ordered[ceil(n * share / 100) - 1] if n else 0
    return Measure(code, name, name_en, "working_days", value, n, str(value) if n else None)
