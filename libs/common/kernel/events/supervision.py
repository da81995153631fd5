"""The typed bodies of `supervision.*` (topic `supervision.findings.v1`); they name posts and organisations only."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import field

from libs.common.kernel.events.codes import (
    Code,
    Count,
    Instant,
    Key,
    Name,
    Points,
    Text,
    Version,
    Whole,
)
from libs.common.kernel.events.hall_service import ComplaintBody
from libs.common.kernel.events.parts import Part

Severity = Literal["notice", "yellow", "red"]
Mode = Literal["auto", "confirmed", "manual"]
CardState = Literal[
    "pending",
    "issued",
    "signed",
    "replied",
    "kept",
    "returned",
    "appealed",
    "passed_up",
    "upheld",
    "revoked",
    "rectified",
    "verified",
    "closed",
    "dropped",
    "escalated",
    "superseded",
]


class CardBody(Part, frozen=True, kw_only=True):
    """A card with all that a reader needs.

    Args:
        became_true_at: when the breach became true (not when it was noticed).
        issued_at: legal instant of issue; None while pending.
        evidence: ids of the events that prove it.
        hash: digest of the finding, the same after every rebuild.
        working_days_left: of a notice; negative = over.
        step: name of the step that the rule looked at.
        by, text: who acted (a post) and what was said, on acts of persons.
        file: the supervision's file: a case number, or `<kind>/<number>` of what is no case.
        reply_due_on: last day on which the organisation may give its feedback.
    """

    card_id: Key
    rule_id: Key
    severity: Severity
    mode: Mode
    org_code: Key
    ground: Text
    became_true_at: Instant
    state: CardState
    rule_version: Version | None = None
    preset: Code | None = None
    family: Code | None = None
    case_no: Code | None = None
    region_code: Code | None = None
    org_name: Name | None = None
    item_code: Code | None = None
    item_name: Name | None = None
    step: Name | None = None
    evidence: tuple[Name, ...] = ()
    hash: Code | None = None
    calendar_version: Version | None = None
    due_on: date | None = None
    working_days_left: Whole | None = None
    issued_at: Instant | None = None
    escalated_from: Code | None = None
    superseded_by: Code | None = None
    by: Name | None = None
    text: Text | None = None
    file: Name | None = None
    reply_due_on: date | None = None


class CardPending(CardBody, frozen=True, kw_only=True):
    """`supervision.card.pending`: waits for a person's confirmation."""


class CardIssued(CardBody, frozen=True, kw_only=True):
    """`supervision.card.issued` 发牌."""


class CardDropped(CardBody, frozen=True, kw_only=True):
    """`supervision.card.dropped`: not confirmed."""


class CardSigned(CardBody, frozen=True, kw_only=True):
    """`supervision.card.signed` 签收."""


class CardReplied(CardBody, frozen=True, kw_only=True):
    """`supervision.card.replied` 反馈."""


class CardKept(CardBody, frozen=True, kw_only=True):
    """`supervision.card.kept`: stands after the feedback."""


class CardReturned(CardBody, frozen=True, kw_only=True):
    """`supervision.card.returned`: the feedback is not enough."""


class CardAppealed(CardBody, frozen=True, kw_only=True):
    """`supervision.card.appealed` 申诉."""


class CardPassedUp(CardBody, frozen=True, kw_only=True):
    """`supervision.card.passed_up`: the appeal goes to the superior."""


class CardUpheld(CardBody, frozen=True, kw_only=True):
    """`supervision.card.upheld` 维持."""


class CardRevoked(CardBody, frozen=True, kw_only=True):
    """`supervision.card.revoked` 撤销（发牌）: points back."""


class CardRectified(CardBody, frozen=True, kw_only=True):
    """`supervision.card.rectified` 整改."""


class CardVerified(CardBody, frozen=True, kw_only=True):
    """`supervision.card.verified`."""


class CardClosed(CardBody, frozen=True, kw_only=True):
    """`supervision.card.closed` 销号."""


class CardEscalated(CardBody, frozen=True, kw_only=True):
    """`supervision.card.escalated` 升级."""


class CardSuperseded(CardBody, frozen=True, kw_only=True):
    """`supervision.card.superseded`: a graver card of the same case and family counts (decision 30)."""


class OrderBody(Part, frozen=True, kw_only=True):
    """督办; `to` is the code of the organisation that must answer."""

    order_no: Key
    to: Key
    text: Text
    card_id: Code | None = None
    case_no: Code | None = None
    due_on: date | None = None
    by: Name | None = None


class OrderIssued(OrderBody, frozen=True, kw_only=True):
    """`supervision.order.issued`."""


class OrderReplied(OrderBody, frozen=True, kw_only=True):
    """`supervision.order.replied`."""


class OrderReturned(OrderBody, frozen=True, kw_only=True):
    """`supervision.order.returned` 再督办."""


class OrderClosed(OrderBody, frozen=True, kw_only=True):
    """`supervision.order.closed`."""


class ScoreChanged(Part, frozen=True, kw_only=True):
    """`supervision.score.changed`: points that an event gave or took (decimal text), in a period (`2026-11`)."""

    org_code: Key
    period: Key
    points: Points
    event: Name
    head: Name | None = None


class _Source(Part, frozen=True, kw_only=True):
    source: Name
    from_at: Instant = field(name="from")
    to_at: Instant | None = field(name="to", default=None)
    cause: Text | None = None
    cases: Count = 0
    org_code: Code | None = None
    region_code: Code | None = None


class SourceStale(_Source, frozen=True, kw_only=True):
    """`supervision.source.stale` 数据中断: since `from`; `cases` open cases are grey."""


class SourceRecovered(_Source, frozen=True, kw_only=True):
    """`supervision.source.recovered` 恢复."""


class ComplaintOpened(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.opened`: entered at the desk itself; same fields as the hall's, one fold (decision 22)."""


class ComplaintAccepted(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.accepted`."""


class ComplaintReturned(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.returned`."""


class ComplaintArrived(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.arrived`."""


class ComplaintExtended(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.extended`."""


class ComplaintReplied(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.replied`."""


class ComplaintMet(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.met`."""


class ComplaintClosed(ComplaintBody, frozen=True, kw_only=True):
    """`supervision.complaint.closed`."""
