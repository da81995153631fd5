"""The shapes of the supervision's HTTP interface (contract/api.md) and how rows become them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from services.monitoring.domain.cards import Card
from services.monitoring.domain.rules.rule import Rule
from services.monitoring.ports import Preset
from services.monitoring.store.files import read_card
from services.monitoring.store.queries import LIGHTS, Board
from services.monitoring.store.rules import StoredVersion


class ActIn(BaseModel):
    """What a person says with an act: the text of a feedback, the reason of a revocation; `outcome` of `decide`."""

    text: str | None = Field(None, max_length=4000)
    outcome: Literal["uphold", "revoke", "pass_up"] | None = None


class ReplyIn(BaseModel):
    """A feedback to many cards: one text for all, or a text for each in `texts`."""

    card_ids: list[str] = Field(min_length=1, max_length=500)
    text: str | None = Field(None, max_length=4000)
    texts: dict[str, str] = Field(default_factory=dict)


class CardIn(BaseModel):
    """A manual card: what happened, on what it rests, whom it blames."""

    rule_id: str
    severity: Literal["yellow", "red"]
    org_code: str = Field(min_length=1, max_length=64)
    org_name: str = Field(min_length=1, max_length=500)
    region_code: str = Field(min_length=1, max_length=64)
    text: str = Field(min_length=1, max_length=4000)
    basis: str = Field(min_length=1, max_length=4000)
    case_no: str | None = Field(None, min_length=1, max_length=64)
    item_code: str | None = Field(None, max_length=64)
    evidence: list[str] = Field(default_factory=list, max_length=100)


class ScopeIn(BaseModel):
    """Where a version holds; an empty list limits nothing."""

    regions: list[str] = Field(default_factory=list, max_length=200)
    orgs: list[str] = Field(default_factory=list, max_length=2000)
    items: list[str] = Field(default_factory=list, max_length=2000)


class RuleIn(BaseModel):
    """A draft of a rule; what is left out stays as it is. `parameters` without the rule's id before their names."""

    name: str | None = Field(None, max_length=200)
    name_en: str | None = Field(None, max_length=200)
    family: Literal["TIME", "PROC", "MAT", "FEE", "AUTH", "DISC", "SERV", "DATA", "GAME"] | None = None
    severities: list[Literal["notice", "yellow", "red"]] = Field(default_factory=list, max_length=3)
    ground: str | None = Field(None, max_length=2000)
    ground_en: str | None = Field(None, max_length=2000)
    mode: Literal["auto", "confirmed", "manual", "shadow", "off"] | None = None
    parameters: dict[str, int] = Field(default_factory=dict)
    scope: ScopeIn = Field(default_factory=ScopeIn)
    expression: str | None = Field(None, max_length=4000)
    effective_from: date | None = None
    effective_to: date | None = None
    origin: str | None = Field(None, max_length=2000)


class BacktestIn(BaseModel):
    """Over which days a rule is tried, and with which parameters; `use_draft` = the draft that waits for approval."""

    from_on: date = Field(alias="from")
    to_on: date = Field(alias="to")
    parameters: dict[str, int] = Field(default_factory=dict)
    use_draft: bool = False


def version_document(version: StoredVersion, zone: ZoneInfo) -> dict[str, Any]:
    """One version as the office drafted it."""
    return {
        "version": version.rule.version,
        "state": version.state,
        "mode": version.rule.mode,
        "parameters": dict(version.rule.parameters),
        "expression": version.rule.expression,
        "effective_from": version.rule.effective_from,
        "effective_to": version.rule.effective_to,
        "author": version.author,
        "drafted_at": version.drafted_at.astimezone(zone),
        "approver": version.approver,
        "approved_at": version.approved_at.astimezone(zone) if version.approved_at else None,
    }


