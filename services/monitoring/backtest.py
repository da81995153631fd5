"""A rule tried over history: the cards that it would have issued, per organisation, beside those that stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from services.monitoring.domain.cards import COUNTING, card_id
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.findings import Finding
from services.monitoring.domain.rules.catalogue import ask
from services.monitoring.domain.rules.rule import InForce, Rule
from services.monitoring.judging import reading_of
from services.monitoring.ports import Office

SHOWN_MAX = 200


@dataclass(slots=True)
class OrgTrial:
    """One organisation: cards that the rule would have issued, those it has, and what would differ."""

    org_code: str
    org_name: str
    would: dict[str, int] = field(default_factory=dict)
    today: dict[str, int] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def backtest(
    files: Iterable[CaseFile], office: Office, rule: Rule, parameters: Mapping[str, int], first_on: date, last_on: date,
    as_of: datetime,
) -> list[OrgTrial]:  # fmt: skip
    """What a version of a rule finds in these files, of what became true in [first_on, last_on] and up to `as_of`.

    Args:
        parameters: names with the rule's id (`S15.red_over`); they override the preset's and the rule's own.
    """
    orgs: dict[str, OrgTrial] = {}
    for file in files:
        reading = reading_of(file, office)
        if reading is None:
            continue
        proceeding, _, subject = reading
        trial = orgs.setdefault(proceeding.org_code, OrgTrial(proceeding.org_code, proceeding.org_name))
        preset = office.preset_of(proceeding.region_code).parameters
        values = {**rule.parameters, **{k: v for k, v in preset.items() if k.startswith(f"{rule.id}.")}, **parameters}
        version = InForce(rule, {name.partition(".")[2]: value for name, value in values.items()})
        found = [
            f for f in ask(subject, version) if _counts(f, subject.day(f.became_true_at), first_on, last_on, as_of)
        ]
        would = {card_id(file.case_no, finding): finding for finding in found}
        today = {
            card.card_id: card
            for card in file.cards.values()
            if card.rule_id == rule.id
            and card.state in (*COUNTING, "superseded")
            and first_on <= subject.day(card.became_true_at) <= last_on
        }
        for finding in would.values():
            trial.would[finding.severity] = trial.would.get(finding.severity, 0) + 1
        for card in today.values():
            trial.today[card.severity] = trial.today.get(card.severity, 0) + 1
        trial.added += [file.case_no for key in would if key not in today]
        trial.gone += [file.case_no for key in today if key not in would]
    for trial in orgs.values():
        trial.added, trial.gone = sorted(set(trial.added))[:SHOWN_MAX], sorted(set(trial.gone))[:SHOWN_MAX]
    return sorted((t for t in orgs.values() if t.would or t.today), key=lambda t: t.org_code)


def _counts(finding: Finding, day: date, first_on: date, last_on: date, as_of: datetime) -> bool:
    return not finding.is_over and first_on <= day <= last_on and finding.became_true_at <= as_of
