"""The catalogue that the platform ships for a demonstration: a believable county's powers and services, all synthetic.

`python -m libs.ops.simulate.catalogue FILE` writes the file from `catalogue.toml`; the same data give the same bytes.
Codes are synthetic and say so, bases are unverified (decision 39).
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from libs.ops.simulate.county import Organisation, load_county
from services.approval.domain.item import KINDS

DATA = Path(__file__).with_name("catalogue.toml")
REGION = "990101"
COUNTY = "临澜县"
LEVEL = "4"
PENALTY, PERMIT, SERVICE = "02", "01", "20"
_MATERIALS = ("申请表", "申请人身份证明")
_STEPS = (("受理", "handle", 1), ("审查", "review", 3), ("决定", "approve", 1))


def load_items(path: Path = DATA) -> list[dict[str, Any]]:
    """Every item of the catalogue, powers first, each kind in the order of the data."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    known = load_county().organisations
    departments = {one["key"]: _department(one, number, known) for number, one in enumerate(raw["departments"], 1)}
    items = [*_powers(raw, departments), *_services(raw["departments"], departments)]
    for number, item in enumerate(items, 1):
        basic = f"99{_kind(item)}{number:08d}"
        item["basic_code"] = basic
        item["item_code"] = f"{item['org_code']}{LEVEL}{basic}"
    return items


def _department(one: Mapping[str, Any], number: int, known: Mapping[str, Organisation]) -> dict[str, str]:
    """The simulated county's own organisation of that key, else one made for the catalogue."""
    if one["key"] in known:
        return {"org_code": known[one["key"]].code, "org_name": known[one["key"]].name}
    return {"org_code": f"11{REGION}XXXX9{number:04d}X", "org_name": f"{COUNTY}{one['name']}"}


def _kind(item: Mapping[str, Any]) -> str:
    return next(code for code, name in KINDS.items() if name == item["item_kind"])


def _powers(raw: Mapping[str, Any], departments: Mapping[str, dict[str, str]]) -> Iterator[dict[str, Any]]:
    for group in raw["powers"]:
        for name in group["names"]:
            yield _item(name, group["kind"], departments[group["department"]], _limits(20, 10))
    for one in raw["departments"]:
        for thing in one["objects"]:
            for act in raw["penalties"]["acts"]:
                name = act.format(thing)
                yield _item(name, PENALTY, departments[one["key"]], _penalty(thing))


def _services(
    listed: Sequence[Mapping[str, Any]], departments: Mapping[str, dict[str, str]]
) -> Iterator[dict[str, Any]]:
    for one in listed:
        for place, name in enumerate(one["services"]):
            kind = PERMIT if "许可" in name or "审批" in name or "核发" in name else SERVICE
            # every fourth one is done on the spot, the others promise half of the legal limit
            body = _on_the_spot() if kind == SERVICE and place % 4 == 0 else _limits(20, 10)
            yield _item(name, kind, departments[one["key"]], body, is_service=True)


def _item(
    name: str, kind: str, department: Mapping[str, str], body: Mapping[str, Any], *, is_service: bool = False
) -> dict[str, Any]:
    found = {
        "name": name,
        "item_kind": KINDS[kind],
        **department,
        "region_code": REGION,
        "level": LEVEL,
        "basis_status": "unverified",
        "codes_synthetic": True,
        "legal_basis": f"《{name.removesuffix('的处罚')}》所依据的法律、法规（演示条目，依据未核对）",
        "result_name": name,
        "window": f"{COUNTY}政务服务中心",
        "complain": "12345",
        "remedy": "可依法申请行政复议或者提起行政诉讼",
        "extra": {"list": "service" if is_service else "power"},
        **body,
    }
    if kind != PENALTY:
        found["materials"] = [{"name": material, "required": True} for material in _MATERIALS]
    return found


def _limits(legal_days: int, promise_days: int) -> dict[str, Any]:
    return {
        "case_kind": "committed",
        "legal_limit": _days(legal_days),
        "promise_limit": _days(promise_days),
        "steps": [{"name": name, "code": code, "limit": _days(days)} for name, code, days in _STEPS],
    }


def _on_the_spot() -> dict[str, Any]:
    return {"case_kind": "instant", "promise_limit": _days(0), "on_the_spot": True}


def _days(value: int) -> dict[str, Any]:
    return {"value": value, "unit": "working_day"}


def _penalty(thing: str) -> dict[str, Any]:
    # 行政处罚法 60: a decision within 90 days of filing
    gravities = (("minor", "0", "5000"), ("general", "5000", "20000"), ("serious", "20000", "50000"))
    return {
        "legal_limit": {"value": 90, "unit": "calendar_day"},
        "benchmarks": [
            {"gravity": gravity, "conduct": f"{thing}违法情节", "fine_min": low, "fine_max": high}
            for gravity, low, high in gravities
        ],
    }


def write(path: Path) -> int:
    """Write the catalogue, one item a line; returns how many there are."""
    items = load_items()
    lines = b",\n".join(orjson.dumps(item) for item in items)
    path.write_bytes(b'{"items":[\n' + lines + b"\n]}\n")
    return len(items)


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
