"""The county's days in order of time: lives are drawn day by day, told, and merged through a heap.

The heap holds of every open case its coming acts unwritten, a few hundred bytes each: memory follows the number of
cases that are open at once, not the number that is told.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any

from libs.ops.simulate import proportions as share
from libs.ops.simulate.acts import Act, Coming, day_start, heartbeat
from libs.ops.simulate.county import County
from libs.ops.simulate.desks import draw_complaint, draw_consultation, schedule_complaint, schedule_consultation
from libs.ops.simulate.lives import draw_life
from libs.ops.simulate.penalties import draw_penalty, schedule_penalty
from libs.ops.simulate.plans import CasePlan
from libs.ops.simulate.telling import Teller
from libs.ops.simulate.working_days import WorkingDays

# on-line filings go on while the hall is closed; about one case in ten of a working day's
REST_DAY_SHARE = 0.1
HEARTBEAT_HOURS = 1
# the days that a plan may need beyond the last simulated day
TAIL_DAYS = 200
SERIES_LETTERS = 5

Heap = list[tuple[datetime, int, Callable[[], dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Season:
    """What to simulate: `cases` filings spread over [first_on, last_on], all drawn from `seed`."""

    cases: int
    first_on: date
    last_on: date
    seed: int

    @property
    def series(self) -> str:
        """The word in every number of this season: two seasons of one platform share no number."""
        return series_of(f"{self.seed}/{self.cases}/{self.first_on}/{self.last_on}")


def series_of(text: str) -> str:
    """Five letters that stand for a text."""
    lot = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return "".join(chr(65 + lot // 26**place % 26) for place in range(SERIES_LETTERS))


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


def stream_events(
    county: County, days: WorkingDays, season: Season, *, heartbeats: bool | Collection[str] = True
) -> Iterator[Act]:
    """Every event of the season in order of time; what would happen after its last day is not told.

    Two runs of one seed give the same events.

    Args:
        heartbeats: whether the sources say every hour that all is sent, or which of them do.
    """
    random = Random(season.seed)  # noqa: S311 a simulation must be repeatable, not secret
    speaking = county.sources if heartbeats is True else sorted(heartbeats or ())
    heap: Heap = []
    order = count()
    end_at = day_start(season.last_on + timedelta(days=1), county)
    lives = _lives(county, days, season, random)
    for day, _ in cases_per_day(season, days):
        for coming in next(lives):
            for at, tell in coming:
                if at < end_at:
                    heapq.heappush(heap, (at, next(order), tell))
        for at, event in _heartbeats(county, day, speaking):
            spoken: Callable[[], dict[str, Any]] = partial(_as_it_is, event)
            heapq.heappush(heap, (at, next(order), spoken))
        yield from _due(heap, day_start(day + timedelta(days=1), county))


def _lives(county: County, days: WorkingDays, season: Season, random: Random) -> Iterator[Iterator[Iterable[Coming]]]:
    """For each day what begins on it: cases, penalties, questions, complaints."""
    teller = Teller(county, days, random)
    numbers, penalties, complaints, questions = count(), count(), count(), count()
    series = season.series

    def begun(day: date, filed: int) -> Iterator[Iterable[Coming]]:
        for _ in range(filed):
            yield teller.schedule(draw_life(random, county, days, day, next(numbers), series))
            if random.random() < share.PENALTIES and day in days:
                penalty = draw_penalty(random, county, day, next(penalties), series)
                yield schedule_penalty(county, days, random, penalty)
            if random.random() < share.CONSULTATIONS:
                question = draw_consultation(random, county, days, day, next(questions), series)
                yield schedule_consultation(county, days, random, question)
            if random.random() < share.COMPLAINTS:
                complaint = draw_complaint(random, county, days, day, next(complaints), series)
                yield schedule_complaint(county, days, random, complaint)

    for day, filed in cases_per_day(season, days):
        yield begun(day, filed)


def tell_plans(county: County, days: WorkingDays, plans: list[CasePlan], seed: int) -> list[Act]:
    """The events of given plans, in order of time (for tests)."""
    teller = Teller(county, days, Random(seed))  # noqa: S311 a simulation must be repeatable, not secret
    return sorted((act for plan in plans for act in teller.tell(plan)), key=lambda act: act[0])


def _heartbeats(county: County, day: date, sources: Collection[str]) -> Iterator[Act]:
    for hour in range(HEARTBEAT_HOURS, 25, HEARTBEAT_HOURS):
        at = day_start(day, county) + timedelta(hours=hour) - timedelta(seconds=1)
        for source in sources:
            yield heartbeat(source, county, at)


def _as_it_is(event: dict[str, Any]) -> dict[str, Any]:
    return event


def _due(heap: Heap, until: datetime) -> Iterator[Act]:
    while heap and heap[0][0] < until:
        at, _, tell = heapq.heappop(heap)
        yield at, tell()
