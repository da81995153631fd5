"""Cards: issued findings with a life of their own (签收、反馈、撤销、销号), and how facts change them.

A card is one per (rule, case, occurrence, moment): its id is made of these, so that a rebuild gives the same cards.
Of a case and family only the gravest live card counts, the milder ones are superseded. A later fact that takes a
finding away revokes its card by itself; a notice closes by itself when its case has ended.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from services.monitoring.domain.findings import SEVERITY_ORDER, Finding

NAMESPACE = uuid.UUID("5b3f6f0e-6f0f-5c7b-9d6c-7d9b2f4b8a10")
# issued and not revoked; a card that was closed in the end has counted all the same
LIVE = frozenset({"issued", "signed", "replied", "kept", "appealed", "upheld", "rectified"})
COUNTING = LIVE | {"closed"}
RECHECK, CLOCK = "recheck", "clock"
CLEARED = "补报的事实表明没有违反"


@dataclass(frozen=True, slots=True)
class Card:
    """One card as it stands.

    Args:
        hash: digest of rule version, calendar version, preset and evidence (rules.md §5).
        state: pending · issued · signed · replied · kept · appealed · upheld · rectified · closed · revoked · dropped ·
            superseded.
        mode: auto, confirmed (a person let it go), manual (a person wrote it).
        by, note: who acted last and what was said.
        reply_due_on, appeal_due_on, decide_due_on, rectify_due_on: last days of the due process.
        escalated_from: the yellow card that was not rectified.
        acts: ids of the acts of persons that are folded in.
    """

    card_id: str
    rule_id: str
    rule_version: str
    family: str
    severity: str
    case_no: str
    org_code: str
    org_name: str
    region_code: str
    item_code: str | None
    item_name: str | None
    occurrence: str
    ground: str
    ground_en: str
    text: str
    text_en: str
    evidence: tuple[str, ...]
    hash: str
    calendar_version: str
    preset: str
    due_on: date | None
    working_days_left: int | None
    became_true_at: datetime
    issued_at: datetime
    state: str = "issued"
    superseded_by: str | None = None
    by: str | None = None
    note: str | None = None
    changed_at: datetime | None = None
    mode: str = "auto"
    step: str | None = None
    escalated_from: str | None = None
    reply_due_on: date | None = None
    appeal_due_on: date | None = None
    decide_due_on: date | None = None
    rectify_due_on: date | None = None
    replied_at: datetime | None = None
    appealed_at: datetime | None = None
    upheld_at: datetime | None = None
    rectified_at: datetime | None = None
    was_appealed: bool = False
    was_returned: bool = False
    was_escalated: bool = False
    acts: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Change:
    """A card after something happened to it; `act` is the last part of the wire type (`issued`, `revoked`, …).

    `is_told` False = the log has told it already, a rebuild reads it again.
    """

    act: str
    card: Card
    at: datetime
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Bearings:
    """What a card cites beside its finding."""

    org_code: str
    org_name: str
    region_code: str
    item_code: str | None
    item_name: str | None
    calendar_version: str
    preset: str


def card_id(case_no: str, finding: Finding) -> str:
    """uuid5(rule, subject, occurrence, became_true_at) (decision 15); the severity tells the rung of a ladder."""
    words = (finding.rule_id, case_no, finding.occurrence, finding.severity, finding.became_true_at.isoformat())
    return str(uuid.uuid5(NAMESPACE, "\n".join(words)))


def issue(case_no: str, finding: Finding, bearings: Bearings, now: datetime) -> Card:
    """A new card for a finding."""
    card = Card(
        card_id=card_id(case_no, finding),
        rule_id=finding.rule_id,
        rule_version=finding.rule_version,
        family=finding.family,
        severity=finding.severity,
        case_no=case_no,
        org_code=bearings.org_code,
        org_name=bearings.org_name,
        region_code=bearings.region_code,
        item_code=bearings.item_code,
        item_name=bearings.item_name,
        occurrence=finding.occurrence,
        ground=finding.ground,
        ground_en=finding.ground_en,
        text=finding.text,
        text_en=finding.text_en,
        evidence=finding.evidence,
        hash="",
        calendar_version=bearings.calendar_version,
        preset=bearings.preset,
        due_on=finding.due_on,
        working_days_left=finding.working_days_left,
        became_true_at=finding.became_true_at,
        issued_at=now,
        changed_at=now,
        state="pending" if finding.mode == "confirmed" else "issued",
        mode=finding.mode,
        step=finding.step,
        escalated_from=finding.escalated_from,
    )
    return replace(card, hash=cited_digest(card))


def cited_digest(card: Card) -> str:
    """Digest over what the card cites (rules.md §5): whoever has the events can make it again."""
    cited: dict[str, Any] = {
        "rule": f"{card.rule_id}/{card.rule_version}",
        "calendar": card.calendar_version,
        "preset": card.preset,
        "evidence": sorted(card.evidence),
        "became_true_at": card.became_true_at.astimezone(UTC).isoformat(),
        "case_no": card.case_no,
        "severity": card.severity,
    }
    return hashlib.sha256(msgspec.json.encode(cited, order="sorted")).hexdigest()


def reconcile(
    case_no: str,
    cards: Mapping[str, Card],
    findings: Iterable[Finding],
    proven_up_to: datetime | None,
    bearings: Bearings,
    now: datetime,
    *,
    may_issue: bool,
) -> list[Change]:
    """What must happen so that the cards say what the facts say.

    Args:
        findings: everything that is true of the case by its facts, also what comes true later.
        proven_up_to: the instant up to which the case's sources are proven complete; later findings wait. None = the
            case itself is unproven: nothing new is issued.
        may_issue: whether cards are issued at this moment; they are at looks, when whatever was on its way is here.
    """
    walk = _Walk(dict(cards), now)
    due = {card_id(case_no, finding): finding for finding in findings}
    for key, card in cards.items():
        if card.mode == "manual":
            continue
        if (card.live or card.state == "pending") and key not in due:
            walk.put("revoked", replace(card, state="revoked", by=RECHECK, note=CLEARED, changed_at=now))
        elif card.live and due[key].is_over:
            walk.put("closed", replace(card, state="closed", by=RECHECK, note="已办结，预警自动销号", changed_at=now))
    for key, finding in due.items():
        is_proven = may_issue and proven_up_to is not None and finding.became_true_at <= proven_up_to
        if is_proven and not finding.is_over:
            known = walk.cards.get(key)
            if known is None:
                card = issue(case_no, finding, bearings, now)
                walk.put(card.state, card)
            elif known.state == "revoked" and known.by == RECHECK:
                # the facts have come back to what they first said
                walk.put("issued", replace(known, state="issued", by=None, note=None, changed_at=now))
    _settle_ranks(walk, due)
    return walk.changes


def _settle_ranks(walk: _Walk, due: Mapping[str, Finding]) -> None:
    """Of each family only the gravest counts (decision 30); a milder one comes back when the graver is gone."""
    for family in {card.family for card in walk.cards.values()}:
        ranked = [
            card
            for key, card in walk.cards.items()
            if card.family == family
            and key in due
            and not due[key].is_over
            and (card.state in COUNTING or card.state == "superseded")
        ]
        if not ranked:
            continue
        top = max(ranked, key=lambda c: (SEVERITY_ORDER[c.severity], c.became_true_at, c.card_id))
        if top.state == "superseded":
            walk.put("issued", replace(top, state="issued", superseded_by=None, changed_at=walk.now))
        for card in ranked:
            if card.live and card.card_id != top.card_id:
                walk.put(
                    "superseded",
                    replace(card, state="superseded", superseded_by=top.card_id, changed_at=walk.now),
                )


class _Walk:
    """Cards as they become, and what happened on the way."""

    def __init__(self, cards: dict[str, Card], now: datetime) -> None:
        self.cards, self.now = cards, now
        self.changes: list[Change] = []

    def put(self, act: str, card: Card) -> None:
        self.cards[card.card_id] = card
        self.changes.append(Change(act, card, self.now))


@dataclass(frozen=True, slots=True)
class Refused:
    """An act of a person that cannot be; `message` says why and what can."""

    code: str
    message: str
    message_en: str
