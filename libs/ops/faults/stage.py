"""What a fault finds when it strikes: the platform, the dice, and eyes on how far a service has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from psycopg import sql

from libs.common.runtime.brokers import client_options
from libs.common.runtime.settings import Settings
from libs.ops.faults.county import Script
from libs.ops.faults.platform import Platform
from libs.ops.faults.proxy import Proxy
from libs.ops.quiescence import Barrier
from libs.ops.topics import partitions

LOOK_SECONDS = 0.003

Message = tuple[TopicPartition, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]


@dataclass
class Stage:
    """One fault run.

    Args:
        strikes: how many times harm is to be done.
        freeze_seconds: how long a process stands still.
        period_seconds: between the comings and goings of workers.
        times: how often harm was done so far.
        proofs: what the fault saw for itself, in words.
        flaws: what the fault saw that must not be, in words.
    """

    platform: Platform
    script: Script
    dice: Random
    strikes: int
    freeze_seconds: float
    period_seconds: float
    proxy: Proxy | None = None
    barrier: Barrier | None = None
    times: int = 0
    proofs: list[str] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """Where the platform's Kafka is."""
        return Settings(kafka=self.platform.state.kafka)

    async def somewhere_in(self, service: str, events: int, patience_seconds: float = 2.5) -> None:
        """Return at a random point of a service's work: when its effects have grown by some of the `events`, or, where
        it gets fewer of them than that, after a random while."""
        reached, limit = self.dice.randrange(1, max(events, 2)), self.dice.uniform(0.3, patience_seconds)
        until = time.monotonic() + limit
        with suppress(psycopg.Error):
            connection = await psycopg.AsyncConnection.connect(self.platform.state.database, autocommit=True)
            async with connection:
                start = await _effects(connection, service)
                while True:
                    if time.monotonic() > until or await _effects(connection, service) - start >= reached:
                        return
                    await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(max(0.0, until - time.monotonic()))

    async def messages(self, wanted: Callable[[str], bool], since: dict[TopicPartition, int]) -> list[Message]:
        """What came into the wanted topics since; moves `since` on."""
        places = await partitions(self.settings, wanted)
        consumer = AIOKafkaConsumer(**client_options(self.settings), auto_offset_reset="earliest")
        await consumer.start()
        try:
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            for place in places:
                consumer.seek(place, since.get(place, 0))
            found: list[Message] = []
            while any([await consumer.position(place) < ends[place] for place in places]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += [(TopicPartition(m.topic, m.partition), m.key, m.value, m.headers) for m in batch]
            since.update({place: await consumer.position(place) for place in places})
            return found
        finally:
            await consumer.stop()

    async def produce(self, messages: Sequence[Message]) -> None:
        """Put messages straight on their topics and wait for the acks."""
        producer = AIOKafkaProducer(**client_options(self.settings), linger_ms=2, max_request_size=2_000_000)
        await producer.start()
        try:
            acks = [
                await producer.send(place.topic, value, key, partition=place.partition, headers=list(headers))
                for place, key, value, headers in messages
            ]
            await asyncio.gather(*acks)
        finally:
            await producer.stop()


async def _effects(connection: psycopg.AsyncConnection[tuple[int]], service: str) -> int:
    """How many messages a service has given their effect, of all its topics."""
    question = sql.SQL("SELECT coalesce(sum(next_offset), 0)::bigint FROM {}.next_offset")
    row = await (await connection.execute(question.format(sql.Identifier(service)))).fetchone()
    return int(row[0]) if row else 0
