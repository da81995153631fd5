"""What a rebuild of the supervision reads, compares and takes over."""

from __future__ import annotations

from libs.common.runtime.rebuild import Rebuilding
from libs.common.runtime.settings import Settings
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
    )
