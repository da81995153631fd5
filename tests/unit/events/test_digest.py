"""The digest of what an event says tells a duplicate from a reused id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.kernel.events.digest import content_digest
from tests.contracts.golden_files import golden, wire

EVENT = golden("hall.case.accepted")

SAME: list[dict[str, Any]] = [
    {"traceparent": "00-00000000000000000000000000000001-0000000000000002-00"},
    {"traceparent": None, "receivedtime": None},
    {"tracestate": "vendor=1"},
    {"dataversion": None, "seqno": None, "datacontenttype": None},
]
OTHER: list[dict[str, Any]] = [
    {"time": "2026-03-02T10:00:01+08:00"},
    {"dataversion": 2},
    {"unknown": "attribute"},
    {"data": EVENT["data"] | {"unknown": 1}},
    {"data": EVENT["data"] | {"case_kind": "instant"}},
]


@pytest.mark.parametrize("changes", SAME)
def test_how_an_event_travelled_changes_nothing(changes: dict[str, Any]) -> None:
    """Transport attributes and spelled-out defaults are not content."""
    assert content_digest(wire(golden("hall.case.accepted", **changes))) == content_digest(wire(EVENT))


@pytest.mark.parametrize("changes", OTHER)
def test_what_an_event_says_changes_the_digest(changes: dict[str, Any]) -> None:
    """Other content, unknown fields too, has another digest."""
    assert content_digest(wire(EVENT | changes)) != content_digest(wire(EVENT))


def test_the_spelling_of_the_json_changes_nothing() -> None:
    """Order of names, white space and escapes are not content."""
    spelled = json.dumps(dict(reversed(EVENT.items())), indent=2, ensure_ascii=True).encode()
    assert content_digest(spelled) == content_digest(wire(EVENT)) == content_digest(EVENT)


def test_a_typed_event_has_the_digest_of_its_bytes() -> None:
    """Where no field is unknown, value and bytes agree."""
    assert content_digest(codec.decode(wire(EVENT))) == content_digest(wire(EVENT))


def test_the_digest_is_sha_256_of_the_canonical_json() -> None:
    """Anybody can compute it: fixed by an example worked out with other tools."""
    raw = b'{"b": "\\u793a", "a": 1, "traceparent": "x", "seqno": 1}'
    # printf '{"a":1,"b":"示"}' | sha256sum
    assert content_digest(raw).hex() == "aa1161f17c698def07828f514ff27e3202ff75120e8d4fe21557acf25e6f7d13"
    assert len(content_digest(raw, key=b"k")) == 32
    assert content_digest(raw, key=b"k") != content_digest(raw)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff"])
def test_bytes_that_are_no_event_have_no_digest(raw: bytes) -> None:
    """What cannot be read cannot be compared."""
    with pytest.raises(DataError):
        content_digest(raw)
