"""Files of items: CSV, XLSX and JSON rows to bodies and back; one bad row never spoils the good ones.

A table has one line per item and one column per field (`COLUMNS`, by its name or its Chinese title). Lists of names are
written `甲；乙`; fields that hold more (steps, fees, …) are written as JSON in their cell.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import codec, strict_json
from libs.common.kernel.events.collect import problems_of
from libs.common.kernel.events.reference import ItemPublished
from services.approval.domain.item import item_problems

# name → (title, what the cell holds); a dotted name is a field of an object
COLUMNS: Mapping[str, tuple[str, str]] = {
    "item_code": ("实施编码", "text"),
    "name": ("事项名称", "text"),
    "item_kind": ("事项类型", "text"),
    "org_code": ("实施主体代码", "text"),
    "org_name": ("实施主体", "text"),
    "region_code": ("行政区划", "text"),
    "basic_code": ("基本编码", "text"),
    "handling_code": ("业务办理项编码", "text"),
    "parent_code": ("主项编码", "text"),
    "level": ("行使层级", "text"),
    "case_kind": ("办件类型", "text"),
    "legal_limit.value": ("法定办结时限", "number"),
    "legal_limit.unit": ("法定办结时限单位", "text"),
    "promise_limit.value": ("承诺办结时限", "number"),
    "promise_limit.unit": ("承诺办结时限单位", "text"),
    "legal_basis": ("设定依据", "text"),
    "basis_status": ("依据核对状态", "text"),
    "codes_synthetic": ("编码为演示", "flag"),
    "conditions": ("受理条件", "json"),
    "materials": ("材料", "materials"),
    "steps": ("办理流程", "json"),
    "fees": ("收费", "json"),
    "fee_listed": ("是否收费", "flag"),
    "intermediaries": ("中介服务", "json"),
    "special_procedures": ("特别程序", "names"),
    "quantity_limited": ("数量限制", "flag"),
    "on_the_spot": ("当场办结", "flag"),
    "on_silence": ("沉默规则", "text"),
    "benchmarks": ("裁量基准", "json"),
    "served": ("服务对象", "names"),
    "result_name": ("结果名称", "text"),
    "secrecy": ("保密标志", "json"),
    "window": ("办理地点", "text"),
    "consult": ("咨询方式", "text"),
    "complain": ("监督投诉方式", "text"),
    "remedy": ("救济途径", "text"),
    "effective_from": ("生效日期", "text"),
    "valid_until": ("失效日期", "text"),
    "extra": ("其他", "json"),
}
_BY_TITLE = {title: name for name, (title, _) in COLUMNS.items()}
_YES, _NO = frozenset({"1", "true", "是", "有", "yes"}), frozenset({"0", "false", "否", "无", "no"})
_BETWEEN = "；"
_FORMULA = ("=", "+", "-", "@")
MAX_ROWS = 20_000


class _Export(msgspec.Struct):
    """What the export writes: `{items: […]}`."""

    items: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One row of a file: the item, or what is wrong with it; `number` is its line in a table, its place in JSON."""

    number: int
    code: str | None
    body: ItemPublished | None
    problems: tuple[Problem, ...] = ()


def read_items(raw: bytes, media: str) -> list[ItemRow]:
    """The rows of a file: `csv`, `xlsx` or `json`.

    Raises:
        DataError: the file as a whole cannot be read, or holds more than 20 000 rows.
    """
    read = {"csv": _csv, "xlsx": _xlsx, "json": _json}[media]
    rows: list[ItemRow] = []
    seen: dict[str, int] = {}
    for number, value, faults in read(raw):
        if len(rows) >= MAX_ROWS:
            raise DataError(_TOO_MANY)
        row = _row(number, value, faults)
        if row.body is not None and row.body.item_code in seen:
            row = ItemRow(number, row.code, None, (_twice(seen[row.body.item_code]),))
        elif row.body is not None:
            seen[row.body.item_code] = number
        rows.append(row)
    return rows


def judged_item(value: Any) -> ItemPublished | tuple[Problem, ...]:
    """An item of a JSON value, or everything that is wrong with it."""
    if isinstance(value, dict):
        value = {**value, "version": 1}
    problems = problems_of(value, ItemPublished, "")
    if problems:
        return tuple(problems)
    body: ItemPublished = msgspec.convert(value, ItemPublished)
    return item_problems(body) or body


def _row(number: int, value: Any, faults: Sequence[Problem]) -> ItemRow:
    code = value.get("item_code") if isinstance(value, dict) else None
    code = code if isinstance(code, str) else None
    found = tuple(faults) or judged_item(value)
    return ItemRow(number, code, None, found) if isinstance(found, tuple) else ItemRow(number, code, found)


