"""How much may be parked before the consumer stops."""

from __future__ import annotations

from libs.common.runtime.budget import Budget


def test_fifty_in_a_row_trip() -> None:
    """49 do not, the 50th does, and it says why."""
    budget = Budget()
    for _ in range(49):
        budget.bad()
    assert budget.tripped is None
    budget.bad()
    assert budget.tripped == "50 events in a row had to be parked"


def test_a_good_event_breaks_the_row() -> None:
    """Twice 49 with one good event between them are no row of fifty."""
    budget = Budget(window_events=100_000)
    for _ in range(2):
        for _ in range(49):
            budget.bad()
        budget.good(1)
    assert budget.tripped is None


def test_more_than_one_percent_of_the_window_trips() -> None:
    """Exactly 1 % is tolerated, one more is not."""
    budget = Budget(window_events=1000)
    for _ in range(10):
        budget.good(99)
        budget.bad()
    assert budget.tripped is None
    budget.good(1)
    budget.bad()
    assert budget.tripped == "11 of the last 1002 events had to be parked"


def test_three_bad_ones_among_the_first_hundred_do_not_stop_a_hall() -> None:
    """A young history counts as if its window were full."""
    budget = Budget()
    budget.good(97)
    for _ in range(3):
        budget.bad()
    assert budget.tripped is None


def test_what_left_the_window_is_forgotten() -> None:
    """Old bad events do not add to new ones."""
    budget = Budget(window_events=1000)
    for _ in range(10):
        budget.bad()
        budget.good(1)
    budget.good(1000)
    for _ in range(10):
        budget.bad()
        budget.good(1)
    assert budget.tripped is None
