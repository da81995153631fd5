"""Lights and the dates on which they turn (law.md §9.2)."""

from __future__ import annotations

from datetime import date

import pytest

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import (
    CaseClock,
    DueDays,
    Pause,
    Thresholds,
    check_clock,
    light,
    light_by_days,
    over,
    promise_pause,
    thresholds,
    thresholds_by_days,
    used,
)

D = date.fromisoformat


def clock(start: str = "2026-03-02", promise: int | None = 10, legal: int | None = 20, *spans: str) -> CaseClock:
    return CaseClock(start=D(start), promise_n=promise, legal_n=legal, pauses=pauses(*spans))


def pauses(*spans: str) -> tuple[Pause, ...]:
    pairs = (span.partition("..") for span in spans)
    return tuple(Pause(D(begins), D(ends) if ends else None) for begins, _, ends in pairs)


@pytest.mark.parametrize(
    ("running", "as_of", "expected", "used_days"),
    [
        pytest.param(clock(), "2026-03-02", "green", 0, id="the event day itself"),
        pytest.param(clock(), "2026-03-12", "green", 8, id="two days left"),
        pytest.param(clock(), "2026-03-13", "notice", 9, id="one day left"),
        pytest.param(clock(), "2026-03-16", "notice", 10, id="on the promise due day it is in time"),
        pytest.param(clock(), "2026-03-17", "yellow", 11, id="the day after"),
        pytest.param(clock(), "2026-03-30", "yellow", 20, id="on the legal due day"),
        pytest.param(clock(), "2026-03-31", "red", 21, id="the day after it"),
        pytest.param(clock(promise=4), "2026-03-06", "notice", 4, id="due on a Friday"),
        pytest.param(clock(promise=4), "2026-03-07", "yellow", 4, id="open on the Saturday"),
        pytest.param(clock(legal=4, promise=None), "2026-03-07", "red", 4, id="legal limit, open on the Saturday"),
        pytest.param(clock(promise=None), "2026-03-16", "green", 10, id="no promise, no notice"),
        pytest.param(clock(promise=None), "2026-03-31", "red", 21, id="no promise, red all the same"),
        pytest.param(clock(legal=None), "2026-06-30", "yellow", 82, id="no legal limit, no red"),
        pytest.param(clock(promise=1), "2026-03-02", "notice", 0, id="a promise of one day at once"),
        pytest.param(clock("2026-03-02", 10, 20, "2026-03-09.."), "2026-03-20", "paused", 4, id="open pause"),
        pytest.param(clock("2026-03-02", 10, 20, "2026-03-09.."), "2026-03-06", "green", 4, id="before an open pause"),
        pytest.param(clock("2026-03-02", 10, 20, "2026-03-30..2026-04-10"), "2026-04-10", "paused", 19, id="last day"),
        pytest.param(clock("2026-03-02", 10, 20, "2026-03-30..2026-04-10"), "2026-04-14", "red", 21, id="after it"),
        pytest.param(
            clock("2026-03-02", 10, 20, "2026-03-31.."), "2026-04-01", "red", 22, id="an overdue case stays red"
        ),
        pytest.param(clock(), "2027-01-04", "grey", None, id="outside the calendar"),
        pytest.param(clock("2003-12-01"), "2004-01-05", "grey", None, id="began before the calendar"),
        pytest.param(clock("2026-12-28"), "2026-12-31", "green", 3, id="due day past the horizon, light goes on"),
    ],
)
def test_light(calendar: WorkingCalendar, running: CaseClock, as_of: str, expected: str, used_days: int | None) -> None:
    """The first of paused, red, yellow, notice, green that holds; grey where the calendar is silent."""
    found = light(running, D(as_of), calendar)
    assert (found.light, found.used) == (expected, used_days)
    assert found.why and found.why_en


def test_remainders_follow_each_clock_s_own_pauses(calendar: WorkingCalendar) -> None:
    """A pause that only the promise knows moves the yellow date and not the red one."""
    local = pauses("2026-03-09..2026-03-13")
    running = CaseClock(start=D("2026-03-02"), promise_n=10, legal_n=20, promise_pauses=local)
    found = light(running, D("2026-03-16"), calendar)
    assert (found.light, found.used, found.remaining_promise, found.remaining_legal) == ("green", 10, 5, 10)
    assert light(running, D("2026-03-10"), calendar).light == "green"
    assert thresholds(running, calendar).yellow_on == D("2026-03-24")
    assert thresholds(running, calendar).red_on == D("2026-03-31")


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        (clock(), Thresholds(notice_on=D("2026-03-13"), yellow_on=D("2026-03-17"), red_on=D("2026-03-31"))),
        (clock(promise=1), Thresholds(notice_on=D("2026-03-02"), yellow_on=D("2026-03-04"), red_on=D("2026-03-31"))),
        (clock(promise=None, legal=None), Thresholds()),
        (clock("2026-03-02", 10, 20, "2026-03-12.."), Thresholds()),
        (clock("2026-03-02", 10, 20, "2026-03-17.."), Thresholds(notice_on=D("2026-03-13"), yellow_on=D("2026-03-17"))),
        (clock("2026-12-21"), Thresholds()),
        (clock("2026-12-18"), Thresholds(notice_on=D("2026-12-31"))),
    ],
)
def test_thresholds(calendar: WorkingCalendar, running: CaseClock, expected: Thresholds) -> None:
    """First dates as far as the calendar and closed pauses tell them."""
    assert thresholds(running, calendar) == expected


