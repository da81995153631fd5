"""What halls may send, row by row."""

from __future__ import annotations

import math

import pytest

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import codec, hall
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Party
from tests.contracts.golden_files import golden, wire

ACCEPTED = "hall.case.accepted"


def places(row: object) -> list[tuple[str, str]]:
    """(code, pointer) of the problems of a row."""
    judged = codec.parse_intake(row)
    assert isinstance(judged, tuple)
    return [(problem.code, problem.pointer) for problem in judged]


def test_a_hall_sends_the_party_in_clear() -> None:
    """The intake sees the clear party, typed."""
    event = codec.decode_intake(wire(golden(ACCEPTED, intake=True)))
    assert isinstance(event.data, hall.CaseAccepted)
    assert isinstance(event.data.party, Party)
    assert event.data.party.name == "甲某"


def test_the_stamp_of_the_intake_is_not_the_sender_s_to_give() -> None:
    """A `receivedtime` that a hall writes is put aside (decision 2)."""
    event = codec.decode_intake(wire(golden(ACCEPTED, intake=True, receivedtime="2020-01-01T00:00:00Z")))
    assert event.receivedtime is None


@pytest.mark.parametrize("source", ["//sunlit/approval", "//hall/330106", "//hall//x", "hall/330106/x", "//hall/a/b/c"])
def test_a_source_that_is_no_hall_is_refused(source: str) -> None:
    """Only halls speak at the intake, under their region and system."""
    assert places(golden(ACCEPTED, intake=True, source=source)) == [("ENVELOPE_FIELD", "/source")]


def test_facts_of_ours_do_not_come_in_from_outside() -> None:
    """A hall cannot say that a card was issued."""
    event = golden("supervision.card.issued", source="//hall/330106/window")
    assert places(event) == [("UNKNOWN_TYPE", "/type")]


def test_a_heartbeat_is_keyed_by_its_source() -> None:
    """The subject of a heartbeat is the source itself."""
    beat = golden("hall.source.heartbeat")
    assert isinstance(codec.parse_intake(beat), Event)
    assert places(beat | {"subject": "other"}) == [("ENVELOPE_FIELD", "/subject")]


def test_each_row_of_a_batch_is_judged_alone() -> None:
    """A bad row has problems with pointers relative to itself; the good ones are taken."""
    good, bad = golden(ACCEPTED, intake=True), golden(ACCEPTED, intake=True, time="x")
    rows = codec.split_batch(b"[" + wire(good) + b" , " + wire(bad) + b',"\xff",7]')
    judged = [codec.parse_intake(row) for row in rows]
    assert isinstance(judged[0], Event)
    assert [problem.pointer for problem in judged[1] if isinstance(problem, Problem)] == ["/time"]
    assert [places(row)[0][0] for row in rows[2:]] == ["BAD_ENCODING", "NOT_AN_OBJECT"]


def test_a_single_event_is_a_batch_of_one() -> None:
    """The same route takes an object and a list."""
    raw = wire(golden(ACCEPTED, intake=True))
    assert codec.split_batch(raw) == (raw,)
    assert codec.split_batch(b"[]") == ()


@pytest.mark.parametrize(
    ("raw", "code"),
    [(b"", "EMPTY"), (b"[1,", "BROKEN_JSON"), (b"7", "NOT_AN_OBJECT"), (b"[" * 100_000, "TOO_DEEP")],
)
def test_a_batch_that_is_no_list_is_refused_whole(raw: bytes, code: str) -> None:
    """Where rows cannot be told apart there is nothing to judge alone."""
    with pytest.raises(DataError) as caught:
        codec.split_batch(raw)
    assert caught.value.problems[0].code == code


def test_a_converter_s_value_is_judged_as_strictly_as_bytes() -> None:
    """Numbers, texts, depth and size of a value that never was JSON text are checked as well."""
    event = golden(ACCEPTED, intake=True)
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert places(event | {"x": math.nan}) == [("NAN", "/x")]
    assert places(event | {"x": "\ud800"}) == [("LONE_SURROGATE", "/x")]
    assert places(event | {"x": deep})[0][0] == "TOO_DEEP"
    assert places(event | {"x": "x" * 300_000}) == [("TOO_LARGE", "")]
    assert places([event]) == [("NOT_AN_OBJECT", "")]
