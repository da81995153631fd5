"""Every problem of one JSON value against a type, not only the first: the slow path of a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.faults import fault, type_fault
from libs.common.kernel.events.strict_json import PROBLEMS_MAX, escape


def problems_of(value: Any, wanted: Any, pointer: str) -> tuple[Problem, ...]:
    """What keeps `value` from being a `wanted`, in the order of the type's fields; at most 20."""
    return tuple(islice(_walk(value, wanted, pointer), PROBLEMS_MAX))


def _walk(value: Any, wanted: Any, pointer: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, wanted)
        return
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
    plain = _bare(wanted)
    if _is_struct(plain):
        if isinstance(value, Mapping):
            yield from _fields(value, plain, pointer)
        else:
            yield fault("NOT_AN_OBJECT", pointer)
    elif get_origin(plain) in (tuple, list) and isinstance(value, list | tuple):
        for index, element in enumerate(value):
            yield from _walk(element, get_args(plain)[0], f"{pointer}/{index}")
    else:
        # a value inside a free mapping or a mixed list keeps the place that the decoder names
        yield type_fault(reason, pointer + _steps(place.rstrip("`")), allowed="、".join(_codes(plain)))


def _fields(value: Mapping[str, Any], struct: Any, pointer: str) -> Iterator[Problem]:
    for field in msgspec.structs.fields(struct):
        place = f"{pointer}/{escape(field.encode_name)}"
        sent = value.get(field.encode_name)
        if sent is None:
            if field.required:
                yield fault("MISSING_FIELD", place)
            elif field.encode_name in value:
                yield from _walk(None, field.type, place)
        elif field.encode_name == "case_no" and field.required and isinstance(sent, str):
            if tuple(_walk(sent, field.type, place)):
                yield fault("BAD_CASE_NO", place)
        else:
            yield from _walk(sent, field.type, place)


def _bare(wanted: Any) -> Any:
    """The type without `Annotated` and without `| None`."""
    if get_origin(wanted) is Annotated:
        return _bare(get_args(wanted)[0])
    if get_origin(wanted) in (Union, UnionType):
        others = [part for part in get_args(wanted) if part is not NoneType]
        if len(others) == 1:
            return _bare(others[0])
    return wanted


def _is_struct(wanted: Any) -> bool:
    kind = get_origin(wanted) or wanted
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _codes(wanted: Any) -> tuple[str, ...]:
    return tuple(str(code) for code in get_args(wanted)) if get_origin(wanted) is Literal else ()


def _steps(place: str) -> str:
    """A decoder's place (`.a[0][...]`) as steps of a JSON pointer; unknown keys end it."""
    return place.partition("[...]")[0].replace("[", "/").replace("]", "").replace(".", "/")
