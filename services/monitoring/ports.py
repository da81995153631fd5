"""What the decisions of the supervision get from the store and give to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import Calendars
from libs.common.kernel.events.quality import SourceProfile
from libs.common.kernel.events.reference import ItemPublished, RosterPublished
from services.monitoring.domain.cards import Change
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.counting import Clocks
from services.monitoring.domain.month import MonthHit, OrgMonth
from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.domain.rules.rule import RuleBook
from services.monitoring.domain.rules.subject import Evidence
from services.monitoring.domain.sources import Source
from services.monitoring.domain.statistics import CaseRow

NO_RULES = RuleBook({})


@dataclass(frozen=True, slots=True)
class Region:
    """A region profile (decision 4)."""

    region_code: str
    name: str
    zone: ZoneInfo
    calendar: str
    preset: str


@dataclass(frozen=True, slots=True)
class Preset:
    """Parameter values of a province, versioned data with their source."""

    name: str
    version: str
    parameters: Mapping[str, int]
    origin: str


@dataclass(frozen=True, slots=True)
class Published:
    """One version of reference data as it was published; `body` is the event's data as plain JSON."""

    kind: str
    code: str
    version: int
    body: Any


@dataclass(frozen=True, slots=True)
class Reference:
    """What approval has published and every judgement may lean on (decision 20).

    Args:
        items: every version of an item by its code, oldest first.
        rosters: the handlers of an organisation by its code.
        profiles: what each source cannot send (decision 13).
    """

    items: Mapping[str, tuple[ItemPublished, ...]] = field(default_factory=dict)
    rosters: Mapping[str, RosterPublished] = field(default_factory=dict)
    profiles: Mapping[str, SourceProfile] = field(default_factory=dict)

    def item_on(self, item_code: str | None, on: date | None) -> ItemPublished | None:
        """The version of an item that held on a day: the last one effective by then, else the first that is known."""
        versions = self.items.get(item_code or "", ())
        held = [v for v in versions if v.effective_from is None or on is None or v.effective_from <= on]
        return held[-1] if held else versions[0] if versions else None


NO_REFERENCE = Reference()


@dataclass(frozen=True, slots=True)
class Across:
    """What other files say of a case: when its original was returned (S72), whom it overtook (S51)."""

    original_ended_on: date | None = None
    overtaken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Office:
    """What the supervision office knows beside the case: regions, calendars, presets, sources, the driver's word."""

    zone: ZoneInfo
    calendars: Calendars
    presets: Mapping[str, Preset]
    regions: Mapping[str, Region] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    is_virtual: bool = False
    barrier: Callable[[str], datetime | None] = field(default=lambda _: None)
    open_cases: Mapping[str, int] = field(default_factory=dict)
    rules: RuleBook = NO_RULES
    reference: Reference = NO_REFERENCE
    across: Mapping[str, Across] = field(default_factory=dict)
    processed_up_to: datetime | None = None
    months: Mapping[str, OrgMonth] = field(default_factory=dict)

    def evidence_of(self, proceeding: Proceeding) -> Evidence:
        """What the rules may lean on beside the file itself."""
        across = self.across.get(proceeding.case_no, Across())
        return Evidence(
            item=self.reference.item_on(proceeding.item_code, proceeding.start_on),
            roster=self.reference.rosters.get(proceeding.org_code),
            profiles=self.reference.profiles,
            original_ended_on=across.original_ended_on,
            overtaken=across.overtaken,
        )

    def zone_of(self, region_code: str) -> ZoneInfo:
        """The legal zone of a region; regions without a profile have the platform's."""
        region = self.regions.get(region_code)
        return region.zone if region else self.zone

    def preset_of(self, region_code: str) -> Preset:
        """The parameter set of a region (decision 32)."""
        region = self.regions.get(region_code)
        name = region.preset if region and region.preset in self.presets else "default"
        return self.presets[name]

    def calendar_code(self, region_code: str) -> str:
        """The calendar that counts in a region."""
        region = self.regions.get(region_code)
        return region.calendar if region and region.calendar else region_code


@dataclass(frozen=True, slots=True)
class FileRow:
    """A judged case file with its reading, for the columns of board and lists (extra of the outcome).

    `is_fresh` = an event has changed it; files that speak of it are judged again.
    """

    file: CaseFile
    proceeding: Proceeding | None
    clocks: Clocks | None
    changes: tuple[Change, ...]
    hits: tuple[MonthHit, ...] = ()
    is_fresh: bool = False
    row: CaseRow | None = None
