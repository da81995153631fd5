"""A field that should come and does not is marked, never refused; a source is not blamed for what it cannot send."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from libs.common.kernel.events import codec
from libs.common.kernel.events.quality import SourceProfile, due_moment, quality_issues
from tests.contracts.golden_files import PUBLISHED, golden, wire

STRUCTURAL = ("case_no", "item_code", "org_code", "region_code")


def marks(wire_type: str, profile: SourceProfile | None = None, **changes: Any) -> set[tuple[str, str]]:
    """(code, pointer) of the issues of a golden event with other fields (None takes one away)."""
    event = golden(wire_type)
    event["data"] = {name: value for name, value in (event["data"] | changes).items() if value is not None}
    decoded = codec.decode(wire(event))
    issues = quality_issues(decoded, profile) if profile else quality_issues(decoded)
    assert all(issue.message and issue.message_en for issue in issues)
    return {(issue.code, issue.pointer) for issue in issues}


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_golden_event_is_whole(path: Any) -> None:
    """The examples of the contract lack nothing."""
    assert quality_issues(codec.decode(path.read_bytes())) == ()


def test_the_structural_minimum_is_taken_and_marked() -> None:
    """Four fields are enough to be taken (decision 13); what is missing is told."""
    event = golden("hall.application.submitted")
    event["data"] = {name: event["data"][name] for name in STRUCTURAL}
    issues = quality_issues(codec.decode(wire(event)))
    assert [issue.pointer for issue in issues] == [
        f"/data/{name}" for name in ("org_name", "item_name", "submit_channel", "party")
    ]


CASES: list[tuple[str, dict[str, Any], set[tuple[str, str]]]] = [
    ("hall.supplement.requested", {"reason": "  "}, {("MISSING_MANDATORY", "/data/reason")}),
    ("hall.joint.met", {"absent": []}, set()),
    ("hall.case.accepted", {"accept_doc": {"name": "通知书"}}, {("MISSING_MANDATORY", "/data/accept_doc/no")}),
    ("hall.case.accepted", {"legal_limit": {"value": 20}}, {("LIMIT_EMPTY", "/data/legal_limit")}),
    ("hall.case.accepted", {"legal_limit": {"due_on": "2026-03-20", "claimed": True}}, set()),
    ("hall.case.accepted", {"promise_limit": {"value": 0, "unit": "working_day"}}, set()),
    ("hall.case.accepted", {"legal_limit": None, "promise_limit": None}, set()),
    ("hall.case.accepted", {"materials": [{"name": "a"}, {}]}, {("MISSING_MANDATORY", "/data/materials/1/name")}),
    ("hall.case.completed", {"result": "denied", "reason": None}, {("MISSING_MANDATORY", "/data/reason")}),
    ("hall.case.completed", {"result": "completed_plain", "reason": None, "decision": None, "licences": None}, set()),
    ("hall.case.completed", {"licences": None}, {("MISSING_MANDATORY", "/data/licences")}),
    ("hall.complaint.opened", {"due": "2026-02-30"}, {("NO_SUCH_DAY", "/data/due")}),
]


@pytest.mark.parametrize(("wire_type", "changes", "expected"), CASES)
def test_each_defect_is_marked_at_its_place(
    wire_type: str, changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    """Blank texts, empty limits, what a result owes, days that do not exist."""
    assert marks(wire_type, **changes) == expected


def test_one_licence_in_the_short_form_is_a_licence() -> None:
    """`licence{}` and `licences[]` say the same."""
    licence = golden("hall.case.completed")["data"]["licences"][0]
    assert marks("hall.case.completed", licences=None, licence=licence) == set()


def test_a_source_is_not_blamed_for_what_it_cannot_send() -> None:
    """A profile excuses a field of one type or of all, with everything under it."""
    profile = SourceProfile(frozenset({("hall.case.refused", "remedy_told"), ("*", "doc")}))
    assert marks("hall.case.refused", profile, remedy_told=None, doc={"name": "x"}) == set()
    assert marks("hall.case.refused", profile, reason=None) == {("MISSING_MANDATORY", "/data/reason")}


@pytest.mark.parametrize(
    ("due", "moment"),
    [
        (None, None),
        ("2026-03-09", date(2026, 3, 9)),
        ("2026-03-09t18:00:00z", datetime(2026, 3, 9, 18, tzinfo=UTC)),
        ("2026-02-30", None),
    ],
)
def test_a_due_text_is_a_day_or_an_instant(due: str | None, moment: date | None) -> None:
    """Halls state either; neither is guessed."""
    assert due_moment(due) == moment
