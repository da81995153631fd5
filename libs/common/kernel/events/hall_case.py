"""`hall.application.*`, `hall.case.*`, `hall.supplement.*`, `hall.paper.*`: the life of a case at the hall.

Bodies that hold a party are generic in its shape: `CaseAccepted[Party]` is what a hall sends,
`CaseAccepted[SealedParty]` what stands on `hall.events.v1`; `isinstance(data, CaseAccepted)` holds for both.
"""

from __future__ import annotations

from typing import ClassVar, Generic, Literal

from libs.common.kernel.events.codes import CaseKind, CaseResult, Code, Instant, Name, SubmitChannel, Text
from libs.common.kernel.events.parts import (
    CaseBody,
    Check,
    Decision,
    Document,
    Fee,
    Ground,
    Intermediary,
    Joint,
    LicenceDoc,
    Limit,
    Material,
    P,
    Renewal,
    Secrecy,
)


class ApplicationSubmitted(CaseBody, Generic[P], frozen=True, kw_only=True):
    """`hall.application.submitted` 申办."""

    expected: ClassVar[tuple[str, ...]] = ("item_name", "submit_channel", "party")

    item_name: Name | None = None
    project_name: Name | None = None
    submit_channel: SubmitChannel | None = None
    by_proxy: bool | None = None
    receipt_no: Name | None = None
    original_case_no: Code | None = None
    project_code: Code | None = None
    query_code: Code | None = None
    materials: tuple[Material, ...] | None = None
    party: P | None = None


class ApplicationPrereviewed(CaseBody, frozen=True, kw_only=True):
    """`hall.application.prereviewed` 预受理."""

    expected: ClassVar[tuple[str, ...]] = ("state",)

    state: Literal["passed", "refused", "supplement"] | None = None
    reason: Text | None = None


class CaseAccepted(CaseBody, Generic[P], frozen=True, kw_only=True):
    """`hall.case.accepted` 受理: freezes limits, units, item version and region (decision 5)."""

    accept_doc: Document | None = None
    case_kind: CaseKind | None = None
    legal_limit: Limit | None = None
    promise_limit: Limit | None = None
    renewal_of: Renewal | None = None
    joint: Joint | None = None
    fee_expected: bool | None = None
    quantity_limited: bool | None = None
    checklist: tuple[Check, ...] | None = None
    materials: tuple[Material, ...] | None = None
    party: P | None = None


class CaseRefused(CaseBody, frozen=True, kw_only=True):
    """`hall.case.refused` 不受理/不予受理."""

    expected: ClassVar[tuple[str, ...]] = ("refusal", "reason", "remedy_told")

    refusal: Literal["not_required", "not_competent", "not_accepted"] | None = None
    reason: Text | None = None
    grounds: tuple[Ground, ...] | None = None
    remedy_told: bool | None = None
    doc: Document | None = None


class SupplementRequested(CaseBody, frozen=True, kw_only=True):
    """`hall.supplement.requested` 补正告知, told once (许可法 32)."""

    expected: ClassVar[tuple[str, ...]] = ("materials", "reason")

    materials: tuple[Material, ...] | None = None
    reason: Text | None = None
    reply_within: Limit | None = None
    notice: Document | None = None
    intermediary: Intermediary | None = None


class SupplementReceived(CaseBody, frozen=True, kw_only=True):
    """`hall.supplement.received` 补正受理; `complete` starts the case clock (decision 6)."""

    expected: ClassVar[tuple[str, ...]] = ("materials", "complete")

    materials: tuple[Material, ...] | None = None
    complete: bool | None = None


class SupplementLapsed(CaseBody, frozen=True, kw_only=True):
    """`hall.supplement.lapsed` 补正不来."""

    expected: ClassVar[tuple[str, ...]] = ("reason",)

    reason: Text | None = None


class CasePassedUp(CaseBody, frozen=True, kw_only=True):
    """`hall.case.passed_up` 转报: this authority's clock ends, a linked case opens upstairs."""

    expected: ClassVar[tuple[str, ...]] = ("to_org_code",)

    to_org_code: Code | None = None
    materials: tuple[Material, ...] | None = None
    reason: Text | None = None


class CaseTransferred(CaseBody, frozen=True, kw_only=True):
    """`hall.case.transferred` 转办 to another organisation of the same level."""

    expected: ClassVar[tuple[str, ...]] = ("to_org_code",)

    to_org_code: Code | None = None
    materials: tuple[Material, ...] | None = None
    reason: Text | None = None


class CaseWithdrawn(CaseBody, frozen=True, kw_only=True):
    """`hall.case.withdrawn` 撤回申请, by the applicant."""

    reason: Text | None = None


class PaperHandedOver(CaseBody, frozen=True, kw_only=True):
    """`hall.paper.handed_over`: the file reached another organisation."""

    expected: ClassVar[tuple[str, ...]] = ("to_org_code", "arrived_at")

    to_org_code: Code | None = None
    materials: tuple[Material, ...] | None = None
    reason: Text | None = None
    arrived_at: Instant | None = None


class CaseCompleted(CaseBody, frozen=True, kw_only=True):
    """`hall.case.completed` 办结: any terminal result.

    `licence` is the short form of a `licences` with one element; read `all_licences`.
    """

    expected: ClassVar[tuple[str, ...]] = ("result",)

    result: CaseResult | None = None
    reason: Text | None = None
    grounds: tuple[Ground, ...] | None = None
    remedy_told: bool | None = None
    decision: Decision | None = None
    licences: tuple[LicenceDoc, ...] | None = None
    licence: LicenceDoc | None = None
    secrecy: Secrecy | None = None
    fee: Fee | None = None

    @property
    def all_licences(self) -> tuple[LicenceDoc, ...]:
        """Every licence of the grant, whichever form the hall used."""
        return (self.licences or ()) + ((self.licence,) if self.licence else ())
