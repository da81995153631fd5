"""`hall.penalty.*` 行政处罚, from filing to fulfilment; a penalty has a case number and no item (decision 13)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Generic, Literal

from libs.common.kernel.events.codes import (
    CaseNo,
    Code,
    Instant,
    Key,
    Money,
    Name,
    Text,
    Version,
)
from libs.common.kernel.events.parts import (
    Decision,
    Limit,
    Organisation,
    P,
    Part,
    Person,
    Secrecy,
    ServicePoint,
    SourceRaw,
)

PenaltyKind = Literal[
    "warning",
    "criticism",
    "fine",
    "confiscation",
    "suspend_licence",
    "downgrade",
    "revoke_licence",
    "restrict_operation",
    "stop_business",
    "close",
    "restrict_employment",
    "detention",
    "other",
]
Gravity = Literal["minor", "general", "serious"]


class PenaltyBody(Part, frozen=True, kw_only=True):
    """What every body of a penalty holds."""

    expected: ClassVar[tuple[str, ...]] = ("org_name",)

    case_no: CaseNo
    org_code: Key
    region_code: Key
    org_name: Name | None = None
    item_code: Code | None = None
    item_version: Version | None = None
    service_point: ServicePoint | None = None
    handler: Person | None = None
    raw: SourceRaw | None = None
    extra: dict[str, Any] | None = None


class PenaltyFiled(PenaltyBody, frozen=True, kw_only=True):
    """`hall.penalty.filed` 立案."""

    expected: ClassVar[tuple[str, ...]] = ("cause",)

    cause: Text | None = None
    limit: Limit | None = None
    major: bool | None = None


class PenaltyNoticed(PenaltyBody, frozen=True, kw_only=True):
    """`hall.penalty.noticed` 告知."""

    expected: ClassVar[tuple[str, ...]] = ("served_at",)

    served_at: Instant | None = None


class Reviewer(Part, frozen=True, kw_only=True):
    """Who reviewed the legality; `qualified` = holds the legal qualification (处罚法 58)."""

    no: Code | None = None
    qualified: bool | None = None


class PenaltyLegalReviewed(PenaltyBody, frozen=True, kw_only=True):
    """`hall.penalty.legal_reviewed` 法制审核."""

    expected: ClassVar[tuple[str, ...]] = ("reviewer",)

    reviewer: Reviewer | None = None


class PenaltyDiscussed(PenaltyBody, frozen=True, kw_only=True):
    """`hall.penalty.discussed` 集体讨论; attendees by number or by name."""

    expected: ClassVar[tuple[str, ...]] = ("attendees",)

    attendees: tuple[Name | Person, ...] | None = None


class PenaltyHearingHeld(PenaltyBody, frozen=True, kw_only=True):
    """`hall.penalty.hearing_held`."""

    expected: ClassVar[tuple[str, ...]] = ("chair", "record_no")

    chair: Person | None = None
    record_no: Name | None = None


class PenaltyDecided(PenaltyBody, Generic[P], frozen=True, kw_only=True):
    """`hall.penalty.decided` 处罚决定; money in yuan.

    `valid_until` is the end of publication that the hall states, `minor_person` = the party is under age.
    """

    expected: ClassVar[tuple[str, ...]] = (
        "decision",
        "party",
        "violation",
        "facts",
        "basis",
        "kinds",
        "content",
        "valid_until",
        "gravity",
        "source_org",
    )

    decision: Decision | None = None
    party: P | None = None
    violation: Text | None = None
    facts: Text | None = None
    basis: Text | None = None
    benchmark: Text | None = None
    kinds: tuple[PenaltyKind, ...] | None = None
    content: Text | None = None
    fine: Money | None = None
    confiscated: Money | None = None
    licence_affected: Name | None = None
    valid_until: date | None = None
    gravity: Gravity | None = None
    simple_procedure: bool | None = None
    minor_person: bool | None = None
    source_org: Organisation | None = None
    secrecy: Secrecy | None = None


class _AfterDecision(PenaltyBody, frozen=True, kw_only=True):
    """An act about an earlier decision; `new` holds the changed fields under their wire names."""

    decision_no: Name | None = None
    reason: Text | None = None
    new: dict[str, Any] | None = None
    how: Text | None = None


class PenaltyChanged(_AfterDecision, frozen=True, kw_only=True):
    """`hall.penalty.changed` 变更."""

    expected: ClassVar[tuple[str, ...]] = ("decision_no", "reason", "new")


class PenaltyRevoked(_AfterDecision, frozen=True, kw_only=True):
    """`hall.penalty.revoked` 撤销（处罚）."""

    expected: ClassVar[tuple[str, ...]] = ("decision_no", "reason")


class PenaltyFulfilled(_AfterDecision, frozen=True, kw_only=True):
    """`hall.penalty.fulfilled` 履行."""

    expected: ClassVar[tuple[str, ...]] = ("decision_no",)
