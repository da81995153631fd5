"""Chains of escalation along the organisation (经办 → 科室 → 分管 → 监察), working time, and digests for leaders.

Rules §11: "send in working hours only, else next working morning 08:30 (urgent bypass as a flag)"; "escalation chain
comes from the organisation model". All instants are legal ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import WorkingCalendar

# two halves of a working day (the law counts days, not hours): 08:30–12:00, 13:30–17:30
HOURS = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
SEARCH_DAYS = 40


@dataclass(frozen=True, slots=True)
class Step:
    """`receiver` is told when nobody has signed `seconds` after the step before; in working time if `working`."""

    receiver: str
    seconds: float
    working: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps, gone through `rounds` times."""

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1


@dataclass(frozen=True, slots=True)
class Digest:
    """Counts by organisation and severity, told to `receiver` at an hour of each (working) day."""

    name: str
    receiver: str
    at: time
    workdays: bool = True
    location: str = "Asia/Shanghai"


def step_at(chain: Chain, number: int) -> Step | None:
    """Step `number` (from 0, counted through all rounds); None = the chain is at its end."""
    return chain.steps[number % len(chain.steps)] if number < len(chain.steps) * chain.rounds else None


def when(step: Step, since: datetime, zone: ZoneInfo, calendar: WorkingCalendar | None) -> datetime:
    """The legal instant of a step whose predecessor came at `since`."""
    if not step.working:
        return since + timedelta(seconds=step.seconds)
    return after_working_time(since, step.seconds, zone, calendar)


def after_working_time(since: datetime, seconds: float, zone: ZoneInfo, calendar: WorkingCalendar | None) -> datetime:
    """The instant at which that much working time has passed; nights, noon and days of rest do not count."""
    here, left = since.astimezone(zone), timedelta(seconds=seconds)
    for day in (here.date() + timedelta(days=n) for n in range(SEARCH_DAYS * 10)):
        if not is_worked(day, calendar):
            continue
        for opens, closes in HOURS:
            start, end = (datetime.combine(day, clock, zone) for clock in (opens, closes))
            start = max(start, here)
            if start >= end:
                continue
            if left <= end - start:
                return start + left
            left -= end - start
    return here + left


def is_working_time(at: datetime, zone: ZoneInfo, calendar: WorkingCalendar | None) -> bool:
    """Whether somebody sits at the desk; noon counts, a message may wait on the screen."""
    here = at.astimezone(zone)
    return is_worked(here.date(), calendar) and HOURS[0][0] <= here.time() < HOURS[-1][1]


def next_working_morning(at: datetime, zone: ZoneInfo, calendar: WorkingCalendar | None) -> datetime:
    """The first 08:30 of a working day after `at`."""
    here = at.astimezone(zone)
    for day in (here.date() + timedelta(days=n) for n in range(SEARCH_DAYS)):
        morning = datetime.combine(day, HOURS[0][0], zone)
        if morning > here and is_worked(day, calendar):
            return morning
    return here


def next_digest(digest: Digest, after: datetime, calendar: WorkingCalendar | None) -> datetime:
    """The next instant of a digest."""
    zone = ZoneInfo(digest.location)
    here = after.astimezone(zone)
    for day in (here.date() + timedelta(days=n) for n in range(SEARCH_DAYS)):
        at = datetime.combine(day, digest.at, zone)
        if at > here and (not digest.workdays or is_worked(day, calendar)):
            return at
    return here + timedelta(days=1)


def is_worked(day: date, calendar: WorkingCalendar | None) -> bool:
    """C1 where the calendar covers the day; beyond it Monday to Friday, so that nothing waits for a notice for ever."""
    if calendar is not None and calendar.covers(day):
        return calendar.is_working_day(day)
    return day.weekday() < 5
