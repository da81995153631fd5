"""The review desk: acts of people on one record, and what they amount to (政府信息公开条例第十七条).

Two different persons must act before a held record goes out. A redaction is its author's approval of the redacted
copy and asks for a second person again. After an escalation an approval must name the meeting that decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from libs.common.kernel.errors import Problem
from services.disclosure.domain.judgement import scan

REVIEW_VERBS = frozenset({"approve", "redact", "withhold", "escalate"})
RECORD_VERBS = frozenset({"correct", "withdraw"})
PERSONS_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Deed:
    """One act of a person.

    Args:
        verb: approve · redact · withhold · escalate (on a review) · correct · withdraw (on a record).
        on: what the person saw: the review id; for correct and withdraw the decision_hash (set when the deed is done).
        fields: redacted or corrected values by field; None takes the field away.
        meeting: number of the minutes of a collective decision.
        hides_earlier: the corrected text must not stay readable in the history.
    """

    id: str
    record_id: str
    verb: str
    on: str
    by: str
    at: datetime
    reason: str
    ground: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    meeting: str | None = None
    hides_earlier: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a review stands: `state` ∈ open · seconding · escalated · approved · withheld."""

    state: str
    persons: tuple[str, ...]
    redactions: Mapping[str, Any]
    escalated: bool
    reason: str


def review_id(record_id: str, decision_hash: str, copy_digest: str) -> str:
    """One review per record and version of what is to be shown; a new version is a new review."""
    return str(uuid5(UUID(record_id), f"review\x1f{decision_hash}\x1f{copy_digest}"))


def verdict_of(deeds: Sequence[Deed]) -> Verdict:
    """Folds the deeds on one review, in order of their instants."""
    persons: list[str] = []
    redactions: dict[str, Any] = {}
    state, escalated, reason = "open", False, ""
    for deed in sorted(deeds, key=lambda d: (d.at, d.id)):
        if state in ("approved", "withheld"):
            break
        reason = deed.reason or reason
        if deed.verb == "withhold":
            state, persons = "withheld", [*persons, deed.by]
        elif deed.verb == "escalate":
            state, escalated, persons = "escalated", True, []
        elif deed.verb == "redact":
            redactions |= dict(deed.fields)
            state, persons = "seconding", [deed.by]
        elif deed.by not in persons and (deed.meeting or not escalated):
            persons.append(deed.by)
            state = "approved" if len(persons) >= PERSONS_NEEDED else "seconding"
    return Verdict(state, tuple(dict.fromkeys(persons)), redactions, escalated, reason)


def refuse_review(deed: Deed, verdict: Verdict, copy: Mapping[str, Any]) -> Problem | None:
    """Why this deed on an open review cannot be done; None if it can."""
    if verdict.state in ("approved", "withheld"):
        return Problem(
            "REVIEW_CLOSED",
            "",
            "该审查已经结束，请刷新待审列表",
            "this review is closed: reload the list of held records",
        )
    if not deed.reason.strip():
        return _no_reason()
    if deed.verb == "approve" and deed.by in verdict.persons:
        return Problem(
            "SECOND_PERSON_NEEDED",
            "",
            "公开待审记录须由两人先后同意，请由另一人审查",
            "two different persons must agree before a held record goes out: ask a colleague to act",
        )
    if deed.verb == "approve" and verdict.escalated and not deed.meeting:
        return Problem(
            "MEETING_NEEDED",
            "/meeting",
            "该记录已提请集体研究，请填写会议纪要编号",
            "the record was escalated to a collective decision: give the number of the minutes",
        )
    return _refuse_fields(deed.fields, copy) if deed.verb == "redact" else None


def refuse_change(deed: Deed, showing: bool, fields: Mapping[str, Any], allowed: frozenset[str]) -> Problem | None:
    """Why this correction or withdrawal cannot be done; None if it can."""
    if not showing:
        return Problem(
            "NOT_PUBLIC", "", "该记录目前没有公开，无须更正或撤下", "the record is not public now: nothing to change"
        )
    if not deed.reason.strip():
        return _no_reason()
    if scan(deed.reason)[1]:
        return Problem(
            "PERSONAL_DATA",
            "/reason",
            "理由会公开，请去掉其中的个人信息",
            "the reason is published: take the personal data out of it",
        )
    if deed.verb == "withdraw":
        return None
    if not deed.fields:
        return Problem("NO_FIELDS", "/fields", "请写明要更正的字段", "say which fields are to be corrected")
    return _refuse_fields(deed.fields, dict.fromkeys(allowed, "") | dict(fields))


def _no_reason() -> Problem:
    return Problem("REASON_NEEDED", "/reason", "请写明理由", "give the reason")


def _refuse_fields(changes: Mapping[str, Any], copy: Mapping[str, Any]) -> Problem | None:
    for name, value in changes.items():
        if name not in copy:
            return Problem(
                "FIELD_NOT_PUBLIC",
                f"/fields/{name}",
                f"字段 {name} 不在可公开的字段中",
                f"the field {name} is not one that may become public",
            )
        if value is not None and not isinstance(value, str):
            return Problem("FIELD_NOT_TEXT", f"/fields/{name}", "字段值应为文字", "the value of a field is text")
        if value is not None and scan(value)[1]:
            return Problem(
                "PERSONAL_DATA",
                f"/fields/{name}",
                "改后的文字仍含个人信息",
                "the new text still holds personal data",
            )
    return None
