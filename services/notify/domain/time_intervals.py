"""Time intervals of the routing tree: when a node is active or mute, as Alertmanager means it (0.25, `timeinterval`).

An own key, `workdays: true|false`, asks the legal working calendar: make-up days are worked, holidays are not.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from libs.common.kernel.calendar import WorkingCalendar
from services.notify.domain.reading import Reading

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
CLOCK = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$")
KEYS = frozenset({"times", "weekdays", "days_of_month", "months", "years", "location", "workdays"})
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """All that is given must hold; of each kind one span is enough. Spans are inclusive, but for times (minutes of the
    day, the end does not count)."""

    times: tuple[Span, ...] = ()
    weekdays: tuple[Span, ...] = ()
    days_of_month: tuple[Span, ...] = ()
    months: tuple[Span, ...] = ()
    years: tuple[Span, ...] = ()
    location: str = "UTC"
    workdays: bool | None = None

    def contains(self, at: datetime, calendar: WorkingCalendar | None = None) -> bool:
        """Whether the instant lies in it; a day that no calendar covers is neither worked nor free."""
        here = at.astimezone(ZoneInfo(self.location))
        minute = here.hour * 60 + here.minute
        if self.times and not any(start <= minute < end for start, end in self.times):
            return False
        if self.days_of_month and not any(_day_in(span, here) for span in self.days_of_month):
            return False
        numbers = ((self.weekdays, here.isoweekday() % 7), (self.months, here.month), (self.years, here.year))
        if not all(not spans or any(first <= n <= last for first, last in spans) for spans, n in numbers):
            return False
        if self.workdays is None:
            return True
        if calendar is None or not calendar.covers(here.date()):
            return False
        return calendar.is_working_day(here.date()) is self.workdays


def _day_in(span: Span, here: datetime) -> bool:
    length = monthrange(here.year, here.month)[1]
    first, last = (n if n > 0 else length + n + 1 for n in span)
    if first > length:
        return False
    return max(1, first) <= here.day <= min(length, last)


@dataclass(frozen=True, slots=True)
class NamedInterval:
    """A name and its alternatives."""

    name: str
    intervals: tuple[TimeInterval, ...]

    def contains(self, at: datetime, calendar: WorkingCalendar | None = None) -> bool:
        """Whether one of them holds."""
        return any(interval.contains(at, calendar) for interval in self.intervals)


def read_intervals(reading: Reading, top: Mapping[str, Any]) -> dict[str, NamedInterval]:
    """`time_intervals` and the older `mute_time_intervals` of a file, by name."""
    found: dict[str, NamedInterval] = {}
    for key in ("mute_time_intervals", "time_intervals"):
        for value, pointer in reading.rows(top.get(key), f"/{key}"):
            reading.only(value, frozenset({"name", "time_intervals"}), pointer)
            name = reading.text(value, "name", pointer)
            if name in found:
                reading.wrong("DUPLICATE", f"{pointer}/name", f"时段「{name}」重名", f"{name!r} stands twice")
            rows = reading.rows(value.get("time_intervals"), f"{pointer}/time_intervals")
            found[name] = NamedInterval(name, tuple(_interval(reading, row, place) for row, place in rows))
    return found


def _interval(reading: Reading, value: Mapping[str, Any], pointer: str) -> TimeInterval:
    reading.only(value, KEYS, pointer)
    location = str(value.get("location") or "UTC")
    try:
        ZoneInfo(location)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        reading.wrong("UNKNOWN_ZONE", f"{pointer}/location", f"没有时区 {location}", f"no time zone {location!r}")
        location = "UTC"
    workdays = value.get("workdays")
    if workdays is not None and not isinstance(workdays, bool):
        reading.wrong("NOT_A_FLAG", f"{pointer}/workdays", "workdays 应为 true 或 false", "true or false")
        workdays = None
    return TimeInterval(
        times=_times(reading, value, pointer),
        weekdays=_spans(reading, value, "weekdays", pointer, _weekday, 0, 6),
        days_of_month=_spans(reading, value, "days_of_month", pointer, _whole, -31, 31),
        months=_spans(reading, value, "months", pointer, _month, 1, 12),
        years=_spans(reading, value, "years", pointer, _whole, 0, 9999),
        location=location,
        workdays=workdays,
    )


def _times(reading: Reading, value: Mapping[str, Any], pointer: str) -> tuple[Span, ...]:
    found = []
    for row, place in reading.rows(value.get("times"), f"{pointer}/times"):
        reading.only(row, frozenset({"start_time", "end_time"}), place)
        start, end = _minutes(str(row.get("start_time", ""))), _minutes(str(row.get("end_time", "")))
        if start is None or end is None or start >= end:
            message = '起止时间应写成 start_time: "08:30"、end_time: "17:30"，且起点早于终点'
            reading.wrong("BAD_TIME", place, message, "write start_time and end_time as 08:30, the start first")
        else:
            found.append((start, end))
    return tuple(found)


def _minutes(text: str) -> int | None:
    found = CLOCK.match(text)
    if found is None:
        return None
    return 1440 if found[1] is None else int(found[1]) * 60 + int(found[2])


def _weekday(text: str) -> int | None:
    return WEEKDAYS.index(text) if text in WEEKDAYS else None


def _month(text: str) -> int | None:
    return MONTHS.index(text) + 1 if text in MONTHS else _whole(text)


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def _spans(
    reading: Reading, value: Mapping[str, Any], key: str, pointer: str, read: Any, least: int, most: int
) -> tuple[Span, ...]:
    found = []
    for number, raw in enumerate(reading.items(value.get(key), f"{pointer}/{key}")):
        first_text, colon, last_text = str(raw).strip().lower().partition(":")
        first = read(first_text.strip())
        last = read(last_text.strip()) if colon else first
        if first is None or last is None or not _ordered(first, last, least, most, key):
            message, message_en = f"「{raw}」不是有效的 {key}", f"{raw!r} is no span of {key}"
            reading.wrong("BAD_SPAN", f"{pointer}/{key}/{number}", message, message_en)
        else:
            found.append((first, last))
    return tuple(found)


def _ordered(first: int, last: int, least: int, most: int, key: str) -> bool:
    if not (least <= first <= most and least <= last <= most):
        return False
    if key != "days_of_month":
        return first <= last
    if first == 0 or last == 0:
        return False
    if first < 0 < last:
        return False  # Alertmanager refuses it too: it would turn round in some months
    # counted from the end: by the shortest month, as Alertmanager does
    return (first if first > 0 else 28 + first) <= (last if last > 0 else 28 + last)
