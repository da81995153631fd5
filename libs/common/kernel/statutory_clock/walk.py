"""The one walk over days on which every limit, light and statistic rests (C1–C4).

Nothing here goes day by day: a stretch between two pauses is counted by the calendar's index in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from libs.common.kernel.calendar import CALENDAR_UNAVAILABLE
from libs.common.kernel.statutory_clock.pauses import Pause

PAUSED = "PAUSED"

_ONE_DAY = timedelta(days=1)


class Counting(Protocol):
    """Which days count: the working days of a calendar (C3), or every day (C6)."""

    def nth_after(self, day: date, n: int) -> date | None:
        """The n-th counted day after `day`; None where the days are not known so far."""

    def count(self, after: date, until: date) -> int | None:
        """Counted days in (after, until]; None where some of them are not known."""


class EveryDay:
    """Calendar days: known for ever, up to the last date that can be written."""

    def nth_after(self, day: date, n: int) -> date | None:
        """The day `n` days after `day`."""
        return day + timedelta(days=n) if n <= (date.max - day).days else None

    def count(self, after: date, until: date) -> int | None:
        """Days in (after, until]."""
        return max((until - after).days, 0)


EVERY_DAY = EveryDay()


def walk(counting: Counting, start: date, n: int, spans: Sequence[Pause]) -> date | str:
    """The n-th counted day after `start` outside the pauses; else why there is none.

    Whichever day needs it first decides between PAUSED and CALENDAR_UNAVAILABLE; days inside a pause need no calendar.

    Args:
        start: the event day, itself never counted (C2; 民法典第二百零一条: "开始的当日不计入").
        n: at least 1.
        spans: disjoint and in order (`union`), none before `start`.
    """
    after, left = start, n
    for span in spans:
        if (span.start_on - after).days > 1:
            found = counting.nth_after(after, left)
            # C4: a pause that begins ON the N-th counted day is in time, one that begins after it changes nothing.
            if found is not None and found < span.start_on:
                return found
            passed = counting.count(after, span.start_on - _ONE_DAY)
            if passed is None:
                return CALENDAR_UNAVAILABLE
            left -= passed
        if span.end_on is None:
            return PAUSED
        after = max(after, span.end_on)
    return counting.nth_after(after, left) or CALENDAR_UNAVAILABLE


def counted(counting: Counting, start: date, until: date, spans: Sequence[Pause]) -> int | None:
    """Counted days in (start, until] outside the pauses (law.md §9.2 `used`); None where the calendar ends before."""
    after, total = start, 0
    for span in spans:
        if span.start_on > until:
            break
        if (span.start_on - after).days > 1:
            passed = counting.count(after, span.start_on - _ONE_DAY)
            if passed is None:
                return None
            total += passed
        if span.end_on is None or span.end_on >= until:
            return total
        after = max(after, span.end_on)
    passed = counting.count(after, until)
    return None if passed is None else total + passed
