"""One season of the county as it reaches a platform: its life, its plants, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from libs.common.kernel.calendar import WorkingCalendar
from libs.ops.simulate.acts import Act
from libs.ops.simulate.county import County
from libs.ops.simulate.mishaps import Mishaps, Silence, usual_mishaps, with_mishaps
from libs.ops.simulate.plants.plan_file import Order
from libs.ops.simulate.plants.planting import Planted, plant_all, with_plants
from libs.ops.simulate.plants.sheet import Plant
from libs.ops.simulate.stream import Season, stream_events, working_days_of
from libs.ops.simulate.working_days import WorkingDays

CALM = Mishaps(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Story:
    """A season, ready to be told; two tellings are equal.

    Args:
        plants: what was planted, in order of time.
        left_out: rules that did not fit into the season, each with the reason.
    """

    county: County
    season: Season
    days: WorkingDays
    mishaps: Mishaps
    plants: tuple[Plant, ...] = ()
    left_out: tuple[str, ...] = ()

    def acts(self, heartbeats: bool | Collection[str] | None = None) -> Iterator[Act]:
        """Every event in the order in which it reaches the platform.

        Args:
            heartbeats: as `stream_events`; None = of the sources that fall silent, whose silence is part of the story.
        """
        spoken = self.mishaps.silent_sources if heartbeats is None else heartbeats
        life = stream_events(self.county, self.days, self.season, heartbeats=spoken)
        if self.mishaps != CALM:
            life = with_mishaps(life, self.mishaps)
        return with_plants(life, self.plants, self.season, self.county) if self.plants else life


def calm_story(county: County, calendar: WorkingCalendar, season: Season) -> Story:
    """A season in which nothing goes wrong on the way and nothing is planted."""
    return Story(county, season, working_days_of(calendar.is_working_day, season, calendar.last_day), CALM)


def full_story(
    county: County,
    calendar: WorkingCalendar,
    season: Season,
    *,
    orders: Sequence[Order] = (),
    is_calm: bool = False,
    silences: Sequence[Silence] | None = None,
) -> Story:
    """A season with its plants and mishaps.

    Args:
        silences: None = the usual ones.

    Raises:
        DataError: a rule that the plan names does not fit into the season.
    """
    days = working_days_of(calendar.is_working_day, season, calendar.last_day)
    mishaps = CALM if is_calm else usual_mishaps(county, days, season.first_on, season.last_on)
    if silences is not None and not is_calm:
        mishaps = Mishaps(silences=tuple(silences))
    planted = plant_all(county, days, season, orders) if orders else Planted((), ())
    return Story(county, season, days, mishaps, planted.plants, planted.left_out)
