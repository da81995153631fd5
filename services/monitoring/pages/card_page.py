"""What the page of a card shows: the finding, the calculation, the article, the evidence, the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from services.monitoring.domain.cards import Card
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.handlers import reading_of
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
