"""The light of a case (law.md §9.2): when it turns is fixed by the clocks, so that reading it is comparing instants.

`plan_lights` runs when a case is folded; `light_at` when somebody looks (decision 30: no timer turns a light). The
queue's SQL compares the same instants (store.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from libs.common.kernel import statutory_clock
from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import DueDays, Light, Pause, thresholds, thresholds_by_days
from services.approval.domain.case_clock import WORKING_DAY, CaseClock
from services.approval.domain.clocks import Clocks
from services.approval.domain.procedure import Procedure

_ONE_DAY = timedelta(days=1)
FOREVER = datetime.max.replace(tzinfo=ZoneInfo("UTC")) - timedelta(days=2)


@dataclass(frozen=True, slots=True)
class LightPlan:
    """The instants at which the light of an open case turns; None = never.

    Args:
        paused_from, paused_until: the last lawful pause, [from, until); an open one lasts `FOREVER`.
        grey_from: end of the calendar: nothing is judged beyond it (decision 5).
        final: the light of a case that has ended, fixed for good; all instants are None then.
    """

    notice_at: datetime | None = None
    yellow_at: datetime | None = None
    red_at: datetime | None = None
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    grey_from: datetime | None = None
    final: Light | None = None


def light_at(plan: LightPlan, now: datetime, *, unproven: bool = False) -> Light:
    """The light at an instant, first that holds; grey while a letter of the case is parked (decision 11)."""
    if unproven:
        return "grey"
    if plan.final is not None:
        return plan.final
    if _reached(plan.grey_from, now):
        return "grey"
    if _reached(plan.paused_from, now) and not _reached(plan.paused_until, now):
        return "paused"
    if _reached(plan.red_at, now):
        return "red"
    if _reached(plan.yellow_at, now):
        return "yellow"
    return "notice" if _reached(plan.notice_at, now) else "green"


def _reached(at: datetime | None, now: datetime) -> bool:
    return at is not None and now >= at


def plan_lights(procedure: Procedure, clocks: Clocks, calendar: WorkingCalendar) -> LightPlan:
    """The plan of a case from its clocks."""
    legal, promise, acceptance = clocks.of("legal"), clocks.of("promise"), clocks.of("acceptance")
    if procedure.ending is not None:
        return LightPlan(final=_final(legal, promise, acceptance))
    grey_from = _start_of(calendar.last_day + _ONE_DAY, procedure.zone)
    if legal is None:
        if acceptance is None or not acceptance.is_open:
            return LightPlan()
        # S05: notice on the day before the last, red after the fifth working day.
        return LightPlan(
            notice_at=_notice_at(acceptance, calendar, procedure.zone),
            red_at=_passed_at(acceptance, procedure.zone),
            grey_from=grey_from,
        )
    pause = _last_pause(legal)
    is_claimed = legal.query is None and (promise is None or promise.query is None)
    return LightPlan(
        notice_at=_notice_at(promise, calendar, procedure.zone) if promise is not None else None,
        yellow_at=_passed_at(promise, procedure.zone) if promise is not None else None,
        red_at=_passed_at(legal, procedure.zone),
        paused_from=_start_of(pause.start_on, procedure.zone) if pause is not None else None,
        paused_until=_end_of(pause, procedure.zone) if pause is not None else None,
        grey_from=None if is_claimed else grey_from,
    )


def _final(legal: CaseClock | None, promise: CaseClock | None, acceptance: CaseClock | None) -> Light:
    def late(clock: CaseClock | None) -> bool:
        if clock is None or clock.ended_at is None or clock.ended_on is None:
            return False
        return clock.is_late(clock.ended_at, clock.ended_on)

    if late(legal) or (legal is None and late(acceptance)):
        return "red"
    return "yellow" if late(promise) else "green"


def _last_pause(legal: CaseClock) -> Pause | None:
    """The last pause that is in force: one that begins after the due day changes nothing (C4)."""
    spans = [span for span in legal.spans if legal.due_on is None or span.start_on <= legal.due_on]
    return spans[-1] if spans else None


def _passed_at(clock: CaseClock, zone: ZoneInfo) -> datetime | None:
    """C3: the due day runs to its end, so the limit has passed from 00:00 of the next date, whatever day it is."""
    if clock.due_at is not None:
        return clock.due_at
    return _start_of(clock.due_on + _ONE_DAY, zone) if clock.due_on is not None else None


def _notice_at(clock: CaseClock, calendar: WorkingCalendar, zone: ZoneInfo) -> datetime | None:
    """When at most one working day of the limit is left (rules.md §1, §2 "Other units")."""
    if clock.query is not None and (clock.limit.unit or WORKING_DAY) == WORKING_DAY:
        shape = statutory_clock.CaseClock(start=clock.start_on, promise_n=clock.query.n, pauses=clock.spans)
        notice_on = thresholds(shape, calendar).notice_on
    else:
        notice_on = thresholds_by_days(DueDays(promise_due_on=clock.due_on), calendar).notice_on
    return _start_of(notice_on, zone) if notice_on is not None else None


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _end_of(pause: Pause, zone: ZoneInfo) -> datetime:
    return FOREVER if pause.end_on is None else _start_of(pause.end_on + _ONE_DAY, zone)
