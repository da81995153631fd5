"""The simulated county as data: organisations, items, service points, sources (`county.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

DATA = Path(__file__).parent / "county.toml"
# organisations with a hall system of their own; the others share the county hall's
OWN_SYSTEMS = {"housing": "housing", "social": "social", "water": "water"}
LEVELS_ON_TOWN_SYSTEM = ("township", "village")


@dataclass(frozen=True, slots=True)
class Organisation:
    key: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One service item; `legal_days` and `promise_days` are working days."""

    key: str
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


@dataclass(frozen=True, slots=True)
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

    def source_of(self, organisation: Organisation, point: ServicePoint | None) -> str:
        """The hall system that reports a case: `//hall/<region>/<system>`."""
        system = OWN_SYSTEMS.get(organisation.key, "hall")
        if system == "hall" and point is not None and point.level in LEVELS_ON_TOWN_SYSTEM:
            system = "towns"
        return f"//hall/{self.region_code}/{system}"

    @property
    def sources(self) -> tuple[str, ...]:
        """Every hall system of the county."""
        systems = sorted({"hall", "towns", *OWN_SYSTEMS.values()})
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
