"""The working-day calendar: versioned data per region, with a horizon that nothing crosses silently (C1, C9).

C1: "Mon..Fri that no State Council notice makes a rest day, or a Sat/Sun that a notice makes a working day (调休上班)."
A year without its notice has no working days and no rest days: it is unknown, and says so (the arrangement of each year
is a notice of its own).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import msgspec

from libs.common.kernel.errors import ContractBroken, SunlitError

CALENDAR_UNAVAILABLE = "CALENDAR_UNAVAILABLE"

DayKind = Literal["weekday", "weekend", "holiday", "make_up"]

_ONE_DAY = timedelta(days=1)
_WEEKDAYS = "一二三四五六日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class RestSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A run of rest days that a notice gives one name; week-end days inside it are named too. Both ends rest."""

    name: str
    name_en: str
    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Every day of the run."""
        return (self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1))


class MakeUpDay(msgspec.Struct, frozen=True, kw_only=True):
    """调休上班: a day of the week-end that is worked for the festival `name`."""

    name: str
    name_en: str
    on: date


class CalendarYear(msgspec.Struct, frozen=True, kw_only=True):
    """What one notice says about one year in one region; the shape of the files in `data/calendars`.

    Args:
        source: the notice by title and number, or where else the days come from.
        provisional: reckoned and not announced: for display only, without legal effect (decision 5).
    """

    region: str
    year: int
    source: str
    source_en: str
    rest: tuple[RestSpan, ...] = ()
    make_up: tuple[MakeUpDay, ...] = ()
    provisional: bool = False


class LocalDays(msgspec.Struct, frozen=True, kw_only=True):
    """What a region adds to the national calendar: 少数民族节日 (放假办法第四条), a closure, a local make-up day.

    A local day wins over the national notice. It opens no year that the national calendar does not know.
    """

    source: str
    source_en: str
    rest: tuple[RestSpan, ...] = ()
    make_up: tuple[MakeUpDay, ...] = ()


class DayReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a day is worked or not, in words, with the source that says so."""

    on: date
    working: bool
    kind: DayKind
    why: str
    why_en: str
    source: str = ""
    provisional: bool = False


