"""The typed bodies of `approval.*`: cases, clocks and penalties as facts of ours (topic `approval.cases.v1`)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from libs.common.kernel.events.clocks import Clock
from libs.common.kernel.events.codes import (
    CaseKind,
    CaseNo,
    CaseResult,
    Code,
    DeliveryWay,
    Digest,
    Instant,
    Key,
    Money,
    Name,
    SubmitChannel,
    Text,
    Version,
)
from libs.common.kernel.events.hall_penalty import Gravity, PenaltyKind
from libs.common.kernel.events.parts import (
    Decision,
    Document,
    LicenceDoc,
    Organisation,
    Part,
    PublicParty,
    SealedParty,
    Secrecy,
    ServicePoint,
)


class ApprovalBody(Part, frozen=True, kw_only=True):
    """Common to `approval.*`; what the hall never sent stays None.

    `as_of` is the legal instant at which approval folded the case.
    """

    case_no: CaseNo
    org_code: Key
    region_code: Key
    as_of: Instant
    item_code: Code | None = None
    item_name: Name | None = None
    item_version: Version | None = None
    org_name: Name | None = None
    service_point: ServicePoint | None = None
    by_proxy: bool | None = None
    submit_channel: SubmitChannel | None = None
    case_kind: CaseKind | None = None


class _Clocks(ApprovalBody, frozen=True, kw_only=True):
    clocks: tuple[Clock, ...]
    accepted_on: date | None = None


class CaseOpened(_Clocks, frozen=True, kw_only=True):
    """`approval.case.opened`."""


class CaseAccepted(_Clocks, frozen=True, kw_only=True):
    """`approval.case.accepted`."""


class CaseClockChanged(_Clocks, frozen=True, kw_only=True):
    """`approval.case.clock_changed`: a clock changed (a light that merely turns emits nothing, decision 30)."""


class _Deemed(ApprovalBody, frozen=True, kw_only=True):
    kind: Literal["accepted", "renewed", "joint_consent", "granted"]
    ground: Text
    true_at: Instant
    doc: Document | None = None


class CaseDeemed(_Deemed, frozen=True, kw_only=True):
    """`approval.case.deemed`: silence has the effect that the law gives it, dated `true_at` (decision 7)."""


class CaseDeemedAnnulled(_Deemed, frozen=True, kw_only=True):
    """`approval.case.deemed_annulled`: a later fact proved timeliness; `by_event` is that event's id."""

    by_event: Name | None = None


class CaseDecided(ApprovalBody, frozen=True, kw_only=True):
    """`approval.case.decided`: all that disclosure needs to judge and to publish.

    `secrecy` = the hall's flags and the item's defaults; None = not reviewed by the hall (decision 33).
    """

    result: CaseResult
    decision_hash: Digest
    decision: Decision | None = None
    licences: tuple[LicenceDoc, ...] = ()
    party_public: PublicParty | None = None
    party_sealed: SealedParty | None = None
    secrecy: Secrecy | None = None
    reason: Text | None = None
    accepted_on: date | None = None


class CaseDelivered(ApprovalBody, frozen=True, kw_only=True):
    """`approval.case.delivered` 送达."""

    served_at: Instant | None = None
    way: DeliveryWay | None = None
    result: CaseResult | None = None


class CaseClosed(ApprovalBody, frozen=True, kw_only=True):
    """`approval.case.closed`: nothing more is expected; `result` None = withdrawn, refused or passed on.

    `state` is the state of the case as the API names it.
    """

    result: CaseResult | None = None
    state: Code | None = None
    served_at: Instant | None = None
    way: DeliveryWay | None = None
    reason: Text | None = None


class PenaltyDecided(ApprovalBody, frozen=True, kw_only=True):
    """`approval.penalty.decided`: as the hall's, with the party in its public and its sealed shape; money in yuan."""

    decision_hash: Digest
    decision: Decision | None = None
    party_public: PublicParty | None = None
    party_sealed: SealedParty | None = None
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


class _AfterPenalty(ApprovalBody, frozen=True, kw_only=True):
    """An act about an earlier decision; `new` holds the changed fields under their wire names."""

    decision_hash: Digest
    decision_no: Name | None = None
    reason: Text | None = None
    new: dict[str, Any] | None = None
    how: Text | None = None
    party_public: PublicParty | None = None
    party_sealed: SealedParty | None = None


class PenaltyChanged(_AfterPenalty, frozen=True, kw_only=True):
    """`approval.penalty.changed`."""


class PenaltyRevoked(_AfterPenalty, frozen=True, kw_only=True):
    """`approval.penalty.revoked`."""


class PenaltyFulfilled(_AfterPenalty, frozen=True, kw_only=True):
    """`approval.penalty.fulfilled`."""
