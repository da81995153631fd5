"""The two clocks of a case as the supervision counts them: promised and legal, with the dates on which lights turn.

Its own counting over the kernel's calendar and conventions; it shares nothing with what approval concluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.events.codes import LimitUnit
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.statutory_clock import (
    EXTENSION_LATE,
    KIND_OF_UNIT,
    RULES,
    CaseClock,
    DeadlineQuery,
    DueDays,
    Pause,
    Thresholds,
    due,
    due_at,
    legal_date,
    promise_pause,
    thresholds,
    thresholds_by_days,
)
from services.monitoring.domain.proceeding import Asked, Proceeding, legal_pauses

WORKING_DAY: LimitUnit = "working_day"
# 行政许可法第四十二条: "除可以当场作出行政许可决定的外，行政机关应当自受理行政许可申请之日起二十日内作出行政许可
# 决定。二十日内不能作出决定的，经本行政机关负责人批准，可以延长十日".
LEGAL_RULE, JOINT_RULE = "LIC-42", "LIC-42-2"


@dataclass(frozen=True, slots=True)
class Counted:
    """One clock, counted.

    Args:
        due_on: None while an open pause holds it, or past the calendar.
        query: how it was asked; None where a hall only claims a date, or the limit is in hours.
        due_at: the instant of a limit in hours; None for limits in days.
        is_claimed: the hall stated only the date.
        problem: why there is no due day.
    """

    kind: str
    rule: str
    limit: Limit
    due_on: date | None
    query: DeadlineQuery | None = None
    due_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    is_claimed: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks and the first dates of notice, yellow and red."""

    legal: Counted
    promise: Counted | None
    turns: Thresholds
    extension: Asked | None = None
    void_extensions: tuple[Asked, ...] = ()
    pauses: tuple[Pause, ...] = ()


def count(proceeding: Proceeding, calendar: WorkingCalendar, notice_days: int) -> Clocks | None:
    """The clocks of an accepted case; None before acceptance and for penalties."""
    if proceeding.start_on is None or proceeding.accepted is None:
        return None
    start = proceeding.start_on
    rule = JOINT_RULE if proceeding.is_joint else LEGAL_RULE
    legal_limit = _said(proceeding.legal_limit) or Limit(value=RULES[rule].n, unit=WORKING_DAY)
    promise_limit = _said(proceeding.promise_limit)
    pauses = _clipped(legal_pauses(proceeding), start)
    promised = _clipped(_promise_pauses(proceeding, calendar), start)
    base = _counted("legal", rule, legal_limit, start, pauses, 0, calendar, proceeding)
    extension, void = _extension(proceeding, base, rule, pauses, calendar)
    more = extension.days if extension else 0
    legal = _counted("legal", rule, legal_limit, start, pauses, more, calendar, proceeding)
    promise = None
    if promise_limit is not None:
        # rules.md §14.12: a valid extension moves promise and legal limit alike
        promise = _counted("promise", rule, promise_limit, start, promised, more, calendar, proceeding)
    return Clocks(legal, promise, _turns(legal, promise, start, notice_days, calendar), extension, void, pauses)


def notice_on(clocks: Clocks, start: date, notice_days: int, calendar: WorkingCalendar) -> date | None:
    """The first date on which at most `notice_days` working days of the promise are left."""
    return _turns(clocks.legal, clocks.promise, start, notice_days, calendar).notice_on


def _said(limit: Limit | None) -> Limit | None:
    """A limit that says something; a promise of 0 has no clock (the same-day duty is S57)."""
    if limit is None or (not limit.value and limit.due_on is None):
        return None
    return limit


def _clipped(pauses: tuple[Pause, ...], start: date) -> tuple[Pause, ...]:
    """Pauses as the clock meets them: what lies before the event day cannot stop it."""
    return tuple(Pause(max(p.start_on, start), p.end_on) for p in pauses if p.end_on is None or p.end_on >= start)


def _promise_pauses(proceeding: Proceeding, calendar: WorkingCalendar) -> tuple[Pause, ...]:
    """rules.md §2: the promise stops for at most the time applied for; after that it runs by itself."""
    found = []
    for special in proceeding.specials:
        if not (special.stops_legal_clock or special.kind == "other_local"):
            continue
        whole = Pause(special.started_on, special.ended_on)
        told = _said(special.told)
        if told is None:
            found += [] if special.proof_is_sent else [whole]
            continue
        if told.due_on is None and (told.unit or WORKING_DAY) == WORKING_DAY:
            found.append(promise_pause(whole, told.value or 0, calendar))
            continue
        until = told.due_on or _told_until(special.started_on, told, calendar)
        if until is not None:
            last = until if whole.end_on is None else min(whole.end_on, until)
            found.append(Pause(whole.start_on, max(last, whole.start_on)))
    return tuple(found)


