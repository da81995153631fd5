"""How a process stands: one document for the command line, the pages of operators and the barrier."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.consume import BatchConsumer
from libs.common.runtime.health import describe
from libs.common.runtime.looks import due_state
from libs.common.runtime.outbox import outbox_state


async def status_of(spine: Spine, consumer: BatchConsumer | None = None) -> dict[str, Any]:
    """`{service, ready, against, last_error, lag, outbox, due, next_due_at, parked, behind, reads, lines, clock…}`.

    `lag` is None where it cannot be known (an API, or before partitions are placed); the numbers of the database are
    None while it does not answer. `next_due_at` is the next moment of the legal clock; it may be past.
    """
    health, clock = spine.health, spine.clock
    document: dict[str, Any] = {
        "service": spine.service,
        "ready": health.ready,
        "against": dict(health.against),
        "last_error": health.last_error,
        "last_error_at": health.last_error_at,
        "tripped": consumer.tripped if consumer is not None else None,
        "lag": await consumer.lag_events() if consumer is not None else None,
        "reads": list(consumer.topics) if consumer is not None else [],
        "lines": {line.name: line.clock for line in spine.lines},
        "clock": {"now": clock.now(), "wall": clock.wall(), "virtual": clock.is_virtual, "speed": clock.speed},
    }
    try:
        document |= await _stored(spine)
    except Exception as error:
        document |= dict.fromkeys(("outbox", "outbox_oldest_at", "due", "next_due_at", "parked", "behind"))
        document["database"] = describe(error)
    return document


async def _stored(spine: Spine) -> dict[str, Any]:
    due, next_due_at = 0, None
    async with spine.database.reading() as tx:
        outbox = await outbox_state(tx)
        parked, behind = await deadletters.count(tx)
        for line in spine.lines:
            state = await due_state(tx, line.name, line.now(spine.clock))
            due += state.due
            if line.clock == "legal":
                next_due_at = _earlier(next_due_at, state.next_at)
    spine.metrics.outbox_rows.set(outbox.rows)
    return {
        "outbox": outbox.rows,
        "outbox_oldest_at": outbox.oldest_at,
        "due": due,
        "next_due_at": next_due_at.astimezone(spine.clock.zone) if next_due_at is not None else None,
        "parked": parked,
        "behind": behind,
    }


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
