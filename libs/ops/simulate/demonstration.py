"""The season that `sunlit up --demo` plays: every breach once, and sources that fall silent while one watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from libs.common.kernel.calendar import WorkingCalendar
from libs.ops.simulate.acts import day_start
from libs.ops.simulate.county import County
from libs.ops.simulate.mishaps import SILENT_HOURS, Silence
from libs.ops.simulate.plants.ground import Wish
from libs.ops.simulate.plants.plan_file import everything
from libs.ops.simulate.seasons import DEMO_LIVE_ON, DEMO_STARTS_ON, demo_season
from libs.ops.simulate.story import Story, full_story
from libs.ops.simulate.stream import Season

# the breaches begin in the sixty days that are played first and in the first forty that one can watch
PLANTED_UNTIL = DEMO_LIVE_ON + timedelta(days=40)
# a source fails on the second day that one watches, about half a minute after it began, and then every twelve days
SILENT_EVERY = timedelta(days=12)
SILENT_SYSTEMS = ("towns", "social", "towns", "water")
SILENT_AFTER = timedelta(days=1, hours=10)


def demo_story(county: County, calendar: WorkingCalendar) -> Story:
    """The demonstration's season; the same each time."""
    season = demo_season(calendar)
    wish = Wish(DEMO_STARTS_ON, PLANTED_UNTIL)
    orders = [replace(order, wish=wish) for order in everything(season)]
    return full_story(county, calendar, season, orders=orders, silences=tuple(_silences(county, season)))


def _silences(county: County, season: Season) -> Iterator[Silence]:
    at = day_start(DEMO_LIVE_ON, county) + SILENT_AFTER
    place = 0
    while at.date() + timedelta(days=3) <= season.last_on:
        system = SILENT_SYSTEMS[place % len(SILENT_SYSTEMS)]
        source = f"//hall/{county.region_code}/{system}"
        yield Silence(source, at, at + timedelta(hours=SILENT_HOURS))
        at, place = at + SILENT_EVERY, place + 1
