"""Page cursors that only we can make; what of a record is an event."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from libs.common.kernel.errors import DataError
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.deadletters import Record, printable
from libs.common.runtime.topics import topic_matches
from libs.common.runtime.wire import decode_record
from tests.spine.ledger import event_bytes

CURSORS = Cursors(b"k" * 32)
GOOD = event_bytes(1, "C-1")


def record(raw: bytes | None, headers: tuple[tuple[str, bytes], ...] = (), topic: str = "hall.events.v1") -> Record:
    """A record with this content."""
    return Record(topic, 0, 7, b"C-1", raw, headers, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize("position", [[], [1], ["2026-03-02", "C-1", None, 1.5, True]])
def test_a_cursor_comes_back(position: list[object]) -> None:
    """Sort values survive."""
    assert CURSORS.read("cases?org=1", CURSORS.write("cases?org=1", position)) == position


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "AAAA",
        CURSORS.write("cases?org=2", [1]),
        Cursors(b"q" * 32).write("cases?org=1", [1]),
        "é",
        CURSORS.write("cases?org=1", [1])[:-1],
    ],
)
def test_a_cursor_of_another_list_or_hand_is_refused(cursor: str) -> None:
    """Forged, cut, or made for other filters."""
    with pytest.raises(DataError) as caught:
        CURSORS.read("cases?org=1", cursor)
    assert caught.value.problems[0].code == "BAD_CURSOR"


def test_a_structured_record_is_an_event() -> None:
    """The event, its bytes and its place."""
    item = decode_record(record(GOOD))
    assert (item.event.id, item.raw, item.offset) == ("e-1", GOOD, 7)


def test_a_binary_record_is_the_same_event() -> None:
    """Headers carry the attributes, the value is the body."""
    content = msgspec.json.decode(GOOD)
    headers = tuple((f"ce_{name}", str(value).encode()) for name, value in content.items() if name != "data")
    item = decode_record(
        record(msgspec.json.encode(content["data"]), (*headers, ("content-type", b"application/json")))
    )
    assert item.event == decode_record(record(GOOD)).event


@pytest.mark.parametrize(
    "raw",
    [
        None, b"", b"\x00", b"\xff\xfe", b"null", b"[]", b"{}", b'"x"', b"{", GOOD[:-1], GOOD + b"}", b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000, GOOD.replace(b"hall.evaluation.submitted", b"hall.unheard.of"),
        GOOD.replace(b'"grade":5', b'"grade":NaN'), GOOD.replace(b"C-1", b"C-\xff"), GOOD.replace(b'"1.0"', b'"9.9"'),
        b"x" * 2_000_000,
    ],
)  # fmt: skip
def test_anything_else_is_a_data_error(raw: bytes | None) -> None:
    """Poison of every kind ends as a data error with a code, never as another exception."""
    with pytest.raises(DataError) as caught:
        decode_record(record(raw))
    assert caught.value.problems[0].code


def test_what_a_hall_writes_itself_is_read_as_intake() -> None:
    """On an ingest topic the party is in clear and our own types are refused."""
    ours = GOOD.replace(b"hall.evaluation.submitted", b"approval.case.opened")
    with pytest.raises(DataError):
        decode_record(record(ours, topic="hall.ingest.440100.window.v1"))
    assert decode_record(record(GOOD, topic="hall.ingest.440100.window.v1")).event.id == "e-1"


@pytest.mark.parametrize(
    ("topic", "wanted", "matches"),
    [
        ("hall.events.v1", ("hall.events.v1",), True),
        ("hall.ingest.330106.window.v1", ("hall.ingest.*.v1",), True),
        ("hall.events.v1", ("hall.ingest.*.v1",), False),
        ("hall.events.v10", ("hall.events.v1",), False),
        ("hallxevents.v1", ("hall.events.v1",), False),
        ("x", (), False),
    ],
)
def test_topics_match_by_name_or_pattern(topic: str, wanted: tuple[str, ...], matches: bool) -> None:
    """A dot is a dot."""
    assert topic_matches(topic, wanted) is matches


@pytest.mark.parametrize(
    ("value", "text"), [(b"abc", "abc"), ("办件".encode(), "办件"), (b"\xff", "\\xff"), (b"a\x00b", "a\\x00b")]
)
def test_any_bytes_can_be_shown(value: bytes, text: str) -> None:
    """What no column or JSON can hold is written as an escape."""
    assert printable(value) == text
