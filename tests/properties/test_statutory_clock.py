"""What holds for every limit, pause and light, whatever the dates (C1–C10, law.md §9.2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock import (
    Answer,
    CaseClock,
    DeadlineQuery,
    Pause,
    deadline,
    due,
    light,
    over,
    thresholds,
    union,
    used,
)
from libs.common.runtime.calendars import load_calendars

CALENDAR = load_calendars().default
DAY = timedelta(days=1)

starts = st.dates(date(2004, 1, 1), date(2026, 6, 30))
limits = st.integers(1, 60)


@st.composite
def spans(draw: st.DrawFn, start: date, within_days: int = 90) -> Pause:
    begins = start + DAY * draw(st.integers(0, within_days))
    return Pause(begins, begins + DAY * draw(st.integers(0, 30)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[date, int, tuple[Pause, ...]]:
    start = draw(starts)
    return start, draw(limits), tuple(draw(st.lists(spans(start), max_size=4)))


def ask(start: date, n: int, pauses: tuple[Pause, ...] = (), **more: object) -> DeadlineQuery:
    return DeadlineQuery(kind="workdays", start=start, n=n, pauses=pauses, **more)  # type: ignore[arg-type]


def due_on(start: date, n: int, pauses: tuple[Pause, ...] = ()) -> date:
    """The due day; past the horizon the provisional one, so that no case is thrown away."""
    found = due(ask(start, n, pauses, allow_provisional=True), CALENDAR)
    assert isinstance(found, Answer)
    return found.on


@given(starts, st.integers(0, 400))
def test_no_working_day_is_lost_or_counted_twice(start: date, length: int) -> None:
    """The count over a stretch is the sum of its days, and each n-th day is the one at which the count is n."""
    until = min(start + DAY * length, CALENDAR.last_day)
    worked = [start + DAY * n for n in range(1, (until - start).days + 1) if CALENDAR.is_working_day(start + DAY * n)]
    assert CALENDAR.count(start, until) == len(worked)
    assert [CALENDAR.nth_after(start, n) for n in range(1, len(worked) + 1)] == worked
    assert all(CALENDAR.nth_before(until + DAY, n) == day for n, day in enumerate(reversed(worked), start=1))


@given(starts, st.integers(0, 200), st.integers(0, 200))
def test_counting_adds_up(start: date, first: int, second: int) -> None:
    """(a, b] and (b, c] make (a, c]."""
    middle, end = start + DAY * first, start + DAY * (first + second)
    shown = CALENDAR.extended
    assert (shown.count(start, middle) or 0) + (shown.count(middle, end) or 0) == shown.count(start, end)


@given(cases())
def test_the_trace_ends_with_the_last_number_on_the_due_day(case: tuple[date, int, tuple[Pause, ...]]) -> None:
    """The due day is the n-th counted day of the trace, numbers and dates have no gap; fast path = trace path."""
    start, n, pauses = case
    query = ask(start, n, pauses, allow_provisional=True)
    found, fast = deadline(query, CALENDAR), due(query, CALENDAR)
    assert isinstance(found, Answer) and isinstance(fast, Answer)
    assert (found.deadline, found.provisional_deadline) == (fast.deadline, fast.provisional_deadline)
    counted = [day for day in found.days if day.counted]
    assert [day.n for day in counted] == list(range(1, n + 1)) and counted[-1].on == found.on == found.days[-1].on
    assert [day.on for day in found.days] == [start + DAY * k for k in range((found.on - start).days + 1)]


@given(cases())
def test_the_day_loop_gives_the_same(case: tuple[date, int, tuple[Pause, ...]]) -> None:
    """Counting day by day, as a person would, comes to the same date."""
    start, n, pauses = case
    shown, on, left = CALENDAR.extended, start, n
    while left:
        on += DAY
        if not any(pause.holds(on) for pause in pauses):
            left -= shown.is_working_day(on)
    assert due_on(start, n, pauses) == on


@given(cases())
def test_a_pause_then_resume_conserves_the_days(case: tuple[date, int, tuple[Pause, ...]]) -> None:
    """Working days up to the due day = n + those that pauses took out."""
    start, n, pauses = case
    on = due_on(start, n, pauses)
    shown = CALENDAR.extended
    taken_out = sum(
        shown.is_working_day(start + DAY * k)
        for k in range(1, (on - start).days + 1)
        if any(pause.holds(start + DAY * k) for pause in pauses)
    )
    assert shown.count(start, on) == n + taken_out


@given(cases(), st.data())
def test_a_wider_pause_never_shortens(case: tuple[date, int, tuple[Pause, ...]], data: st.DataObject) -> None:
    """Making a pause longer at either end, or adding one, never moves the due day forward."""
    start, n, pauses = case
    before = due_on(start, n, pauses)
    assert due_on(start, n, (*pauses, data.draw(spans(start)))) >= before
    if pauses:
        first = pauses[0]
        assert first.end_on is not None
        wider = Pause(max(start, first.start_on - DAY), first.end_on + DAY * data.draw(st.integers(0, 10)))
        assert due_on(start, n, (wider, *pauses[1:])) >= before


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_pauses_and_their_overlap_do_not_matter(
    case: tuple[date, int, tuple[Pause, ...]], chance: object
) -> None:
    """Shuffled, doubled or merged, they are the same dates."""
    start, n, pauses = case
    shuffled = list(pauses)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    expected = due_on(start, n, pauses)
    assert (
        due_on(start, n, tuple(shuffled)) == due_on(start, n, pauses * 2) == due_on(start, n, union(pauses)) == expected
    )


@given(cases())
def test_a_pause_after_the_last_day_changes_nothing(case: tuple[date, int, tuple[Pause, ...]]) -> None:
    """An overdue case is not revived, also not by an open pause."""
    start, n, pauses = case
    on = due_on(start, n, pauses)
    assert due_on(start, n, (*pauses, Pause(on + DAY))) == on


@given(cases(), st.integers(1, 30))
def test_an_extension_is_a_longer_limit_unless_it_is_late(
    case: tuple[date, int, tuple[Pause, ...]], extension: int
) -> None:
    """Decided by the running deadline it adds its days, a day later it adds none and is warned of."""
    start, n, pauses = case
    running = due_on(start, n, pauses)
    more = {"extension": extension, "allow_provisional": True}
    in_time = due(ask(start, n, pauses, extension_decided_on=running, **more), CALENDAR)
    late = due(ask(start, n, pauses, extension_decided_on=running + DAY, **more), CALENDAR)
    assert isinstance(in_time, Answer) and isinstance(late, Answer)
    assert (in_time.on, in_time.warnings) == (due_on(start, n + extension, pauses), ())
    assert (late.on, late.warnings) == (running, ("EXTENSION_LATE",))


@given(cases(), st.integers(0, 150))
def test_used_and_remaining_make_the_limit(case: tuple[date, int, tuple[Pause, ...]], later: int) -> None:
    """used + remaining = N for both clocks, and up to the due day `used` is the number in the trace."""
    start, n, pauses = case
    as_of = min(start + DAY * later, CALENDAR.last_day)
    found = light(CaseClock(start=start, promise_n=n, legal_n=n + 5, pauses=pauses), as_of, CALENDAR)
    assert found.used is not None and found.remaining_promise is not None and found.remaining_legal is not None
    assert found.used + found.remaining_promise == n and found.used + found.remaining_legal == n + 5
    if as_of <= due_on(start, n, pauses):
        assert found.used == used(start, as_of, pauses, CALENDAR)


@given(cases(), st.integers(0, 150))
def test_the_light_is_the_one_of_the_due_days(case: tuple[date, int, tuple[Pause, ...]], later: int) -> None:
    """The light from days used equals the definition by dates, and the thresholds are the dates on which it turns."""
    start, n, pauses = case
    as_of = min(start + DAY * later, CALENDAR.last_day)
    legal_on = due_on(start, n + 5, pauses)
    kept = tuple(pause for pause in pauses if pause.start_on <= legal_on)
    promise_on = due_on(start, n, kept)
    clock = CaseClock(start=start, promise_n=n, legal_n=n + 5, pauses=pauses)
    found = light(clock, as_of, CALENDAR)
    if any(pause.holds(as_of) for pause in kept):
        expected = "paused"
    elif as_of > legal_on:
        expected = "red"
    elif as_of > promise_on:
        expected = "yellow"
    else:
        expected = "notice" if found.remaining_promise is not None and found.remaining_promise <= 1 else "green"
    assert found.light == expected
    turns = thresholds(clock, CALENDAR.extended)
    assert (turns.yellow_on, turns.red_on) == (promise_on + DAY, legal_on + DAY)
    if expected == "notice":
        assert turns.notice_on is not None and turns.notice_on <= as_of


@given(cases(), st.integers(0, 60))
def test_a_limit_in_calendar_days_counts_every_date_outside_the_pauses(
    case: tuple[date, int, tuple[Pause, ...]], more: int
) -> None:
    """The n-th date that no pause holds; rolled it is the next working day."""
    start, n, pauses = case
    plain = due(DeadlineQuery(kind="calendar_days", start=start, n=n + more, pauses=pauses), CALENDAR)
    assert isinstance(plain, Answer) and plain.deadline is not None
    days = [start + DAY * k for k in range(1, (plain.deadline - start).days + 1)]
    free = [day for day in days if not any(pause.holds(day) for pause in pauses)]
    assert len(free) == n + more and free[-1] == plain.deadline
    rolled = deadline(
        DeadlineQuery(kind="calendar_days", start=start, n=n + more, pauses=pauses, roll=True, allow_provisional=True),
        CALENDAR,
    )
    assert isinstance(rolled, Answer) and rolled.on >= plain.deadline
    assert CALENDAR.extended.is_working_day(rolled.on)
    assert CALENDAR.extended.count(plain.deadline - DAY, rolled.on) == 1
    assert [day.n for day in rolled.days if day.counted] == list(range(1, n + more + 1))


@given(starts, st.integers(1, 48))
def test_months_end_on_the_same_day_or_the_last_of_the_month(start: date, months: int) -> None:
    """民法典 202."""
    found = due(DeadlineQuery(kind="calendar_months", start=start, n=months), CALENDAR)
    assert isinstance(found, Answer) and found.deadline is not None
    assert (found.deadline.year * 12 + found.deadline.month) - (start.year * 12 + start.month) == months
    assert found.deadline.day == start.day or (found.deadline.day < start.day and (found.deadline + DAY).day == 1)


@given(starts, st.integers(1, 400), st.integers(0, 60))
def test_over_is_nought_up_to_the_due_day_and_grows_after_it(start: date, before: int, after: int) -> None:
    """No day over on or before the due day, at least one after it."""
    assert over(start, start - DAY * before, CALENDAR) == 0
    found = over(start, min(start + DAY * (after + 1), CALENDAR.last_day), CALENDAR)
    assert found is not None and found >= 1


@given(st.dates(date(2026, 12, 5), date(2040, 1, 1)), st.integers(20, 60))
def test_past_the_horizon_nothing_is_guessed(start: date, n: int) -> None:
    """Without leave for a provisional date the answer is CALENDAR_UNAVAILABLE."""
    found = due(ask(start, n), CALENDAR)
    assert isinstance(found, Problem) and found.code == "CALENDAR_UNAVAILABLE"


@pytest.mark.parametrize("year", range(2008, 2027))
def test_reckoned_festivals_follow_the_announced_ones(year: int) -> None:
    """Net of make-up days each announced year has about as many working days as a reckoned one."""
    announced = CALENDAR.count(date(year - 1, 12, 31), date(year, 12, 31))
    reckoned = CALENDAR.extended.count(date(2029, 12, 31), date(2030, 12, 31))
    assert announced is not None and reckoned is not None and abs(announced - reckoned) <= 6
