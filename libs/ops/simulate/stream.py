"""The county's days in order of time: cases are drawn day by day, told, and merged through a heap that stays small."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from libs.ops.simulate.acts import Act, Teller, day_start, heartbeat, tell_penalty
from libs.ops.simulate.county import County
from libs.ops.simulate.plans import CasePlan, draw_plan
from libs.ops.simulate.working_days import WorkingDays

# on-line filings go on while the hall is closed; about one case in ten of a working day's
REST_DAY_SHARE = 0.1
PENALTIES_PER_CASES = 40
HEARTBEAT_HOURS = 1
# the working days that a plan may need beyond the last simulated day
TAIL_DAYS = 200


@dataclass(frozen=True, slots=True)
class Season:
    """What to simulate: `cases` filings spread over [first_on, last_on], all drawn from `seed`."""

    cases: int
    first_on: date
    last_on: date
    seed: int


def working_days_of(is_working_day: Callable[[date], bool], season: Season, horizon_on: date) -> WorkingDays:
    """The working days that the season and its tail can touch; nothing past the calendar's horizon is asked."""
    last = min(season.last_on + timedelta(days=TAIL_DAYS), horizon_on)
    return WorkingDays(is_working_day, season.first_on - timedelta(days=7), last)


def cases_per_day(season: Season, days: WorkingDays) -> Iterator[tuple[date, int]]:
    """How many cases are filed on each day; the sum is exactly `season.cases`."""
    span = [season.first_on + timedelta(days=n) for n in range((season.last_on - season.first_on).days + 1)]
    weights = [1.0 if day in days else REST_DAY_SHARE for day in span]
    total, filed, seen = sum(weights), 0, 0.0
    for day, weight in zip(span, weights, strict=True):
        seen += weight
        until = round(season.cases * seen / total)
        yield day, until - filed
        filed = until


def stream_events(county: County, days: WorkingDays, season: Season, *, heartbeats: bool = True) -> Iterator[Act]:
    """Every event of the season in order of time; what would happen after its last day is not told.

    Two runs of one seed give the same events.
    """
    random = Random(season.seed)  # noqa: S311 a simulation must be repeatable, not secret
    teller = Teller(county, days, random)
    heap: list[tuple[datetime, int, dict[str, Any]]] = []
    order, numbers, penalties = count(), count(), count()

    def push(act: Act) -> None:
        heapq.heappush(heap, (act[0], next(order), act[1]))

    end_at = day_start(season.last_on + timedelta(days=1), county)
    for day, filed in cases_per_day(season, days):
        for _ in range(filed):
            number = next(numbers)
            for act in teller.tell(draw_plan(random, county, days, day, number)):
                push(act)
            if number % PENALTIES_PER_CASES == PENALTIES_PER_CASES - 1 and day in days:
                for act in tell_penalty(county, random, random.choice(county.penalties), day, next(penalties)):
                    push(act)
        if heartbeats:
            for act in _heartbeats(county, day):
                push(act)
        yield from _due(heap, min(day_start(day + timedelta(days=1), county), end_at))


def tell_plans(county: County, days: WorkingDays, plans: list[CasePlan], seed: int) -> list[Act]:
    """The events of given plans, in order of time (for planted breaches and tests)."""
    teller = Teller(county, days, Random(seed))  # noqa: S311 a simulation must be repeatable, not secret
    return sorted((act for plan in plans for act in teller.tell(plan)), key=lambda act: act[0])


def _heartbeats(county: County, day: date) -> Iterator[Act]:
    for hour in range(HEARTBEAT_HOURS, 25, HEARTBEAT_HOURS):
        at = day_start(day, county) + timedelta(hours=hour) - timedelta(seconds=1)
        for source in county.sources:
            yield heartbeat(source, county, at)


def _due(heap: list[tuple[datetime, int, dict[str, Any]]], until: datetime) -> Iterator[Act]:
    while heap and heap[0][0] < until:
        at, _, event = heapq.heappop(heap)
        yield at, event
