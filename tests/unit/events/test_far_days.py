"""Days with which no calendar can count are refused at the door, so that no fold ever meets them."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from tests.contracts.golden_files import golden, wire

ACCEPTED = "hall.case.accepted"


def faults(event: dict[str, Any]) -> list[tuple[str, str]]:
    """(code, pointer) of a row at the intake; empty when it was taken."""
    judged = codec.parse_intake(wire(event))
    return [] if isinstance(judged, Event) else [(p.code, p.pointer) for p in judged]


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("accept_doc", {"served_at": "0001-01-01T00:00:00Z"}, "/data/accept_doc/served_at"),
        ("accept_doc", {"served_at": "9999-12-31T23:59:59-14:00"}, "/data/accept_doc/served_at"),
        ("legal_limit", {"due_on": "9999-12-31"}, "/data/legal_limit/due_on"),
        ("legal_limit", {"due_on": "1899-12-31"}, "/data/legal_limit/due_on"),
        ("joint", {"parts": [{}, {"limit": {"due_on": "2200-01-01"}}]}, "/data/joint/parts/1/limit/due_on"),
        ("renewal_of", {"valid_until": "0001-01-01"}, "/data/renewal_of/valid_until"),
    ],
)
def test_a_far_day_is_refused_at_its_place(field: str, value: Any, pointer: str) -> None:
    """The zero of somebody's calendar and the end of time are marks of other systems, no days of a case."""
    event = golden(ACCEPTED, intake=True)
    event["data"][field] = value
    assert faults(event) == [("OUT_OF_RANGE", pointer)]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "1899-12-31T23:59:59+08:00", "2200-01-01T00:00:00Z"])
def test_a_far_instant_of_the_envelope_is_refused_on_every_door(time: str) -> None:
    """At the intake and on our own topics."""
    assert faults(golden(ACCEPTED, intake=True, time=time)) == [("ENVELOPE_FIELD", "/time")]
    with pytest.raises(DataError) as caught:
        codec.decode(wire(golden(ACCEPTED, time=time)))
    assert [(p.code, p.pointer) for p in caught.value.problems] == [("ENVELOPE_FIELD", "/time")]


@pytest.mark.parametrize("due", ["1899-12-31", "9999-12-31T00:00:00Z"])
def test_a_due_text_is_held_to_the_same_years(due: str) -> None:
    """Halls write a day or an instant there."""
    event = golden("hall.complaint.opened")
    event["data"]["due"] = due
    assert faults(event) == [("OUT_OF_RANGE", "/data/due")]


def test_a_licence_without_end_is_taken() -> None:
    """`9999-12-31` is how a licence says that it never expires; the first and the last year count."""
    event = golden(ACCEPTED, intake=True, recordedtime="1900-01-01T00:00:00Z")
    event["data"] |= {"renewal_of": {"valid_until": "9999-12-31"}, "legal_limit": {"due_on": "2199-12-31"}}
    assert faults(event) == []
