"""A new routing tree comes into force: a version, and the groups of everything that fires at that moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.notify.domain.routing import Routing
from services.notify.handlers import memberships_of
from services.notify.store import save_memberships
from services.notify.store_alerts import COLUMNS, FIRES, alert_of

# Every reader of the tree holds a share of this lock until its transaction ends, and reads the tree before it locks
# anything else: so nobody decides by the old tree after the new one is in force, and no two wait for each other.
_LOCK = text("LOCK TABLE routing IN ACCESS EXCLUSIVE MODE")
_VERSION = text("SELECT coalesce(max(version), 0) FROM routing")
_INSERT = text(
    "INSERT INTO routing (document, author, effective_at) VALUES (:document, :author, :now) RETURNING version"
)
# Whoever has ended but not yet been told as over keeps its groups, so that the end is told.
_ALERTS = text(
    f"""
    SELECT {COLUMNS} FROM alert a
    WHERE {FIRES} OR EXISTS (SELECT 1 FROM alert_group_member m WHERE m.fingerprint = a.fingerprint)
    """  # noqa: S608 - constants of ours
)
_LEAVE = text(
    """
    DELETE FROM alert_group_member m WHERE NOT EXISTS (
        SELECT 1 FROM unnest(CAST(:groups AS text[]), CAST(:fingerprints AS text[])) AS n (g, f)
        WHERE n.g = m.group_id AND n.f = m.fingerprint)
    """
)
# A group that nobody is in any more loses its moment and keeps for a while what it told (`store.forget_groups`).
_END = text(
    """
    WITH gone AS (
        UPDATE alert_group g SET flushed = false, emptied_at = :now
        WHERE g.emptied_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM alert_group_member m WHERE m.group_id = g.group_id) RETURNING group_id
    )
    DELETE FROM due USING gone WHERE due.line = 'groups' AND due.subject = gone.group_id
    """
)


async def replace(
    tx: Tx, routing: Routing, document: str, author: str, now: datetime, legal_now: datetime, expected: int | None
) -> int | None:
    """Puts a tree into force and moves alerts into its groups; groups that stay keep what they were told.

    Args:
        expected: the version that the author has read; None = whatever it is.

    Returns:
        the new version, or None when another one than `expected` is in force.
    """
    await tx.execute(_LOCK)
    if expected is not None and (await tx.execute(_VERSION)).scalar_one() != expected:
        return None
    values = {"document": document, "author": author, "now": legal_now}
    version = int((await tx.execute(_INSERT, values)).scalar_one())
    alerts = [alert_of(row) for row in await tx.execute(_ALERTS, {"wall": now})]
    members = [member for alert in alerts for member in memberships_of(routing, alert, now)]
    await save_memberships(tx, members, now)
    kept = {"groups": [m.group_id for m in members], "fingerprints": [m.fingerprint for m in members]}
    await tx.execute(_LEAVE, kept)
    await tx.execute(_END, {"now": now})
    return version
