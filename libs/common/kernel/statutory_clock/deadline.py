"""The due day of a limit: the answer to `POST /deadlines:calculate` and to every fold (C2–C10).

Order of the refusals (law.md §9.1): INVALID_N, EXTENSION_TOO_LONG, PAUSE_BEFORE_START / PAUSE_REVERSED pause by pause,
then on the walk PAUSED or CALENDAR_UNAVAILABLE, whichever day needs it first; the unextended deadline is walked first.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from libs.common.kernel.calendar import CALENDAR_UNAVAILABLE, WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock.pauses import Pause, check_pauses, union
from libs.common.kernel.statutory_clock.rules import RULES, Kind, LimitRule
from libs.common.kernel.statutory_clock.trace import (
    TraceDay,
    trace_backwards,
    trace_calendar_days,
    trace_working_days,
)
from libs.common.kernel.statutory_clock.walk import EVERY_DAY, PAUSED, walk

INVALID_N = "INVALID_N"
EXTENSION_TOO_LONG = "EXTENSION_TOO_LONG"
EXTENSION_LATE = "EXTENSION_LATE"
RULE_UNKNOWN = "RULE_UNKNOWN"
TRACE_TOO_LONG = "TRACE_TOO_LONG"

# 23 years of dates, the whole calendar of 2004 to 2026, are 8 401 days; longer traces help no reader.
MAX_TRACE_DAYS = 9_000

_ONE_DAY = timedelta(days=1)


class DeadlineQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A question for a due day; attribute names are the wire names of `POST /deadlines:calculate`.

    Args:
        start: the event day (for `before_calendar_days` the expiry); never counted (C2).
        n: the limit in units of `kind`, at least 1 (C10).
        extension: further units, added to `n` when decided in time (C5).
        extension_decided_on: None = taken as decided in time.
        rule: code of `RULES`; gives the cap of the extension and the roll.
        roll: overrides the rule's; without either there is no rolling (decision 32).
        allow_provisional: past the horizon answer a provisional date instead of a refusal (decision 5).
    """

    kind: Kind
    start: date
    n: int
    pauses: tuple[Pause, ...] = ()
    extension: int = 0
    extension_decided_on: date | None = None
    rule: str | None = None
    roll: bool | None = None
    region: str | None = None
    allow_provisional: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A due day.

    Args:
        deadline: None when only a provisional date is known.
        provisional_deadline: for display only: no light, no card, no legal effect.
        warnings: EXTENSION_LATE (the extension is void), RULE_UNKNOWN (no cap was judged), TRACE_TOO_LONG (no trace).
        days: the trace; empty from `due`.
        calendar_version: the data by which it was counted.
    """

    deadline: date | None
    provisional_deadline: date | None = None
    warnings: tuple[str, ...] = ()
    days: tuple[TraceDay, ...] = ()
    calendar_version: str = ""

    @property
    def on(self) -> date:
        """The date to show: the deadline, else the provisional one."""
        found = self.deadline or self.provisional_deadline
        assert found is not None, "an answer holds one of the two dates"
        return found


@dataclass(frozen=True, slots=True)
class _Last:
    """The last day of a period before (`last_on`) and after rolling (`due_on`)."""

    last_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class _Reckoned:
    last: _Last
    spans: tuple[Pause, ...]
    warnings: tuple[str, ...]
    calendar: WorkingCalendar
    is_provisional: bool


def due(query: DeadlineQuery, calendar: WorkingCalendar) -> Answer | Problem:
    """The due day without its trace: the way of the folds, a few bisections whatever the limit."""
    found = _reckon(query, calendar)
    return found if isinstance(found, Problem) else _answer(found)


def deadline(query: DeadlineQuery, calendar: WorkingCalendar, until: date | None = None) -> Answer | Problem:
    """The due day with its trace.

    Args:
        until: for limits in working days go on with the days over up to this date.
    """
    found = _reckon(query, calendar)
    if isinstance(found, Problem):
        return found
    answer = _answer(found)
    length = abs((max(found.last.due_on, until or found.last.due_on) - query.start).days)
    if length > MAX_TRACE_DAYS:
        return msgspec.structs.replace(answer, warnings=(*answer.warnings, TRACE_TOO_LONG))
    return msgspec.structs.replace(answer, days=_trace(query, found, until))


def add_months(day: date, months: int) -> date | None:
    """The same day number `months` later, else the last day of that month (民法典第二百零二条); None past year 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _reckon(query: DeadlineQuery, calendar: WorkingCalendar) -> _Reckoned | Problem:
    rule = RULES.get(query.rule) if query.rule else None
    refused = _check(query, rule)
    if refused is not None:
        return refused
    found = _walked(query, rule, calendar)
    if found == CALENDAR_UNAVAILABLE and query.allow_provisional:
        found = _walked(query, rule, calendar.extended, is_provisional=True)
    return _stopped(found, query.pauses, calendar) if isinstance(found, str) else found


