"""Properties of the supervision's fold: order, doubling and batching of what arrives change nothing."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.ops.simulate.plans import PausePlan
from tests.unit.monitoring.makers import Desk, at, events_of, plan

PAUSES = st.one_of(
    st.none(),
    st.builds(
        PausePlan,
        kind=st.sampled_from(["hearing", "inspection", "other_local"]),
        after_used_days=st.integers(1, 12),
        length_days=st.integers(1, 12),
        told_days=st.integers(0, 12),
        with_notice=st.booleans(),
    ),
)
USED = st.one_of(st.none(), st.integers(1, 24))
END = at("2026-06-30")


@settings(max_examples=60, deadline=None)
@given(USED, PAUSES, st.randoms(use_true_random=False))
def test_order_and_doubling_of_arrival_change_no_card(
    used: int | None, pause: PausePlan | None, random: Random
) -> None:
    """However the events of a case come in, the same cards stand in the end."""
    events = events_of(plan(used_days=used, pause=pause))
    shuffled = [*events, *random.sample(events, len(events) // 2)]
    random.shuffle(shuffled)
    sorted_desk, mixed_desk = Desk(), Desk()
    sorted_desk.take(events, at("2026-06-01"))
    for event in shuffled:
        mixed_desk.take([event], at("2026-06-01"))
    for desk in (sorted_desk, mixed_desk):
        desk.look(END)
    assert _state(sorted_desk) == _state(mixed_desk)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24))
def test_a_later_decision_never_takes_a_card_away(first: int, second: int) -> None:
    """Whoever decides later has at least the cards of whoever decides earlier."""
    early, late = sorted((first, second))
    ranks = [_gravest(early), _gravest(late)]
    assert ranks[0] <= ranks[1]


def _gravest(used: int) -> int:
    desk = Desk()
    desk.take(events_of(plan(used_days=used)), at("2026-06-01"))
    desk.look(END + timedelta(days=1))
    order = {"notice": 0, "yellow": 1, "red": 2}
    return max((order[c[1]] for c in desk.cards() if c[0] in ("S02", "S03")), default=-1)


def _state(desk: Desk) -> list[tuple[str, str]]:
    return sorted((card.card_id, card.state) for file in desk.files.values() for card in file.cards.values())
