"""`hall.result.*`, `hall.fee.*`, `hall.evaluation.*`, `hall.consultation.*`, `hall.complaint.*`, materials, source."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from libs.common.kernel.events.codes import (
    CaseNo,
    Code,
    Count,
    DeliveryWay,
    Digest,
    Due,
    GotBy,
    Instant,
    Key,
    Money,
    Name,
    Text,
    Version,
)
from libs.common.kernel.events.parts import CaseBody, Part, Person, ServicePoint, SourceRaw, VoidedAct


class ResultCollected(CaseBody, frozen=True, kw_only=True):
    """`hall.result.collected` 送达."""

    expected: ClassVar[tuple[str, ...]] = ("way", "served_at")

    way: DeliveryWay | None = None
    served_at: Instant | None = None


class _FeeMoved(CaseBody, frozen=True, kw_only=True):
    expected: ClassVar[tuple[str, ...]] = ("fee_item", "amount", "pay_channel", "receipt_no")

    fee_item: Name | None = None
    amount: Money | None = None
    standard: Name | None = None
    exempt_reason: Text | None = None
    pay_channel: Name | None = None
    receipt_no: Name | None = None


class FeeCharged(_FeeMoved, frozen=True, kw_only=True):
    """`hall.fee.charged`; amount in yuan."""


class FeeRefunded(_FeeMoved, frozen=True, kw_only=True):
    """`hall.fee.refunded`; amount in yuan."""


class EvaluationSubmitted(CaseBody, frozen=True, kw_only=True):
    """`hall.evaluation.submitted` 好差评: 1 very good … 5 very bad; 4 and 5 are bad."""

    expected: ClassVar[tuple[str, ...]] = ("grade", "channel", "named", "service_no")

    grade: Literal[1, 2, 3, 4, 5] | None = None
    channel: Name | None = None
    named: bool | None = None
    by_default: bool | None = None
    comment: Text | None = None
    service_no: Code | None = None


class EvaluationHandled(CaseBody, frozen=True, kw_only=True):
    """`hall.evaluation.handled` 回访、整改: what was done about a bad rating."""

    expected: ClassVar[tuple[str, ...]] = ("step", "service_no")

    step: Literal["contacted", "rectified", "objected", "rejected_as_malicious"] | None = None
    satisfied: bool | None = None
    note: Text | None = None
    service_no: Code | None = None


class MaterialAttached(CaseBody, frozen=True, kw_only=True):
    """`hall.material.attached`: one file of the case, by its digest."""

    expected: ClassVar[tuple[str, ...]] = ("name", "got_by", "sha256")

    name: Name | None = None
    code: Code | None = None
    got_by: GotBy | None = None
    sha256: Digest | None = None


class RecordVoided(Part, frozen=True, kw_only=True):
    """`hall.record.voided` 误报作废: takes back an act of the same case; of penalties too, so no item is needed."""

    expected: ClassVar[tuple[str, ...]] = ("voids", "reason")

    case_no: CaseNo
    org_code: Key
    region_code: Key
    item_code: Code | None = None
    item_version: Version | None = None
    org_name: Name | None = None
    voids: VoidedAct | None = None
    reason: Text | None = None
    handler: Person | None = None
    raw: SourceRaw | None = None
    extra: dict[str, Any] | None = None


class SourceHeartbeat(Part, frozen=True, kw_only=True):
    """`hall.source.heartbeat`: the source has sent everything that happened up to `complete_up_to`."""

    expected: ClassVar[tuple[str, ...]] = ("complete_up_to",)

    complete_up_to: Instant | None = None
    open_cases: Count | None = None
    last_case_no: Code | None = None
    org_code: Code | None = None
    region_code: Code | None = None
    extra: dict[str, Any] | None = None


class _Desk(Part, frozen=True, kw_only=True):
    """What consultations and complaints hold: their number and the organisation (decision 13)."""

    org_code: Key
    org_name: Name | None = None
    region_code: Code | None = None
    case_no: Code | None = None
    item_code: Code | None = None
    service_point: ServicePoint | None = None
    handler: Person | None = None
    raw: SourceRaw | None = None
    extra: dict[str, Any] | None = None


class _Consultation(_Desk, frozen=True, kw_only=True):
    consultation_no: Key


class ConsultationOpened(_Consultation, frozen=True, kw_only=True):
    """`hall.consultation.opened` 咨询; `due` is a day or an instant."""

    expected: ClassVar[tuple[str, ...]] = ("channel", "question_class")

    channel: Name | None = None
    question_class: Name | None = None
    due: Due | None = None


class ConsultationAnswered(_Consultation, frozen=True, kw_only=True):
    """`hall.consultation.answered`."""

    expected: ClassVar[tuple[str, ...]] = ("answer_class",)

    answer_class: Name | None = None


class ComplaintBody(_Desk, frozen=True, kw_only=True):
    complaint_no: Key
    channel: Literal["hotline", "portal", "letter", "visit", "mailbox"] | None = None
    category: Name | None = None
    title: Text | None = None
    text: Text | None = None
    due: Due | None = None
    to_org_code: Code | None = None
    arrived_at: Instant | None = None
    reply_text: Text | None = None
    resolved: bool | None = None
    satisfied: bool | None = None
    stars: Literal[1, 2, 3, 4, 5] | None = None
    reason: Text | None = None


class ComplaintOpened(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.opened` 投诉、诉求; a hotline ticket has the channel `hotline`."""

    expected: ClassVar[tuple[str, ...]] = ("channel", "category", "title", "text")


class ComplaintAccepted(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.accepted` 派单: given to an organisation."""


class ComplaintReturned(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.returned` 退单: sent back by the organisation."""


class ComplaintArrived(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.arrived`: an officer reached the place."""

    expected: ClassVar[tuple[str, ...]] = ("arrived_at",)


class ComplaintExtended(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.extended`."""


class ComplaintReplied(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.replied`."""

    expected: ClassVar[tuple[str, ...]] = ("reply_text",)


class ComplaintMet(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.met` 约谈."""


class ComplaintClosed(ComplaintBody, frozen=True, kw_only=True):
    """`hall.complaint.closed`."""
