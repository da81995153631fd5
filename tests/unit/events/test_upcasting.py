"""Old bodies are lifted to the present version, step by step, in a registry made for the test."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.kernel.events.codes import CaseNo, LimitUnit
from libs.common.kernel.events.parts import Limit, Part
from libs.common.kernel.events.type_info import HALL_EVENTS, Registry, TypeInfo

TYPE = "hall.test.limited"


class Limited(Part, frozen=True, kw_only=True):
    """Version 3: the limit is an object and its unit is named."""

    case_no: CaseNo
    limit: Limit
    note: str


def one_to_two(body: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had `days`, always working days."""
    unit: LimitUnit = "working_day"
    return {name: value for name, value in body.items() if name != "days"} | {
        "limit": {"value": body["days"], "unit": unit}
    }


def two_to_three(body: dict[str, Any]) -> dict[str, Any]:
    """Version 2 had no note."""
    return body | {"note": ""}


REGISTRY = Registry(
    {TYPE: TypeInfo(TYPE, 3, Limited, HALL_EVENTS, "测试", "test", intake=Limited, key="case_no")},
    {(TYPE, 1): one_to_two, (TYPE, 2): two_to_three},
)


def message(version: int | None, body: dict[str, Any]) -> bytes:
    """An event of the test's type."""
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "//hall/330106/window",
        "type": TYPE,
        "subject": "C-1",
        "time": "2026-03-02T10:00:00+08:00",
        "data": {"case_no": "C-1"} | body,
    }
    if version is not None:
        event["dataschema"] = f"urn:sunlit:{TYPE}:{version}"
    return msgspec.json.encode(event)


@pytest.mark.parametrize(
    ("version", "body"),
    [
        (None, {"days": 20}),
        (1, {"days": 20}),
        (2, {"limit": {"value": 20, "unit": "working_day"}}),
        (3, {"limit": {"value": 20, "unit": "working_day"}, "note": ""}),
    ],
)
def test_every_version_gives_the_present_body(version: int | None, body: dict[str, Any]) -> None:
    """Absent = 1; each step lifts by one; topics and intake alike."""
    wanted = Limited(case_no="C-1", limit=Limit(value=20, unit="working_day"), note="")
    assert codec.decode(message(version, body), registry=REGISTRY).data == wanted
    assert codec.decode_intake(message(version, body), registry=REGISTRY).data == wanted


@pytest.mark.parametrize("version", [0, 4, 999_999])
def test_a_version_that_nobody_knows_is_refused(version: int) -> None:
    """A newer body is not read as an older one."""
    with pytest.raises(DataError, match="UNKNOWN_VERSION /dataschema"):
        codec.decode(message(version, {"days": 20}), registry=REGISTRY)


def test_a_gap_in_the_chain_is_refused() -> None:
    """Without the step from 1 to 2 a body of version 1 cannot be read."""
    gapped = Registry(REGISTRY.types, {(TYPE, 2): two_to_three})
    with pytest.raises(DataError, match="UNKNOWN_VERSION /dataschema"):
        codec.decode(message(1, {"days": 20}), registry=gapped)


def test_what_an_upcaster_cannot_read_is_the_data_s_fault() -> None:
    """An old body without the field that the step needs is a data error, not a crash."""
    with pytest.raises(DataError, match="NOT_OF_VERSION /data"):
        codec.decode(message(1, {}), registry=REGISTRY)
