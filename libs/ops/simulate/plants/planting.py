"""Orders become plants, and plants are mixed into the county's life."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from libs.common.kernel.errors import DataError, Problem
from libs.ops.simulate.acts import Act, day_start
from libs.ops.simulate.county import County
from libs.ops.simulate.plants.catalogue import PLANTERS
from libs.ops.simulate.plants.ground import Ground, NoRoomError
from libs.ops.simulate.plants.plan_file import Order
from libs.ops.simulate.plants.sheet import Plant
from libs.ops.simulate.stream import Season, series_of
from libs.ops.simulate.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted; `left_out` says which rules did not fit into the season, and why."""

    plants: tuple[Plant, ...]
    left_out: tuple[str, ...]


def plant_all(county: County, days: WorkingDays, season: Season, orders: Sequence[Order]) -> Planted:
    """Plants every order; two runs of one season and plan plant the same.

    Raises:
        DataError: a rule that the plan names does not fit into the season, at `/<rule>`.
    """
    series = series_of(f"plants/{season.series}/{orders!r}")
    ground = Ground(county, days, season, series, Random(series))  # noqa: S311 repeatable, not secret
    plants: list[Plant] = []
    left_out: dict[str, None] = {}
    problems: list[Problem] = []
    for order in orders:
        for kind, number in order.counts.items():
            for place in range(number):
                ground.rule, ground.kind, ground.wish = order.rule, kind, order.wish
                # by its own lot: a rule that is added to a plan moves no other
                ground.random.seed(f"{season.series}/{order.rule}/{kind}/{place}")
                try:
                    plants.append(PLANTERS[order.rule].plant(ground))
                except NoRoomError as reason:
                    if order.is_named:
                        problems.append(Problem("NO_ROOM", f"/{order.rule}/{kind}", f"放不下：{reason}", str(reason)))
                    left_out[str(reason)] = None
    if problems:
        raise DataError(*problems)
    plants.sort(key=lambda plant: (plant.acts[0][0], plant.rule, plant.kind))
    return Planted(tuple(plants), tuple(left_out))


def with_plants(life: Iterable[Act], plants: Sequence[Plant], season: Season, county: County) -> Iterator[Act]:
    """The county's life with the plants in it, in order of time; nothing after the season's last day."""
    end_at = day_start(season.last_on + timedelta(days=1), county)
    planted = sorted((act for plant in plants for act in plant.acts if act[0] < end_at), key=_instant)
    return heapq.merge(life, planted, key=_instant)


def _instant(act: Act) -> datetime:
    return act[0]
