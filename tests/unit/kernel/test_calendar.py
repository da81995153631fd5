"""The working calendar: which days are worked, why, and where it ends (C1, C9)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import msgspec
import pytest

from libs.common.kernel.calendar import (
    Calendars,
    CalendarUnavailable,
    CalendarYear,
    LocalDays,
    MakeUpDay,
    RestSpan,
    WorkingCalendar,
)
from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.calendars import load_calendars

D = date.fromisoformat


def year(number: int, *, rest: tuple[tuple[str, str], ...] = (), make_up: tuple[str, ...] = ()) -> CalendarYear:
    return CalendarYear(
        region="XX",
        year=number,
        source=f"{number}年通知",
        source_en=f"notice of {number}",
        rest=tuple(RestSpan(name="节", name_en="feast", first=D(a), last=D(b)) for a, b in rest),
        make_up=tuple(MakeUpDay(name="节", name_en="feast", on=D(on)) for on in make_up),
    )


@pytest.mark.parametrize(
    ("on", "working", "kind", "words"),
    [
        ("2026-03-02", True, "weekday", "周一工作日"),
        ("2026-03-07", False, "weekend", "周六休息日"),
        ("2026-02-14", True, "make_up", "周六调休上班，春节"),
        ("2026-02-17", False, "holiday", "春节放假"),
        ("2026-01-04", True, "make_up", "周日调休上班，元旦"),
        ("2025-10-08", False, "holiday", "国办发明电〔2024〕12号"),
        ("2020-01-31", False, "holiday", "春节放假"),
        ("2004-01-01", False, "holiday", "chinesecalendar"),
    ],
)
def test_every_day_says_whether_it_is_worked_and_why(
    calendar: WorkingCalendar, on: str, working: bool, kind: str, words: str
) -> None:
    """A day is worked by its weekday unless a notice names it, and names its source."""
    reason = calendar.why(D(on))
    assert (reason.working, reason.kind, words in reason.why) == (working, kind, True)
    assert calendar.is_working_day(D(on)) is working


def test_all_years_equal_the_package_they_came_from(calendar: WorkingCalendar) -> None:
    """23 years of dates are the same in our files and in chinesecalendar."""
    days = [date(2004, 1, 1) + timedelta(days=n) for n in range((date(2026, 12, 31) - date(2004, 1, 1)).days + 1)]
    assert [d for d in days if calendar.is_working_day(d) != chinese_calendar.is_workday(d)] == []


def test_each_year_names_its_source(calendar: WorkingCalendar) -> None:
    """2025 and 2026 name the notice, the earlier years the package."""
    assert set(calendar.sources) == set(range(2004, 2027))
    assert "国办发明电〔2024〕12号" in calendar.sources[2025]
    assert "国务院办公厅" in calendar.sources[2026]
    assert all("chinesecalendar 1.11.0" in calendar.sources[number] for number in range(2004, 2025))


@pytest.mark.parametrize("on", ["2003-12-31", "2027-01-01", "2027-06-15"])
def test_a_day_outside_the_coverage_is_refused_and_never_guessed(calendar: WorkingCalendar, on: str) -> None:
    """No silent fall-back to Monday to Friday."""
    assert not calendar.covers(D(on))
    with pytest.raises(CalendarUnavailable, match="CALENDAR_UNAVAILABLE"):
        calendar.is_working_day(D(on))
    with pytest.raises(CalendarUnavailable, match="load the State Council notice"):
        calendar.why(D(on))


def test_counting_stops_at_the_horizon(calendar: WorkingCalendar) -> None:
    """The last working day of 2026 is found, the next one is not."""
    assert calendar.nth_after(D("2026-12-30"), 1) == D("2026-12-31")
    assert calendar.nth_after(D("2026-12-30"), 2) is None
    assert calendar.count(D("2026-12-30"), D("2026-12-31")) == 1
    assert calendar.count(D("2026-12-30"), D("2027-01-01")) is None
    assert calendar.nth_before(D("2004-01-03"), 1) == D("2004-01-02")
    assert calendar.nth_before(D("2004-01-02"), 1) is None


def test_reckoned_years_are_marked_and_stay_out_of_the_law(calendar: WorkingCalendar) -> None:
    """2027 is known for display only: 除夕 to 初三 and the lost week-end days made up."""
    shown = calendar.extended
    assert calendar.last_day == D("2026-12-31") and shown.last_day > calendar.last_day
    assert shown.why(D("2027-02-08")).provisional and "暂定春节放假" in shown.why(D("2027-02-08")).why
    assert [shown.is_working_day(D(f"2027-02-{n:02}")) for n in range(5, 13)] == [True] + [False] * 6 + [True]


def test_a_notice_replaces_its_reckoned_year(calendar: WorkingCalendar) -> None:
    """Loading 2027 moves the horizon and changes the version."""
    longer = calendar.with_year(year(2027, rest=(("2027-01-01", "2027-01-03"),)))
    assert longer.last_day == D("2027-12-31") and longer.version != calendar.version
    assert not longer.why(D("2027-01-01")).provisional
    assert longer.extended.why(D("2028-01-26")).provisional


def test_equal_content_has_one_version_and_any_change_another(calendar: WorkingCalendar) -> None:
    """The version is a digest of the data."""
    assert load_calendars().default.version == calendar.version
    assert calendar.with_year(year(2026)).version != calendar.version


def test_a_region_adds_its_own_days_and_its_counties_take_them(calendar: WorkingCalendar) -> None:
    """少数民族节日: an autonomous prefecture rests, its counties with it, the next prefecture does not."""
    feast = LocalDays(
        source="州政府通知",
        source_en="notice of the prefecture",
        rest=(RestSpan(name="火把节", name_en="Torch Festival", first=D("2026-08-06"), last=D("2026-08-07")),),
        make_up=(MakeUpDay(name="火把节", name_en="Torch Festival", on=D("2026-08-08")),),
    )
    calendars = Calendars(calendar).with_calendar("532300", calendar.with_local("532300", feast))
    assert not calendars.of("532300").is_working_day(D("2026-08-06"))
    assert not calendars.of("532301").is_working_day(D("2026-08-06"))
    assert "火把节" in calendars.of("532301").why(D("2026-08-08")).why
    assert calendars.of("532501").is_working_day(D("2026-08-06"))
    assert calendars.of(None) is calendar and calendars.of("NL-0310") is calendar


@pytest.mark.parametrize(
    ("years", "words"),
    [
        ((), "no year"),
        ((year(2025), year(2027)), "years must follow"),
        ((year(2025, rest=(("2025-12-31", "2026-01-01"),)),), "another year"),
        ((year(2025, rest=(("2025-05-02", "2025-05-01"),)),), "before it begins"),
        ((year(2025, make_up=("2025-03-03",)),), "no Saturday or Sunday"),
        ((year(2025, rest=(("2025-03-01", "2025-03-02"),), make_up=("2025-03-01",)),), "both a rest day"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(years: tuple[CalendarYear, ...], words: str) -> None:
    """Broken data never become a calendar."""
    with pytest.raises(ContractBroken, match=words):
        WorkingCalendar(calendar_id="XX", region="XX", years=years)


def test_a_file_with_a_wrong_year_or_no_data_is_refused(tmp_path: Path) -> None:
    """The loader names the file and what to mend."""
    with pytest.raises(ContractBroken, match="no calendar file"):
        load_calendars(tmp_path)
    (tmp_path / "2025.json").write_bytes(msgspec.json.encode(year(2026)))
    with pytest.raises(ContractBroken, match=r"2025\.json: holds the year 2026"):
        load_calendars(tmp_path)
    (tmp_path / "2025.json").write_text('{"region": "CN"}', encoding="utf-8")
    with pytest.raises(ContractBroken, match="no calendar year"):
        load_calendars(tmp_path)
