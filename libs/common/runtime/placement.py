"""Where a group's partitions stand: the stored offset is the truth, the log and the group's own offset are held
against it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.common.runtime import offsets
from libs.common.runtime.database import Database
from libs.common.runtime.deadletters import Record
from libs.common.runtime.effects import Tripped
from libs.common.runtime.offsets import Place

END_OFFSETS_LIMIT_S = 5.0
EPOCH = datetime.fromtimestamp(0, UTC)


async def starting_offsets(
    kafka: AIOKafkaConsumer, database: Database, group: str, places: Sequence[Place]
) -> dict[Place, int]:
    """Where each partition is to be read from: where the group's effects end, or the log's beginning.

    Raises:
        Tripped: the log does not reach back (or on) to where the effects end; a person must look.
    """
    partitions = [TopicPartition(*place) for place in places]
    async with database.transaction() as tx:
        stored = await offsets.load(tx, group)
    first = await kafka.beginning_offsets(partitions) if partitions else {}
    last = await kafka.end_offsets(partitions) if partitions else {}
    start: dict[Place, int] = {}
    for place, partition in zip(places, partitions, strict=True):
        start[place] = stored.get(place, first[partition])
        if not first[partition] <= start[place] <= last[partition]:
            raise Tripped(_out_of_log(place, start[place], first[partition], last[partition]))
    return start


def ahead_of_effects(
    committed: Mapping[Place, int | None], stored: Mapping[Place, int], known: Mapping[Place, int]
) -> dict[Place, int]:
    """By how many events the group's offset runs ahead of the effects, of the partitions where it does.

    Args:
        committed: what the group says; None = nothing yet.
        stored: where the effects end by the database.
        known: where they end by this process; a partition that is no longer here is left out.
    """
    return {
        place: offset - stored.get(place, 0)
        for place, offset in committed.items()
        if offset is not None and place in known and offset > max(stored.get(place, 0), known[place])
    }


async def behind_ends(kafka: AIOKafkaConsumer, reached: Callable[[], Mapping[Place, int]]) -> dict[Place, int]:
    """Events of each partition that have no effect yet.

    Args:
        reached: where the effects end; asked again after the log's ends are known, so that what was done meanwhile
            is not counted as missing.

    Raises:
        KafkaError, OSError, TimeoutError: the broker does not say.
    """
    before = dict(reached())
    partitions = [TopicPartition(*place) for place in before]
    last = await asyncio.wait_for(kafka.end_offsets(partitions), END_OFFSETS_LIMIT_S)
    after = reached()
    return {place: max(last[TopicPartition(*place)] - after.get(place, offset), 0) for place, offset in before.items()}


def record_of(message: Any) -> Record:
    """A message of aiokafka as our record; a time of storing that no calendar has (a sender's own) is the epoch."""
    try:
        stored_at = datetime.fromtimestamp(message.timestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        stored_at = EPOCH
    headers = tuple((name, value or b"") for name, value in message.headers)
    return Record(message.topic, message.partition, message.offset, message.key, message.value, headers, stored_at)


def _out_of_log(place: Place, wanted: int, first: int, last: int) -> str:
    return (
        f"{place[0]}/{place[1]}: effects reach to offset {wanted}, but the topic holds {first} to {last}: it was made"
        " anew or its retention has passed. Look with `sunlit verify offsets`; nothing is read until a person decides"
    )
