"""What the page of a card shows: the finding, the calculation, the article, the evidence, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from libs.common.runtime.auth import Principal
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from services.monitoring.domain.card_process import STEPS
from services.monitoring.domain.cards import Card
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.judging import reading_of
from services.monitoring.pages.answers import answers
from services.monitoring.pages.pictures import card_row, draw
from services.monitoring.ports import Office

# the articles that a card quotes, by its rule; their words stand in the catalogue
ARTICLES = {
    "S03": ("licensing_42",),
    "S13": ("licensing_45",),
    "S14": ("licensing_45",),
    "S34": ("licensing_40",),
}

# the word of the form → the act
ACTS = {
    "sign": "signed", "reply": "replied", "appeal": "appealed", "rectify": "rectified", "keep": "kept",
    "return": "returned", "uphold": "upheld", "pass_up": "passed_up", "revoke": "revoked", "verify": "verified",
    "close": "closed", "confirm": "confirmed", "drop": "dropped",
}  # fmt: skip
# who decides on cards: the supervision office itself
OFFICE = ("supervisor", "supervisor-admin", "admin")
DUES = {
    "issued": ("reply_due_on", "appeal_due_on"),
    "signed": ("reply_due_on", "appeal_due_on"),
    "kept": ("appeal_due_on",),
    "appealed": ("decide_due_on",),
    "upheld": ("rectify_due_on",),
}


def is_office(who: Principal | None) -> bool:
    """Whether somebody decides on cards, or only answers them."""
    return who is not None and who.role in OFFICE


def open_acts(card: Card, *, may_answer: bool, may_decide: bool) -> list[dict[str, Any]]:
    """The acts that the card's state and the viewer's role allow, first those that go on."""
    if card.severity == "notice" and card.state != "pending":
        return []
    return [
        {"value": word, "needs_text": STEPS[act].needs_text}
        for word, act in ACTS.items()
        if card.state in STEPS[act].states
        and (may_decide if STEPS[act].by_office else may_answer)
        # an appeal is the organisation's own
        and not (act == "appealed" and may_decide)
    ]


def card_context(
    card: Card,
    entries: Sequence[Any],
    file: CaseFile | None,
    office: Office,
    now: datetime,
    t: Texts,
    formats: Formats,
) -> dict[str, Any]:
    """Everything about the card; the clocks as the supervision counts them now."""
    others = sorted((file.cards.values() if file else ()), key=lambda c: c.became_true_at, reverse=True)
    context: dict[str, Any] = {
        "card": card_row(card, card.state, t),
        "others": [card_row(c, c.state, t) for c in others if c.card_id != card.card_id],
        "articles": ARTICLES.get(card.rule_id, ()),
        "entries": [
            {
                "at": formats.when(entry.at, now),
                "datetime": entry.at.isoformat(),
                "title": t.or_code("supervision.act", entry.act),
                "text": t("supervision.case.join").join(filter(None, (entry.by, entry.note))),
            }
            for entry in reversed(entries)
        ],
        "evidence": [act.event for act in file.acts.values() if act.event.id in card.evidence] if file else [],
        "quote": quote_of(card, office),
        "dues": [(key, day) for key in DUES.get(card.state, ()) if (day := getattr(card, key)) is not None],
        "strip": None,
        "answers": [],
    }
    reading = reading_of(file, office) if file is not None else None
    if reading is not None:
        proceeding, clocks, subject = reading
        today = now.astimezone(proceeding.zone).date()
        context["strip"] = draw(proceeding, clocks, today, subject.calendar, t)
        context["answers"] = answers(proceeding, clocks, today, subject.calendar, t, formats, unproven=False)
    return context


def quote_of(card: Card, office: Office) -> str:
    """The words of the article, as the rule quotes them; empty where it quotes none."""
    rule = office.rules.get(card.rule_id)
    return rule.quote if rule is not None else ""
