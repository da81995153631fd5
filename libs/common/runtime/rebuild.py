"""Build a service's state anew from its topics in a shadow schema (`runtime.swap` puts it in the old one's place).

The shadow is a schema with the service's own migrations. Nothing leaves it: no relay and no delivery runs on it, so the
facts of the second life stay in its outbox and are dropped; whoever is told things (notify, the public) hears nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime import offsets
from libs.common.runtime.assembly import Spine
from libs.common.runtime.brokers import FETCH_LIMIT_BYTES, FETCH_WAIT_MS, client_options
from libs.common.runtime.database import Database, is_transient
from libs.common.runtime.due import DueRunner
from libs.common.runtime.effects import Effects
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.lines import AnyLine
from libs.common.runtime.offsets import Place
from libs.common.runtime.placement import record_of
from libs.common.runtime.retry import pauses_s
from libs.common.runtime.topics import TOPICS

T = TypeVar("T")
TRIES = 8
_COMPACTED = frozenset(topic.name for topic in TOPICS if topic.compacted)


@dataclass(frozen=True, slots=True)
class People:
    """Acts of the first life that stand in no topic: where it keeps them, and what does them again.

    Args:
        query: SELECT on the schema `{live}`.
        again: does the rows of the query once more, in the shadow.
    """

    query: str
    again: Callable[[Sequence[tuple[Any, ...]], Database], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Settled:
    """How a person settled a letter."""

    state: str
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """How the state of one service is made anew.

    Args:
        topics: what is read, one after the other.
        made: the tables that the reading fills.
        compared: name → SELECT over business fields on the schema `{s}` (decision 37: no sequence numbers, no instants
            of issue, no leaf order).
        kept: tables that no topic holds (receipts, keys, drafts): copied before anything is read.
        carried: statements on the schemas `{live}` and `{shadow}`, run before the swap: what the first life has told
            and when it told it.
        published: names of `compared` that must be the same for a swap: what cannot be said a second time.
    """

    service: str
    topics: tuple[str, ...]
    made: frozenset[str]
    lines: tuple[AnyLine, ...]
    inbox: Inbox
    compared: Mapping[str, str]
    kept: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    published: frozenset[str] = field(default_factory=frozenset)
    people: People | None = None


async def read(shadow: Spine, topics: Sequence[str], ends: Mapping[Place, int]) -> None:
    """Read each topic in turn up to the offsets in `ends`, from where the shadow stands.

    Args:
        shadow: the service's spine with `database_schema` naming the shadow; its database is started.
        ends: where the effects of the first life end; partitions that are not named hold nothing for it.

    Raises:
        ContractBroken: a topic does not reach back to its beginning.
        Tripped: too much had to be parked.
    """
    effects = Effects(
        shadow.service, shadow.lines, shadow.database, shadow.clock, inbox=shadow.inbox, metrics=shadow.metrics,
        tracing=shadow.tracing,
    )  # fmt: skip
    kafka = AIOKafkaConsumer(
        **client_options(shadow.settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_LIMIT_BYTES,
    )
    await kafka.start()
    try:
        for topic in topics:
            await _read_topic(kafka, effects, shadow, {p: end for p, end in ends.items() if p[0] == topic})
    finally:
        await kafka.stop()


async def _read_topic(kafka: AIOKafkaConsumer, effects: Effects, shadow: Spine, ends: Mapping[Place, int]) -> None:
    async with shadow.database.reading() as tx:
        stored = await offsets.load(tx, shadow.service)
    waiting = {TopicPartition(*p): end for p, end in ends.items() if end > stored.get(p, 0)}
    if not waiting:
        return
    first = await kafka.beginning_offsets(list(waiting))
    for place, offset in first.items():
        if offset > stored.get((place.topic, place.partition), 0) and place.topic not in _COMPACTED:
            raise ContractBroken(
                f"{place.topic}/{place.partition} begins at offset {offset}: what stood before is gone, so the state"
                " cannot be built from it. Restore the topic or a backup of the database; nothing was changed"
            )
    kafka.assign(list(waiting))
    for place in waiting:
        kafka.seek(place, max(stored.get((place.topic, place.partition), 0), first[place]))
    limit = shadow.settings.consumer_batch_events
    while waiting:
        found = await kafka.getmany(timeout_ms=FETCH_WAIT_MS, max_records=limit)
        records = [
            record_of(message)
            for place, messages in found.items()
            for message in messages
            if message.offset < ends[place.topic, place.partition]
        ]
        if records:
            await _patiently(partial(effects.apply, records))
        waiting = {place: end for place, end in waiting.items() if await kafka.position(place) < end}


async def work_off(shadow: Spine) -> None:
    """Everything that is due in the shadow by now, until nothing is."""
    due = DueRunner(shadow.lines, shadow.database, shadow.clock, shadow.metrics, shadow.health)
    while sum([await _patiently(partial(due.turn, line)) for line in shadow.lines]):
        pass  # what one line has done may make another look


async def settle_letters(shadow: Spine, settled: Mapping[tuple[str, int, int], Settled]) -> None:
    """Letters that persons have settled in the first life are settled in the same way in the second.

    Args:
        settled: (topic, partition, offset) → what was done.
    """
    after = 0
    while letters := await shadow.letters.page(after=after):
        after = letters[-1].id
        for letter in letters:
            act = settled.get((letter.record.topic, letter.record.partition, letter.record.offset))
            if act is not None and act.state == "discarded":
                await shadow.letters.discard(letter.id, by=act.by, reason=act.reason or "")
            elif act is not None:
                await shadow.letters.replay(letter.id, by=act.by)


async def _patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Do something again while the database says that it may work later: the two lives share some locks."""
    pauses = pauses_s()
    for _ in range(TRIES - 1):
        try:
            return await act()
        except Exception as error:
            if not is_transient(error):
                raise
            await asyncio.sleep(next(pauses))
    return await act()
