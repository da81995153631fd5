"""The known answers of deadlines, lights, working days, fees, identifiers and masks hold.

`cases/` holds the project's own table in the same form; the papers beside the project, where they are, add theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.kernel.errors import Problem
from libs.common.kernel.identifiers import (
    check_credit_code,
    check_resident_id,
    judge_credit_code,
    judge_resident_id,
)
from libs.common.kernel.masking import mask_mobile, mask_name, mask_resident_id
from libs.common.kernel.statutory_clock import CaseClock, DeadlineQuery, Pause, deadline, due, light
from libs.common.runtime.calendars import load_calendars
from services.disclosure.domain.fees import fee_by_cases, fee_by_pages

FOLDERS = (Path(__file__).parent / "cases", Path(__file__).parents[2].parent / "shared" / "vectors")
CALENDAR = load_calendars().default
TODAY = date(2026, 11, 22)
FEES = {"cases": fee_by_cases, "pages": fee_by_pages}
MASKS = {"name": mask_name, "resident_id": mask_resident_id, "mobile": mask_mobile}

Vector = dict[str, Any]


def vectors(file: str, *names: str) -> list[Any]:
    """The vectors of the named lists in both folders, each with its id."""
    return list(_read(file, names))


def _read(file: str, names: tuple[str, ...]) -> Iterator[Any]:
    for folder in FOLDERS:
        path = folder / file
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        for name in names:
            for place, vector in enumerate(content.get(name, ())):
                yield pytest.param(vector, id=f"{folder.name}-{vector.get('id', f'{name}-{place}')}")


@pytest.mark.parametrize("vector", vectors("deadlines.json", "vectors"))
def test_deadline(vector: Vector) -> None:
    """The due day or the code, the warning, and the same without a trace."""
    fields = {key: value for key, value in vector.items() if key in DeadlineQuery.__struct_fields__}
    query = msgspec.convert(fields, DeadlineQuery)
    found, fast = deadline(query, CALENDAR), due(query, CALENDAR)
    if isinstance(found, Problem) or isinstance(fast, Problem):
        assert found == fast and isinstance(found, Problem) and found.code == vector["error"]
        return
    assert str(found.deadline) == vector["expected"]
    assert list(found.warnings) == ([vector["warning"]] if "warning" in vector else [])
    assert (fast.deadline, fast.warnings) == (found.deadline, found.warnings)


@pytest.mark.parametrize("vector", vectors("deadlines.json", "light_vectors"))
def test_light(vector: Vector) -> None:
    """Days used, both remainders and the light (the vectors spell `notice` as `hint` in places)."""
    clock = CaseClock(
        start=date.fromisoformat(vector["start"]),
        promise_n=vector["promise_n"],
        legal_n=vector["legal_n"],
        pauses=tuple(msgspec.convert(vector["pauses"], list[Pause])),
    )
    found = light(clock, date.fromisoformat(vector["as_of"]), CALENDAR)
    expected = vector["expected"] | {"light": vector["expected"]["light"].replace("hint", "notice")}
    assert {key: getattr(found, key) for key in expected} == expected


@pytest.mark.parametrize("vector", vectors("deadlines.json", "workday_vectors"))
def test_working_day(vector: Vector) -> None:
    """Worked or not."""
    assert CALENDAR.is_working_day(date.fromisoformat(vector["date"])) is vector["workday"]


@pytest.mark.parametrize("vector", vectors("deadlines.json", "fee_vectors"))
def test_processing_fee(vector: Vector) -> None:
    """The fee by cases of a month or by pages of a case."""
    assert FEES[vector["kind"]](vector["n"]) == vector["expected_total_yuan"]


@pytest.mark.parametrize("vector", vectors("identifiers.json", "uscc_valid", "uscc_invalid"))
def test_credit_code(vector: Vector) -> None:
    """Judged as it stands."""
    verdict = judge_credit_code(vector["value"])
    assert verdict.error == vector.get("error")
    if verdict.parts is not None:
        assert verdict.parts == {key: vector[key] for key in ("department", "category", "region", "org_code")}


@pytest.mark.parametrize("vector", vectors("identifiers.json", "resident_id_valid", "resident_id_invalid"))
def test_resident_id(vector: Vector) -> None:
    """Judged as it stands, as of the vectors' day."""
    verdict = judge_resident_id(vector["value"], TODAY)
    assert verdict.error == vector.get("error")
    if verdict.parts is not None:
        assert (verdict.parts["birth"], verdict.parts["sex"]) == (vector["birth"], vector["sex"])


@pytest.mark.parametrize("vector", vectors("identifiers.json", "uscc_edge"))
def test_credit_codes_at_the_edge(vector: Vector) -> None:
    """Small letters are normalised; a wrong inner check digit is a warning."""
    verdict = check_credit_code(vector["value"])
    assert verdict.valid and verdict.normalised == vector.get("normalised", vector["value"])
    assert verdict.warnings == (("ORGCODE_CHECK",) if vector.get("gb11714") == "fail" else ())


@pytest.mark.parametrize("vector", vectors("identifiers.json", "resident_id_edge"))
def test_resident_ids_at_the_edge(vector: Vector) -> None:
    """A small x is normalised; a sequence that is not known to be issued is a warning."""
    verdict = check_resident_id(vector["value"], TODAY)
    assert verdict.valid and verdict.normalised == vector.get("normalised", vector["value"])
    assert ("SEQUENCE" in verdict.warnings) is ("SEQUENCE" in vector["rule"])


@pytest.mark.parametrize("vector", vectors("identifiers.json", "masking"))
def test_mask(vector: Vector) -> None:
    """The masked form."""
    assert MASKS[vector["kind"]](vector["value"]) == vector["masked"]
