"""The faults found in the clocks of real halls, each shown not to be ours (hall-events.md §3.2 and §3.3)."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from libs.common.kernel.calendar import Calendars, LocalDays, RestSpan, WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock import (
    Answer,
    CaseClock,
    DeadlineQuery,
    Pause,
    check_clock,
    due,
    due_at,
    is_late,
    legal_date,
    light,
    passed_at,
    thresholds,
    used,
)

D = date.fromisoformat
SHANGHAI = ZoneInfo("Asia/Shanghai")
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
T = datetime.fromisoformat


def due_on(calendar: WorkingCalendar, start: str, n: int, *pauses: Pause) -> date | str:
    found = due(DeadlineQuery(kind="workdays", start=D(start), n=n, pauses=pauses), calendar)
    return found.code if isinstance(found, Problem) else found.on


@pytest.mark.parametrize(
    ("start", "as_of", "expected"),
    [
        pytest.param("2026-03-07", "2026-03-10", 2, id="start on a Saturday"),
        pytest.param("2026-03-06", "2026-03-08", 0, id="completion on a Sunday"),
        pytest.param("2026-02-14", "2026-02-24", 1, id="start on a make-up day"),
        pytest.param("2026-02-13", "2026-02-14", 1, id="completion on a make-up day"),
        pytest.param("2026-02-17", "2026-02-24", 1, id="start in the festival"),
    ],
)
def test_fault_1_rest_days_at_the_ends_are_no_worked_days(
    calendar: WorkingCalendar, start: str, as_of: str, expected: int
) -> None:
    """Start and end count for what they are, without a constant taken off."""
    assert used(D(start), D(as_of), (), calendar) == expected


def test_fault_4_a_limit_runs_to_the_end_of_its_day(calendar: WorkingCalendar) -> None:
    """Accepted Monday 10:00 with 7 working days: done on the last afternoon is in time."""
    last = due_on(calendar, "2026-03-02", 7)
    assert last == D("2026-03-11")
    assert not is_late(T("2026-03-11T16:30:00+08:00"), D("2026-03-11"), SHANGHAI)


@pytest.mark.parametrize(
    ("done_at", "zone", "late"),
    [
        pytest.param("2026-03-30T23:59:59.999999+08:00", SHANGHAI, False, id="last minute"),
        pytest.param("2026-03-31T00:00:00+08:00", SHANGHAI, True, id="first minute after"),
        pytest.param("2026-03-30T00:00:00+08:00", SHANGHAI, False, id="first minute of the last day"),
        pytest.param("2026-03-30T15:59:59+00:00", SHANGHAI, False, id="last minute, written in UTC"),
        pytest.param("2026-03-30T16:00:00+00:00", SHANGHAI, True, id="first minute after, written in UTC"),
        pytest.param("2026-03-31T01:30:00+10:00", SHANGHAI, False, id="already tomorrow in Sydney"),
        pytest.param("2026-03-30T23:30:00+02:00", AMSTERDAM, False, id="last minute in a town of another zone"),
        pytest.param("2026-03-30T23:30:00+00:00", AMSTERDAM, True, id="late in that town though not in UTC"),
    ],
)
def test_fault_10_day_borders_are_those_of_the_town(done_at: str, zone: ZoneInfo, late: bool) -> None:
    """An act is late when its date in the town's time zone is after the due day."""
    assert is_late(T(done_at), D("2026-03-30"), zone) is late
    assert (T(done_at) >= passed_at(D("2026-03-30"), zone)) is late


def test_fault_5_the_notice_is_on_whole_remaining_days(calendar: WorkingCalendar) -> None:
    """With 7 days and two left as threshold it comes when two are left and not three."""
    running = CaseClock(start=D("2026-03-02"), promise_n=7, legal_n=20, notice_days=2)
    assert thresholds(running, calendar).notice_on == D("2026-03-09")
    found = light(running, D("2026-03-09"), calendar)
    assert (found.light, found.remaining_promise) == ("notice", 2)


def test_fault_6_every_day_moves_the_count_by_at_most_one(calendar: WorkingCalendar) -> None:
    """No day is counted twice, and the count is never stuck at nought."""
    counts = [
        used(D("2026-01-01"), date.fromordinal(D("2026-01-01").toordinal() + n), (), calendar) for n in range(365)
    ]
    known = [count for count in counts if count is not None]
    assert len(known) == 365
    assert {later - earlier for earlier, later in pairwise(known)} == {0, 1}


def test_fault_7_pauses_take_out_whole_days_and_the_due_day_is_worked(calendar: WorkingCalendar) -> None:
    """A pause over a festival does not push the limit into a rest day; an open one is no missing one."""
    last = due_on(calendar, "2026-02-02", 20, Pause(D("2026-02-10"), D("2026-02-26")))
    assert isinstance(last, date) and calendar.is_working_day(last)
    assert due_on(calendar, "2026-02-02", 20, Pause(D("2026-02-10"))) == "PAUSED"


def test_fault_7_no_promise_and_no_calendar_break_nothing(calendar: WorkingCalendar) -> None:
    """A missing promise is no crash and a calendar run out is no sentinel date."""
    assert light(CaseClock(start=D("2026-03-02"), legal_n=20), D("2026-03-16"), calendar).light == "green"
    assert due_on(calendar, "2026-12-20", 20) == "CALENDAR_UNAVAILABLE"


