"""A finding: what a rule found in a case, before it is a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Severity = Literal["notice", "yellow", "red"]
Mode = Literal["auto", "confirmed", "manual", "shadow", "off"]
SEVERITY_ORDER: dict[str, int] = {"notice": 0, "yellow": 1, "red": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach, or one approach to it.

    Args:
        rule_id, family, severity: of the rule that found it.
        occurrence: which time within the case (`1`, or the seqno of the act).
        became_true_at: the instant at which it became true (not when it was noticed).
        ground, ground_en: article and reason.
        evidence: ids of the events that show it.
        due_on: the day that was missed or nears.
        working_days_left: of a notice.
        text, text_en: the finding in one sentence.
        is_over: what it announces cannot come any more (a notice whose case has ended): it is not issued, and closes.
        mode: auto = issued by itself; confirmed = waits for a person's word; shadow and off = never a card.
        group: findings of one group are told as one card of the organisation.
        mended_at: when the act that was due was done after all: it rectifies the card.
    """

    rule_id: str
    family: str
    severity: Severity
    occurrence: str
    became_true_at: datetime
    ground: str
    ground_en: str
    evidence: tuple[str, ...]
    text: str
    text_en: str
    due_on: date | None = None
    working_days_left: int | None = None
    step: str | None = None
    is_over: bool = False
    rule_version: str = "1"
    mode: Mode = "auto"
    group: str | None = None
    escalated_from: str | None = None
    mended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """What a check found: a finding without its rule, whose family, ground and version the catalogue adds.

    Args:
        group: hits of one group make one card of the organisation (a broken source, a pattern) and none of the case.
        ground, ground_en: only where the rule's own words do not say enough.
    """

    severity: Severity
    at: datetime
    evidence: tuple[str, ...]
    text: str
    text_en: str
    occurrence: str = "1"
    due_on: date | None = None
    working_days_left: int | None = None
    step: str | None = None
    is_over: bool = False
    group: str | None = None
    ground: str | None = None
    ground_en: str | None = None
    mended_at: datetime | None = None
