"""What a handler of this service may ask of the world, as types; `store.py` and `main.py` bring the things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import Calendars
from libs.common.kernel.events.parts import Party, SealedParty, Secrecy
from libs.common.kernel.events.quality import SourceProfile
from libs.common.kernel.spine import Fact
from services.approval.domain.intake import Scope


class Persons(Protocol):
    """Opens seals of the cases at hand; nothing it says is stored or published as it is."""

    def name_of(self, case_no: str, event_id: str, party: SealedParty) -> str | None:
        """The party's name in clear; None when the case was shredded or nothing was sealed."""


class Seals(Protocol):
    """Seals persons' data of the cases at hand (decision 26) and hashes what applicants must know."""

    def party(self, case_no: str, event_id: str, party: Party, said: Mapping[str, Any]) -> SealedParty:
        """The party as it may travel; `said` is everything the hall said of it, unknown fields too."""

    def secret(self, case_no: str, text: str) -> bytes:
        """A keyed hash of a query code, or of the end of an ID, bound to the case."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the store gives to the intake: the seals for the numbers of the batch, and who speaks.

    Args:
        scope: of the key; a hall's own topic has none besides its name.
        paused: sources whose events are stored and not passed on until they are resumed.
    """

    seals: Seals
    scope: Scope = field(default_factory=Scope)
    paused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keyed hashes by which an applicant is recognised (an extra row of the intake's outcome)."""

    case_no: str
    code_hash: bytes | None
    id_tail_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Held:
    """A fact of a paused source, kept back (an extra row of the intake's outcome)."""

    source: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Region:
    """The profile of a division (decision 4).

    Args:
        calendar: code of the division whose working calendar counts here.
        is_seen: it only turned up in an event; nobody has registered it.
    """

    code: str
    name: str
    zone: ZoneInfo
    preset: str = "default"
    calendar: str = ""
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """What the catalogue says of an item; `secrecy` are the flags that hold for every case of it (decision 33)."""

    code: str
    name: str
    secrecy: Secrecy | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A code that an event named and nobody has registered: it registers itself.

    Args:
        kind: region · org · item.
    """

    kind: str
    code: str
    name: str
    region_code: str | None = None
    org_code: str | None = None

    @property
    def kind_and_code(self) -> tuple[str, str]:
        """What it is one of."""
        return (self.kind, self.code)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the store gives to the handlers of every batch.

    Args:
        calendars: working calendars by division.
        regions, items: by code.
        orgs: codes of the organisations known.
        default_zone: for divisions without a profile.
        profiles: by source, what it cannot send (decision 13).
    """

    calendars: Calendars
    regions: Mapping[str, Region]
    items: Mapping[str, Item]
    orgs: frozenset[str]
    default_zone: ZoneInfo
    persons: Persons
    profiles: Mapping[str, SourceProfile] = field(default_factory=dict)

    def zone_of(self, region_code: str | None) -> ZoneInfo:
        """The legal time zone of a division."""
        region = self.regions.get(region_code or "")
        return region.zone if region is not None else self.default_zone

    def calendar_code(self, region_code: str | None) -> str | None:
        """The division whose calendar counts in a division."""
        region = self.regions.get(region_code or "")
        if region is None or region_code in self.calendars.by_region:
            return region_code
        return region.calendar or region_code