def test_fault_8_a_repeated_pause_toggles_nothing(calendar: WorkingCalendar) -> None:
    """The same pause sent twice is one pause."""
    pause = Pause(D("2026-03-09"), D("2026-03-20"))
    assert due_on(calendar, "2026-03-02", 20, pause, pause) == due_on(calendar, "2026-03-02", 20, pause)


def test_fault_9_two_sources_that_name_one_day_take_it_out_once(calendar: WorkingCalendar) -> None:
    """A local closure on a national rest day changes no count."""
    twice = LocalDays(
        source="本地通知",
        source_en="local notice",
        rest=(RestSpan(name="国庆节", name_en="National Day", first=D("2026-10-01"), last=D("2026-10-07")),),
    )
    local = calendar.with_local("110000", twice)
    assert local.count(D("2026-09-01"), D("2026-10-31")) == calendar.count(D("2026-09-01"), D("2026-10-31"))


def test_fault_13_a_closure_moves_the_limits_of_its_region_alone(calendar: WorkingCalendar) -> None:
    """Calendars are per region and versioned."""
    closed = LocalDays(
        source="封控通告",
        source_en="closure notice",
        rest=(RestSpan(name="临时停办", name_en="closure", first=D("2026-03-09"), last=D("2026-03-13")),),
    )
    calendars = Calendars(calendar).with_calendar("110105", calendar.with_local("110105", closed))
    assert due_on(calendars.of("110105"), "2026-03-02", 20) == D("2026-04-07")
    assert due_on(calendars.of("110101"), "2026-03-02", 20) == D("2026-03-30")
    assert calendars.of("110105").version != calendar.version


def test_fault_14_a_limit_of_nought_is_refused() -> None:
    """Nought is not "unlimited"."""
    refused = check_clock(CaseClock(start=D("2026-03-02"), promise_n=0))
    assert refused is not None and refused.code == "INVALID_N"


@pytest.mark.parametrize(("notice_days", "notice_on"), [(1, "2018-10-23"), (2, "2018-10-22")])
def test_the_hunan_sheet_by_whole_days(calendar: WorkingCalendar, notice_days: int, notice_on: str) -> None:
    """Accepted 2018-10-15 with promise 7 and limit 10: yellow from 10-25, red from 10-30."""
    running = CaseClock(start=D("2018-10-15"), promise_n=7, legal_n=10, notice_days=notice_days)
    found = thresholds(running, calendar)
    assert (found.notice_on, found.yellow_on, found.red_on) == (D(notice_on), D("2018-10-25"), D("2018-10-30"))


@pytest.mark.parametrize(
    ("begins", "ends", "taken_out"), [("2018-10-16", "2018-10-19", 4), ("2018-10-15", "2018-10-18", 3)]
)
def test_the_hunan_special_by_closed_intervals(
    calendar: WorkingCalendar, begins: str, ends: str, taken_out: int
) -> None:
    """A pause takes out every working day of its interval, the event day was not counted anyway."""
    moved = due_on(calendar, "2018-10-15", 10, Pause(D(begins), D(ends)))
    assert isinstance(moved, date) and calendar.count(D("2018-10-29"), moved) == taken_out


@pytest.mark.parametrize(
    ("start_at", "hours", "zone", "pauses", "expected"),
    [
        ("2026-03-06T18:00:00+08:00", 24, SHANGHAI, (), "2026-03-07T18:00:00+08:00"),
        ("2026-03-06T10:00:00+00:00", 24, SHANGHAI, (), "2026-03-07T18:00:00+08:00"),
        ("2026-03-28T18:00:00+01:00", 24, AMSTERDAM, (), "2026-03-29T19:00:00+02:00"),
        (
            "2026-03-06T18:00:00+08:00",
            24,
            SHANGHAI,
            (Pause(D("2026-03-07"), D("2026-03-08")),),
            "2026-03-09T18:00:00+08:00",
        ),
        ("2026-03-06T18:00:00+08:00", 6, SHANGHAI, (Pause(D("2026-03-07")),), "2026-03-07T00:00:00+08:00"),
        (
            "2026-03-06T18:00:00+08:00",
            5,
            SHANGHAI,
            (Pause(D("2026-03-06"), D("2026-03-06")),),
            "2026-03-07T05:00:00+08:00",
        ),
    ],
)
def test_hours_are_elapsed_hours(
    start_at: str, hours: int, zone: ZoneInfo, pauses: tuple[Pause, ...], expected: str
) -> None:
    """Also over a change to summer time; dates inside a pause give none."""
    found = due_at(T(start_at), hours, zone, pauses)
    assert isinstance(found, datetime) and found == T(expected)
    assert legal_date(found, zone) == T(expected).date()


@pytest.mark.parametrize(
    ("hours", "pauses", "code"),
    [
        (0, (), "INVALID_N"),
        (24, (Pause(D("2026-03-07")),), "PAUSED"),
        (24, (Pause(D("2026-03-05")),), "PAUSE_BEFORE_START"),
    ],
)
def test_hours_are_refused_like_days(hours: int, pauses: tuple[Pause, ...], code: str) -> None:
    """The same codes for the same faults."""
    found = due_at(T("2026-03-06T18:00:00+08:00"), hours, SHANGHAI, pauses)
    assert isinstance(found, Problem) and found.code == code


def test_an_answer_names_the_calendar_it_was_counted_by(calendar: WorkingCalendar) -> None:
    """A later notice makes another version, so that a moved date can be explained."""
    found = due(DeadlineQuery(kind="workdays", start=D("2026-03-02"), n=20), calendar)
    assert isinstance(found, Answer) and found.calendar_version == calendar.version
