"""The batch consumer: from a Kafka group of the service's own into one transaction per batch.

All law-bearing topics come in this way and never through Faust agents, which commit past failures. The database's
`next_offset` is the truth; the group's committed offset only tells others how far we are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime import offsets
from libs.common.runtime.brokers import FETCH_WAIT_MS, group_consumer
from libs.common.runtime.database import Database, is_transient
from libs.common.runtime.deadletters import Record
from libs.common.runtime.effects import Effects, Tripped
from libs.common.runtime.health import Health, describe
from libs.common.runtime.lines import Line, StateStore
from libs.common.runtime.loops import Loop
from libs.common.runtime.offsets import Place
from libs.common.runtime.placement import ahead_of_effects, behind_ends, record_of, starting_offsets
from libs.common.runtime.retry import leave, pauses_s
from libs.common.runtime.settings import Settings
from libs.common.runtime.telemetry import Metrics, log

__all__ = ["BatchConsumer", "Line", "StateStore"]

SMALL_SHARE = 4  # a batch below a fourth of the limit may wait for company
REVOKE_WAIT_S = 5.0
COMMIT_LIMIT_S = 5.0


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Tells the consumer that partitions come and go."""

    def __init__(self, consumer: BatchConsumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._consumer.partitions_go()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._consumer.partitions_come()


class BatchConsumer(Loop):
    """Reads topics in batches and hands them to `Effects`.

    Args:
        topics: names; a name with `*` is a pattern (`hall.ingest.*.v1`).
        app: the Faust app, whose stop ends the reading even while the app itself hangs on a dead broker.
        gather_s: how long a small batch waits for company (wall, seconds). A batch costs some ten round trips however
            few events it holds: who need not be quick leaves the processor to those who must be.
    """

    stop_wait_s = 9.0

    def __init__(
        self,
        topics: Sequence[str],
        effects: Effects,
        database: Database,
        settings: Settings,
        metrics: Metrics,
        health: Health,
        *,
        app: faust.App | None = None,
        gather_s: float = 0.0,
    ) -> None:
        super().__init__()
        self._gather_s = gather_s
        self.topics, self.effects = tuple(topics), effects
        self._database, self._settings, self._metrics, self.health = database, settings, metrics, health
        self._app = app
        self.kafka: AIOKafkaConsumer | None = None
        self._generation = 0  # grows with every change of the assignment: what was fetched before is void
        self._placed = 0  # the generation whose partitions stand at their stored offsets
        self.next_offsets: dict[Place, int] = {}  # where the effects reach, of the partitions assigned
        self._idle = asyncio.Event()
        self._idle.set()
        self._commit: asyncio.Task[None] | None = None
        self._tripped: str | None = None
        self._log = log("sunlit.consume")

    # ---- life

    @property
    def stopping(self) -> bool:
        """Whether the service or its app has been told to stop."""
        return bool(self.should_stop or (self._app is not None and self._app.should_stop))

    async def on_start(self) -> None:
        self.health.hold("consumer", "no partitions assigned yet")

    async def work(self) -> None:
        """Read until stopped, then finish the batch in hand and leave the group."""
        try:
            kafka = await self._connect()
            if kafka is not None:
                await self._read(kafka)
        except (Tripped, ContractBroken) as error:
            self._trip(str(error))
        except Exception as error:
            self._trip(f"consumer ended: {describe(error)}")
            self._log.exception("consumer_ended")
        finally:
            await self._disconnect()

    async def _connect(self) -> AIOKafkaConsumer | None:
        """A started consumer; waits for a broker that is away. None when stopped meanwhile."""
        pauses = pauses_s()
        while not self.stopping:
            kafka = group_consumer(self._settings, self.effects.group, self.topics, _Assignments(self))
            try:
                await kafka.start()
            except (KafkaError, OSError) as error:
                self.health.hold("consumer", f"Kafka does not answer: {type(error).__name__}")
                with suppress(KafkaError, OSError):
                    await kafka.stop()
                await self.sleep(next(pauses))
                continue
            self.kafka = kafka
            return kafka
        return None

    async def _disconnect(self) -> None:
        if self._commit is not None:
            with suppress(asyncio.CancelledError):
                await self._commit
        kafka, self.kafka = self.kafka, None
        if kafka is not None:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(kafka.stop(), COMMIT_LIMIT_S)

    def _trip(self, why: str) -> None:
        """Stop consuming for good: a person must look."""
        self._tripped = why
        self._metrics.tripped.set(1)
        self.health.hold("consumer", f"stopped: {why}")
        self.health.error(why)
        self._log.critical("consumer_tripped", why=why)

    # ---- reading

    async def _read(self, kafka: AIOKafkaConsumer) -> None:
        """Fetch, apply, commit; the next fetch runs while the batch in hand is applied."""
        fetch = asyncio.ensure_future(self._fetch(kafka))
        try:
            while not self.stopping:
                if self._placed != self._generation:
                    await self._place(kafka)
                generation, records = await fetch
                fetch = asyncio.ensure_future(self._fetch(kafka))
                if records and generation == self._generation == self._placed:
                    await self._apply(records, generation)
        finally:
            fetch.cancel()
            with suppress(asyncio.CancelledError, KafkaError):
                await fetch

    async def _fetch(self, kafka: AIOKafkaConsumer) -> tuple[int, list[Record]]:
        """What waits, as soon as something is there; with the generation in which it was asked for."""
        generation = self._generation
        if self._placed != generation:
            await asyncio.sleep(0.01)
            return generation, []
        most = self._settings.consumer_batch_events
        records = _records(await kafka.getmany(timeout_ms=FETCH_WAIT_MS, max_records=most))
        if records and self._gather_s and len(records) < most // SMALL_SHARE:
            await asyncio.sleep(self._gather_s)
            records += _records(await kafka.getmany(timeout_ms=0, max_records=most - len(records)))
        return generation, records

    async def _apply(self, records: list[Record], generation: int) -> None:
        """Apply a batch; while the database is away, wait in place; then tell the group how far we are."""
        pauses = pauses_s()
        deadline = asyncio.get_running_loop().time() + self._settings.consumer_outage_limit_s
        self._idle.clear()
        try:
            while True:
                try:
                    await self.effects.apply(records)
                    break
                except Exception as error:
                    if not is_transient(error):
                        raise
                    self._metrics.retries.labels(describe(error)[:40]).inc()
                    self.health.hold("database", f"batch waits: {describe(error)}")
                    self.health.error(describe(error))
                if self.stopping:
                    leave("stopped while the database is away")
                if generation != self._generation:
                    return
                if asyncio.get_running_loop().time() > deadline:
                    leave("the database has been away for too long")
                await self.sleep(next(pauses))
        finally:
            self._idle.set()
        self.health.clear("database")
        if generation == self._generation:
            self.next_offsets.update(offsets.ends(records))
            self._commit_soon()

    def _commit_soon(self) -> None:
        if self._commit is None or self._commit.done():
            self._commit = asyncio.ensure_future(self._commit_group())

    async def _commit_group(self) -> None:
        """Commit until the group knows what we know; failures are mended by the checker."""
        consumer = self.kafka
        told: dict[Place, int] = {}
        while consumer is not None and told != self.next_offsets:
            told = dict(self.next_offsets)
            try:
                await asyncio.wait_for(
                    consumer.commit({TopicPartition(*place): offset for place, offset in told.items()}), COMMIT_LIMIT_S
                )
            except (KafkaError, OSError, TimeoutError, asyncio.CancelledError) as error:
                self._log.warning("group_commit_failed", error=type(error).__name__)
                return

    # ---- partitions

    async def partitions_go(self) -> None:
        """Partitions are taken away: finish the batch in hand (or give it up), then let them go."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), REVOKE_WAIT_S)
        if self._commit is not None and not self._commit.done():
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(self._commit), REVOKE_WAIT_S)
        self._generation += 1
        self.next_offsets = {}

    def partitions_come(self) -> None:
        """Partitions are given: nothing is read before they stand at their stored offsets."""
        self._generation += 1

    async def _place(self, kafka: AIOKafkaConsumer) -> None:
        """Set every partition to its stored offset: that is where the effects end, whatever the group says."""
        pauses = pauses_s()
        while not self.stopping:
            generation = self._generation
            places = sorted((tp.topic, tp.partition) for tp in kafka.assignment())
            try:
                start = await starting_offsets(kafka, self._database, self.effects.group, places)
            except Exception as error:
                if not (is_transient(error) or isinstance(error, KafkaError)):
                    raise
                self.health.hold("consumer", f"cannot place partitions: {describe(error)}")
                await self.sleep(next(pauses))
                continue
            if generation != self._generation:
                continue
            for place, offset in start.items():
                kafka.seek(TopicPartition(*place), offset)
            self.next_offsets, self._placed = start, generation
            self.health.clear("consumer")
            self._log.info("partitions_placed", partitions=len(places))
            return

    # ---- looking at ourselves

    @faust.Service.task
    async def _check_offsets(self) -> None:
        """Compare the group's offsets with the stored ones, again and again."""
        while not self.stopping:
            await self.sleep(self._settings.offset_check_s)
            with suppress(KafkaError, OSError, TimeoutError):
                try:
                    await self.check_offsets()
                    await self.lag_events()
                except Exception as error:
                    if not is_transient(error):
                        raise

    async def check_offsets(self) -> dict[Place, int]:
        """Rewind a group whose offset lies ahead of the effects, and say so; bring one up that lies behind.

        The group is asked before the database: what it was told truthfully is stored by then, so every gap is real.
        Returns the gaps (events) that were found.
        """
        kafka = self.kafka
        if kafka is None or self._placed != self._generation or not self._idle.is_set():
            return {}
        places = list(self.next_offsets)
        committed = {place: await kafka.committed(TopicPartition(*place)) for place in places}
        async with self._database.transaction() as tx:
            stored = await offsets.load(tx, self.effects.group)
        gaps = ahead_of_effects(committed, stored, self.next_offsets)
        for (topic, partition), gap in gaps.items():
            self._metrics.offset_gap.inc()
            self.health.error(f"group offset of {topic}/{partition} was {gap} events ahead of the effects; rewound")
            self._log.error("offset_gap_rewound", topic=topic, partition=partition, gap_events=gap)
        if gaps or any(self.next_offsets.get(place) != offset for place, offset in committed.items()):
            self._commit_soon()
        return gaps

    async def lag_events(self) -> int | None:
        """Events of our partitions that have no effect yet; None while that cannot be known."""
        kafka = self.kafka
        if kafka is None or self._placed != self._generation:
            return None
        try:
            behind = await behind_ends(kafka, lambda: self.next_offsets)
        except (KafkaError, OSError, TimeoutError):
            return None
        for (topic, partition), events in behind.items():
            self._metrics.lag.labels(topic, str(partition)).set(events)
        return sum(behind.values())

    @property
    def tripped(self) -> str | None:
        """Why consuming stopped, or None."""
        return self._tripped


def _records(found: Mapping[TopicPartition, Sequence[Any]]) -> list[Record]:
    return [record_of(message) for messages in found.values() for message in messages]
