"""Recorded cases: the events of a whole life, what the view says of it at an instant, and what the world is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from libs.common.kernel.spine import Batch, Received
from libs.common.runtime.calendars import load_calendars
from services.approval.domain.acts import Case
from services.approval.domain.lights import light_at
from services.approval.handlers import fold_cases, view_of
from services.approval.ports import Desk
from tests.unit.approval.builders import SHANGHAI, NoPersons, decoded

HISTORIES = sorted(Path(__file__).parent.glob("*.json"))
DESK = Desk(load_calendars(), {}, {}, frozenset(), SHANGHAI, NoPersons())


def folded(events: Sequence[dict[str, Any]], now: datetime) -> tuple[Case, list[str]]:
    """All events in one batch."""
    batch = tuple(
        Received(decoded(event), orjson.dumps(event), "hall.events.v1", 0, place, now)
        for place, event in enumerate(events)
    )
    outcome = fold_cases(Batch({}, DESK, batch, (), now))
    (case,) = outcome.states.values()
    return case, [fact.event.type for fact in outcome.facts]


def said(case: Case, now: datetime) -> dict[str, Any]:
    """What the view says, in the shape of the recordings."""
    view = view_of(case, DESK)
    assert view is not None
    today = view.procedure.day(now)
    clocks = {clock.kind: clock for clock in view.clocks.all}
    return {
        "state": view.state,
        "result": view.procedure.result,
        "light": light_at(view.lights, now),
        "accepted_on": view.accepted_on.isoformat() if view.accepted_on else None,
        "clocks": {
            kind: {"due_on": clock.due_on.isoformat() if clock.due_on else None, "state": clock.state(now, today)}
            for kind, clock in clocks.items()
        },
        "issues": sorted({issue.code for issue in view.issues} - {"MISSING_MANDATORY"}),
    }


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_recorded_case(path: Path) -> None:
    """State, light, clocks, defects and facts are those recorded, whatever the order of arrival."""
    history = orjson.loads(path.read_bytes())
    now, expected = datetime.fromisoformat(history["as_of"]), history["expected"]
    events = history["events"]
    orders = (
        list(permutations(events))
        if len(events) <= 4
        else [events, events[::-1], Random(7).sample(events, len(events))]
    )
    for order in orders:
        case, told = folded([*order, *order], now)
        found = said(case, now)
        assert {**found, "clocks": {k: found["clocks"].get(k) for k in expected["clocks"]}} == {
            name: expected[name] for name in found
        }, history["title"]
        assert told == expected["facts"], history["title"]


def test_there_are_recordings() -> None:
    """At least a dozen, so that an empty folder never passes."""
    assert len(HISTORIES) >= 12
