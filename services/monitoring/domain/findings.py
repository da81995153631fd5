"""A finding: what a rule found in a case, before it is a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Severity = Literal["notice", "yellow", "red"]
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
