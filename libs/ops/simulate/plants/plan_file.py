"""The plan of what is planted, as TOML or YAML: a table per rule, its counts by kind, and where and when.

    [all]               # every rule that can be planted, unless its own table says otherwise
    count = 1

    [S03]               # 法定时限已过
    fires = 2
    twin = 1
    boundary = 1
    org = "planning"    # key or code of the county's organisation
    item = "land"       # key or code of an item
    from = 2026-03-02   # the planted matters begin in these days
    to = 2026-03-20

Everything wrong with a plan is said at once, each with its place (`/S03/fires`).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from libs.common.kernel.errors import DataError, Problem
from libs.ops.simulate.county import County
from libs.ops.simulate.plants.catalogue import PLANTERS, UNPLANTABLE
from libs.ops.simulate.plants.ground import Wish
from libs.ops.simulate.plants.sheet import KINDS, Kind
from libs.ops.simulate.stream import Season

ALL = "all"
MOST = 1000
KEYS = (*KINDS, "count", "org", "item", "from", "to")


@dataclass(frozen=True, slots=True)
class Order:
    """What is wished of one rule; `is_named` = by its own table, so that it must not be left out."""

    rule: str
    counts: Mapping[Kind, int]
    wish: Wish
    is_named: bool


def everything(season: Season) -> tuple[Order, ...]:
    """Each rule once in every kind, wherever it fits into the season (`--breaches all`)."""
    return _orders({ALL: {"count": 1}}, season)


def read_plan(path: Path, county: County, season: Season) -> tuple[Order, ...]:
    """The orders of a plan file.

    Raises:
        DataError: everything that is wrong, each problem with its pointer into the plan.
    """
    said = _parsed(path)
    problems = tuple(_problems(said, county, season))
    if problems:
        raise DataError(*problems)
    return _orders(said, season)


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, UnicodeDecodeError) as error:
        told = " ".join(str(error).split())
        raise DataError(
            Problem("PLAN_UNREADABLE", "", f"{path.name} 不是可读的 TOML 或 YAML：{told}", f"{path.name}: {told}")
        ) from error


def _orders(said: Mapping[str, Mapping[str, Any]], season: Season) -> tuple[Order, ...]:
    named = {rule: table for rule, table in said.items() if rule != ALL}
    common = said.get(ALL)
    rules = sorted({*named, *(PLANTERS if common is not None else ())})
    return tuple(_order(rule, {**(common or {}), **named.get(rule, {})}, season, rule in named) for rule in rules)


def _order(rule: str, table: Mapping[str, Any], season: Season, is_named: bool) -> Order:
    counted = any(kind in table for kind in KINDS)
    usual = table.get("count", 0 if counted else 1)
    counts = {kind: int(table.get(kind, usual)) for kind in PLANTERS[rule].kinds}
    first_on, last_on = _day(table.get("from")) or season.first_on, _day(table.get("to")) or season.last_on
    return Order(rule, counts, Wish(first_on, last_on, table.get("org"), table.get("item")), is_named)


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if type(value) is date else None


def _problems(said: Any, county: County, season: Season) -> Iterator[Problem]:
    if not isinstance(said, dict) or not said:
        yield Problem("PLAN_SHAPE", "", "计划应为“规则 = 表”", "a plan is a table of rules: [S03] fires = 1")
        return
    for rule, table in said.items():
        pointer = f"/{rule}"
        if rule in UNPLANTABLE:
            yield Problem(
                "RULE_NOT_PLANTABLE", pointer, f"{rule} 不能用大厅事件造成：{UNPLANTABLE[rule]}", UNPLANTABLE[rule]
            )
        elif rule != ALL and rule not in PLANTERS:
            yield Problem(
                "RULE_UNKNOWN", pointer, f"没有规则 {rule}", f"there is no rule {rule}{_near(str(rule), PLANTERS)}"
            )
        elif not isinstance(table, dict):
            yield Problem("PLAN_SHAPE", pointer, "规则下应为一个表", "write a table: fires, twin, boundary, org, …")
        else:
            yield from _table_problems(str(rule), pointer, table, county, season)


def _table_problems(
    rule: str, pointer: str, table: Mapping[str, Any], county: County, season: Season
) -> Iterator[Problem]:
    kinds = KINDS if rule == ALL else PLANTERS[rule].kinds
    for key, value in table.items():
        place = f"{pointer}/{key}"
        if key not in KEYS:
            near = _near(str(key), KEYS)
            yield Problem("KEY_UNKNOWN", place, f"没有 {key} 这一项，可用：{'、'.join(KEYS)}", f"unknown key{near}")
        elif key in (*KINDS, "count"):
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
                yield Problem("NOT_A_COUNT", place, f"应为 0 到 {MOST} 的整数", f"give a whole number from 0 to {MOST}")
            elif key in KINDS and key not in kinds and value:
                yield Problem("KIND_MISSING", place, f"{rule} 没有边界日", f"{rule} knows neither a day nor an edge")
        elif key in ("from", "to"):
            day = _day(value)
            if day is None or not season.first_on <= day <= season.last_on:
                span = f"{season.first_on} – {season.last_on}"
                yield Problem(
                    "DAY_OUTSIDE", place, f"应为模拟期内的一天（{span}）", f"give a day of the season ({span})"
                )
        elif key == "org" and value not in _names(county.organisations.values()):
            yield Problem("ORG_UNKNOWN", place, f"县里没有单位 {value}", f"no organisation {value} in the county")
        elif key == "item" and value not in _names(county.items):
            yield Problem("ITEM_UNKNOWN", place, f"县里没有事项 {value}", f"no item {value} in the county")
    first, last = _day(table.get("from")), _day(table.get("to"))
    if first and last and last < first:
        yield Problem("DAYS_REVERSED", f"{pointer}/to", "结束日早于开始日", "the last day is before the first")


def _names(known: Any) -> set[str]:
    return {name for one in known for name in (one.key, one.code)}


def _near(word: str, known: Any) -> str:
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
