"""What the decisions of the supervision get from the store and give to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import Calendars
from services.monitoring.domain.cards import Change
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.counting import Clocks
from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.domain.sources import Source


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
    """A changed case file with its reading, for the columns of board and lists (extra of the outcome)."""

    file: CaseFile
    proceeding: Proceeding | None
    clocks: Clocks | None
    changes: tuple[Change, ...]
