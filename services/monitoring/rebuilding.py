"""What a rebuild of the supervision reads, compares and takes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Database
from libs.common.runtime.rebuild import People, Rebuilding
from libs.common.runtime.settings import Settings
from services.monitoring.domain.cards import RECHECK
from services.monitoring.main import SERVICE, TOPICS, build_parts
from services.monitoring.store.files import archive

REFERENCE = "approval.reference.v1"

COMPARED = {
    "cases": "SELECT case_no, kind, source, org_code, item_code, accepted_on, promise_due_on, legal_due_on, notice_on,"
    " yellow_on, red_on, pauses, ended_on, result FROM {s}.case_file",
    # a card that a later fact took back before anybody could see its cause again has no second life
    "cards": "SELECT card_id, case_no, rule_id, family, severity, state, org_code, item_code, became_true_at"
    " FROM {s}.card WHERE state NOT IN ('revoked', 'superseded', 'dropped')",
    "sources": "SELECT source, complete_up_to FROM {s}.source",
    "regions": "SELECT region_code, name, timezone, calendar, preset FROM {s}.region",
}
# A card keeps the instant at which it was issued and every step of its history; those that were taken back stay.
CARRIED = (
    "UPDATE {shadow}.card AS n SET issued_at = o.issued_at, changed_at = o.changed_at, body = o.body"
    " FROM {live}.card AS o WHERE o.card_id = n.card_id AND o.state = n.state",
    "INSERT INTO {shadow}.card SELECT * FROM {live}.card AS o WHERE o.state IN ('revoked', 'superseded', 'dropped')"
    " ON CONFLICT (card_id) DO NOTHING",
    "DELETE FROM {shadow}.card_entry AS n USING {shadow}.card AS c, {live}.card AS o"
    " WHERE n.card_id = c.card_id AND o.card_id = c.card_id AND o.state = c.state",
    "INSERT INTO {shadow}.card_entry (card_id, at, act, state, by, note)"
    " SELECT e.card_id, e.at, e.act, e.state, e.by, e.note FROM {live}.card_entry AS e"
    " JOIN {live}.card AS o USING (card_id) JOIN {shadow}.card AS c USING (card_id)"
    " WHERE o.state = c.state ORDER BY e.seq",
)
# The due process of a card counts from its issue, and that was an act of the first life: the second takes its instant
# over and looks at the case again.
_ISSUED = "SELECT card_id, issued_at::text, body ->> 'reply_due_on' FROM {live}.card"
_AS_ISSUED = text(
    """
    UPDATE card AS n SET issued_at = CAST(o.issued_at AS timestamptz), body = n.body
        || jsonb_build_object('issued_at', CAST(o.issued_at AS timestamptz))
        || CASE WHEN n.body ->> 'reply_due_on' IS NULL THEN '{}'::jsonb
           ELSE jsonb_build_object('reply_due_on', o.reply_due_on) END
    FROM unnest(CAST(:ids AS text[]), CAST(:issued AS text[]), CAST(:due AS text[]))
        AS o (card_id, issued_at, reply_due_on)
    WHERE o.card_id = n.card_id
    """
)
_LOOK_AGAIN = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT 'cases', case_no, :kind, min(issued_at) FROM card WHERE card_id = ANY(:ids) GROUP BY case_no
    ON CONFLICT (line, subject, kind) DO UPDATE SET due_at = EXCLUDED.due_at, waits_for = NULL
    """
)


async def _as_issued(rows: Sequence[tuple[Any, ...]], shadow: Database) -> None:
    ids, issued, due = ([row[n] for row in rows] for n in range(3))
    async with shadow.transaction() as tx:
        await tx.execute(_AS_ISSUED, {"ids": ids, "issued": issued, "due": due})
        await tx.execute(_LOOK_AGAIN, {"ids": ids, "kind": RECHECK})


def rebuilding(settings: Settings) -> Rebuilding:
    """Everything is folded again, reference data first; drafts of rules stand in no topic and are kept."""
    return Rebuilding(
        service=SERVICE,
        topics=(REFERENCE, *(topic for topic in TOPICS if topic != REFERENCE)),
        lines=build_parts(settings).lines,
        inbox=archive(),
        compared=COMPARED,
        kept=("rule_version", "progress"),
        carried=CARRIED,
        people=People(_ISSUED, _as_issued),
    )