def _json(raw: bytes) -> Iterator[tuple[int, Any, tuple[Problem, ...]]]:
    try:
        rows = [bytes(row) for row in msgspec.json.decode(raw, type=_Export).items]
    except msgspec.MsgspecError:
        rows = list(codec.split_batch(raw))
    for number, row in enumerate(rows, 1):
        yield (number, *strict_json.read(row))


def _csv(raw: bytes) -> Iterator[tuple[int, Any, tuple[Problem, ...]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")  # what spreadsheets of the country write
    lines = csv.reader(io.StringIO(text))
    yield from _table(enumerate(lines, 1))


def _xlsx(raw: bytes) -> Iterator[tuple[int, Any, tuple[Problem, ...]]]:
    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DataError(Problem("BROKEN_XLSX", "", "不是完好的 XLSX 文件", "not a sound XLSX file")) from error
    sheet = book.worksheets[0]
    yield from _table(enumerate(sheet.iter_rows(values_only=True), 1))
    book.close()


def _table(lines: Iterator[tuple[int, Sequence[Any]]]) -> Iterator[tuple[int, Any, tuple[Problem, ...]]]:
    _, head = next(lines, (0, ()))
    names = [_column(str(cell or "").strip()) for cell in head]
    if "item_code" not in names:
        raise DataError(_NO_HEAD)
    for number, cells in lines:
        if any(cell not in (None, "") for cell in cells):
            yield (number, *_cells(names, cells))


def _column(head: str) -> str:
    return head if head in COLUMNS else _BY_TITLE.get(head, "")


def _cells(names: Sequence[str], cells: Sequence[Any]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    body: dict[str, Any] = {}
    faults: list[Problem] = []
    for name, cell in zip(names, cells, strict=False):
        text = cell.date().isoformat() if isinstance(cell, datetime) else str(cell).strip() if cell is not None else ""
        if not name or not text:
            continue
        try:
            value = _value(COLUMNS[name][1], text)
        except ValueError:
            faults.append(_bad_cell(name))
            continue
        head, _, tail = name.partition(".")
        if tail:
            body.setdefault(head, {})[tail] = value
        else:
            body[head] = value
    return body, tuple(faults)


def _value(form: str, text: str) -> Any:
    """The value of a cell; raises ValueError."""
    if form == "number":
        return int(float(text)) if float(text).is_integer() else float(text)
    if form == "flag":
        if text.lower() not in _YES | _NO:
            raise ValueError(text)
        return text.lower() in _YES
    if form == "names" or (form == "materials" and not text.startswith("[")):
        names = [name.strip() for name in text.replace(";", _BETWEEN).split(_BETWEEN) if name.strip()]
        return names if form == "names" else [{"name": name} for name in names]
    if form in ("json", "materials"):
        return json.loads(text)
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA else text


def write_csv(bodies: Iterable[Mapping[str, Any]]) -> bytes:
    """Items as CSV (UTF-8 with a byte order mark, as spreadsheets want it), heads in Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([title for title, _ in COLUMNS.values()])
    writer.writerows(_line(body) for body in bodies)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(bodies: Iterable[Mapping[str, Any]]) -> bytes:
    """Items as XLSX; every cell is text or a number, so that codes keep their zeros and nothing is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("事项清单")
    sheet.append([title for title, _ in COLUMNS.values()])
    for body in bodies:
        sheet.append(_line(body))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(body: Mapping[str, Any]) -> list[Any]:
    cells: list[Any] = []
    for name, (_, form) in COLUMNS.items():
        head, _, tail = name.partition(".")
        value = body.get(head)
        value = value.get(tail) if tail and isinstance(value, Mapping) else value
        cells.append(_cell(form, value))
    return cells


def _cell(form: str, value: Any) -> Any:
    if value is None:
        return None
    if form == "flag":
        return "是" if value else "否"
    if form == "names":
        return _BETWEEN.join(value)
    if form in ("json", "materials"):
        return json.dumps(value, ensure_ascii=False)
    text = value.isoformat() if isinstance(value, date) else value
    # a cell that begins like a formula is text here and must stay so in a spreadsheet
    return f"'{text}" if isinstance(text, str) and text[:1] in _FORMULA else text


def _twice(first: int) -> Problem:
    return Problem(
        "CODE_TWICE", "/item_code", f"与第 {first} 行的编码相同", f"row {first} of this file has the same code"
    )


def _bad_cell(name: str) -> Problem:
    title = COLUMNS[name][0]
    pointer = f"/{name.replace('.', '/')}"
    return Problem("BAD_CELL", pointer, f"“{title}”一格无法读取", f"the cell of {name} cannot be read")


_TOO_MANY = Problem("TOO_MANY_ROWS", "", f"一个文件最多 {MAX_ROWS} 行", f"a file holds at most {MAX_ROWS} rows")
_NO_HEAD = Problem(
    "NO_HEAD",
    "",
    "第一行应为列名，且至少有“实施编码”（item_code）",
    "the first line names the columns, and one of them is item_code (实施编码)",
)
