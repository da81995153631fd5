"""The day strip: the sum adds up, runs merge, differences are framed, long clocks become weeks."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import Answer, DeadlineQuery, Pause, deadline
from libs.common.runtime.calendars import load_calendars
from libs.common.web.clock_strip import Strip, StripClock, StripDay, build_strip, label_fits
from libs.common.web.strip_days import strip_days

TODAY = date(2026, 3, 11)
ACCEPTED = date(2026, 2, 5)
TOLD, REAL = Pause(date(2026, 3, 2), date(2026, 3, 5)), Pause(date(2026, 3, 2), date(2026, 3, 6))


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    """The calendar of the mainland."""
    return load_calendars().of(None)


def clock(calendar: WorkingCalendar, n: int, pause: Pause, light: str = "red", language: str = "zh-CN") -> StripClock:
    """A clock of working days from the day of acceptance, judged by the kernel."""
    query = DeadlineQuery(kind="workdays", start=ACCEPTED, n=n, pauses=(pause,))
    answer = deadline(query, calendar, TODAY)
    assert isinstance(answer, Answer)
    days = strip_days(answer.days, language, calendar=calendar, pauses=[(pause, "专家评审")])
    return StripClock(f"{n}", days, answer.deadline, light=light)


@pytest.fixture(scope="module")
def two(calendar: WorkingCalendar) -> Strip:
    """The case of the design: promise 15 with a told review, legal 20 with the real one."""
    return build_strip([clock(calendar, 15, TOLD, "yellow"), clock(calendar, 20, REAL)], TODAY)


def test_the_sum_can_be_done_again(two: Strip) -> None:
    """41 days less 9 of the festival, 7 of week-ends and 5 of the review are 20 working days, due on 18 March."""
    legal = two.sums[1]
    assert (legal.total.days, [(t.kind, t.label, t.days) for t in legal.terms], legal.counted) == (
        41,
        [("holiday", "春节", 9), ("weekend", "", 7), ("pause", "专家评审", 5)],
        20,
    )
    assert legal.clock.due_on == date(2026, 3, 18)


@pytest.mark.parametrize("n", [1, 3, 10, 20, 60])
def test_every_sum_adds_up(calendar: WorkingCalendar, n: int) -> None:
    """Total less all terms is what is counted, and that is the limit."""
    found = build_strip([clock(calendar, n, REAL)], TODAY).sums[0]
    assert found.total.days - sum(term.days for term in found.terms) == found.counted == n


def test_runs_of_rest_are_one_cell(two: Strip) -> None:
    """The festival and the review are drawn once, over all of their days; the row fills the axis exactly."""
    for _, cells in two.rows:
        assert [(cell.label, cell.span) for cell in cells if cell.style == "holiday"] == [("春节", 9)]
        assert sum(cell.span for cell in cells) == len(two.columns)


def test_the_day_on_which_two_clocks_differ_is_framed(two: Strip) -> None:
    """Only 6 March: the promise counts it, the legal clock stands."""
    assert [[cell.first for cell in cells if cell.differs] for _, cells in two.rows] == [[date(2026, 3, 6)], []]


def test_days_after_the_due_day_and_after_today_look_different(two: Strip) -> None:
    """Due, over and ahead are told apart."""
    styles = [{cell.first.day: cell.style for cell in cells if cell.first >= date(2026, 3, 9)} for _, cells in two.rows]
    assert (styles[0][10], styles[0][11]) == ("due", "over-yellow")
    assert (styles[1][11], styles[1][12], styles[1][18]) == ("counted", "ahead", "due-ahead")


def test_marks_do_not_touch(two: Strip) -> None:
    """Two words under the axis keep five days apart; today and the last due day are always there."""
    places = [mark.column for mark in two.marks]
    assert all(b - a >= 5 for a, b in pairwise(places))
    assert {("today", TODAY), ("due", date(2026, 3, 18)), ("start", ACCEPTED)} <= {(m.kind, m.on) for m in two.marks}


def test_holidays_have_their_name_in_english(calendar: WorkingCalendar) -> None:
    """The English strip says Spring Festival."""
    days = clock(calendar, 20, REAL, language="en").days
    assert {day.label for day in days if day.kind == "holiday"} == {"Spring Festival"}


def test_a_long_clock_is_drawn_in_weeks_and_its_quiet_weeks_are_folded() -> None:
    """Ten weeks of one pause are one line; every other day keeps its cell."""
    first = date(2026, 3, 2)
    days = [StripDay(first, "start")]
    days += [StripDay(first + timedelta(days=step), "pause", label="公示") for step in range(1, 78)]
    days += [StripDay(first + timedelta(days=78), "counted", 1)]
    drawn = build_strip([StripClock("法定", days, days[-1].on)], TODAY)
    folded = [week for week in drawn.weeks if week.folded]
    assert not drawn.is_wide
    assert [(week.folded, week.first, week.last, week.label) for week in folded] == [
        (10, date(2026, 3, 9), date(2026, 5, 17), "公示")
    ]
    assert sum(1 for week in drawn.weeks if not week.folded for column, _ in week.days if column) == 79 - 70


def test_without_a_due_day_there_is_no_sum() -> None:
    """Past the calendar's horizon the strip shows days and promises nothing."""
    drawn = build_strip([StripClock("法定", [StripDay(TODAY, "start")], None)], TODAY)
    assert (drawn.sums, len(drawn.columns)) == ([], 1)


def test_a_provisional_due_day_is_outlined() -> None:
    """Nobody may take it for a date that the law has set."""
    days = [StripDay(TODAY, "start"), StripDay(TODAY + timedelta(days=1), "counted", 1)]
    drawn = build_strip([StripClock("法定", days, days[-1].on, provisional=True)], TODAY)
    assert drawn.rows[0][1][-1].style == "due-provisional"


def test_a_case_of_years_ago_does_not_reach_to_today() -> None:
    """The axis ends with the case."""
    days = [StripDay(date(2011, 10, 11), "start"), StripDay(date(2011, 10, 12), "counted", 1)]
    assert len(build_strip([StripClock("法定", days, days[-1].on)], TODAY).columns) == 2


@pytest.mark.parametrize(
    ("text", "span", "days", "fits"),
    [
        ("专家评审 4 天，不计", 4, 42, False),
        ("专家评审 4 天", 4, 42, True),
        ("春节 9 天，不计", 9, 42, True),
        ("4 天", 1, 56, False),
    ],
)
def test_words_are_only_drawn_where_they_fit(text: str, span: int, days: int, fits: bool) -> None:
    """A label that would be cut is replaced by a shorter one."""
    assert label_fits(text, span, days) is fits
