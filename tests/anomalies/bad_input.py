"""The kinds of bad input, one row each: what is sent and what has to be said about it at each door."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.approval.builders import Wire, accepted

CASE = "BAD-1"
TWO_MEBIBYTES = 2 * 1024 * 1024
Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Bad:
    """One kind of bad input.

    Args:
        name: of the kind.
        raw: the bytes; None is a tombstone.
        code, pointer: of the first problem that has to be told.
        status: of HTTP when it comes alone.
        headers: of the record on Kafka, and as `ce-*` of HTTP.
        ways: `http` alone, `row` of a batch, `ingest` topic of a hall, `events` = `hall.events.v1`.
    """

    name: str
    raw: bytes | None
    code: str
    pointer: str = ""
    status: int = 422
    headers: Headers = ()
    ways: frozenset[str] = field(default=frozenset({"http", "row", "ingest", "events"}))

    @property
    def verdict(self) -> tuple[str, str]:
        """(code, pointer)."""
        return self.code, self.pointer


def event(number: str, **changes: Any) -> Wire:
    """A sound acceptance of a case of its own."""
    made = accepted("2026-03-02", case_no=number) | {"id": f"id-{number}"}
    return {**made, **changes}


def wire(value: Mapping[str, Any]) -> bytes:
    """JSON as a careless program writes it: NaN and Infinity as they are."""
    return json.dumps(value, ensure_ascii=False).encode()


def with_data(**changes: Any) -> bytes:
    """The sound event with other fields in its body; None takes one away."""
    made = event(CASE)
    body = {name: value for name, value in (made["data"] | changes).items() if value is not None}
    return wire(made | {"data": body})


def _without(attribute: str) -> Headers:
    """The attributes of binary mode but for one."""
    made = event(CASE)
    names = ("specversion", "id", "source", "type", "subject", "time")
    return tuple((f"ce_{name}", str(made[name]).encode()) for name in names if name != attribute)


def _nested(levels: int) -> bytes:
    return wire(event(CASE)).replace(b'"data":', b'"deep":' + b"[" * levels + b"]" * levels + b',"data":', 1)


def _text(encode: Callable[[str], bytes]) -> bytes:
    return encode(wire(event(CASE)).decode().replace("水务局", "阳光政务大厅"))


NO_ROW = frozenset({"http", "ingest", "events"})
KAFKA = frozenset({"ingest", "events"})
BODY = wire(event(CASE)["data"])
SOUND = wire(event(CASE))

BAD: tuple[Bad, ...] = (
    Bad("unknown type", wire(event(CASE, type="hall.case.exploded")), "UNKNOWN_TYPE", "/type"),
    Bad("a type of ours", wire(event(CASE, type="approval.case.opened")), "UNKNOWN_TYPE", "/type",
        ways=frozenset({"http", "row", "ingest"})),
    Bad("unknown version", wire(event(CASE, dataschema="urn:sunlit:hall.case.accepted:9")), "UNKNOWN_VERSION",
        "/dataschema"),
    Bad("unknown code", with_data(case_kind="urgent"), "UNKNOWN_CODE", "/data/case_kind"),
    Bad("wrong type", with_data(org_name=7), "WRONG_TYPE", "/data/org_name"),
    Bad("out of range", with_data(legal_limit={"value": -1}), "OUT_OF_RANGE", "/data/legal_limit/value"),
    Bad("too long", with_data(org_code="x" * 65), "TOO_LONG", "/data/org_code"),
    Bad("no such day", with_data(legal_limit={"due_on": "2026-02-30"}), "BAD_TIME", "/data/legal_limit/due_on"),
    Bad("missing field", with_data(org_code=None), "MISSING_FIELD", "/data/org_code"),
    Bad("missing attribute", wire({k: v for k, v in event(CASE).items() if k != "time"}), "ENVELOPE_FIELD", "/time"),
    Bad("time without offset", wire(event(CASE, time="2026-03-02T09:00:00")), "ENVELOPE_FIELD", "/time"),
    Bad("wrong subject", wire(event(CASE, subject="another case")), "ENVELOPE_FIELD", "/subject"),
    Bad("source of nobody", wire(event(CASE, source="//sunlit/approval")), "ENVELOPE_FIELD", "/source",
        ways=frozenset({"http", "row", "ingest"})),
    Bad("next year", wire(event(CASE, time="2027-03-02T09:00:00+08:00")), "TIME_IN_FUTURE", "/time"),
    Bad("the year nought", wire(event(CASE, time="0001-01-01T00:00:00+14:00")), "ENVELOPE_FIELD", "/time"),
    Bad("no such far day", with_data(legal_limit={"due_on": "9999-12-31"}), "OUT_OF_RANGE",
        "/data/legal_limit/due_on", ways=frozenset({"http", "row", "ingest"})),
    Bad("broken off", SOUND[:-20], "BROKEN_JSON", ways=NO_ROW),
    Bad("broken inside", SOUND.replace(b'"data": {', b'"data": {,', 1), "BROKEN_JSON"),
    Bad("two values", SOUND + b"{}", "BROKEN_JSON"),
    Bad("no object", b'"text"', "NOT_AN_OBJECT"),
    Bad("not a number", with_data(legal_limit={"value": float("nan")}), "NAN", "/data/legal_limit/value"),
    Bad("infinity", with_data(legal_limit={"value": float("inf")}), "NAN", "/data/legal_limit/value"),
    Bad("minus infinity", with_data(legal_limit={"value": float("-inf")}), "NAN", "/data/legal_limit/value"),
    Bad("name twice", SOUND.replace(b'"case_kind"', b'"case_no": "X", "case_no"', 1), "DUPLICATE_KEY", "/data/case_no",
        ways=frozenset({"http", "row", "ingest"})),
    Bad("nul character", with_data(org_name="a\x00b"), "CONTROL_CHARACTER", "/data/org_name"),
    Bad("half a character", with_data(org_name="x").replace(b'"x"', b'"\\ud800"'), "LONE_SURROGATE", "/data/org_name"),
    Bad("GBK", _text(lambda text: text.encode("gbk")), "BAD_ENCODING"),
    Bad("GB 18030", _text(lambda text: text.encode("gb18030")), "BAD_ENCODING"),
    Bad("UTF-16", _text(lambda text: text.encode("utf-16")), "BAD_ENCODING", ways=NO_ROW),
    Bad("UTF-16 without mark", _text(lambda text: text.encode("utf-16-le")), "BAD_ENCODING", ways=NO_ROW),
    Bad("bad UTF-8", SOUND.replace("水".encode(), b"\xff\xfe"), "BAD_ENCODING"),
    Bad("byte order mark", b"\xef\xbb\xbf" + SOUND, "BYTE_ORDER_MARK"),
    Bad("two mebibytes", with_data(org_name="x" * TWO_MEBIBYTES), "TOO_LARGE", status=413,
        ways=frozenset({"http", "row", "ingest"})),
    Bad("300 KiB", with_data(org_name="x" * 300 * 1024), "TOO_LARGE", status=413),
    Bad("deep", _nested(40), "TOO_DEEP", status=413),
    Bad("very deep", _nested(50_000), "TOO_DEEP", status=413),
    Bad("empty", b"", "EMPTY"),
    Bad("tombstone", None, "EMPTY", ways=KAFKA),
    Bad("binary without id", BODY, "ENVELOPE_FIELD", "/id", headers=_without("id"), ways=NO_ROW),
    Bad("binary without type", BODY, "ENVELOPE_FIELD", "/type", headers=_without("type"), ways=NO_ROW),
    Bad("binary without body", b"", "MISSING_FIELD", "/data", headers=_without(""), ways=NO_ROW),
    Bad("binary and broken", b'{"case_no":', "BROKEN_JSON", "/data", headers=_without(""), ways=NO_ROW),
    Bad("binary in GBK", '{"a": "阳光"}'.encode("gbk"), "BAD_ENCODING", "/data", headers=_without(""), ways=NO_ROW),
    Bad("body without headers", BODY, "ENVELOPE_FIELD", "/specversion", ways=NO_ROW),
    Bad("header in GBK", BODY, "BAD_ENCODING", "/source",
        headers=(*_without("source"), ("ce_source", "//hall/阳光/x".encode("gbk"))), ways=KAFKA),
)  # fmt: skip


def by_way(way: str) -> dict[str, Bad]:
    """The kinds that can come this way, by name."""
    return {bad.name: bad for bad in BAD if way in bad.ways}
