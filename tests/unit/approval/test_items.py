"""Items of the catalogue: what no item may be, what a version changed, files in and out, the catalogue that ships."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events.reference import ItemPublished
from libs.ops.simulate import catalogue
from services.approval.domain.item import changes, item_problems
from services.approval.feeds.item_files import COLUMNS, read_items, write_csv, write_xlsx

SHIPPED = Path(__file__).parents[3] / "services" / "approval" / "data" / "catalogue.json"
ORG, BASIC = "91350100M000100Y43", "000119001000"
GOOD: dict[str, Any] = {
    "item_code": f"{ORG}4{BASIC}",
    "version": 1,
    "name": "取水许可",
    "item_kind": "01",
    "org_code": ORG,
    "basic_code": BASIC,
    "level": "4",
    "case_kind": "committed",
    "legal_limit": {"value": 20, "unit": "working_day"},
    "promise_limit": {"value": 10, "unit": "working_day"},
    "legal_basis": "《取水许可和水资源费征收管理条例》第四条",
}


def problems(**fields: Any) -> list[tuple[str, str]]:
    """Code and place of what is wrong with the good item changed like that; None takes a field out."""
    body = {name: value for name, value in {**GOOD, **fields}.items() if value is not None}
    return [(problem.code, problem.pointer) for problem in item_problems(msgspec.convert(body, ItemPublished))]


def test_a_good_item_has_nothing_against_it() -> None:
    """The codes of GB/T 39554: credit code, level, basic code; 33 = 31 and two more; the older 24 too."""
    assert problems() == []
    assert problems(handling_code=f"{GOOD['item_code']}01") == []
    assert problems(item_code="A" * 24, basic_code="1234567890") == []
    assert problems(item_code="LOCAL-7") == [], "a code of no scheme is the region's own"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"promise_limit": {"value": 21, "unit": "working_day"}}, [("PROMISE_OVER_LEGAL", "/promise_limit/value")]),
        (
            {"case_kind": "instant", "promise_limit": {"value": 2, "unit": "working_day"}},
            [("INSTANT_TOO_LONG", "/promise_limit/value")],
        ),
        (
            {"steps": [{"name": "甲", "limit": {"value": 6, "unit": "working_day"}}] * 2},
            [("STEPS_OVER_PROMISE", "/steps")],
        ),
        ({"legal_basis": "  "}, [("NO_LEGAL_BASIS", "/legal_basis")]),
        ({"legal_limit": {"value": 20}}, [("UNIT_MISSING", "/legal_limit/unit")]),
        ({"steps": [{"name": "甲", "limit": {"value": 1}}]}, [("UNIT_MISSING", "/steps/0/limit/unit")]),
        (
            {"legal_limit": {"value": 0, "unit": "working_day"}, "promise_limit": None},
            [("LIMIT_ZERO", "/legal_limit/value")],
        ),
        ({"item_kind": "12"}, [("UNKNOWN_CODE", "/item_kind")]),
        ({"item_kind": "行政确认", "benchmarks": [{"gravity": "minor"}]}, [("NOT_A_PENALTY", "/benchmarks")]),
        ({"basic_code": "123"}, [("CODE_LENGTH", "/basic_code")]),
        ({"handling_code": "X"}, [("CODE_DIFFERS", "/handling_code")]),
        ({"org_code": "11330106002489701X"}, [("CODE_DIFFERS", "/item_code")]),
        ({"item_code": f"91350100M000100Y444{BASIC}", "org_code": None}, [("CODE_ORG", "/item_code")]),
        ({"level": "3"}, [("CODE_LEVEL", "/item_code")]),
    ],
)
def test_what_no_item_may_be(fields: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Each invariant by itself, told at its field."""
    assert problems(**fields) == expected


def test_limits_of_different_units_are_not_compared() -> None:
    """A month is no number of working days."""
    assert problems(promise_limit={"value": 30, "unit": "calendar_day"}) == []
    assert problems(item_kind="20", legal_basis=None) == [], "a public service needs no law that allows it"


def test_a_synthetic_code_is_not_judged() -> None:
    """Decision 39: it says that it is one."""
    assert problems(item_code=f"{'X' * 18}4{BASIC}", codes_synthetic=True) == []


