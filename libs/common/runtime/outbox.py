"""Facts to be published: appended in the caller's transaction, in order, and taken away by the relay after the ack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from libs.common.kernel.errors import ContractBroken
from libs.common.kernel.events import codec
from libs.common.kernel.spine import Fact
from libs.common.runtime.database import Tx, copy_rows
from libs.common.runtime.tracing import carried

# The broker's limit (topics.MAX_MESSAGE_BYTES) less what a record adds.
FACT_LIMIT_BYTES = 1_000_000

COLUMNS = ("id", "topic", "key", "type", "payload")
# Woken on commit, not before; the channel is the schema's own.
WAKE = text("SELECT pg_notify('sunlit_outbox_' || current_schema(), '')")
STATE = text(
    """
    SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT :limit) AS waiting),
           (SELECT appended_at FROM outbox ORDER BY seq LIMIT 1)
    """
)


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How much waits: `rows` (counted up to the limit asked for) and the append instant (wall) of the oldest row."""

    rows: int
    oldest_at: datetime | None


async def append(tx: Tx, facts: Sequence[Fact]) -> None:
    """Append facts in their order; they exist if and only if the caller's transaction commits.

    Raises `ContractBroken` for a fact that no broker would take: it would block its key for ever.
    """
    if not facts:
        return
    rows = [(f.event.id, f.topic, f.event.subject, f.event.type, codec.encode(carried(f.event))) for f in facts]
    for _, topic, key, kind, payload in rows:
        if len(payload) > FACT_LIMIT_BYTES:
            raise ContractBroken(
                f"fact {kind} of {key} for {topic} has {len(payload)} bytes, {FACT_LIMIT_BYTES} may be"
            )
    await copy_rows(tx, "outbox", COLUMNS, rows)
    await tx.execute(WAKE)


async def outbox_state(tx: Tx, limit_rows: int = 1_000_000) -> OutboxState:
    """What waits for the relay; the intake refuses (503) when `rows` reaches its cap."""
    rows, oldest_at = (await tx.execute(STATE, {"limit": limit_rows})).one()
    return OutboxState(rows, oldest_at)
