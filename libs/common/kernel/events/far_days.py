"""Days and instants so far away that nobody can mean them, and with which no calendar can count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.faults import fault

FIRST_YEAR, LAST_YEAR = 1900, 2199
# A licence without end is written with a day like 9999-12-31: nothing is counted from it.
_ENDLESS = frozenset({"valid_until"})
# Texts that hold a day or an instant (`codes.Due`).
_DUE = "due"


def far_days(event: Event) -> Iterator[Problem]:
    """OUT_OF_RANGE for every day and instant of a hall's event outside of the years 1900 to 2199, at its pointer."""
    for name in ("time", "recordedtime", "receivedtime"):
        at = getattr(event, name)
        if at is not None and not FIRST_YEAR <= at.year <= LAST_YEAR:
            yield _far(f"/{name}")
    yield from _inside(event.data, "/data")


def _inside(part: Any, pointer: str) -> Iterator[Problem]:
    if isinstance(part, msgspec.Struct):
        for name, wire_name in zip(part.__struct_fields__, part.__struct_encode_fields__, strict=True):
            value, place = getattr(part, name), f"{pointer}/{wire_name}"
            if isinstance(value, date):
                last = date.max.year if name in _ENDLESS else LAST_YEAR
                if not FIRST_YEAR <= value.year <= last:
                    yield _far(place)
            elif name == _DUE and isinstance(value, str):
                if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
                    yield _far(place)
            elif isinstance(value, msgspec.Struct | tuple):
                yield from _inside(value, place)
    elif isinstance(part, tuple):
        for index, element in enumerate(part):
            yield from _inside(element, f"{pointer}/{index}")


def _far(pointer: str) -> Problem:
    return fault("OUT_OF_RANGE", pointer, expected=f"{FIRST_YEAR}-01-01 .. {LAST_YEAR}-12-31")