def _told_until(start: date, told: Limit, calendar: WorkingCalendar) -> date | None:
    """The last day of a time told in calendar days, months or hours."""
    if told.unit == "hour":
        return start + timedelta(hours=told.value or 0)
    query = DeadlineQuery(kind=KIND_OF_UNIT[told.unit or WORKING_DAY], start=start, n=told.value or 0)
    answer = due(query, calendar)
    return None if isinstance(answer, Problem) else answer.deadline


def _counted(
    kind: str,
    rule: str,
    limit: Limit,
    start: date,
    pauses: tuple[Pause, ...],
    extension: int,
    calendar: WorkingCalendar,
    proceeding: Proceeding,
) -> Counted:
    if limit.due_on is not None:
        return Counted(kind, rule, limit, limit.due_on, is_claimed=True)
    unit = limit.unit or WORKING_DAY
    if unit == "hour":
        return _counted_hours(kind, rule, limit, pauses, extension, proceeding)
    query = DeadlineQuery(
        kind=KIND_OF_UNIT[unit],
        start=start,
        n=(limit.value or 0) + extension,
        pauses=pauses,
        # limits of an authority in calendar days or months roll (C6, C7); working days need none (C3)
        roll=unit != WORKING_DAY,
    )
    answer = due(query, calendar)
    if isinstance(answer, Problem):
        return Counted(kind, rule, limit, None, query, pauses=pauses, problem=answer.code)
    return Counted(kind, rule, limit, answer.deadline, query, pauses=pauses)


def _counted_hours(
    kind: str, rule: str, limit: Limit, pauses: tuple[Pause, ...], extension: int, proceeding: Proceeding
) -> Counted:
    """Elapsed hours from the acceptance; a date inside a pause gives none. The board looks at the day of their end."""
    assert proceeding.accepted is not None
    ends_at = due_at(proceeding.accepted.time, limit.value or 0, proceeding.zone, pauses, extension)
    if isinstance(ends_at, Problem):
        return Counted(kind, rule, limit, None, pauses=pauses, problem=ends_at.code)
    return Counted(kind, rule, limit, legal_date(ends_at, proceeding.zone), due_at=ends_at, pauses=pauses)


def _extension(
    proceeding: Proceeding, base: Counted, rule: str, pauses: tuple[Pause, ...], calendar: WorkingCalendar
) -> tuple[Asked | None, tuple[Asked, ...]]:
    """The one extension that counts; others are void (C5; S11 blames them)."""
    valid: Asked | None = None
    void: list[Asked] = []
    for asked in proceeding.extensions:
        if valid is None and _is_valid(asked, proceeding, base, rule, pauses, calendar):
            valid = asked
        else:
            void.append(asked)
    return valid, tuple(void)


def _is_valid(
    asked: Asked,
    proceeding: Proceeding,
    base: Counted,
    rule: str,
    pauses: tuple[Pause, ...],
    calendar: WorkingCalendar,
) -> bool:
    unit = base.limit.unit or WORKING_DAY
    if base.query is None or asked.days < 1 or asked.unit != unit or asked.approved_by is None:
        return False
    # 许可法 42¶2: a joint case is extended by the head of the government
    if proceeding.is_joint and asked.approved_by != "government_head":
        return False
    query = DeadlineQuery(
        rule=rule,
        kind=base.query.kind,
        start=base.query.start,
        n=base.query.n,
        # an open pause tells no running deadline; up to the day of the decision it is over with that day
        pauses=tuple(Pause(p.start_on, p.end_on or max(asked.decided_on, p.start_on)) for p in pauses),
        extension=asked.days,
        extension_decided_on=asked.decided_on,
        roll=base.query.roll,
        allow_provisional=True,
    )
    answer = due(query, calendar)
    return not isinstance(answer, Problem) and EXTENSION_LATE not in answer.warnings


def _turns(
    legal: Counted, promise: Counted | None, start: date, notice_days: int, calendar: WorkingCalendar
) -> Thresholds:
    """When the lights turn; working days need only what lies inside the calendar (decision 5)."""
    both = [clock for clock in (legal, promise) if clock is not None]
    if all(clock.query is not None and clock.query.kind == "workdays" for clock in both):
        assert legal.query is not None
        promised_n = promise.query.n if promise and promise.query else None
        clock = CaseClock(
            start=start,
            promise_n=promised_n,
            legal_n=legal.query.n,
            pauses=legal.pauses,
            promise_pauses=promise.pauses if promise else None,
            notice_days=min(notice_days, promised_n) if promised_n else notice_days,
        )
        return thresholds(clock, calendar)
    promise_due_on = promise.due_on if promise else None
    days = DueDays(promise_due_on=promise_due_on, legal_due_on=legal.due_on, notice_days=notice_days)
    return thresholds_by_days(days, calendar)
