"""The simulated county as data: organisations, items, service points, sources (`county.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

DATA = Path(__file__).parent / "county.toml"
# organisations with a hall system of their own; the others share the county hall's
OWN_SYSTEMS = {"housing": "housing", "social": "social", "water": "water"}
LEVELS_ON_TOWN_SYSTEM = ("township", "village")


@dataclass(frozen=True, slots=True)
class Organisation:
    """An authority; `word` is its 机关代字 on documents."""

    key: str
    word: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One service item.

    Args:
        category: kind of power (行政许可, 行政给付 …), as the catalogue spells it.
        legal_days, promise_days: working days.
        weight: how often it is asked for; 0 = only where a plan asks for it.
        valid_until: last day on which it may be accepted, None = in force.
    """

    key: str
    category: str
    organisation: Organisation
    code: str
    name: str
    kind: str
    legal_days: int
    promise_days: int
    weight: int
    licence: str
    traits: frozenset[str]
    fee: str
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class PenaltyKind:
    organisation: Organisation
    cause: str
    basis: str
    kinds: tuple[str, ...]
    gravity: str
    fine: str


@dataclass(frozen=True, slots=True)
class ServicePoint:
    level: str
    code: str
    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class People:
    """Word lists from which invented applicants are drawn."""

    surnames: tuple[str, ...]
    given: tuple[str, ...]
    brands: tuple[str, ...]
    trades: tuple[str, ...]
    shops: tuple[str, ...]


@dataclass(frozen=True)
class County:
    region_code: str
    name: str
    timezone: ZoneInfo
    preset: str
    organisations: Mapping[str, Organisation]
    items: tuple[Item, ...]
    penalties: tuple[PenaltyKind, ...]
    points: tuple[ServicePoint, ...]
    people: People

    @cached_property
    def _item_weights(self) -> list[int]:
        return list(accumulate(row.weight for row in self.items))

    @cached_property
    def _point_weights(self) -> list[int]:
        return list(accumulate(row.weight for row in self.points))

    def draw_item(self, random: Random) -> Item:
        """An item, as often as its weight says."""
        return random.choices(self.items, cum_weights=self._item_weights)[0]

    def draw_point(self, random: Random) -> ServicePoint:
        """A service point, as often as its weight says."""
        return random.choices(self.points, cum_weights=self._point_weights)[0]

    def item(self, key: str) -> Item:
        """The item of that key.

        Raises:
            KeyError: there is none.
        """
        return self._items_by_key[key]

    @cached_property
    def _items_by_key(self) -> dict[str, Item]:
        return {row.key: row for row in self.items}

    def source_of(self, organisation: Organisation, point: ServicePoint | None) -> str:
        """The hall system that reports a case: `//hall/<region>/<system>`."""
        system = OWN_SYSTEMS.get(organisation.key, "hall")
        if system == "hall" and point is not None and point.level in LEVELS_ON_TOWN_SYSTEM:
            system = "towns"
        return f"//hall/{self.region_code}/{system}"

    @property
    def hotline(self) -> str:
        """The system of the 12345 desk, which keeps questions and complaints of every channel."""
        return f"//hall/{self.region_code}/hotline"

    @property
    def sources(self) -> tuple[str, ...]:
        """Every hall system of the county."""
        systems = sorted({"hall", "towns", "hotline", *OWN_SYSTEMS.values()})
        return tuple(f"//hall/{self.region_code}/{system}" for system in systems)


def load_county(path: Path = DATA) -> County:
    """The county of that file."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    organisations = {row["key"]: Organisation(**row) for row in raw["organisations"]}
    return County(
        region_code=raw["region"]["code"],
        name=raw["region"]["name"],
        timezone=ZoneInfo(raw["region"]["timezone"]),
        preset=raw["region"]["preset"],
        organisations=organisations,
        items=tuple(_item(row, organisations) for row in raw["items"]),
        penalties=tuple(_penalty(row, organisations) for row in raw["penalties"]),
        points=tuple(ServicePoint(**row) for row in raw["service_points"]),
        people=People(**{key: tuple(words) for key, words in raw["people"].items()}),
    )


def _item(row: dict[str, Any], organisations: Mapping[str, Organisation]) -> Item:
    fields = {**row, "organisation": organisations[row["organisation"]], "traits": frozenset(row["traits"])}
    return Item(**fields)


def _penalty(row: dict[str, Any], organisations: Mapping[str, Organisation]) -> PenaltyKind:
    return PenaltyKind(**{**row, "organisation": organisations[row["organisation"]], "kinds": tuple(row["kinds"])})
