"""From the kernel's trace to the days of a strip: the same days, with the short words that fit over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import Pause, TraceDay
from libs.common.web.clock_strip import StripDay


def strip_days(
    trace: Iterable[TraceDay],
    language: str,
    *,
    calendar: WorkingCalendar | None = None,
    pauses: Sequence[tuple[Pause, str]] = (),
) -> list[StripDay]:
    """The days of a clock for the strip.

    Args:
        trace: the kernel's, from the event day on.
        language: `zh-CN` or `en`, for the reasons.
        calendar: whence the names of holidays come ("春节"); without it they are "法定假日".
        pauses: each lawful pause with its name in the reader's language ("专家评审").
    """
    english = language == "en"

    def label(day: TraceDay) -> str:
        if day.kind == "pause":
            return next((name for pause, name in pauses if pause.holds(day.on)), "")
        return _holiday(calendar, day.on, english) if day.kind == "holiday" and calendar else ""

    return [StripDay(day.on, day.kind, day.n, day.why_en if english else day.why, label(day)) for day in trace]


def _holiday(calendar: WorkingCalendar, on: date, english: bool) -> str:
    """How the region or the year's notice calls the rest day; a local name wins as in the calendar itself."""
    year = calendar.year(on.year)
    spans = [*(span for local in calendar.local for span in local.rest), *(year.rest if year else ())]
    return next(((span.name_en if english else span.name) for span in spans if span.first <= on <= span.last), "")
