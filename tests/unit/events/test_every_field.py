"""Every field of every event with every kind of wrong value: told at its place, in both languages, harming nobody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from msgspec import inspect

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.registry import TYPES
from libs.common.kernel.events.type_info import TypeInfo
from tests.contracts.golden_files import golden
from tests.unit.events.wrong_values import Wrong, spoil, wrong_values

CHINESE = re.compile("[一-鿿]")
INFOS = list(TYPES.values())


def raw_of(event: dict[str, Any]) -> bytes:
    """As a careless program would write it: NaN as it is, everything else escaped."""
    return json.dumps(event).encode()


def judged_at_the_intake(rows: list[bytes]) -> list[Event | tuple[Problem, ...]]:
    """Rows of one batch, as `POST /events` sees them."""
    return [codec.parse_intake(row) for row in codec.split_batch(b"[" + b",".join(rows) + b"]")]


def judged_on_a_topic(rows: list[bytes]) -> list[Event | tuple[Problem, ...]]:
    """Records of one partition, as a consumer sees them."""
    found: list[Event | tuple[Problem, ...]] = []
    for row in rows:
        try:
            found.append(codec.decode(row))
        except DataError as error:
            found.append(error.problems)
    return found


def fault_in_the_telling(wrong: Wrong, judged: Event | tuple[Problem, ...]) -> str:
    """What is wrong with what was said about a wrong value; empty when it was told as it should."""
    if isinstance(judged, Event):
        return "it was taken"
    if [(p.code, p.pointer) for p in judged] != [(wrong.code, wrong.pointer)]:
        return f"told as {[(p.code, p.pointer) for p in judged]}"
    problem = judged[0]
    if not CHINESE.search(problem.message) or not problem.message_en.isascii():
        return f"words: {problem.message} / {problem.message_en}"
    return ""


@pytest.mark.parametrize("info", INFOS, ids=[info.type for info in INFOS])
def test_a_wrong_value_is_told_at_its_field_and_harms_no_neighbour(info: TypeInfo) -> None:
    """One batch per type: all wrong values of all its fields between sound events."""
    from_hall = info.intake is not None
    good = golden(info.type, intake=from_hall and info.intake is not info.struct)
    kind = inspect.type_info(info.intake if from_hall else info.struct)
    wrongs = list(wrong_values(kind))
    rows = [raw_of(good)]
    for wrong in wrongs:
        rows += [raw_of(good | {"data": spoil(good["data"], kind, wrong)})]
    judged = (judged_at_the_intake if from_hall else judged_on_a_topic)([*rows, raw_of(good)])
    assert isinstance(judged[0], Event)
    assert isinstance(judged[-1], Event)
    bad = {
        f"{wrong.pointer} = {wrong.value!r:.40} ({wrong.code})": fault
        for wrong, verdict in zip(wrongs, judged[1:-1], strict=True)
        if (fault := fault_in_the_telling(wrong, verdict))
    }
    assert not bad
    assert len(wrongs) > 1
