"""The events that tell of cards and sources; each carries all that a reader needs."""

from __future__ import annotations

from typing import Any

from libs.common.kernel.events import supervision
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.spine import Fact
from services.monitoring.domain.cards import Change

FINDINGS = "supervision.findings.v1"
SOURCE = "//sunlit/monitoring"
CARD = "supervision.card."
BODIES = {
    "issued": supervision.CardIssued,
    "revoked": supervision.CardRevoked,
    "closed": supervision.CardClosed,
    "superseded": supervision.CardSuperseded,
    "pending": supervision.CardPending,
    "dropped": supervision.CardDropped,
    "signed": supervision.CardSigned,
    "replied": supervision.CardReplied,
    "kept": supervision.CardKept,
    "returned": supervision.CardReturned,
    "appealed": supervision.CardAppealed,
    "passed_up": supervision.CardPassedUp,
    "upheld": supervision.CardUpheld,
    "rectified": supervision.CardRectified,
    "verified": supervision.CardVerified,
    "escalated": supervision.CardEscalated,
}
TOLD = (
    "card_id", "rule_id", "rule_version", "family", "severity", "org_code", "org_name", "region_code", "item_code",
    "item_name", "step", "ground", "evidence", "hash", "calendar_version", "preset", "due_on", "working_days_left",
    "became_true_at", "issued_at", "state", "escalated_from", "superseded_by", "by", "mode", "reply_due_on",
)  # fmt: skip


def fact_of(change: Change, traceparent: str | None = None) -> Fact:
    """The event that tells what happened to a card; it carries all that a reader needs.

    Args:
        traceparent: the trace of what led to it; None = that of whoever acts now.
    """
    card = change.card
    told: dict[str, Any] = {name: getattr(card, name) for name in TOLD}
    is_case = "/" not in card.case_no
    act = "issued" if change.act == "confirmed" else change.act
    body = BODIES[act](
        **told,
        case_no=card.case_no if is_case else None,
        file=card.case_no,
        text=card.note or card.text,
    )
    event = new_event(
        f"{CARD}{act}",
        card.case_no if is_case else f"org:{card.org_code}",
        body,
        time=change.at,
        source=SOURCE,
        id=act_id(change),
        org=card.org_code,
        region=card.region_code,
        traceparent=traceparent,
    )
    return Fact(FINDINGS, event)


def act_id(change: Change) -> str:
    """The id of the event that tells of this change: the same in every life."""
    act = "issued" if change.act == "confirmed" else change.act
    return f"{change.card.card_id}/{act}/{int(change.at.timestamp())}"
