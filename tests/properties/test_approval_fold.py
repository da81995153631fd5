"""Properties of the fold of a case: order, repetition, versions, pauses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.kernel.spine import Batch, Received
from libs.common.runtime.calendars import load_calendars
from services.approval.domain.acts import Case, merge, standing
from services.approval.domain.case import CaseView, view_case
from services.approval.handlers import fold_cases
from services.approval.ports import Desk
from tests.unit.approval.builders import (
    SHANGHAI,
    NoPersons,
    Wire,
    accepted,
    completed,
    decoded,
    extension,
    local,
    special,
    special_ended,
    submitted,
    wire,
)

CALENDARS = load_calendars()
CALENDAR = CALENDARS.default
DESK = Desk(CALENDARS, {}, {}, frozenset(), SHANGHAI, NoPersons())
NOW = local("2026-08-01")
FIRST = date(2026, 2, 1)


@st.composite
def acts(draw: st.DrawFn) -> Wire:
    """One act of a case somewhere in half a year, whether it makes sense or not."""
    at = (FIRST + timedelta(days=draw(st.integers(0, 150)))).isoformat()
    at = f"{at} {draw(st.integers(0, 23)):02d}:{draw(st.integers(0, 59)):02d}"
    version, seqno = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    days = draw(st.integers(0, 30))
    made: Any = draw(
        st.sampled_from(
            [
                lambda: submitted(at),
                lambda: accepted(at, legal=days or None, promise=min(days, 15) or None),
                lambda: wire("supplement.requested", at, reason="缺件"),
                lambda: wire("supplement.received", at, complete=days % 3 != 0),
                lambda: special(
                    at, "expert_review" if days % 2 else "other_local", days=days % 7, notice=days % 5 != 0
                ),
                lambda: special_ended(at),
                lambda: extension(at, days=days, level="unit_head" if days % 2 else None, seqno=seqno),
                lambda: completed(at, "granted" if days % 2 else "returned"),
                lambda: wire("case.refused", at, reason="x"),
                lambda: wire("case.withdrawn", at),
                lambda: wire("case.transferred", at, to_org_code="B"),
                lambda: wire("case.accepted", at, org="B", case_kind="committed"),
                lambda: wire("result.collected", at, way="window"),
                lambda: wire("record.voided", at, voids={"type": "hall.case.completed", "seqno": seqno}),
            ]
        )
    )()
    return {**made, "dataversion": version, "seqno": seqno, "id": f"{made['type']}/{seqno}/{version}/{at}/{days}"}


LIVES = st.lists(acts(), min_size=1, max_size=10)


def case_of(events: list[Wire]) -> Case:
    case = Case(events[0]["subject"])
    for event in events:
        case = merge(case, decoded(event), orjson.dumps(event))
    return case


def shown(view: CaseView | None) -> Any:
    """Everything that a view says."""
    if view is None:
        return None
    return view.state, view.clocks, view.lights, view.issues, view.timeline, view.common


@settings(max_examples=150, deadline=None)
@given(LIVES, st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_change_nothing(events: list[Wire], random: Any, data: st.DataObject) -> None:
    """Any permutation with any repetition of the same events gives the same acts, view and clocks."""
    again = events + data.draw(st.lists(st.sampled_from(events), max_size=5))
    random.shuffle(again)
    one, other = case_of(events), case_of(again)
    assert {i: (a.event, a.rivals) for i, a in one.acts.items()} == {
        i: (a.event, a.rivals) for i, a in other.acts.items()
    }
    assert shown(view_case(one, CALENDAR, SHANGHAI)) == shown(view_case(other, CALENDAR, SHANGHAI))


@settings(max_examples=150, deadline=None)
@given(LIVES)
def test_versions_only_grow(events: list[Wire]) -> None:
    """After each event the version that stands of an act is at least the one that stood before."""
    case, stood = Case(events[0]["subject"]), {}
    for event in events:
        case = merge(case, decoded(event), orjson.dumps(event))
        versions = {identity: act.event.dataversion for identity, act in case.acts.items()}
        assert all(versions[identity] >= version for identity, version in stood.items())
        stood = versions
    highest: dict[tuple[str, int], int] = {}
    for event in events:
        key = (event["type"], event["seqno"])
        highest[key] = max(highest.get(key, 0), event["dataversion"])
    assert {(e.type, e.seqno): e.dataversion for e in (a.event for a in case.acts.values())} == highest


@settings(max_examples=100, deadline=None)
@given(LIVES, st.integers(1, 9))
def test_how_events_fall_into_batches_changes_no_state(events: list[Wire], cut: int) -> None:
    """One batch or two: the same acts; what was told last is the same; nothing is told twice."""
    received = [Received(decoded(e), orjson.dumps(e), "hall.events.v1", 0, n, NOW) for n, e in enumerate(events)]
    whole = fold_cases(Batch({}, DESK, tuple(received), (), NOW))
    first = fold_cases(Batch({}, DESK, tuple(received[:cut]), (), NOW))
    second = fold_cases(Batch(first.states, DESK, tuple(received[cut:]), (), NOW))
    case_no = events[0]["subject"]
    one, two = whole.states[case_no], {**first.states, **second.states}[case_no]
    assert [e.id for e in standing(one)] == [e.id for e in standing(two)]
    assert set(one.told) <= set(two.told)
    again = fold_cases(Batch({case_no: two}, DESK, tuple(received), (), NOW))
    assert not again.facts


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 200).map(lambda n: FIRST + timedelta(days=n)),
    st.integers(5, 30),
    st.integers(1, 20),
    st.integers(0, 25),
)
def test_a_pause_that_ends_conserves_the_days(start: date, legal: int, begins: int, lasts: int) -> None:
    """The due day moves by exactly the working days inside the pause that lie in the running period."""
    plain = view_case(case_of([accepted(start.isoformat(), legal=legal, promise=None)]), CALENDAR, SHANGHAI)
    pause_from = start + timedelta(days=begins)
    pause_to = pause_from + timedelta(days=lasts)
    paused = view_case(
        case_of(
            [
                accepted(start.isoformat(), legal=legal, promise=None),
                special(pause_from.isoformat()),
                special_ended(pause_to.isoformat()),
            ]
        ),
        CALENDAR,
        SHANGHAI,
    )
    assert plain is not None
    assert paused is not None
    before, after = plain.clocks.of("legal"), paused.clocks.of("legal")
    assert before is not None
    assert before.due_on is not None
    assert after is not None
    assert after.due_on is not None
    inside = CALENDAR.count(pause_from - timedelta(days=1), pause_to) if pause_from <= before.due_on else 0
    assert CALENDAR.count(before.due_on, after.due_on) == inside
