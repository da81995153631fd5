"""Wrong values for every field of a body, made from its type alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import inspect

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong value and what must be said about it.

    Args:
        path: steps from the body to the field.
        value: what stands there; `ABSENT` = the field is left out.
        code: of the problem that must be told at this very place.
    """

    path: Path
    value: Any
    code: str

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer into the event."""
        return "/data" + "".join(f"/{step}" for step in self.path)


ABSENT = object()


def wrong_values(kind: inspect.Type, path: Path = (), *, required: bool = False) -> Iterator[Wrong]:
    """Every way in which the fields of `kind` can be wrong, each field with each of its kinds of fault."""
    kind = _without_null(kind)
    if required:
        yield Wrong(path, ABSENT, "MISSING_FIELD")
        yield Wrong(path, None, "MISSING_FIELD")
    if path:
        yield from (Wrong(path, value, code) for value, code in _values(kind, path))
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from wrong_values(field.type, (*path, field.encode_name), required=field.required)
    elif isinstance(kind, inspect.VarTupleType | inspect.ListType):
        yield from wrong_values(kind.item_type, (*path, 0))


def sound(kind: inspect.Type) -> Any:
    """A sound value with nothing in it that is not needed."""
    kind = _without_null(kind)
    match kind:
        case inspect.StructType():
            return {field.encode_name: sound(field.type) for field in kind.fields if field.required}
        case inspect.VarTupleType() | inspect.ListType():
            return []
        case inspect.DictType():
            return {}
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return kind.ge or 0
        case inspect.DateType():
            return "2026-03-02"
        case inspect.DateTimeType():
            return "2026-03-02T09:30:00+08:00"
        case inspect.StrType(pattern=str() as pattern) if "0-9a-fA-F" in pattern:
            return "0" * 64
        case inspect.StrType(pattern=str() as pattern) if pattern.startswith(r"^\d{4}"):
            return "2026-03-02"
        case _:
            return "1"


def spoil(body: dict[str, Any], kind: inspect.Type, wrong: Wrong) -> dict[str, Any]:
    """A copy of `body` with the wrong value in its place; what is missing on the way there is made sound."""
    return _put(body, kind, wrong.path, wrong.value)


def _put(node: Any, kind: inspect.Type, path: Path, value: Any) -> Any:
    kind = _without_null(kind)
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        assert isinstance(kind, inspect.VarTupleType | inspect.ListType)
        return [_put(node[0] if node else sound(kind.item_type), kind.item_type, rest, value)]
    assert isinstance(kind, inspect.StructType)
    inner = next(field.type for field in kind.fields if field.encode_name == step)
    if not rest and value is ABSENT:
        return {name: said for name, said in node.items() if name != step}
    below = node.get(step)
    return {**node, step: _put(sound(inner) if below is None else below, inner, rest, value)}


def _without_null(kind: inspect.Type) -> inspect.Type:
    if isinstance(kind, inspect.Metadata):
        return _without_null(kind.type)
    if isinstance(kind, inspect.UnionType):
        others = tuple(part for part in kind.types if not isinstance(part, inspect.NoneType))
        return _without_null(others[0]) if len(others) == 1 else inspect.UnionType(others)
    return kind


def _values(kind: inspect.Type, path: Path) -> Iterator[tuple[Any, str]]:
    """(value, code) of what cannot stand in a field of this kind."""
    yield math.nan, "NAN"
    match kind:
        case inspect.AnyType():
            return
        case inspect.StructType():
            yield from ((7, "NOT_AN_OBJECT"), ([], "NOT_AN_OBJECT"))
        case inspect.VarTupleType() | inspect.ListType() | inspect.DictType():
            yield from ((7, "WRONG_TYPE"), ("x", "WRONG_TYPE"))
        case inspect.LiteralType() if isinstance(kind.values[0], int):
            yield from ((max(kind.values) + 1, "UNKNOWN_CODE"), ("1", "WRONG_TYPE"))
        case inspect.LiteralType():
            yield from (("no_such_code", "UNKNOWN_CODE"), (7, "WRONG_TYPE"), ("\x00", "CONTROL_CHARACTER"))
        case inspect.BoolType():
            yield from (("true", "WRONG_TYPE"), (1, "WRONG_TYPE"))
        case inspect.IntType():
            yield from (("1", "WRONG_TYPE"), (1.5, "WRONG_TYPE"), (2**70, "OUT_OF_RANGE"))
            yield from [(kind.ge - 1, "OUT_OF_RANGE")] if kind.ge is not None else []
            yield from [(kind.le + 1, "OUT_OF_RANGE")] if kind.le is not None else []
        case inspect.FloatType():
            yield from (("1.5", "WRONG_TYPE"), (math.inf, "NAN"))
        case inspect.DateType():
            yield from (("2026-02-30", "BAD_TIME"), ("20260302", "BAD_TIME"), (7, "BAD_TIME"))
        case inspect.DateTimeType():
            yield from (("2026-03-02T09:30:00", "BAD_TIME"), ("2026-03-02", "BAD_TIME"), (7, "BAD_TIME"))
        case inspect.StrType():
            yield from _texts(kind, path)
        case inspect.UnionType():
            yield from (([], "WRONG_TYPE"), (True, "WRONG_TYPE"))
        case _:
            raise AssertionError(f"no wrong value is known for {kind}")


def _texts(kind: inspect.StrType, path: Path) -> Iterator[tuple[Any, str]]:
    yield from ((7, "WRONG_TYPE"), ({}, "WRONG_TYPE"), ("\ud800", "LONE_SURROGATE"), ("a\x00", "CONTROL_CHARACTER"))
    if kind.max_length is not None:
        yield "x" * (kind.max_length + 1), "TOO_LONG"
    if kind.min_length:
        yield "", "MISSING_FIELD"
    if kind.pattern is not None:
        yield "/", "BAD_CASE_NO" if path == ("case_no",) else "BAD_FORMAT"
