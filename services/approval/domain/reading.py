"""A clock read at an instant: used, remaining, over, and the day-by-day trace that a person can count again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock import TraceDay, deadline, over, used
from libs.common.kernel.statutory_clock.trace import trace_working_days
from services.approval.domain.case_clock import WORKING_DAY, CaseClock


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock at an instant; numbers are in the limit's own unit and None where they cannot be known.

    Args:
        state: running · paused · met · passed · void.
        used: counted units up to that date; None for hours and claimed due days.
        remaining: what is left; on the due day 0; below 0 when the limit has passed.
        over_days: counted working days after the due day (rules.md §1 `over`), 0 while in time.
    """

    state: str
    used: int | None
    remaining: int | None
    over_days: int | None


def read_clock(clock: CaseClock, now: datetime, today: date, calendar: WorkingCalendar) -> Reading:
    """The clock at `now`; one that has ended is read at its end."""
    on = clock.ended_on or today
    state = clock.state(now, today)
    over_days = over(clock.due_on, on, calendar) if clock.due_on is not None else 0
    if clock.query is None:
        left = calendar.count(on, clock.due_on) if clock.due_on is not None and clock.due_on >= on else None
        return Reading(state, None, left if not over_days else -over_days, over_days)
    if (clock.limit.unit or WORKING_DAY) != WORKING_DAY:
        left = (clock.due_on - on).days if clock.due_on is not None else None
        return Reading(state, (on - clock.start_on).days, left, over_days)
    spans = [span for span in clock.spans if clock.due_on is None or span.start_on <= clock.due_on]
    counted = used(clock.start_on, on, spans, calendar)
    left = clock.query.n - counted if counted is not None else None
    return Reading(state, counted, left, over_days)


def trace(clock: CaseClock, today: date, calendar: WorkingCalendar) -> tuple[TraceDay, ...]:
    """Every date from the event day to the due day, and on to today (or to the end of the clock) when it is late.

    A clock that an open pause holds is traced up to today; hours and claimed due days have no trace.
    """
    if clock.query is None:
        return ()
    until = min(clock.ended_on or today, today)
    answer = deadline(clock.query, calendar, until if clock.due_on is not None and until > clock.due_on else None)
    if not isinstance(answer, Problem):
        return answer.days
    is_working = (clock.limit.unit or WORKING_DAY) == WORKING_DAY
    if answer.code != "PAUSED" or not is_working or not calendar.covers(today) or today < clock.start_on:
        return ()
    return trace_working_days(clock.start_on, today, clock.spans, calendar)
