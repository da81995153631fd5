"""How far the effects of a consumer group reach, stored in the transaction of the effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import text

from libs.common.runtime.database import Tx
from libs.common.runtime.deadletters import Record

Place = tuple[str, int]  # topic, partition

# It only grows: a worker that stood still and comes back cannot set it back (decision 16).
_STORE = text(
    """
    INSERT INTO next_offset (consumer_group, topic, partition, next_offset)
    SELECT :group, n.topic, n.partition, n.next_offset
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:nexts AS bigint[]))
      AS n (topic, partition, next_offset)
    ORDER BY n.topic, n.partition
    ON CONFLICT (consumer_group, topic, partition)
    DO UPDATE SET next_offset = EXCLUDED.next_offset WHERE next_offset.next_offset < EXCLUDED.next_offset
    """
)
_LOAD = text("SELECT topic, partition, next_offset FROM next_offset WHERE consumer_group = :group")


def ends(records: Iterable[Record]) -> dict[Place, int]:
    """The offset after the last record of each partition."""
    found: dict[Place, int] = {}
    for record in records:
        place = (record.topic, record.partition)
        found[place] = max(found.get(place, 0), record.offset + 1)
    return found


async def store(tx: Tx, group: str, nexts: Mapping[Place, int]) -> None:
    """Store the next offset of each partition."""
    if nexts:
        values = {
            "group": group,
            "topics": [topic for topic, _ in nexts],
            "partitions": [partition for _, partition in nexts],
            "nexts": list(nexts.values()),
        }
        await tx.execute(_STORE, values)


async def load(tx: Tx, group: str) -> dict[Place, int]:
    """The stored next offset of every partition the group ever worked on."""
    return {(topic, partition): nexts for topic, partition, nexts in await tx.execute(_LOAD, {"group": group})}
