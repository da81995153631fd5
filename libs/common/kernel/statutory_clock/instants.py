"""Between instants and legal dates: which date an instant has, when a due day has passed, limits in hours.

A legal date is the date in the time zone of the authority, whatever zone the instant was written in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock.deadline import invalid_n, still_paused
from libs.common.kernel.statutory_clock.pauses import Pause, check_pauses, union

_ONE_DAY = timedelta(days=1)


def legal_date(at: datetime, zone: tzinfo) -> date:
    """The date of an aware instant in `zone`."""
    return at.astimezone(zone).date()


def passed_at(due_on: date, zone: tzinfo) -> datetime:
    """The first instant at which a due day has passed: its 24:00 in `zone` (C3)."""
    return datetime.combine(due_on + _ONE_DAY, time(), zone)


def is_late(done_at: datetime, due_on: date, zone: tzinfo) -> bool:
    """Whether an act came after the due day: "An act is late when its date is after the due day, rest day or not"."""
    return legal_date(done_at, zone) > due_on


def due_at(
    start_at: datetime, hours: int, zone: tzinfo, pauses: Sequence[Pause] = (), extension_hours: int = 0
) -> datetime | Problem:
    """The instant at which a limit in elapsed hours is full, in `zone` (民法典第二百零一条; 行政强制法第十九条).

    A date inside a pause gives no hours; dates are those of `zone`.

    Args:
        start_at: the instant of the event, aware.
        hours: at least 1.
    """
    if hours < 1 or extension_hours < 0:
        return invalid_n(hours, extension_hours)
    refused = check_pauses(legal_date(start_at, zone), pauses)
    if refused is not None:
        return refused
    # Elapsed hours are counted in UTC and not on the face of a clock that may be put back.
    at, left = start_at.astimezone(UTC), timedelta(hours=hours + extension_hours)
    for span in union(pauses):
        begins = max(datetime.combine(span.start_on, time(), zone).astimezone(UTC), at)
        if begins - at >= left:
            break
        if span.end_on is None:
            return still_paused(pauses)
        left -= begins - at
        at = passed_at(span.end_on, zone).astimezone(UTC)
    return (at + left).astimezone(zone)
