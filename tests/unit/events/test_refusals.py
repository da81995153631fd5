"""What is wrong with an event is told at once, each fault with its code and its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from tests.contracts.golden_files import golden, wire

Event = dict[str, Any]
ACCEPTED = "hall.case.accepted"


def faults(raw: bytes, read: Callable[[bytes], object] = codec.decode) -> list[tuple[str, str]]:
    """(code, pointer) of every problem."""
    with pytest.raises(DataError) as caught:
        read(raw)
    return [(problem.code, problem.pointer) for problem in caught.value.problems]


def with_data(**changes: Any) -> bytes:
    """A golden acceptance with other fields in its body."""
    event = golden(ACCEPTED)
    event["data"] |= changes
    return wire(event)


BYTES = [
    (b"", "EMPTY", ""),
    (b" \n", "EMPTY", ""),
    (b"{", "BROKEN_JSON", ""),
    (b'{"a":1}{"b":2}', "BROKEN_JSON", ""),
    (b"\xef\xbb\xbf{}", "BYTE_ORDER_MARK", ""),
    (b"null", "NOT_AN_OBJECT", ""),
    (b"[]", "NOT_AN_OBJECT", ""),
    (b'"\xff"', "BAD_ENCODING", ""),
    ("{}".encode("utf-16"), "BAD_ENCODING", ""),
    ('{"a":1}'.encode("utf-16-le"), "BAD_ENCODING", ""),
    ('{"a":1}'.encode("utf-32-be"), "BAD_ENCODING", ""),
    ('{"a":"阳光"}'.encode("gbk"), "BAD_ENCODING", ""),
    (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "TOO_DEEP", ""),
    (b'{"a":"' + b"x" * 300_000 + b'"}', "TOO_LARGE", ""),
    (b'{"a":' + b"9" * 5000 + b"}", "BROKEN_JSON", ""),
    (b'{"a":[0,NaN]}', "NAN", "/a/1"),
    (b'{"a":-Infinity}', "NAN", "/a"),
    (b'{"a":1e400}', "NAN", "/a"),
    (b'{"a":{"b/c":1,"b/c":2}}', "DUPLICATE_KEY", "/a/b~1c"),
    (b'{"a":"\\u0000"}', "CONTROL_CHARACTER", "/a"),
    (b'{"a":"\\b"}', "CONTROL_CHARACTER", "/a"),
    (b'{"a":"\x01"}', "BROKEN_JSON", ""),
    (b'{"a":"\\ud800"}', "LONE_SURROGATE", "/a"),
    (b'{"\\ud800":1}', "LONE_SURROGATE", ""),
]


@pytest.mark.parametrize(("raw", "code", "pointer"), BYTES)
def test_bytes_that_are_no_json_are_refused_with_their_place(raw: bytes, code: str, pointer: str) -> None:
    """Encoding, syntax, nesting, size, numbers and names are judged before anything else."""
    assert faults(raw) == [(code, pointer)]
    assert faults(raw, codec.decode_intake) == [(code, pointer)]


ENVELOPES: list[tuple[Event, str, str]] = [
    ({"specversion": "0.3"}, "ENVELOPE_FIELD", "/specversion"),
    ({"id": None}, "ENVELOPE_FIELD", "/id"),
    ({"id": ""}, "ENVELOPE_FIELD", "/id"),
    ({"source": 7}, "ENVELOPE_FIELD", "/source"),
    ({"time": "2026-03-02T10:00:00"}, "ENVELOPE_FIELD", "/time"),
    ({"time": "yesterday"}, "ENVELOPE_FIELD", "/time"),
    ({"dataversion": 0}, "ENVELOPE_FIELD", "/dataversion"),
    ({"seqno": "1"}, "ENVELOPE_FIELD", "/seqno"),
    ({"subject": "another case"}, "ENVELOPE_FIELD", "/subject"),
    ({"datacontenttype": "text/xml"}, "ENVELOPE_FIELD", "/datacontenttype"),
    ({"type": "hall.case.acepted"}, "UNKNOWN_TYPE", "/type"),
    ({"dataschema": f"urn:sunlit:{ACCEPTED}:9"}, "UNKNOWN_VERSION", "/dataschema"),
    ({"dataschema": "urn:sunlit:hall.case.refused:1"}, "UNKNOWN_VERSION", "/dataschema"),
    ({"data": None}, "MISSING_FIELD", "/data"),
    ({"data": "text"}, "NOT_AN_OBJECT", "/data"),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), ENVELOPES)
def test_a_broken_envelope_is_refused_with_the_attribute(changes: Event, code: str, pointer: str) -> None:
    """Each attribute of the envelope is checked, and nothing else is blamed for it."""
    assert faults(wire(golden(ACCEPTED, **changes))) == [(code, pointer)]


FIELDS: list[tuple[Event, str, str]] = [
    ({"case_no": "a/b"}, "BAD_CASE_NO", "/data/case_no"),
    ({"case_no": "x" * 65}, "BAD_CASE_NO", "/data/case_no"),
    ({"case_no": ""}, "BAD_CASE_NO", "/data/case_no"),
    ({"case_no": "a\n"}, "BAD_CASE_NO", "/data/case_no"),
    ({"case_no": 17}, "WRONG_TYPE", "/data/case_no"),
    ({"item_code": None}, "MISSING_FIELD", "/data/item_code"),
    ({"org_code": ""}, "MISSING_FIELD", "/data/org_code"),
    ({"org_code": "x" * 65}, "TOO_LONG", "/data/org_code"),
    ({"case_kind": "urgent"}, "UNKNOWN_CODE", "/data/case_kind"),
    ({"case_kind": 3}, "WRONG_TYPE", "/data/case_kind"),
    ({"legal_limit": 20}, "NOT_AN_OBJECT", "/data/legal_limit"),
    ({"legal_limit": {"value": -1}}, "OUT_OF_RANGE", "/data/legal_limit/value"),
    ({"legal_limit": {"due_on": "2026-02-30"}}, "BAD_TIME", "/data/legal_limit/due_on"),
    ({"accept_doc": {"served_at": "2026-03-02 10:00"}}, "BAD_TIME", "/data/accept_doc/served_at"),
    ({"joint": {"parts": [{}, {"on_silence": "?"}]}}, "UNKNOWN_CODE", "/data/joint/parts/1/on_silence"),
    ({"materials": {}}, "WRONG_TYPE", "/data/materials"),
    ({"party": {"name": "甲某"}}, "MISSING_FIELD", "/data/party/party_ref"),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), FIELDS)
def test_a_broken_field_is_refused_at_its_place(changes: Event, code: str, pointer: str) -> None:
    """Codes, numbers, dates and numbers of cases are checked deep inside the body."""
    assert faults(with_data(**changes)) == [(code, pointer)]


@pytest.mark.parametrize("amount", ["-1", "1e3", "1,000", "01", ".5", "NaN", "1.00001", " 1"])
def test_money_is_plain_decimal_text(amount: str) -> None:
    """Yuan travel as decimal text and nothing else."""
    event = golden("hall.fee.charged")
    event["data"]["amount"] = amount
    assert faults(wire(event)) == [("BAD_FORMAT", "/data/amount")]


def test_all_faults_are_told_at_once_in_both_languages() -> None:
    """A sender can mend an event in one go: envelope and body faults come together."""
    event = golden(ACCEPTED, time="x", dataversion=0)
    event["data"] |= {"case_no": "a/b", "item_code": None, "checklist": "q", "joint": {"parts": [3]}}
    with pytest.raises(DataError) as caught:
        codec.decode(wire(event))
    assert [problem.pointer for problem in caught.value.problems] == [
        "/time",
        "/dataversion",
        "/data/case_no",
        "/data/item_code",
        "/data/joint/parts/0",
        "/data/checklist",
    ]
    assert all(problem.message and problem.message_en.isascii() for problem in caught.value.problems)


def test_no_more_than_twenty_faults_are_told() -> None:
    """A hopeless event does not fill the dead letters."""
    assert len(faults(with_data(checklist=[7] * 500))) == 20
    assert len(faults(wire({"x": ["\x00"] * 500}).replace(b"\x00", b"\\u0000"))) == 20


def test_a_message_never_repeats_what_could_be_personal() -> None:
    """A name or an identity number in a code field is refused without being said again."""
    for secret in ("张三", "110101199003070000", "13800000000"):
        with pytest.raises(DataError) as caught:
            codec.decode(with_data(case_kind=secret))
        assert secret not in str(caught.value) + caught.value.problems[0].message


def test_thirty_two_levels_are_taken_and_thirty_three_are_not() -> None:
    """The depth counts from the event itself; brackets inside texts do not count."""

    def nested(levels: int) -> bytes:
        event = golden(ACCEPTED)
        event["deep"] = json.loads("[" * levels + "]" * levels)
        event["note"] = '\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['
        return wire(event)

    assert codec.decode(nested(31)).type == ACCEPTED
    assert faults(nested(32)) == [("TOO_DEEP", "")]


def test_a_name_that_stands_twice_is_refused_at_the_intake() -> None:
    """Two parties under one name: nobody may guess which of them was meant."""
    raw = wire(golden(ACCEPTED, intake=True)).replace(b'"party":', b'"party":{},"party":', 1)
    assert faults(raw, codec.decode_intake) == [("DUPLICATE_KEY", "/data/party")]
