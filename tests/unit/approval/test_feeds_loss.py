"""docs/feeds-loss.md holds: each listed loss happens, and nothing else is lost between the formats."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.approval.feeds import gdbs
from services.approval.feeds.messages import Known
from services.approval.feeds.rows import CHINA
from tests.unit.approval import feed_cases
from tests.unit.approval.feed_cases import WAYS, Wire, closed_lists, flat, full_event, lost, types_of_cases

DOCUMENT = Path(__file__).parents[3] / "docs" / "feeds-loss.md"
SAMPLES = json.loads((Path(__file__).parent / "samples" / "gdbs.json").read_text(encoding="utf-8"))
NOTHING, WHOLE = "—", "*"
each_way = pytest.mark.parametrize("way", WAYS)


@dataclass(frozen=True)
class Loss:
    """One row of the list; `values` are the pairs of a closed list, empty when nothing comes back."""

    types: tuple[str, ...]
    path: str
    values: tuple[tuple[str, str], ...]

    def covers(self, wire_type: str, path: str) -> bool:
        """Whether the row speaks of this field of this type."""
        named = self.types == (WHOLE,) or wire_type in self.types
        return named and (path == self.path or path.startswith(f"{self.path}."))


def rows_of(heading: str) -> Iterator[list[str]]:
    """The cells of the table under a heading."""
    section = re.search(rf"^## {heading}.*?$(.*?)(?=^## |\Z)", DOCUMENT.read_text(encoding="utf-8"), re.M | re.S)
    assert section is not None, heading
    for line in section.group(1).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and not cells[0].startswith(("type", "kind", "format")):
            yield cells


@cache
def losses(way: str) -> tuple[Loss, ...]:
    """The list of one format."""
    heading = {"gdbs": "Guangdong", "shandong": "Shandong", "national": "National"}[way]
    found = []
    for types, path, what, why in rows_of(heading):
        assert why and "??" not in why, (types, path)
        pairs = () if what == NOTHING else tuple(tuple(pair.split("→")) for pair in what.split(", "))
        found.append(Loss(tuple(t.strip(" `") for t in types.split(",")), path.strip("`"), pairs))  # type: ignore[arg-type]
    return tuple(found)


def gone_whole(way: str) -> set[str]:
    """Types that the format cannot carry."""
    return {wire_type for loss in losses(way) if loss.path == WHOLE for wire_type in loss.types}


def with_value(event: Wire, path: str, value: Any) -> Wire:
    """The same event saying another value at a path."""
    copy = json.loads(json.dumps(event))
    *steps, last = path.split(".")
    place = copy["data"]
    for step in steps:
        place = place[step][0] if isinstance(place[step], list) else place[step]
    place[last] = [value] if isinstance(place[last], list) else value
    return copy


@each_way
def test_what_the_list_calls_whole_does_not_come_back(way: str) -> None:
    """And every other type does."""
    for wire_type in types_of_cases():
        assert (lost(full_event(wire_type), way) is None) == (wire_type in gone_whole(way)), wire_type


@each_way
def test_each_listed_loss_happens(way: str) -> None:
    """A row of the list whose field comes back is struck from the list."""
    alive = [t for t in types_of_cases() if t not in gone_whole(way)]
    for loss in losses(way):
        if loss.path == WHOLE:
            continue
        seen = False
        for wire_type in alive if loss.types == (WHOLE,) else loss.types:
            event = full_event(wire_type)
            leaves = {path for path, _ in flat(event) if loss.covers(wire_type, path)}
            if not leaves and loss.types == (WHOLE,):
                continue
            seen = True
            assert leaves, (wire_type, loss.path, "is no field")
            if not loss.values:
                gone = lost(event, way)
                assert gone is not None and leaves <= set(gone), (wire_type, loss.path)
            for value, back in loss.values:
                assert _comes_back_as(with_value(event, loss.path.removeprefix("data."), value), loss.path, way) == back
        assert seen, loss


def _comes_back_as(event: Wire, path: str, way: str) -> str:
    gone = lost(event, way)
    if gone is None:
        return WHOLE
    _, came = gone.get(path, ("same", ["same"]))
    return "∅" if came is None else str(came[0])


@each_way
@pytest.mark.parametrize("wire_type", types_of_cases())
def test_nothing_else_is_lost(way: str, wire_type: str) -> None:
    """Every field, and every value of every closed list, comes back unless a row of the list names it."""
    if wire_type in gone_whole(way):
        return
    event = full_event(wire_type)
    _only_listed(event, way)
    for path, values in closed_lists(wire_type):
        for value in values:
            _only_listed(with_value(event, path, value), way)


def _only_listed(event: Wire, way: str) -> None:
    """Fails when something is lost that no row names."""
    rows = [loss for loss in losses(way) if loss.path != WHOLE]
    said = dict(flat(event))
    gone = lost(event, way)
    if gone is None:
        assert any((str(said.get(loss.path)), WHOLE) in loss.values for loss in rows), event["type"]
        return
    dropped = {
        loss.path.rpartition(".")[0]
        for loss in rows
        for value, back in loss.values
        if back == "∅" and str(said.get(loss.path)) == value
    }
    for path, (sent, came) in gone.items():
        named = [loss for loss in rows if loss.covers(event["type"], path)]
        pairs = {pair for loss in named for pair in loss.values}
        told = (str(sent[0]), "∅" if came is None else str(came[0])) in pairs
        by_sibling = came is None and any(path.startswith(f"{parent}.") for parent in dropped if parent != "data")
        assert told or by_sibling or any(not loss.values for loss in named), (event["type"], path, sent, came)


_WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12).filter(
    lambda text: not re.search(r"[;；|\n]", text) and text.strip() == text
)


@st.composite
def thinned(draw: st.DrawFn) -> Wire:
    """An event of any type with some of its fields and other words in its texts."""
    wire_type = draw(st.sampled_from(types_of_cases()))
    event = full_event(wire_type)
    needed = {"case_no", "item_code", "org_code", "region_code", "result", "grade", "state", "extra", "raw"}
    names = sorted(set(event["data"]) - needed)
    for name in draw(st.sets(st.sampled_from(names), max_size=len(names))) if names else ():
        del event["data"][name]
    for name in ("reason", "opinion", "step_name", "project_name", "item_name", "name"):
        if name in event["data"]:
            event["data"][name] = draw(_WORDS)
    for name in ("value", "no"):
        for part in event["data"].values():
            if isinstance(part, dict) and name in part:
                part[name] = draw(st.integers(1, 400)) if name == "value" else draw(_WORDS)
    return event


@each_way
@settings(max_examples=60, deadline=None)
@given(event=thinned())
def test_a_thinned_event_loses_only_what_is_listed(way: str, event: Wire) -> None:
    """Whatever a hall leaves out and whatever its texts say."""
    if event["type"] not in gone_whole(way):
        _only_listed(event, way)


def test_the_columns_that_are_not_kept_are_the_listed_ones() -> None:
    """The ten samples fill every column; written again, exactly the listed ones are missing."""
    listed = {(kind, column.strip("`")) for kind, column, _ in rows_of("Columns of the Guangdong")}
    known = Known(org_code="11330106002489701X")
    gone = set()
    for message in SAMPLES:
        (back,) = gdbs.write(gdbs.read(message, CHINA, known=known).events)
        columns, came = message["spobject"], back["spobject"]
        gone |= {(message["sptype"], name) for name, value in columns.items() if came.get(name) != value}
        assert set(came) - set(columns) <= {"D_ZZJGDM"}, "nothing is invented"
        assert set(columns) == {column.name for column in gdbs.KINDS[message["sptype"]].columns} - {"D_ZZJGDM"} or (
            message["sptype"] == "0"
        ), "the samples fill every column"
    assert gone == listed


def test_the_whole_way_loses_what_the_three_lists_add_up_to() -> None:
    """Guangdong → canonical → Shandong → canonical → national → canonical, on the ten samples."""
    known = Known(org_code="11330106002489701X")
    events = [event for message in SAMPLES for event in gdbs.read(message, CHINA, known=known).events]
    for way in ("shandong", "national"):
        back = WAYS[way](events)
        kept = {event["type"] for event in events} - gone_whole(way)
        assert {event["type"] for event in back} >= kept
        events = back
    by_type = {event["type"]: event for event in events}
    assert by_type["hall.application.submitted"]["data"]["party"]["name"] == "王小明"
    assert by_type["hall.case.completed"]["data"]["result"] == "granted"
    assert by_type["hall.special.started"]["data"]["special_kind"] == "expert_review"
    assert by_type["hall.step.completed"]["data"]["opinion"] == "拟同意"


@each_way
def test_spelling_that_the_document_tells(way: str) -> None:
    """Fractions of a second, offsets, second licences and the short form of a licence."""
    event = full_event("hall.case.completed") | {"time": "2026-03-02T01:05:00.250000+00:00"}
    first = event["data"]["licences"][0]
    event["data"]["licences"] = [first, {**first, "no": "第二"}]
    (back,) = [e for e in WAYS[way]([event]) if e["type"] == event["type"]]
    assert back["time"] == "2026-03-02T09:05:00+08:00"
    assert [licence["no"] for licence in back["data"]["licences"]] == [first["no"]]
    short = full_event("hall.case.completed", licences=None, licence=first)
    (again,) = [e for e in WAYS[way]([short]) if e["type"] == event["type"]]
    assert again["data"]["licences"][0]["no"] == first["no"]


def test_an_update_of_the_national_library_is_newer_than_its_insert() -> None:
    """Its version is the second in which the row was made."""
    first, second = full_event("hall.case.completed"), full_event("hall.case.completed") | {"dataversion": 2}
    versions = [feed_cases.through_national([event])[0]["dataversion"] for event in (first, second)]
    assert versions[0] == 1 < versions[1]
