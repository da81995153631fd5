"""What a rebuild of disclosure reads, compares and takes over.

What was published stays as it was published: the chain of releases and the transparency log are evidence and are never
made anew. A rebuild whose releases differ is refused a swap; a person must look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.database import Database
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.rebuild import People, Rebuilding
from libs.common.runtime.settings import Settings
from services.disclosure import handlers
from services.disclosure.domain.review import Deed
from services.disclosure.main import SERVICE, TOPICS, build_parts
from services.disclosure.store.acts import Acts

COMPARED = {
    "releases": "SELECT record_id, release, subject, kind, action, content, reason, ground, judgement, policy_version,"
    " due_on FROM {s}.release",
    "records": "SELECT record_id, subject, kind, state, status, release, fields, title, decision_no, decided_on,"
    " org_code, judgement, ground, policy_version, due_on FROM {s}.record",
    "reviews": "SELECT record_id, kind, state, ground FROM {s}.review WHERE settled_at IS NULL",
}
_TOLD = "(SELECT record_id, min(at) AS first_at, max(at) AS last_at FROM {live}.release GROUP BY record_id)"
CARRIED = (
    # the instants at which the public was told
    "UPDATE {shadow}.record AS n SET first_published_at = t.first_at, published_at = t.last_at"  # noqa: S608
    f" FROM {_TOLD} AS t WHERE t.record_id = n.record_id",
    "UPDATE {shadow}.record_file AS n SET records = (SELECT jsonb_object_agg(e.key, e.value ||"  # noqa: S608
    " CASE WHEN t.record_id IS NULL THEN '{{}}'::jsonb ELSE"
    " jsonb_build_object('first_released_at', t.first_at, 'released_at', t.last_at) END)"
    f" FROM jsonb_each(n.records) AS e LEFT JOIN {_TOLD} AS t ON t.record_id = e.key)"
    " WHERE n.records <> '{{}}'",
    # the chain and the log as they are
    "DELETE FROM {shadow}.release",
    "DELETE FROM {shadow}.log_leaf",
    "DELETE FROM {shadow}.log_node",
    "DELETE FROM {shadow}.log_head",
    "INSERT INTO {shadow}.release SELECT * FROM {live}.release",
    "INSERT INTO {shadow}.log_leaf SELECT * FROM {live}.log_leaf",
    "INSERT INTO {shadow}.log_node SELECT * FROM {live}.log_node",
    "INSERT INTO {shadow}.log_head SELECT * FROM {live}.log_head",
    # a review keeps the day on which it was put before people
    "UPDATE {shadow}.review AS n SET held_at = o.held_at, settled_at = o.settled_at FROM {live}.review AS o"
    " WHERE o.review_id = n.review_id",
)


def rebuilding(settings: Settings) -> Rebuilding:
    """Approval's facts are folded again, and the deeds of people at the desk are done again at their own instants."""
    parts = build_parts(settings)
    acts = Acts(parts.files, handlers.do)

    async def again(rows: Sequence[tuple[Any, ...]], shadow: Database) -> None:
        for (stored,) in rows:
            async with shadow.transaction() as tx:
                refusal = await acts.do(tx, msgspec.convert(stored, Deed, strict=False))
            if refusal is not None:
                raise ContractBroken(f"a deed of the desk cannot be done again: {refusal.message_en}")

    return Rebuilding(
        service=SERVICE,
        topics=TOPICS,
        made=frozenset({"record_file", "record", "release", "review", "log_leaf", "log_node", "log_head"}),
        lines=(parts.line,),
        inbox=Inbox(),
        compared=COMPARED,
        carried=CARRIED,
        published=frozenset({"releases"}),
        people=People(
            "SELECT deed FROM {live}.record_file, jsonb_array_elements(deeds) AS deed ORDER BY deed ->> 'at', subject",
            again,
        ),
    )
