"""Facts of paused sources: stored when they are taken in, passed on in their order when the source is resumed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from libs.common.kernel.events import codec
from libs.common.runtime.database import Tx, copy_rows
from libs.common.runtime.outbox import WAKE
from services.approval.ports import Held

# Intakes share the lock, a pause or a resume has it alone: nothing is held after the release that should bring it out.
_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('held facts', 0))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('held facts', 0))")
_PAUSED = text(
    "SELECT code FROM reference WHERE kind = 'source' AND state = 'effective' AND body ->> 'state' = 'paused'"
    " AND (CAST(:sources AS text[]) IS NULL OR code = ANY(:sources))"
)
_COLUMNS = ("source", "id", "topic", "key", "type", "payload")
_COUNT = text("SELECT source, count(*) FROM held_fact GROUP BY source")
# `seq` of the outbox must grow with the order in which the facts were held: rows are inserted in that order.
_RELEASE = text(
    """
    WITH gone AS (DELETE FROM held_fact WHERE source = :source RETURNING seq, id, topic, key, type, payload)
    INSERT INTO outbox (id, topic, key, type, payload)
    SELECT id, topic, key, type, payload FROM gone ORDER BY seq
    """
)


async def paused_sources(tx: Tx, sources: Sequence[str] | None) -> frozenset[str]:
    """Which of these sources (None = of all) are paused; that stays so until the transaction ends."""
    await tx.execute(_SHARED)
    rows = await tx.execute(_PAUSED, {"sources": list(sources) if sources is not None else None})
    return frozenset(code for (code,) in rows)


async def hold(tx: Tx, rows: Sequence[Held]) -> None:
    """Keep facts back, in their order."""
    if rows:
        lines = [
            (
                r.source,
                r.fact.event.id,
                r.fact.topic,
                r.fact.event.subject,
                r.fact.event.type,
                codec.encode(r.fact.event),
            )
            for r in rows
        ]
        await copy_rows(tx, "held_fact", _COLUMNS, lines)


async def alone(tx: Tx) -> None:
    """Wait until no intake is under way, and keep new ones waiting until the transaction ends."""
    await tx.execute(_ALONE)


async def release(tx: Tx, source: str) -> int:
    """Pass on everything that a source has waiting; returns how many facts that was."""
    passed_on = (await tx.execute(_RELEASE, {"source": source})).rowcount
    await tx.execute(WAKE)
    return passed_on


async def held_counts(tx: Tx) -> dict[str, int]:
    """How many facts wait, by source."""
    return {row[0]: row[1] for row in await tx.execute(_COUNT)}
