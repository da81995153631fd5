"""`hall.step.*`, `hall.special.*`, `hall.hearing.*`, `hall.inspection.*`, `hall.joint.*`, `hall.notice_period.*`."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from libs.common.kernel.events.codes import Code, Count, Instant, Name, Text
from libs.common.kernel.events.parts import Approver, CaseBody, Document, Limit, Person


class StepCompleted(CaseBody, frozen=True, kw_only=True):
    """`hall.step.completed` 环节: one act inside a case (承办, 审核, 批准)."""

    expected: ClassVar[tuple[str, ...]] = ("step_code", "step_name", "outcome", "started_at", "ended_at")

    step_code: Literal["handle", "review", "approve", "other"] | None = None
    step_name: Name | None = None
    outcome: Literal["agreed", "disagreed", "returned", "other"] | None = None
    opinion: Text | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    limit: Limit | None = None
    post: Name | None = None


SpecialKind = Literal[
    "extension",
    "hearing",
    "tender",
    "auction",
    "inspection",
    "testing",
    "quarantine",
    "appraisal",
    "expert_review",
    "other_local",
]


class SpecialStarted(CaseBody, frozen=True, kw_only=True):
    """`hall.special.started` 特别程序: an extension, or time that the legal clock does not count (许可法 42, 45)."""

    expected: ClassVar[tuple[str, ...]] = ("special_kind", "reason")

    special_kind: SpecialKind | None = None
    reason: Text | None = None
    decided_on: date | None = None
    approver: Approver | None = None
    limit: Limit | None = None
    notice: Document | None = None


class SpecialEnded(CaseBody, frozen=True, kw_only=True):
    """`hall.special.ended`; its `seqno` pairs it with its start."""

    result: Text | None = None


class HearingInformed(CaseBody, frozen=True, kw_only=True):
    """`hall.hearing.informed`: the right to a hearing was told (许可法 47)."""

    expected: ClassVar[tuple[str, ...]] = ("duty", "served_at")

    duty: Literal["law", "public_interest", "asked"] | None = None
    served_at: Instant | None = None


class HearingRequested(CaseBody, frozen=True, kw_only=True):
    """`hall.hearing.requested`."""

    expected: ClassVar[tuple[str, ...]] = ("requested_by",)

    requested_by: Name | None = None


class HearingNoticed(CaseBody, frozen=True, kw_only=True):
    """`hall.hearing.noticed`: time and place were told."""

    expected: ClassVar[tuple[str, ...]] = ("hearing_at", "place")

    hearing_at: Instant | None = None
    place: Name | None = None


class HearingHeld(CaseBody, frozen=True, kw_only=True):
    """`hall.hearing.held` 听证."""

    expected: ClassVar[tuple[str, ...]] = ("chair", "record_no")

    chair: Person | None = None
    record_no: Name | None = None
    hearing_at: Instant | None = None
    place: Name | None = None


class InspectionHeld(CaseBody, frozen=True, kw_only=True):
    """`hall.inspection.held` 现场核查, by two of the staff or more; it stops no legal clock."""

    expected: ClassVar[tuple[str, ...]] = ("inspectors", "result")

    inspectors: tuple[Person, ...] | None = None
    result: Text | None = None


class JointOpined(CaseBody, frozen=True, kw_only=True):
    """`hall.joint.opined` 并联意见 of one authority."""

    expected: ClassVar[tuple[str, ...]] = ("group_no", "opinion")

    group_no: Code | None = None
    opinion: Literal["agree", "object", "no_objection"] | None = None
    reason: Text | None = None


class JointMet(CaseBody, frozen=True, kw_only=True):
    """`hall.joint.met` 联审会议."""

    expected: ClassVar[tuple[str, ...]] = ("group_no", "convened_at", "attendees", "absent")

    group_no: Code | None = None
    convened_at: Instant | None = None
    attendees: tuple[Code, ...] | None = None
    absent: tuple[Code, ...] | None = None


class NoticePeriodStarted(CaseBody, frozen=True, kw_only=True):
    """`hall.notice_period.started` 公示 before a decision."""

    expected: ClassVar[tuple[str, ...]] = ("days", "place")

    days: Count | None = None
    place: Name | None = None


class NoticePeriodEnded(CaseBody, frozen=True, kw_only=True):
    """`hall.notice_period.ended`."""

    days: Count | None = None
    place: Name | None = None
