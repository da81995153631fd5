"""Files in the formats of halls, read as rows of events."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pytest

from libs.ops.feeding.documents import Format, guess_format, read_rows
from libs.ops.feeding.reference import sources_of
from services.approval.feeds import gdbs, national, shandong
from services.approval.feeds.national import load_tables
from services.approval.feeds.rows import CHINA
from tests.unit.approval.feed_cases import full_event

EVENTS = [
    full_event(wire_type)
    for wire_type in ("hall.application.submitted", "hall.case.accepted", "hall.special.started", "hall.case.completed")
]


def lines_of(flavour: Format) -> list[dict[str, object]]:
    """The events as a file of that format would hold them."""
    if flavour == "gdbs":
        return list(gdbs.write(EVENTS))
    if flavour == "shandong":
        return [{"call": call, **row} for call, row in shandong.write(EVENTS, CHINA)]
    return [{"table": table, **row} for table, row in national.write(load_tables(), EVENTS, CHINA)]


@pytest.mark.parametrize("flavour", ["gdbs", "shandong", "national"])
def test_a_file_of_messages_becomes_events(flavour: Format, tmp_path: Path) -> None:
    """JSON lines, packed or not; every event of the case, with the source that the format's name makes."""
    path = tmp_path / "case.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(line) for line in lines_of(flavour)).encode()))
    rows = list(read_rows(path, flavour))
    assert [row.problems for row in rows] == [()] * len(rows)
    assert {row.event["type"] for row in rows if row.event} == {event["type"] for event in EVENTS}
    assert [(hall.source, hall.flavour) for hall in sources_of(rows, flavour)] == [
        (f"//hall/330106/{flavour}", flavour)
    ]


def test_what_a_line_leaves_out_is_known_from_those_before(tmp_path: Path) -> None:
    """Kind 5 of Guangdong names no organisation; before its case is known it is a row with its problem."""
    submitted, _, paused, _ = lines_of("gdbs")
    del paused["spobject"]["D_ZZJGDM"]  # type: ignore[attr-defined]
    path = tmp_path / "gd.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in (paused, submitted, paused)) + "\n{broken\n")
    early, known, late, broken = read_rows(path, "gdbs")
    assert [problem.pointer for problem in early.problems] == ["/spobject/D_ZZJGDM"]
    assert known.event and late.event
    assert late.event["orgcode"] == known.event["orgcode"]
    assert (broken.event, broken.problems[0].code, broken.number) == (None, "BROKEN_JSON", 4)


def test_national_rows_come_as_csv_named_by_their_table(tmp_path: Path) -> None:
    """`up_pro_result.csv` tells its table by its name; blank cells say nothing."""
    row = next(row for table, row in national.write(load_tables(), EVENTS, CHINA) if table == "up_pro_result")
    path = tmp_path / "up_pro_result.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(stream, [*row, "satisfaction"])
        writer.writeheader()
        writer.writerow(row)
    assert guess_format(path) == "national"
    (read,) = read_rows(path, "national")
    assert read.event is not None
    assert (read.number, read.event["type"], read.event["data"]["result"]) == (2, "hall.case.completed", "granted")


def test_a_line_that_names_no_kind_is_a_row_with_its_problem(tmp_path: Path) -> None:
    """A call or a table that the format does not know."""
    path = tmp_path / "calls.jsonl"
    path.write_text('{"call": "receiveNothing", "ORGBUSNO": "1"}\n')
    (row,) = read_rows(path, "shandong")
    assert [(problem.code, problem.pointer) for problem in row.problems] == [("UNKNOWN_CODE", "/call")]
