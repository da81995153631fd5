"""The light of a running clock, and the dates on which it turns (law.md §9.2; decisions 5, 30, 32).

A light at t needs only days up to t: whether the due day lies before t is read from the days used up to the day before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock.deadline import INVALID_N
from libs.common.kernel.statutory_clock.pauses import Pause, check_pauses, is_paused, union
from libs.common.kernel.statutory_clock.walk import counted, walk

Light = Literal["green", "notice", "yellow", "red", "paused", "grey"]

_ONE_DAY = timedelta(days=1)


class CaseClock(msgspec.Struct, frozen=True, kw_only=True):
    """The promise clock and the legal clock of one case, in working days.

    Args:
        start: the event day, not counted (C2).
        promise_n: None = no promise: no notice and no yellow (decision 32). A promise of 0 has no clock: give None.
        legal_n: None = no legal limit: no red. A valid extension is already added to both (C5).
        pauses: of the legal clock.
        promise_pauses: of the promise clock where they differ; None = the same.
        notice_days: the notice holds while at most so many days of the promise are left.
    """

    start: date
    promise_n: int | None = None
    legal_n: int | None = None
    pauses: tuple[Pause, ...] = ()
    promise_pauses: tuple[Pause, ...] | None = None
    notice_days: int = 1


class LightAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A light and the days behind it; the days are None where the light is grey, a remainder also without its limit.

    Args:
        used: days used of the legal limit.
        why: the reason, zh-CN.
    """

    light: Light
    used: int | None = None
    remaining_promise: int | None = None
    remaining_legal: int | None = None
    why: str = ""
    why_en: str = ""


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """The first dates of notice, yellow and red.

    None where the limit is missing, an open pause holds the clock or the calendar ends before.
    """

    notice_on: date | None = None
    yellow_on: date | None = None
    red_on: date | None = None


class DueDays(msgspec.Struct, frozen=True, kw_only=True):
    """Limits that are known by their due days (calendar days, months, dates that a hall claims)."""

    promise_due_on: date | None = None
    legal_due_on: date | None = None
    pauses: tuple[Pause, ...] = ()
    notice_days: int = 1


def check_clock(clock: CaseClock) -> Problem | None:
    """What is wrong with a clock that somebody typed; None when it can be judged."""
    for pointer, n in (("/promise_n", clock.promise_n), ("/legal_n", clock.legal_n)):
        if n is not None and n < 1:
            return Problem(
                INVALID_N, pointer, f"期限 {n} 无效：至少为 1", f"a limit of {n} is not valid: give at least 1"
            )
    return check_pauses(clock.start, clock.pauses) or check_pauses(clock.start, clock.promise_pauses or ())


def light(clock: CaseClock, as_of: date, calendar: WorkingCalendar) -> LightAnswer:
    """The light at the date `as_of`; grey where the calendar does not know that date.

    Total: a reversed pause or one before the event day changes nothing; who must refuse it asks `check_clock` first.
    """
    legal_spans, promise_spans = _pauses_in_force(clock, as_of, calendar)
    used = counted(calendar, clock.start, as_of, legal_spans) if calendar.covers(as_of) else None
    used_promise = counted(calendar, clock.start, as_of, promise_spans)
    if used is None or used_promise is None:
        return LightAnswer(
            light="grey",
            why=f"工作日历只载有 {calendar.first_day} 至 {calendar.last_day}，不足以判断 {as_of}",
            why_en=f"{as_of} cannot be judged by a calendar of {calendar.first_day} to {calendar.last_day}",
        )
    left_promise = None if clock.promise_n is None else clock.promise_n - used_promise
    left_legal = None if clock.legal_n is None else clock.legal_n - used
    colour, why, why_en = _colour(
        paused=is_paused(as_of, legal_spans),
        legal_passed=_was_full_before(as_of, clock.start, clock.legal_n, legal_spans, calendar),
        promise_passed=_was_full_before(as_of, clock.start, clock.promise_n, promise_spans, calendar),
        is_near=left_promise is not None and left_promise <= clock.notice_days,
    )
    return LightAnswer(
        light=colour, used=used, remaining_promise=left_promise, remaining_legal=left_legal, why=why, why_en=why_en
    )


def thresholds(clock: CaseClock, calendar: WorkingCalendar) -> Thresholds:
    """When to look again: the first date of each light, as far as the calendar and closed pauses tell it."""
    legal = union(clock.pauses)
    promise = legal if clock.promise_pauses is None else union(clock.promise_pauses)
    near = None if clock.promise_n is None else clock.promise_n - clock.notice_days
    return Thresholds(
        notice_on=None if near is None else clock.start if near < 1 else _day(calendar, clock.start, near, promise),
        yellow_on=_after(_day(calendar, clock.start, clock.promise_n, promise)),
        red_on=_after(_day(calendar, clock.start, clock.legal_n, legal)),
    )


