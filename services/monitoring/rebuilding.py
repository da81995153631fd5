"""What a rebuild of the supervision reads, compares and takes over.

Cards are acts of the office: people were told of them on a certain day, and their due process counts from it. A rebuild
folds every case anew, puts the cards as they were issued beside the facts, and judges: a card that the facts do not
bear goes, one that is missing comes, and the others are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.runtime.database import Database
from libs.common.runtime.rebuild import People, Rebuilding
from libs.common.runtime.settings import Settings
from services.monitoring.main import SERVICE, TOPICS, build_parts
from services.monitoring.store.files import archive

REFERENCE = "approval.reference.v1"

COMPARED = {
    "cases": "SELECT case_no, kind, source, org_code, item_code, accepted_on, promise_due_on, legal_due_on, notice_on,"
    " yellow_on, red_on, pauses, ended_on, result FROM {s}.case_file",
    # an organisation's month is judged while it goes on: what is missing there comes with the swap and is no difference
    "cards": "SELECT card_id, case_no, rule_id, family, severity, state, org_code, item_code, became_true_at"
    " FROM {s}.card WHERE case_no NOT LIKE 'org/%'",
    "sources": "SELECT source, complete_up_to FROM {s}.source",
    "regions": "SELECT region_code, name, timezone, calendar, preset FROM {s}.region",
}
_ISSUED = (
    "SELECT body, (SELECT jsonb_agg(e ORDER BY e.seq) FROM {live}.card_entry AS e WHERE e.card_id = c.card_id)"
    " FROM {live}.card AS c ORDER BY card_id"
)
# The columns follow from the card itself, so that one that was changed by hand is found.
_CARDS = text(
    """
    INSERT INTO card SELECT (jsonb_populate_record(NULL::card, c || jsonb_build_object('body', c))).*
    FROM jsonb_array_elements(CAST(:cards AS jsonb)) AS c
    """
)
_ENTRIES = text(
    """
    INSERT INTO card_entry (card_id, at, act, state, by, note)
    SELECT e.card_id, e.at, e.act, e.state, e.by, e.note
    FROM jsonb_array_elements(CAST(:entries AS jsonb)) WITH ORDINALITY AS r (entry, n),
        jsonb_to_record(r.entry) AS e (card_id text, at timestamptz, act text, state text, by text, note text)
    ORDER BY r.n
    """
)


async def _issue_again(rows: Sequence[tuple[Any, ...]], shadow: Database) -> None:
    cards = [body for body, _ in rows]
    entries = [entry for _, history in rows for entry in history or ()]
    async with shadow.transaction() as tx:
        await tx.execute(_CARDS, {"cards": msgspec.json.encode(cards).decode()})
        await tx.execute(_ENTRIES, {"entries": msgspec.json.encode(entries).decode()})


def rebuilding(settings: Settings) -> Rebuilding:
    """Everything is folded again, reference data first; what persons drafted or ordered stands in no topic."""
    return Rebuilding(
        service=SERVICE,
        topics=(REFERENCE, *(topic for topic in TOPICS if topic != REFERENCE)),
        made=frozenset({"event", "case_file", "card", "card_entry", "source", "region", "reference", "hit"}),
        lines=build_parts(settings).lines,
        inbox=archive(),
        compared=COMPARED,
        kept=("rule_version", "progress", "report", "supervision_order", "complaint_number"),
        people=People(_ISSUED, _issue_again),
    )
