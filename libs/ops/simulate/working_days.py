"""Working days as a sorted list, so that a simulated year costs bisections and not walks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, timedelta


class WorkingDays:
    """The working days of [first, last]; `plus` counts by C2 and C3."""

    def __init__(self, is_working_day: Callable[[date], bool], first: date, last: date) -> None:
        span = (last - first).days + 1
        self.days = [day for day in (first + timedelta(n) for n in range(span)) if is_working_day(day)]
        self._known = frozenset(self.days)
        self.first, self.last = first, last

    def __contains__(self, day: date) -> bool:
        return day in self._known

    def plus(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; for 0 the day itself, or the next working day if it is none.

        Past the end of the list the last day answers: whoever plans there writes events that are cut off anyway.
        """
        if count == 0 and day in self._known:
            return day
        index = bisect_right(self.days, day) + max(count, 1) - 1
        return self.days[min(index, len(self.days) - 1)]

    def between(self, after: date, until: date) -> int:
        """Working days in (after, until]."""
        return bisect_right(self.days, until) - bisect_right(self.days, after)
