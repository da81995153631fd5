"""What the platforms of one invocation live: the same simulated county, cut into days on which harm can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from libs.common.runtime.calendars import load_calendars
from libs.ops.commands.simulate import acts_of
from libs.ops.feeding.reference import Town, town_of_county
from libs.ops.simulate.acts import Act, day_start
from libs.ops.simulate.county import load_county
from libs.ops.simulate.seasons import usual_season

FIRST_ON = date(2026, 1, 5)
CASES_PER_DAY = 12
FEWEST_DAYS, MOST_DAYS = 6, 40
# what is still open at the season's end becomes due, is judged and told within so many days
AFTERMATH = timedelta(days=20)

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """The events of one legal day in order of time."""

    events: tuple[Event, ...]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Script:
    """A season of the county.

    Args:
        begins_at, ends_at: where the legal clock starts and where it ends.
    """

    town: Town
    days: tuple[Day, ...]
    begins_at: datetime
    ends_at: datetime
    seed: int
    cases: int

    @property
    def events(self) -> list[Event]:
        """All of them."""
        return [event for day in self.days for event in day.events]

    @property
    def sources(self) -> list[str]:
        """Who sends them."""
        return sorted({str(event["source"]) for event in self.events})


def write_script(seed: int, cases: int, aftermath: timedelta = AFTERMATH) -> Script:
    """The season of a seed: twelve cases a day, at least six days, so that limits pass and lights turn in it."""
    county = load_county()
    span = timedelta(days=min(max(cases // CASES_PER_DAY, FEWEST_DAYS), MOST_DAYS) - 1)
    calendar = load_calendars().of(county.region_code)
    season = usual_season(calendar, cases=cases, first_on=FIRST_ON, last_on=FIRST_ON + span, seed=seed)
    begins_at = day_start(season.first_on, county)
    days = days_of([act for act in acts_of(county, season) if act[0] >= begins_at])
    return Script(town_of_county(county), days, begins_at, days[-1].last_at + aftermath, season.seed, cases)


def days_of(acts: Sequence[Act]) -> tuple[Day, ...]:
    """Events in order of time, by the date on which they happened."""
    found = []
    for _, group in groupby(sorted(acts, key=lambda act: act[0]), key=lambda act: act[0].date()):
        told = list(group)
        found.append(Day(tuple(event for _, event in told), told[0][0], told[-1][0]))
    return tuple(found)
