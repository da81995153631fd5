"""The day-by-day trace: every date from the event day to the due day, with its number or the reason it has none.

The trace decides nothing: it labels the days of an answer that `walk` has already found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from libs.common.kernel.calendar import DayReason, WorkingCalendar
from libs.common.kernel.statutory_clock.pauses import Pause, is_paused

TraceKind = Literal["start", "counted", "make_up", "weekend", "holiday", "pause", "over"]

_START = ("起算之日，不计入（民法典第二百零一条，C2）", "event day, not counted (Civil Code 201, C2)")
_PAUSE = ("依法扣除的期间，不计入（C4）", "lawful pause, not counted (C4)")
_DUE = ("，期限届满（至24时止，C3）", ", the limit is full at 24:00 (C3)")
_ROLLED = (
    "最后一日是休息日，顺延（民法典第二百零三条，C6）",
    "the last day is a rest day, moved on (Civil Code 203, C6)",
)


class TraceDay(msgspec.Struct, frozen=True, rename={"on": "date"}):
    """One date of a trace.

    Args:
        on: the date; `date` on the wire.
        n: its running number when it counts; after the due day the number of days over.
        kind: what a page draws; `over` are counted days after the due day.
        why: the reason in words, with article and convention, zh-CN.
    """

    on: date
    counted: bool
    n: int | None
    kind: TraceKind
    why: str
    why_en: str


def days_between(first: date, last: date) -> Iterator[date]:
    """Every date of [first, last]."""
    return (first + timedelta(days=step) for step in range((last - first).days + 1))


def trace_working_days(
    start: date, due_on: date, spans: Sequence[Pause], calendar: WorkingCalendar, until: date | None = None
) -> tuple[TraceDay, ...]:
    """The trace of a limit in working days (C1–C4).

    Args:
        until: go on after the due day to this date, with the days over; dates past the calendar are left out.
    """
    days, n = [_event_day(start)], 0
    for on in days_between(start + timedelta(days=1), due_on):
        if is_paused(on, spans):
            days.append(TraceDay(on, False, None, "pause", *_PAUSE))
            continue
        reason = calendar.why(on)
        n += reason.working
        days.append(_judged(reason, n, is_due=on == due_on))
    over = 0
    for on in days_between(due_on + timedelta(days=1), until or due_on):
        if not calendar.covers(on):
            break
        reason = calendar.why(on)
        over += reason.working
        days.append(_over(reason, over))
    return tuple(days)


def trace_calendar_days(
    start: date, last_on: date, due_on: date, spans: Sequence[Pause], calendar: WorkingCalendar
) -> tuple[TraceDay, ...]:
    """The trace of a limit in calendar days or months (C6, C7): `last_on` before, `due_on` after rolling."""
    days, n = [_event_day(start)], 0
    for on in days_between(start + timedelta(days=1), due_on):
        if last_on <= on < due_on:
            off: TraceKind = "weekend" if calendar.why(on).kind == "weekend" else "holiday"
            days.append(TraceDay(on, False, None, off, *_ROLLED))
        elif on <= last_on and is_paused(on, spans):
            days.append(TraceDay(on, False, None, "pause", *_PAUSE))
        else:
            n += 1
            days.append(_plain(on, n, is_due=on == due_on))
    return tuple(days)


def trace_backwards(expiry: date, latest_on: date) -> tuple[TraceDay, ...]:
    """The trace of a limit before an expiry (C8): numbers fall towards the expiry, which is not counted."""
    days = [
        _plain(on, (expiry - on).days, is_due=on == latest_on)
        for on in days_between(latest_on, expiry - timedelta(days=1))
    ]
    return (*days, _event_day(expiry))


def _event_day(on: date) -> TraceDay:
    return TraceDay(on, False, None, "start", *_START)


def _judged(reason: DayReason, n: int, *, is_due: bool) -> TraceDay:
    if reason.kind == "weekend" or reason.kind == "holiday":
        return TraceDay(reason.on, False, None, reason.kind, reason.why, reason.why_en)
    end, end_en = _DUE if is_due else ("", "")
    return TraceDay(
        reason.on,
        True,
        n,
        "make_up" if reason.kind == "make_up" else "counted",
        f"{reason.why}，计第{n}日{end}",
        f"{reason.why_en}, day {n}{end_en}",
    )


def _over(reason: DayReason, over: int) -> TraceDay:
    if reason.kind == "weekend" or reason.kind == "holiday":
        return TraceDay(reason.on, False, None, reason.kind, reason.why, reason.why_en)
    return TraceDay(
        reason.on, True, over, "over", f"{reason.why}，已超期{over}日", f"{reason.why_en}, {over} working day(s) over"
    )


def _plain(on: date, n: int, *, is_due: bool) -> TraceDay:
    end, end_en = _DUE if is_due else ("", "")
    return TraceDay(on, True, n, "counted", f"自然日，计第{n}日{end}", f"calendar day {n}{end_en}")
