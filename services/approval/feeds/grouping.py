"""Events of many cases, case by case: formats that send a case as a whole need them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def by_case(events: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The events of each case in their order; cases in the order in which they begin."""
    cases: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        cases.setdefault(event["subject"], []).append(event)
    yield from cases.values()
