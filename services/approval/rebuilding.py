"""What a rebuild of approval reads, compares and takes over: its read side, from the events that it let in."""

from __future__ import annotations

from libs.common.kernel.events.type_info import HALL_EVENTS, SUPERVISION_FINDINGS
from libs.common.runtime.rebuild import Rebuilding
from libs.common.runtime.settings import Settings
from services.approval.main import SERVICE, build_parts
from services.approval.store.cases import archive

COMPARED = {
    "events": "SELECT source, id, type, subject, happened_at FROM {s}.event",
    "cases": "SELECT case_no, kind, source, region_code, org_code, item_code, case_kind, state, result, accepted_on,"
    " ended_at, due_on, due_at, notice_at, yellow_at, red_at, final_light FROM {s}.case_file",
    "cards": "SELECT card_id, case_no, severity, rule_id, state FROM {s}.card",
}
# What was told of a case keeps its numbers, so that the next fact goes on where the last one stood.
CARRIED = (
    "UPDATE {shadow}.case_file AS n SET told = o.told, changed_at = o.changed_at, revision = o.revision"
    " FROM {live}.case_file AS o WHERE o.case_no = n.case_no",
    "UPDATE {shadow}.event AS n SET received_at = o.received_at FROM {live}.event AS o"
    " WHERE (o.source, o.id) = (n.source, n.id)",
)
# The intake's receipts, owners and keys, reference data and what is held back stand in no topic.
KEPT = ("receipt", "case_owner", "case_key", "reference", "feed_case", "api_key", "held_fact")


def rebuilding(settings: Settings) -> Rebuilding:
    """`hall.events.v1` is what the intake let in: nothing is judged, sealed or stamped again."""
    return Rebuilding(
        service=SERVICE,
        topics=(HALL_EVENTS, SUPERVISION_FINDINGS),
        made=frozenset({"event", "case_file", "card"}),
        lines=build_parts(settings).lines,
        inbox=archive(),
        compared=COMPARED,
        kept=KEPT,
        carried=CARRIED,
    )
