"""Which season is simulated when nobody says so, and the season of the demonstration."""

from __future__ import annotations

from datetime import date, timedelta

from libs.common.kernel.calendar import WorkingCalendar
from libs.ops.simulate.stream import Season

CASES_PER_DAY = 13
USUAL_DAYS = 60
USUAL_SEED = 20260301
# more than so many cases a day make the season longer, as far as the calendar reaches
MOST_CASES_PER_DAY = 3000
# the demonstration begins 60 days before 2026-03-02 and ends where every limit can still be counted (decision 9)
DEMO_STARTS_ON, DEMO_LIVE_ON = date(2026, 1, 1), date(2026, 3, 2)
WORKING_DAYS_BEFORE_HORIZON = 25


def last_day_of(calendar: WorkingCalendar) -> date:
    """The last day whose cases can be counted to their end: 25 working days before the calendar's horizon."""
    found = calendar.nth_before(calendar.last_day, WORKING_DAYS_BEFORE_HORIZON)
    return found if found is not None else calendar.first_day


def demo_season(calendar: WorkingCalendar) -> Season:
    """The season of `sunlit up --demo`."""
    last_on = last_day_of(calendar)
    days = (last_on - DEMO_STARTS_ON).days + 1
    return Season(CASES_PER_DAY * days, DEMO_STARTS_ON, last_on, USUAL_SEED)


def usual_season(
    calendar: WorkingCalendar,
    *,
    cases: int | None = None,
    first_on: date | None = None,
    last_on: date | None = None,
    seed: int | None = None,
    ends_on: date | None = None,
) -> Season:
    """What was asked for, with the rest filled in: sixty days, thirteen cases a day; more days for very many cases.

    Args:
        ends_on: the day that the platform's clock cannot pass, None = there is none; a season without dates ends there.

    Raises:
        ValueError: the last day is before the first, or the calendar does not reach so far; says which.
    """
    span = timedelta(days=max(USUAL_DAYS, -(-(cases or 0) // MOST_CASES_PER_DAY)) - 1)
    if first_on is None:
        end = last_on or ends_on
        first_on = end - span if end else DEMO_STARTS_ON
    if last_on is None:
        last_on = min(first_on + span, ends_on or max(last_day_of(calendar), first_on + timedelta(USUAL_DAYS - 1)))
    if last_on < first_on:
        raise ValueError(f"the season would end on {last_on}, before it begins on {first_on}")
    if ends_on is not None and last_on > ends_on:
        raise ValueError(f"{last_on} has not come yet: on the wall clock a season ends on {ends_on} at the latest")
    if not (calendar.covers(first_on - timedelta(days=7)) and calendar.covers(last_on)):
        raise ValueError(
            f"the working calendar covers {calendar.first_day} to {calendar.last_day}; "
            f"{first_on} to {last_on} is not inside"
        )
    days = (last_on - first_on).days + 1
    return Season(
        cases if cases is not None else CASES_PER_DAY * days, first_on, last_on, USUAL_SEED if seed is None else seed
    )