class CalendarUnavailable(SunlitError):  # noqa: N818 - the name of its code
    """A day was asked for that no loaded notice covers (C9): ask `covers` first, or load that year's notice."""

    code = CALENDAR_UNAVAILABLE

    def __init__(self, on: date, calendar: WorkingCalendar) -> None:
        self.on = on
        super().__init__(
            f"{CALENDAR_UNAVAILABLE}: {on} is outside the calendar {calendar.calendar_id} "
            f"({calendar.first_day} to {calendar.last_day}): load the State Council notice of {on.year}"
        )


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days of [first_day, last_day] are worked in one region. Immutable; made once, read by every fold.

    Args:
        years: one per year, ascending, without a gap.
        local: what the region adds (tenant overlay).
        reckoned: provisional years right after the last announced one; read only through `extended`.

    Raises:
        ContractBroken: years with a gap, a make-up day on a weekday, a day outside its year, or both rest and worked.
    """

    calendar_id: str
    region: str
    years: tuple[CalendarYear, ...]
    local: tuple[LocalDays, ...] = ()
    reckoned: tuple[CalendarYear, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.years:
            raise ContractBroken(f"calendar {self.calendar_id}: no year given, give at least one")
        for earlier, later in pairwise((*self.years, *self.reckoned)):
            if later.year != earlier.year + 1:
                raise ContractBroken(
                    f"calendar {self.calendar_id}: {later.year} follows {earlier.year}, years must follow"
                )
        for year in (*self.years, *self.reckoned):
            _check_year(year)

    @cached_property
    def version(self) -> str:
        """Equal for equal content, different for any change: years and the start of a SHA-256 over the data."""
        content = msgspec.json.encode((self.calendar_id, self.region, self.years, self.local))
        return f"{self.first_day.year}-{self.last_day.year}.{hashlib.sha256(content).hexdigest()[:8]}"

    @cached_property
    def first_day(self) -> date:
        """First day of the coverage."""
        return date(self.years[0].year, 1, 1)

    @cached_property
    def last_day(self) -> date:
        """The horizon: last day of the coverage."""
        return date(self.years[-1].year, 12, 31)

    @cached_property
    def sources(self) -> Mapping[int, str]:
        """The source of each covered year."""
        return MappingProxyType({year.year: year.source for year in self.years})

    @cached_property
    def extended(self) -> WorkingCalendar:
        """The same calendar with its reckoned years appended: for provisional dates on screens, never for the law."""
        return replace(self, years=(*self.years, *self.reckoned), reckoned=()) if self.reckoned else self

    def covers(self, day: date) -> bool:
        """Whether a notice for the year of `day` is loaded."""
        return self.first_day <= day <= self.last_day

    def is_working_day(self, day: date) -> bool:
        """C1. Raises CalendarUnavailable outside the coverage."""
        if not self.covers(day):
            raise CalendarUnavailable(day, self)
        return _is_worked(day, self._special)

    def why(self, day: date) -> DayReason:
        """Why `day` is worked or not. Raises CalendarUnavailable outside the coverage."""
        if not self.covers(day):
            raise CalendarUnavailable(day, self)
        return self._special.get(day) or _ordinary(day, self.years[day.year - self.years[0].year].provisional)

    def nth_after(self, day: date, n: int) -> date | None:
        """The n-th working day after `day` (C2: `day` itself never counts); None past the coverage. n >= 1."""
        if n < 1 or day < self.first_day - _ONE_DAY or day >= self.last_day:
            return None
        place = bisect_right(self._worked, day.toordinal()) + n - 1
        return date.fromordinal(self._worked[place]) if place < len(self._worked) else None

    def nth_before(self, day: date, n: int) -> date | None:
        """The n-th working day before `day`; None where the coverage begins later. n >= 1."""
        if n < 1 or day <= self.first_day or day > self.last_day + _ONE_DAY:
            return None
        place = bisect_left(self._worked, day.toordinal()) - n
        return date.fromordinal(self._worked[place]) if place >= 0 else None

    def count(self, after: date, until: date) -> int | None:
        """Working days in (after, until]; 0 where that is empty, None where part of it is not covered."""
        if until <= after:
            return 0
        if after < self.first_day - _ONE_DAY or until > self.last_day:
            return None
        return bisect_right(self._worked, until.toordinal()) - bisect_right(self._worked, after.toordinal())

    def year(self, year: int) -> CalendarYear | None:
        """The data of one year; None when its notice is not loaded."""
        place = year - self.years[0].year
        return self.years[place] if 0 <= place < len(self.years) else None

    def with_year(self, year: CalendarYear) -> WorkingCalendar:
        """A new calendar in which the notice of `year` is added or replaced; a reckoned year gives way to it."""
        kept = [known for known in self.years if known.year != year.year]
        years = tuple(sorted((*kept, year), key=lambda known: known.year))
        return replace(self, years=years, reckoned=tuple(r for r in self.reckoned if r.year > years[-1].year))

    def with_local(self, region: str, *local: LocalDays) -> WorkingCalendar:
        """The calendar of a region that adds days of its own."""
        return replace(self, calendar_id=f"{self.calendar_id}+{region}", region=region, local=(*self.local, *local))

    @cached_property
    def _special(self) -> Mapping[date, DayReason]:
        """The days that a notice or the region names; all others go by the day of the week."""
        named: dict[date, DayReason] = {}
        for year in self.years:
            named.update(_named(year, year.provisional))
        for local in self.local:
            named.update((day, reason) for day, reason in _named(local, False).items() if self.covers(day))
        return MappingProxyType(named)

    @cached_property
    def _worked(self) -> list[int]:
        """Ordinals of all working days, ascending: counting is two bisections."""
        special = self._special
        days = map(date.fromordinal, range(self.first_day.toordinal(), self.last_day.toordinal() + 1))
        return [day.toordinal() for day in days if _is_worked(day, special)]


@dataclass(frozen=True, slots=True)
class Calendars:
    """Region → calendar, with a default for every region that has none of its own (decision 4)."""

    default: WorkingCalendar
    by_region: Mapping[str, WorkingCalendar] = field(default_factory=dict)

    def of(self, region: str | None = None) -> WorkingCalendar:
        """The calendar of a region; a county without one takes its prefecture's, then its province's (GB/T 2260)."""
        if not region:
            return self.default
        found = self.by_region.get(region)
        if found is None and region.isascii() and region.isdigit() and len(region) >= 6:
            above = (region[:6], f"{region[:4]}00", f"{region[:2]}0000")
            found = next((self.by_region[code] for code in above if code in self.by_region), None)
        return found or self.default

    def with_calendar(self, region: str, calendar: WorkingCalendar) -> Calendars:
        """The same with the calendar of one region set."""
        return replace(self, by_region={**self.by_region, region: calendar})


def _is_worked(day: date, special: Mapping[date, DayReason]) -> bool:
    named = special.get(day)
    return named.working if named is not None else day.weekday() < 5


def _check_year(year: CalendarYear) -> None:
    rest = [day for span in year.rest for day in span.days()]
    made_up = [day.on for day in year.make_up]
    wrong = next((day for day in (*rest, *made_up) if day.year != year.year), None)
    if wrong is not None:
        raise ContractBroken(f"calendar year {year.year}: {wrong} lies in another year")
    empty = next((span for span in year.rest if span.last < span.first), None)
    if empty is not None:
        raise ContractBroken(f"calendar year {year.year}: {empty.name} ends on {empty.last}, before it begins")
    weekday = next((day for day in made_up if day.weekday() < 5), None)
    if weekday is not None:
        raise ContractBroken(f"calendar year {year.year}: {weekday} is no Saturday or Sunday, it needs no make-up")
    both = next((day for day in made_up if day in set(rest)), None)
    if both is not None:
        raise ContractBroken(f"calendar year {year.year}: {both} is both a rest day and a make-up working day")


def _named(source: CalendarYear | LocalDays, provisional: bool) -> dict[date, DayReason]:
    found: dict[date, DayReason] = {}
    ground, ground_en = f"（{source.source}）", f" ({source.source_en})"
    for span in source.rest:
        for day in span.days():
            found[day] = DayReason(
                on=day,
                working=False,
                kind="holiday",
                why=f"{'暂定' if provisional else ''}{span.name}放假{ground}",
                why_en=f"{'provisional: ' if provisional else ''}rest day, {span.name_en}{ground_en}",
                source=source.source,
                provisional=provisional,
            )
    for day_ in source.make_up:
        found[day_.on] = DayReason(
            on=day_.on,
            working=True,
            kind="make_up",
            why=f"周{_WEEKDAYS[day_.on.weekday()]}调休上班，{day_.name}{ground}",
            why_en=f"worked {_WEEKDAYS_EN[day_.on.weekday()]}, make-up for {day_.name_en}{ground_en}",
            source=source.source,
            provisional=provisional,
        )
    return found


def _ordinary(day: date, provisional: bool) -> DayReason:
    working = day.weekday() < 5
    name, name_en = f"周{_WEEKDAYS[day.weekday()]}", _WEEKDAYS_EN[day.weekday()]
    return DayReason(
        on=day,
        working=working,
        kind="weekday" if working else "weekend",
        why=f"{'暂定' if provisional else ''}{name}{'工作日' if working else '休息日'}",
        why_en=f"{'provisional: ' if provisional else ''}{name_en}, {'working day' if working else 'week-end'}",
        provisional=provisional,
    )
