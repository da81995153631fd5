"""What a rule looks at, and small things that every rule needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from libs.common.kernel.calendar import WorkingCalendar
from services.monitoring.domain.counting import Clocks
from services.monitoring.domain.proceeding import Proceeding

Parameters = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Subject:
    """A case before the rules: its course, its clocks, the calendar that counts."""

    proceeding: Proceeding
    clocks: Clocks | None
    calendar: WorkingCalendar

    def midnight(self, day: date) -> datetime:
        """The first instant of a legal date in the region's zone: the moment at which the day before has ended."""
        return datetime.combine(day, time(0), self.proceeding.zone)

    def was_open_on(self, day: date) -> bool:
        """Whether the case had not ended before that date began (an end on the day itself is not before it)."""
        ended_on = self.proceeding.ended_on
        return ended_on is None or ended_on >= day


def chinese_day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