def test_the_light_turns_exactly_on_the_threshold_dates(calendar: WorkingCalendar) -> None:
    """The day before and the day of each threshold differ in the light."""
    running = clock("2026-02-10", 5, 20)
    found = thresholds(running, calendar)
    assert found.notice_on and found.yellow_on and found.red_on
    seen = [
        (light(running, day.fromordinal(day.toordinal() - 1), calendar).light, light(running, day, calendar).light)
        for day in (found.notice_on, found.yellow_on, found.red_on)
    ]
    assert seen == [("green", "notice"), ("notice", "yellow"), ("yellow", "red")]


@pytest.mark.parametrize(
    ("running", "code"),
    [
        (clock(promise=0), "INVALID_N"),
        (clock(legal=-1), "INVALID_N"),
        (clock("2026-03-02", 10, 20, "2026-03-01..2026-03-05"), "PAUSE_BEFORE_START"),
        (clock("2026-03-02", 10, 20, "2026-03-09..2026-03-05"), "PAUSE_REVERSED"),
    ],
)
def test_a_typed_clock_is_checked(running: CaseClock, code: str) -> None:
    """What `POST /lights:calculate` refuses."""
    refused = check_clock(running)
    assert refused is not None and refused.code == code


def test_a_reversed_or_early_pause_does_not_confuse_a_light(calendar: WorkingCalendar) -> None:
    """Halls send such pauses: the light is the one without them."""
    plain = light(clock(), D("2026-03-20"), calendar)
    assert light(clock("2026-03-02", 10, 20, "2026-03-09..2026-03-05"), D("2026-03-20"), calendar) == plain
    assert light(clock("2026-03-02", 10, 20, "2026-02-09..2026-03-02"), D("2026-03-20"), calendar) == plain


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-04-02", "green"),
        ("2026-04-03", "notice"),
        ("2026-04-07", "notice"),
        ("2026-04-08", "yellow"),
        ("2026-05-06", "yellow"),
        ("2026-05-07", "red"),
        ("2027-01-05", "grey"),
    ],
)
def test_lights_of_limits_in_calendar_days(calendar: WorkingCalendar, as_of: str, expected: str) -> None:
    """The notice comes when at most one working day is left up to the due day, here over 清明."""
    days = DueDays(promise_due_on=D("2026-04-07"), legal_due_on=D("2026-05-06"))
    assert light_by_days(days, D(as_of), calendar).light == expected
    assert thresholds_by_days(days, calendar) == Thresholds(
        notice_on=D("2026-04-03"), yellow_on=D("2026-04-08"), red_on=D("2026-05-07")
    )


@pytest.mark.parametrize(
    ("due_on", "as_of", "expected"),
    [
        ("2026-03-06", "2026-03-06", 0),
        ("2026-03-06", "2026-03-07", 1),
        ("2026-03-06", "2026-03-09", 1),
        ("2026-03-06", "2026-03-10", 2),
        ("2026-12-31", "2027-01-01", None),
    ],
)
def test_days_over(calendar: WorkingCalendar, due_on: str, as_of: str, expected: int | None) -> None:
    """Nought on the due day, at least one after it, rest day or not."""
    assert over(D(due_on), D(as_of), calendar) == expected


def test_the_promise_pauses_no_longer_than_was_applied_for(calendar: WorkingCalendar) -> None:
    """[started, min(ended, n-th working day after the start)]."""
    asked = Pause(D("2026-03-09"))
    assert promise_pause(asked, 5, calendar) == Pause(D("2026-03-09"), D("2026-03-16"))
    early = Pause(D("2026-03-09"), D("2026-03-11"))
    assert promise_pause(early, 5, calendar) == early


def test_used_days(calendar: WorkingCalendar) -> None:
    """Counted days in (start, t]; None where the calendar ends."""
    assert used(D("2026-03-02"), D("2026-03-30"), (), calendar) == 20
    assert used(D("2026-03-02"), D("2026-03-02"), (), calendar) == 0
    assert used(D("2026-12-30"), D("2027-01-04"), (), calendar) is None
