"""Hall events with every field of the contract filled in, and their way through a format and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from libs.common.kernel.events.parts import CaseBody
from libs.common.kernel.events.registry import TYPES
from services.approval.feeds import gdbs, national, shandong
from services.approval.feeds.messages import NOTHING_KNOWN, Converter, Known
from services.approval.feeds.national import load_tables
from services.approval.feeds.rows import CHINA

Wire = dict[str, Any]
SOURCE = "//hall/330106/window"
# What stands where a value must have a form of its own.
VALUES: dict[str, Any] = {
    "case_no": "C-2026-0001",
    "item_code": "11330106002489701X4000119001000",
    "org_code": "11330106002489701X",
    "region_code": "330106",
    "original_case_no": "C-2025-0009",
    "amount": "120.50",
    "sha256": "ab" * 32,
    "item_version": "3",
    "due_on": None,
    "claimed": None,
    "step_code": "other",
}
# Fields that only stand together in another way: the short form of `licences`.
LEFT_OUT = frozenset({"licence"})
# The company that an event needs: some formats tell two acts in one row, or the limits with the application.
COMPANY = {
    "hall.case.accepted": ("hall.application.submitted",),
    "hall.special.ended": ("hall.special.started",),
    "hall.evaluation.submitted": ("hall.case.completed",),
}


def types_of_cases() -> tuple[str, ...]:
    """Every type that is an act of a case with an item."""
    return tuple(
        name
        for name, info in TYPES.items()
        if name.startswith("hall.") and issubclass(getattr(info.struct, "__origin__", info.struct), CaseBody)
    )


@cache
def shape(wire_type: str) -> inspect.StructType:
    """The body of a type as halls send it."""
    info = TYPES[wire_type]
    found = inspect.type_info(info.intake or info.struct)
    assert isinstance(found, inspect.StructType)
    return found


def full_body(wire_type: str) -> Wire:
    """A body in which every field says something."""
    return {**_struct(shape(wire_type)), "extra": {"hall_note": "自定"}, "raw": {"flavour": "other", "kind": "x"}}


def full_event(wire_type: str, **data: Any) -> Wire:
    """An event in which every field and every attribute says something; of `data` None takes a field out."""
    body = {**full_body(wire_type), **data}
    body = {name: value for name, value in body.items() if value is not None}
    return {
        "specversion": "1.0",
        "id": f"id-{wire_type}",
        "source": SOURCE,
        "type": wire_type,
        "subject": body["case_no"],
        "time": "2026-03-02T09:05:00+08:00",
        "recordedtime": "2026-03-02T09:06:00+08:00",
        "dataversion": 1,
        "seqno": 1,
        "regioncode": body["region_code"],
        "orgcode": body["org_code"],
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": body,
    }


def closed_lists(wire_type: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The coded fields of a type: path below `data` (list steps left out) and its values."""
    yield from _lists(shape(wire_type), "")


def _struct(node: inspect.StructType) -> Wire:
    fields = {f.encode_name: _value(f.type, f.encode_name) for f in node.fields if f.encode_name not in LEFT_OUT}
    return {name: value for name, value in fields.items() if value is not None}


def _value(node: inspect.Type, name: str) -> Any:
    if name in VALUES:
        return VALUES[name]
    if isinstance(node, inspect.UnionType):
        return _value(next(t for t in node.types if not isinstance(t, inspect.NoneType)), name)
    if isinstance(node, inspect.Metadata):
        return _value(node.type, name)
    if isinstance(node, inspect.StructType):
        return _struct(node)
    if isinstance(node, inspect.LiteralType):
        return min(node.values, key=str) if name != "result" else "granted"
    if isinstance(node, inspect.VarTupleType):
        return [_value(node.item_type, name)]
    simple: dict[type, Any] = {
        inspect.StrType: f"某{name}",
        inspect.IntType: 5,
        inspect.BoolType: True,
        inspect.DateType: "2026-03-09",
        inspect.DateTimeType: "2026-03-02T09:05:00+08:00",
    }
    return simple.get(type(node))


def _lists(node: inspect.Type, path: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if isinstance(node, inspect.UnionType):
        for part in node.types:
            yield from _lists(part, path)
    elif isinstance(node, inspect.Metadata):
        yield from _lists(node.type, path)
    elif isinstance(node, inspect.VarTupleType):
        yield from _lists(node.item_type, path)
    elif isinstance(node, inspect.LiteralType):
        yield path, tuple(sorted(node.values, key=str))
    elif isinstance(node, inspect.StructType):
        for f in node.fields:
            if f.encode_name not in LEFT_OUT:
                yield from _lists(f.type, f"{path}.{f.encode_name}" if path else f.encode_name)


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its path; list steps are left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from flat(inner, path)
    else:
        yield path, value


def through_gdbs(events: Sequence[Wire]) -> list[Wire]:
    """To the messages of the Guangdong exchange and back."""
    found: list[Wire] = []
    for message in gdbs.write(events):
        found += gdbs.read(message, CHINA, source=SOURCE).events
    return found


def through_shandong(events: Sequence[Wire]) -> list[Wire]:
    """To the calls of the Shandong exchange and back."""
    return _back(shandong.shandong(), shandong.write(events, CHINA))


def through_national(events: Sequence[Wire]) -> list[Wire]:
    """To the rows of the national exchange library and back."""
    return _back(national.national(), national.write(load_tables(), events, CHINA))


def _back(converter: Converter, rows: Iterable[tuple[str, Wire]]) -> list[Wire]:
    known: dict[str, Known] = {}
    found: list[Wire] = []
    for kind, row in rows:
        message = converter.message(msgspec.json.encode(row), kind)
        for event in converter.read(message, known.get(str(message.case_no), NOTHING_KNOWN), SOURCE).events:
            known[event["subject"]] = known.get(event["subject"], NOTHING_KNOWN).after(event)
            found.append(event)
    return found


WAYS: dict[str, Callable[[Sequence[Wire]], list[Wire]]] = {
    "gdbs": through_gdbs,
    "shandong": through_shandong,
    "national": through_national,
}


def lost(event: Wire, way: str, company: Sequence[Wire] | None = None) -> dict[str, tuple[Any, Any]] | None:
    """What does not come back: path → (what was sent, what came back); None = the event does not come back at all."""
    others = [full_event(t) for t in COMPANY.get(event["type"], ())] if company is None else company
    back = next((e for e in WAYS[way]([*others, event]) if e["type"] == event["type"]), None)
    if back is None:
        return None
    sent, came = _leaves(event), _leaves(back)
    return {path: (value, came.get(path)) for path, value in sent.items() if came.get(path) != value}


# `id` and `specversion` say nothing about the case; `source` is told by the key
_MACHINERY = frozenset({"id", "source", "specversion", "subject", "type"})


def _leaves(event: Wire) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for path, value in flat({name: value for name, value in event.items() if name not in _MACHINERY}):
        found.setdefault(path, []).append(value)
    return found
