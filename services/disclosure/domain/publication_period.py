"""How long a penalty stays public (公示期限): rule sets by the date of the decision (law.md §4).

"From 2026-04-01 … 一般: min 3 months, max 1 year; 严重: min 1 year, max 3 years … Period runs from the day of the
decision document. At max it ends automatically."
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

GRAVITIES = ("minor", "general", "serious")


@dataclass(frozen=True, slots=True)
class PeriodRule:
    """One rule set; months by gravity, 0 = a penalty of this gravity is not published."""

    version: str
    effective_from: date
    basis: str
    basis_en: str
    min_months: Mapping[str, int]
    max_months: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """The days on which one penalty is public: up to and including `until_on`; repair is possible from `repair_on`."""

    until_on: date
    repair_on: date
    rule_version: str


def parse_period(raw: Mapping[str, Any]) -> PeriodRule:
    """Reads one rule set of the policy document."""
    return PeriodRule(
        version=raw["version"],
        effective_from=raw["effective_from"],
        basis=raw["basis"],
        basis_en=raw["basis_en"],
        min_months={g: int(raw["min_months"][g]) for g in GRAVITIES},
        max_months={g: int(raw["max_months"][g]) for g in GRAVITIES},
    )


def period_of(
    rule: PeriodRule, gravity: str | None, decided_on: date, stated_until: date | None = None
) -> Period | None:
    """The publication period of one penalty; None when its gravity is not published under this rule set.

    Args:
        stated_until: the end that the authority states; it holds between the shortest and the longest period.
    """
    grade = gravity if gravity in GRAVITIES else "general"
    longest = rule.max_months[grade]
    if longest == 0:
        return None
    earliest, latest = add_months(decided_on, rule.min_months[grade]), add_months(decided_on, longest)
    until = latest if stated_until is None else min(max(stated_until, earliest), latest)
    return Period(until, earliest, rule.version)


def add_months(start: date, months: int) -> date:
    """C7: "same day number n months later; if there is none, the last day of that month" (民法典 202), never rolled."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def ends_at(until_on: date, zone: ZoneInfo) -> datetime:
    """The instant at which the last public day is over (24:00 in the legal zone)."""
    return datetime.combine(until_on + timedelta(days=1), time(), zone)