def card_document(card: Card, state: str, zone: ZoneInfo) -> dict[str, Any]:
    """A card as lists and single answers show it."""
    return {
        "card_id": card.card_id,
        "rule_id": card.rule_id,
        "rule_version": card.rule_version,
        "family": card.family,
        "severity": card.severity,
        "state": state,
        "mode": card.mode,
        "case_no": card.case_no if "/" not in card.case_no else None,
        "file": card.case_no,
        "org_code": card.org_code,
        "org_name": card.org_name,
        "region_code": card.region_code,
        "item_code": card.item_code,
        "item_name": card.item_name,
        "became_true_at": card.became_true_at.astimezone(zone),
        "issued_at": card.issued_at.astimezone(zone),
        "due_on": card.due_on,
        "working_days_left": card.working_days_left,
        "text": card.text,
        "text_en": card.text_en,
        "ground": card.ground,
        "ground_en": card.ground_en,
        "evidence": list(card.evidence),
        "hash": card.hash,
        "calendar_version": card.calendar_version,
        "preset": card.preset,
        "step": card.step,
        "reply_due_on": card.reply_due_on,
        "appeal_due_on": card.appeal_due_on,
        "decide_due_on": card.decide_due_on,
        "rectify_due_on": card.rectify_due_on,
        "escalated_from": card.escalated_from,
        "superseded_by": card.superseded_by,
        "by": card.by,
        "note": card.note,
    }


def card_page(rows: Sequence[tuple[Any, str]], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [card_document(read_card(body), state, zone) for body, state in rows]


def entry_document(entry: Any, zone: ZoneInfo) -> dict[str, Any]:
    """One line of a card's history."""
    return {
        "at": entry.at.astimezone(zone),
        "act": entry.act,
        "state": entry.state,
        "by": entry.by,
        "note": entry.note,
    }


def board_document(board: Board, as_of: datetime, stale: Sequence[str]) -> dict[str, Any]:
    """Organisations by lights; totals are sums of the rows."""
    on_time, counted = board.timely
    return {
        "as_of": as_of,
        "sources_stale": list(stale),
        "totals": {**board.totals, "opened_today": board.opened_today, "ended_today": board.ended_today},
        "timely": rate(on_time, counted),
        "organisations": [
            {
                "org_code": row.org_code,
                "org_name": row.org_name,
                "open": row.open,
                "lights": {light: row.lights.get(light, 0) for light in LIGHTS},
                "turning_tomorrow": row.turning,
                "timely": rate(*row.timely),
            }
            for row in board.rows
        ],
    }


def rate(numerator: int, denominator: int) -> dict[str, Any]:
    """A rate with its parts; an empty denominator has no rate (rules.md §10: "-", never 0 or 100 %)."""
    value = f"{(100 * numerator + 0.0) / denominator:.2f}" if denominator else None
    return {"numerator": numerator, "denominator": denominator, "percent": value}


def case_document(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    """A case in a list, with its light."""
    ended_at: datetime | None = row.ended_at
    return {
        "case_no": row.case_no,
        "org_code": row.org_code,
        "org_name": row.org_name,
        "item_code": row.item_code,
        "item_name": row.item_name,
        "source": row.source,
        "accepted_on": row.accepted_on,
        "promise_due_on": row.promise_due_on,
        "legal_due_on": row.legal_due_on,
        "ended_at": ended_at.astimezone(zone) if ended_at else None,
        "ended_on": row.ended_on,
        "result": row.result,
        "light": row.light,
    }


def rule_document(rule: Rule, presets: Mapping[str, Preset]) -> dict[str, Any]:
    """A rule with its parameters in each preset."""
    return {
        "rule_id": rule.id,
        "version": rule.version,
        "family": rule.family,
        "severities": list(rule.severities),
        "name": rule.name,
        "name_en": rule.name_en,
        "ground": rule.ground,
        "mode": rule.mode,
        "state": "effective",
        "scope": {"regions": rule.scope.regions, "orgs": rule.scope.orgs, "items": rule.scope.items},
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "author": rule.author,
        "approver": rule.approver,
        "expression": rule.expression,
        "defaults": dict(rule.parameters),
        "parameters": {
            name: {key: value for key, value in preset.parameters.items() if key.startswith(f"{rule.id}.")}
            for name, preset in presets.items()
        },
    }
