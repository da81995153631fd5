"""Anti-gaming as properties: whoever plays with the clock or the records is found, and whoever does not is not."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.kernel.events.envelope import Event
from tests.unit.monitoring.makers import CALENDARS, at
from tests.unit.monitoring.story import (
    PAPER,
    accepted,
    act,
    completed,
    judged,
    paused,
    resumed,
    served,
    step,
    submitted,
)

CALENDAR = CALENDARS.of("990101")
START = at("2026-03-02").date()
GAMES = ("S06", "S16", "S65", "S67", "S70", "S71", "S72")
END = "2026-06-30"


def on(days: int, clock: str = "10:00") -> str:
    """So many working days after 2 March, as a story writes it."""
    day = CALENDAR.nth_after(START, days) if days else START
    return f"{day} {clock}"


def honest(used: int, pause: tuple[int, int] | None) -> list[Event]:
    """Filed, accepted, handled in three steps by three persons, decided and served, perhaps with one lawful pause."""
    hands = [
        step(code, n, on(0, f"1{n}:00"), on(0, f"1{n}:30"), handler={"no": str(n)})
        for n, code in enumerate(("handle", "review", "approve"), start=1)
    ]
    end = used + (pause[1] if pause else 0)
    between = [paused(on(pause[0]), told=pause[1]), resumed(on(pause[0] + pause[1] - 1, "17:00"))] if pause else []
    return [submitted(), accepted(), *hands, *between, completed(on(end, "15:00")), served(on(end + 1))]


def games(events: list[Event]) -> set[str]:
    """Rules against gaming that found something."""
    return {rule for rule in GAMES if judged(events, END, rule=rule)}


@settings(max_examples=10, deadline=None)
@given(st.integers(6, 9), st.one_of(st.none(), st.tuples(st.integers(1, 4), st.integers(1, 3))))
def test_whoever_plays_no_game_is_not_blamed(used: int, pause: tuple[int, int] | None) -> None:
    """Any pace, and a pause well before the end, is nobody's game."""
    assert games(honest(used, pause)) == set()


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 15))
def test_a_pause_on_the_last_day_is_found_for_every_limit(promise: int) -> None:
    """Whatever the promise, the pause that begins on its last day is flagged, the one the day before is not."""
    events = [submitted(), accepted(promise=promise)]
    assert "S16" in games([*events, paused(on(promise)), resumed(on(promise + 2))])
    if promise > 1:
        assert "S16" not in games([*events, paused(on(promise - 1)), resumed(on(promise + 2))])


@settings(max_examples=6, deadline=None)
@given(st.integers(2, 5))
def test_whoever_asks_twice_is_found(times: int) -> None:
    """One list is lawful, each further one is a hit, red from the third."""
    lists = [
        act("supplement.requested", on(n, "11:00"), n + 1, materials=[], reason="缺件", notice=PAPER)
        for n in range(
            times,
        )
    ]
    found = judged([submitted(), *lists], END, rule="S06")
    assert [severity for severity, _ in sorted(found, key=lambda f: f[1])] == ["yellow", *["red"] * (times - 2)]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 59), st.integers(22, 29))
def test_acts_at_night_are_found_whatever_the_minute(minute: int, hour: int) -> None:
    """From 22:00 to 06:00, also past midnight."""
    night = at("2026-03-03") + timedelta(hours=hour, minutes=minute)
    assert "S71" in games([submitted(), accepted(f"{night:%Y-%m-%d %H:%M}")])