def test_what_changed_between_two_versions() -> None:
    """By path, with what was said before and after; who wrote a version is no change of the item."""
    after = {
        **GOOD,
        "promise_limit": {"value": 7, "unit": "working_day"},
        "window": "二楼",
        "author": "乙",
        "version": 2,
    }
    found = [(change.path, change.before, change.after) for change in changes(GOOD, after)]
    assert found == [("/promise_limit/value", 10, 7), ("/window", None, "二楼")]


@pytest.mark.parametrize("media", ["csv", "xlsx", "json"])
def test_the_shipped_catalogue_goes_out_and_in_again(media: str) -> None:
    """561 powers in the split of the powers list and 200 services of 30 departments; no file format loses anything."""
    rows = read_items(SHIPPED.read_bytes(), "json")
    bodies = [msgspec.to_builtins(row.body) for row in rows]
    written = {"csv": write_csv, "xlsx": write_xlsx, "json": lambda b: json.dumps({"items": b}).encode()}[media](bodies)
    assert [row.body for row in read_items(written, media)] == [row.body for row in rows]


def test_the_shipped_catalogue_is_what_its_data_say() -> None:
    """Made from data, the same bytes each time; synthetic codes and unverified bases say so."""
    items = catalogue.load_items()
    assert json.loads(SHIPPED.read_text(encoding="utf-8"))["items"] == items
    powers = [item for item in items if item["extra"]["list"] == "power"]
    services = [item for item in items if item["extra"]["list"] == "service"]
    assert Counter(item["item_kind"] for item in powers) == {
        "行政许可": 9,
        "行政处罚": 527,
        "行政强制": 8,
        "行政奖励": 1,
        "行政确认": 1,
        "其他行政权力": 15,
    }
    assert len(services) >= 200
    assert len({item["org_code"] for item in services}) == 30
    assert len({item["item_code"] for item in items}) == len(items)
    assert all(item["codes_synthetic"] and item["basis_status"] == "unverified" for item in items)


def test_a_bad_row_does_not_spoil_the_good_ones() -> None:
    """Each row is judged alone and told by its line; a code that stands twice is told too."""
    head = "实施编码,事项名称,事项类型,设定依据,承诺办结时限,承诺办结时限单位,当场办结,未知列"
    lines = [
        "L-1,甲,公共服务,,5,working_day,否,x",
        "L-2,乙,行政许可,,5,working_day,,",
        "L-3,丙,公共服务,,五,working_day,,",
        "L-4,丁,公共服务,,5,fortnight,,",
        ",,,,,,,",
        "L-1,戊,公共服务,,,,也许,",
        "L-1,己,公共服务,,,,,",
    ]
    rows = read_items("\n".join([head, *lines]).encode("gb18030"), "csv")
    found = [(row.number, row.code, [(p.code, p.pointer) for p in row.problems]) for row in rows]
    assert found == [
        (2, "L-1", []),
        (3, "L-2", [("NO_LEGAL_BASIS", "/legal_basis")]),
        (4, "L-3", [("BAD_CELL", "/promise_limit/value")]),
        (5, "L-4", [("UNKNOWN_CODE", "/promise_limit/unit")]),
        (7, "L-1", [("BAD_CELL", "/on_the_spot")]),
        (8, "L-1", [("CODE_TWICE", "/item_code")]),
    ]


@pytest.mark.parametrize(
    ("raw", "media", "code"),
    [
        (b"name\nx", "csv", "NO_HEAD"),
        (b"", "csv", "NO_HEAD"),
        (b"PK\x03\x04 not really", "xlsx", "BROKEN_XLSX"),
        (b"[{", "json", "BROKEN_JSON"),
        (b"7", "json", "NOT_AN_OBJECT"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(raw: bytes, media: str, code: str) -> None:
    """With the reason, not with a row report."""
    with pytest.raises(DataError) as caught:
        read_items(raw, media)
    assert caught.value.problems[0].code == code


def test_a_cell_is_never_a_formula() -> None:
    """What begins like one is written as text and comes back as it was."""
    body = {**GOOD, "name": "=1+1"}
    raw = write_csv([body])
    assert b"'=1+1" in raw
    (row,) = read_items(raw, "csv")
    assert row.body is not None
    assert row.body.name == "=1+1"


def test_every_column_is_a_field_of_an_item() -> None:
    """No column is forgotten when the item grows."""
    fields = {f.encode_name for f in msgspec.structs.fields(ItemPublished)}
    assert fields - {name.partition(".")[0] for name in COLUMNS} == {"version", "author", "approver"}