def _check(query: DeadlineQuery, rule: LimitRule | None) -> Problem | None:
    if query.n < 1 or query.extension < 0:
        return invalid_n(query.n, query.extension)
    cap = rule.extension_cap if rule else None
    if rule is not None and cap is not None and query.extension > cap:
        return Problem(
            EXTENSION_TOO_LONG,
            "/extension",
            f"延长 {query.extension} 日，超过{rule.basis}允许的 {cap} 日",
            f"an extension of {query.extension} is longer than the {cap} that {rule.code} allows",
        )
    return check_pauses(query.start, query.pauses)


def _walked(
    query: DeadlineQuery, rule: LimitRule | None, calendar: WorkingCalendar, *, is_provisional: bool = False
) -> _Reckoned | str:
    roll = query.roll if query.roll is not None else bool(rule and rule.roll)
    spans = union(query.pauses)
    warnings = (RULE_UNKNOWN,) if query.rule and rule is None else ()
    last = _last(query.kind, query.start, query.n, spans, calendar, roll)
    if isinstance(last, str):
        return last
    if query.extension:
        # C5: "It must be decided on or before the running deadline (pauses taken into account)".
        if query.extension_decided_on is not None and query.extension_decided_on > last.due_on:
            warnings = (*warnings, EXTENSION_LATE)
        else:
            last = _last(query.kind, query.start, query.n + query.extension, spans, calendar, roll)
            if isinstance(last, str):
                return last
    return _Reckoned(last, spans, warnings, calendar, is_provisional)


def _last(
    kind: Kind, start: date, n: int, spans: tuple[Pause, ...], calendar: WorkingCalendar, roll: bool
) -> _Last | str:
    if kind == "before_calendar_days":
        # C8: "NOT rolled (a filing on a later working day would be less than n days before expiry)".
        return _both(start - timedelta(days=n)) if n < start.toordinal() else CALENDAR_UNAVAILABLE
    if kind == "workdays":
        found = walk(calendar, start, n, spans)
        return found if isinstance(found, str) else _both(found)
    if kind == "calendar_months":
        ends = add_months(start, n)
        if ends is None:
            return CALENDAR_UNAVAILABLE
        n = (ends - start).days
    last_on = walk(EVERY_DAY, start, n, spans)
    if isinstance(last_on, str) or not roll:
        return last_on if isinstance(last_on, str) else _both(last_on)
    # 民法典第二百零三条: "期间的最后一日是法定休假日的，以法定休假日结束的次日为期间的最后一日"。
    due_on = calendar.nth_after(last_on - _ONE_DAY, 1)
    return CALENDAR_UNAVAILABLE if due_on is None else _Last(last_on, due_on)


def _both(day: date) -> _Last:
    return _Last(day, day)


def _answer(found: _Reckoned) -> Answer:
    on = found.last.due_on
    return Answer(
        deadline=None if found.is_provisional else on,
        provisional_deadline=on if found.is_provisional else None,
        warnings=found.warnings,
        calendar_version=found.calendar.version,
    )


def _trace(query: DeadlineQuery, found: _Reckoned, until: date | None) -> tuple[TraceDay, ...]:
    last = found.last
    if query.kind == "before_calendar_days":
        return trace_backwards(query.start, last.due_on)
    if query.kind == "workdays":
        return trace_working_days(query.start, last.due_on, found.spans, found.calendar, until)
    return trace_calendar_days(query.start, last.last_on, last.due_on, found.spans, found.calendar)


def invalid_n(n: int, extension: int) -> Problem:
    """C10: "n ≥ 1; otherwise INVALID_N (negative extension likewise)"."""
    if n < 1:
        return Problem(INVALID_N, "/n", f"期限 {n} 无效：至少为 1", f"a limit of {n} is not valid: give at least 1")
    return Problem(
        INVALID_N,
        "/extension",
        f"延长 {extension} 无效：不能为负数",
        f"an extension of {extension} is not valid: it cannot be negative",
    )


def still_paused(pauses: Sequence[Pause]) -> Problem:
    """PAUSED, told of the first pause that is open."""
    index = next(i for i, pause in enumerate(pauses) if pause.end_on is None)
    return Problem(
        PAUSED,
        f"/pauses/{index}/1",
        f"自 {pauses[index].start_on} 起的扣除期间尚未结束，还没有届满日：请填写结束日期",
        f"the pause from {pauses[index].start_on} is still open, there is no due day yet: give its end",
    )


def _stopped(code: str, pauses: Sequence[Pause], calendar: WorkingCalendar) -> Problem:
    if code == PAUSED:
        return still_paused(pauses)
    first, last = calendar.first_day, calendar.last_day
    return Problem(
        CALENDAR_UNAVAILABLE,
        "",
        f"工作日历只载有 {first} 至 {last}，所需日期的放假通知尚未载入：请载入该年通知，或请求暂定日期",
        f"the working calendar holds {first} to {last} only: load the notice of the year needed, or ask for a "
        "provisional date",
    )