def light_by_days(days: DueDays, as_of: date, calendar: WorkingCalendar) -> LightAnswer:
    """The light of limits known by their due days; the remainders are calendar days up to the due day."""
    spans = union(days.pauses)
    if not calendar.covers(as_of):
        return LightAnswer(
            light="grey", why=f"工作日历不含 {as_of}", why_en=f"the working calendar does not hold {as_of}"
        )
    notice_on = _notice_before(days.promise_due_on, days.notice_days, calendar)
    colour, why, why_en = _colour(
        paused=is_paused(as_of, spans),
        legal_passed=days.legal_due_on is not None and as_of > days.legal_due_on,
        promise_passed=days.promise_due_on is not None and as_of > days.promise_due_on,
        is_near=notice_on is not None and as_of >= notice_on,
    )
    return LightAnswer(
        light=colour,
        remaining_promise=None if days.promise_due_on is None else (days.promise_due_on - as_of).days,
        remaining_legal=None if days.legal_due_on is None else (days.legal_due_on - as_of).days,
        why=why,
        why_en=why_en,
    )


def thresholds_by_days(days: DueDays, calendar: WorkingCalendar) -> Thresholds:
    """The first date of each light for limits known by their due days."""
    return Thresholds(
        notice_on=_notice_before(days.promise_due_on, days.notice_days, calendar),
        yellow_on=_after(days.promise_due_on),
        red_on=_after(days.legal_due_on),
    )


def used(start: date, as_of: date, pauses: Sequence[Pause], calendar: WorkingCalendar) -> int | None:
    """Counted days in (start, as_of] by C1–C4; None where the calendar ends before."""
    return counted(calendar, start, as_of, union(pauses))


def over(due_on: date, as_of: date, calendar: WorkingCalendar) -> int | None:
    """Days over: 0 up to the end of the due day, then at least 1 (rules.md §1); None past the calendar."""
    if as_of <= due_on:
        return 0
    passed = calendar.count(due_on, as_of)
    return None if passed is None else max(1, passed)


def promise_pause(pause: Pause, notified_days: int, calendar: WorkingCalendar) -> Pause:
    """A pause as the promise clock grants it: "never longer than the time applied for" (rules.md §2).

    [started, min(ended, n-th working day after the start)]; past the calendar the pause is taken as it is.
    """
    granted_until = calendar.nth_after(pause.start_on, notified_days)
    if granted_until is None or (pause.end_on is not None and pause.end_on <= granted_until):
        return pause
    return Pause(pause.start_on, granted_until)


def _pauses_in_force(
    clock: CaseClock, as_of: date, calendar: WorkingCalendar
) -> tuple[tuple[Pause, ...], tuple[Pause, ...]]:
    """Both lists without what begins after `as_of` or after the legal deadline: an overdue case is not revived."""
    closed = union([pause for pause in clock.pauses if pause.end_on is not None])

    def in_force(pause: Pause) -> bool:
        if pause.start_on > as_of:
            return False
        before = counted(calendar, clock.start, pause.start_on - _ONE_DAY, closed)
        return clock.legal_n is None or before is None or before < clock.legal_n

    legal = union([pause for pause in clock.pauses if in_force(pause)])
    if clock.promise_pauses is None:
        return legal, legal
    return legal, union([pause for pause in clock.promise_pauses if in_force(pause)])


def _was_full_before(
    as_of: date, start: date, n: int | None, spans: tuple[Pause, ...], calendar: WorkingCalendar
) -> bool:
    """Whether the due day lies before `as_of`: a limit runs to 24:00 (C3), so it must have been full the day before."""
    full = None if n is None else counted(calendar, start, as_of - _ONE_DAY, spans)
    return full is not None and n is not None and full >= n


def _colour(*, paused: bool, legal_passed: bool, promise_passed: bool, is_near: bool) -> tuple[Light, str, str]:
    """The first that holds (law.md §9.2)."""
    if paused:
        return "paused", "依法扣除期间，暂停计时", "in a lawful pause"
    if legal_passed:
        return "red", "已超过法定时限", "the legal limit has passed"
    if promise_passed:
        return "yellow", "已超过承诺时限，未超过法定时限", "the promised limit has passed, the legal one has not"
    if is_near:
        return "notice", "承诺时限即将届满", "the promised limit is nearly full"
    return "green", "在时限之内", "within the limits"


def _day(calendar: WorkingCalendar, start: date, n: int | None, spans: tuple[Pause, ...]) -> date | None:
    found = None if n is None else walk(calendar, start, n, spans)
    return found if isinstance(found, date) else None


def _after(day: date | None) -> date | None:
    return None if day is None or day == date.max else day + _ONE_DAY


def _notice_before(due_on: date | None, notice_days: int, calendar: WorkingCalendar) -> date | None:
    """The first date t with at most `notice_days` working days in (t, due day] (rules.md §2 "Other units")."""
    if due_on is None or not calendar.covers(due_on):
        return None
    return calendar.nth_before(due_on + _ONE_DAY, notice_days + 1)
