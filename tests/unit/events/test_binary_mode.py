"""Binary mode of Kafka and HTTP is the same event as structured mode."""

from __future__ import annotations

import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.kernel.events.digest import content_digest
from tests.contracts.golden_files import golden, wire

EVENT = golden("hall.case.accepted")
BODY = wire(EVENT["data"])


def headers(prefix: str) -> dict[str, bytes]:
    """The attributes as headers."""
    attributes = {name: str(value).encode() for name, value in EVENT.items() if name not in ("data", "datacontenttype")}
    return {"Content-Type": b"application/json; charset=utf-8"} | {
        f"{prefix}{name}": value for name, value in attributes.items()
    }


@pytest.mark.parametrize("prefix", ["ce_", "ce-", "CE-"])
def test_binary_mode_is_the_same_event(prefix: str) -> None:
    """Attributes in headers, the body as value; numbers become numbers again."""
    event = codec.decode(BODY, headers(prefix) | {"content-type": b"application/json"})
    assert event == codec.decode(wire(EVENT))


def test_both_modes_have_one_digest() -> None:
    """A re-sent event is a duplicate, whichever mode it comes in."""
    assert content_digest(BODY, headers("ce_") | {"Content-Type": b"application/json"}) == content_digest(wire(EVENT))


def test_structured_mode_wins_where_the_content_type_says_so() -> None:
    """Headers beside a structured message are ignored."""
    mixed = {"content-type": b"application/cloudevents+json", "ce_specversion": b"1.0", "ce_id": b"other"}
    assert codec.decode(wire(EVENT), mixed).id == EVENT["id"]
    assert codec.decode(wire(EVENT), {"trace": b"\xff", "empty": None}).id == EVENT["id"]


def test_http_attributes_are_percent_decoded() -> None:
    """The HTTP binding escapes what headers cannot hold."""
    event = codec.decode(BODY, headers("ce-") | {"ce-id": b"%E7%A4%BA%E4%BE%8B"})
    assert event.id == "示例"


@pytest.mark.parametrize(
    ("body", "changes", "code", "pointer"),
    [
        (b'{},"type":"hall.case.refused"', {}, "BROKEN_JSON", "/data"),
        (b"{", {}, "BROKEN_JSON", "/data"),
        (b"[" * 100_000, {}, "TOO_DEEP", "/data"),
        (b"", {}, "MISSING_FIELD", "/data"),
        (BODY, {"ce_id": b"\xff"}, "BAD_ENCODING", "/id"),
        (BODY, {"ce_dataversion": b"two"}, "ENVELOPE_FIELD", "/dataversion"),
    ],
)
def test_a_broken_binary_message_is_refused(body: bytes, changes: dict[str, bytes], code: str, pointer: str) -> None:
    """A body cannot slip attributes into the envelope, and a header that is no text is named."""
    with pytest.raises(DataError) as caught:
        codec.decode(body, headers("ce_") | changes)
    assert [(problem.code, problem.pointer) for problem in caught.value.problems] == [(code, pointer)]
