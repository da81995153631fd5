"""Items of the catalogue (权责清单、实施清单): codes by their scheme, what no item may be, what a version changed.

Pure. Fields and codes follow law.md §8 (GB/T 39554, GB/T 39046).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.events.reference import ItemPublished
from libs.common.kernel.identifiers.credit_code import judge_credit_code

# GB/T 39046 A.1: 事项类型
KINDS: Mapping[str, str] = {
    "01": "行政许可",
    "02": "行政处罚",
    "03": "行政强制",
    "04": "行政征收",
    "05": "行政给付",
    "06": "行政检查",
    "07": "行政确认",
    "08": "行政奖励",
    "09": "行政裁决",
    "10": "其他行政权力",
    "20": "公共服务",
}
PUBLIC_SERVICE = "20"
BASIC_LENGTHS = (12, 10)
ORG_LENGTH, HANDLING_TAIL = 18, 2
# 31 = credit code 18 + level 1 + basic code 12; 24 is the older scheme (国办函〔2016〕108号); 33 = 31 + 2 (业务办理项)
SCHEMES = {31: "31", 33: "33", 24: "24"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field that two versions say differently; None = it says nothing."""

    path: str
    before: Any
    after: Any


def kind_code(item_kind: str | None) -> str | None:
    """The two digits of a kind, given as digits or by its name; None when it is neither."""
    if item_kind in KINDS:
        return item_kind
    return next((code for code, name in KINDS.items() if name == item_kind), None)


def item_problems(item: ItemPublished) -> tuple[Problem, ...]:
    """Everything that an item may not be, each at its field; empty = it may be approved."""
    return (*_code_problems(item), *_basis_problems(item), *_limit_problems(item), *_step_problems(item))


def _code_problems(item: ItemPublished) -> Iterator[Problem]:
    code = item.item_code
    if len(code) in SCHEMES and not item.codes_synthetic:
        yield from _scheme_problems(code, item)
    if item.basic_code is not None and len(item.basic_code) not in BASIC_LENGTHS:
        yield Problem(
            "CODE_LENGTH",
            "/basic_code",
            f"基本编码应为 12 位（旧码 10 位），现为 {len(item.basic_code)} 位",
            f"a basic code has 12 characters (10 in the older scheme), this one {len(item.basic_code)}",
        )
    handling = item.handling_code
    if handling is not None and (len(handling) != len(code) + HANDLING_TAIL or not handling.startswith(code)):
        yield Problem(
            "CODE_DIFFERS",
            "/handling_code",
            "业务办理项编码应为实施编码加两位",
            "the handling code is the item code and two characters more",
        )
    if item.item_kind is not None and kind_code(item.item_kind) is None:
        known = "、".join(f"{code} {name}" for code, name in KINDS.items())
        yield Problem("UNKNOWN_CODE", "/item_kind", f"没有这种事项类型；可用：{known}", f"no such kind; known: {known}")


def _scheme_problems(code: str, item: ItemPublished) -> Iterator[Problem]:
    if len(code) == 24:
        if not code.isalnum():
            yield Problem("CODE_FORMAT", "/item_code", "24 位编码只含字母和数字", "a 24-character code is alphanumeric")
        return
    org, level, basic = code[:ORG_LENGTH], code[ORG_LENGTH], code[ORG_LENGTH + 1 : 31]
    verdict = judge_credit_code(org)
    if not verdict.valid:
        yield Problem(
            "CODE_ORG",
            "/item_code",
            f"编码前 18 位不是有效的统一社会信用代码（{verdict.error}）",
            f"its first 18 characters are no valid credit code ({verdict.error})",
        )
    if item.org_code is not None and org != item.org_code:
        yield Problem(
            "CODE_DIFFERS",
            "/item_code",
            "编码前 18 位与实施主体代码不同",
            "its first 18 characters differ from org_code",
        )
    if level not in "1234567" or (item.level is not None and level != item.level):
        yield Problem(
            "CODE_LEVEL", "/item_code", "编码第 19 位应为行使层级 1–7", "its 19th character is the level, 1 to 7"
        )
    if not basic.isdecimal() or (
        item.basic_code is not None and len(item.basic_code) == 12 and basic != item.basic_code
    ):
        yield Problem(
            "CODE_DIFFERS",
            "/item_code",
            "编码第 20–31 位应为 12 位基本编码",
            "characters 20 to 31 are the basic code of 12 digits",
        )


def _basis_problems(item: ItemPublished) -> Iterator[Problem]:
    kind = kind_code(item.item_kind)
    if kind not in (None, PUBLIC_SERVICE) and not (item.legal_basis or "").strip():
        yield Problem(
            "NO_LEGAL_BASIS",
            "/legal_basis",
            "权力事项必须有设定依据：法无授权不可为",
            "a power needs its legal basis: what no law gives may not be done",
        )
    if kind != "02" and item.benchmarks:
        yield Problem(
            "NOT_A_PENALTY", "/benchmarks", "只有行政处罚事项才有裁量基准", "only penalty items have benchmarks"
        )


def _limit_problems(item: ItemPublished) -> Iterator[Problem]:
    for name, limit in (("legal_limit", item.legal_limit), ("promise_limit", item.promise_limit)):
        if limit is not None and limit.value is not None and limit.unit is None:
            yield _no_unit(f"/{name}/unit")
        if limit is not None and name == "legal_limit" and limit.value == 0:
            yield Problem("LIMIT_ZERO", "/legal_limit/value", "法定时限至少为 1", "a legal limit is at least 1")
    legal, promise = item.legal_limit, item.promise_limit
    if (both := _comparable(legal, promise)) and both[1] > both[0]:
        yield Problem(
            "PROMISE_OVER_LEGAL",
            "/promise_limit/value",
            "承诺时限不得长于法定时限",
            "the promised limit may not be longer than the legal one",
        )
    # 即办件: promise of 0 or 1 working day
    if item.case_kind == "instant" and promise is not None and (promise.value or 0) > 1:
        yield Problem(
            "INSTANT_TOO_LONG",
            "/promise_limit/value",
            "即办件的承诺时限为 0 或 1 个工作日",
            "an instant item promises 0 or 1 working day",
        )


def _step_problems(item: ItemPublished) -> Iterator[Problem]:
    total, promise = 0, item.promise_limit
    for place, step in enumerate(item.steps or ()):
        if step.limit is not None and step.limit.value is not None and step.limit.unit is None:
            yield _no_unit(f"/steps/{place}/limit/unit")
        elif both := _comparable(step.limit, promise):
            total += both[0]
    if promise is not None and promise.value is not None and total > promise.value:
        yield Problem(
            "STEPS_OVER_PROMISE",
            "/steps",
            f"各环节时限合计 {total}，超过承诺时限 {promise.value}",
            f"the limits of the steps sum up to {total}, the promise is {promise.value}",
        )


def _no_unit(pointer: str) -> Problem:
    return Problem(
        "UNIT_MISSING",
        pointer,
        "时限缺少单位：working_day、calendar_day、calendar_month 或 hour",
        "the limit has no unit: working_day, calendar_day, calendar_month or hour",
    )


def _comparable(one: Limit | None, other: Limit | None) -> tuple[int, int] | None:
    """The values of two limits in the same unit; across units nothing is compared, for a month is no number of days."""
    if one is None or other is None or one.value is None or other.value is None:
        return None
    return (one.value, other.value) if one.unit == other.unit is not None else None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What two versions say differently, by path, in order; who wrote and approved them is no change of the item."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path) and path not in _ABOUT
    )


_ABOUT = frozenset({"/version", "/author", "/approver"})


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{place}")
    elif value is not None:
        yield path, value
