"""The relay publishes what stands in the outbox: in order per key, at least once, deleted after the broker's ack.

One per service publishes, the one that holds the advisory lock; the others wait for it to die. Lock, LISTEN and DELETE
use one direct connection of the relay's own (decision 17): when it is lost, so is the lead.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from libs.common.runtime.brokers import anybody_listens, client_options
from libs.common.runtime.health import Health, describe
from libs.common.runtime.loops import Loop
from libs.common.runtime.retry import pauses_s
from libs.common.runtime.settings import Settings
from libs.common.runtime.telemetry import Metrics, log
from libs.common.runtime.wire import CONTENT_TYPE

BATCH_ROWS = 2000
LEAD_POLL_S = 1.0
IDLE_POLL_S = 1.0
FLUSH_LIMIT_S = 12.0
MISSING_TOPIC_S = 2.0
# A leader that asks nothing for so long stands still (a frozen process, a pod that lost its network): the server ends
# its session and with it the lock, and another relay leads. Longer than the slowest round of a living one.
LEAD_IDLE_LIMIT_MS = 20_000

_LEAD = "SELECT pg_try_advisory_lock(hashtext('sunlit relay ' || current_schema()), 0)"
_NEXT = "SELECT seq, id, topic, key, payload, appended_at, type FROM outbox ORDER BY seq LIMIT %s"
_DELETE = "DELETE FROM outbox WHERE seq = ANY(%s)"
_SIZE = "SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS waiting"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact that waits."""

    seq: int
    id: str
    topic: str
    key: str
    payload: bytes
    appended_at: datetime
    type: str = ""


def settled(rows: Sequence[Row], failed: set[int]) -> list[int]:
    """The `seq` of rows that may be deleted: acknowledged, and no earlier row of their topic and key failed.

    A row behind a failed one of its key stays, even if it was acknowledged, so that after the next try the broker
    holds the failed one and then it again: a reader never misses the order for good.
    """
    blocked: set[tuple[str, str]] = set()
    done: list[int] = []
    for row in rows:
        if row.seq in failed:
            blocked.add((row.topic, row.key))
        if (row.topic, row.key) not in blocked:
            done.append(row.seq)
    return done


class Publisher:
    """kafka-python's idempotent producer in a thread of its own.

    The producer is kept through failures: what it still holds goes out before what is sent again, so the order of a
    key stays. Only after a round in which nothing came through is it replaced.
    """

    def __init__(self, settings: Settings, client_id: str) -> None:
        self._settings, self._client_id = settings, client_id
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="relay")
        self._producer: KafkaProducer | None = None
        self._missing: dict[str, float] = {}  # topics that are not there, until when nobody asks again

    async def publish(self, rows: Sequence[Row]) -> set[int]:
        """Publish rows in order; returns the `seq` of those that were not acknowledged."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._publish, rows)

    async def close(self) -> None:
        """Give the producer back."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown(wait=False)

    def _publish(self, rows: Sequence[Row]) -> set[int]:
        everything = {row.seq for row in rows}
        try:
            if self._producer is None:
                if not anybody_listens(self._settings):
                    return everything
                self._producer = self._connect()
            away = {topic for topic, until in self._missing.items() if until > time.monotonic()}
            sent = {row.seq: future for row in rows if (future := self._send(self._producer, row, away)) is not None}
            self._producer.flush(timeout=FLUSH_LIMIT_S)
            failed = everything - {seq for seq, future in sent.items() if future.succeeded()}
            if sent and failed == everything:
                self._drop()
        except KafkaError:
            self._drop()
            return everything
        return failed

    def _send(self, producer: KafkaProducer, row: Row, away: set[str]) -> Any:
        """The future of a row; None when its topic is `away`: asking for one costs the other rows time."""
        if row.topic in away:
            return None
        headers = [("content-type", CONTENT_TYPE), ("id", row.id.encode())]
        try:
            return producer.send(row.topic, key=row.key.encode(), value=row.payload, headers=headers)
        except KafkaTimeoutError:
            self._missing[row.topic] = time.monotonic() + MISSING_TOPIC_S
            away.add(row.topic)
            return None

    def _connect(self) -> KafkaProducer:
        return KafkaProducer(
            **client_options(self._settings),
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            batch_size=131072,
            max_block_ms=1500,
            delivery_timeout_ms=10_000,
            request_timeout_ms=8_000,
            reconnect_backoff_max_ms=2000,
            allow_auto_create_topics=False,
        )

    def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=2)


class Relay(Loop):
    """Publishes a service's outbox while it leads."""

    stop_wait_s = 5.0

    def __init__(self, service: str, settings: Settings, metrics: Metrics, health: Health) -> None:
        super().__init__()
        self._service, self._settings, self._metrics, self._health = service, settings, metrics, health
        self._schema = settings.schema_of(service)
        self._publisher = Publisher(settings, f"sunlit-{service}-relay")
        self._pauses = pauses_s()
        self._log = log("sunlit.relay")

    async def work(self) -> None:
        while not self.should_stop:
            try:
                async with await self._connect() as connection:
                    if await self._lead(connection):
                        await self._serve(connection)
            except (psycopg.Error, OSError) as error:
                self._log.warning("relay_lost_database", error=describe(error))
                self._health.error(f"relay: {describe(error)}")
                await self.sleep(next(self._pauses))
            finally:
                self._metrics.relay_leads.set(0)

    async def on_shutdown(self) -> None:
        await self._publisher.close()

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        return await psycopg.AsyncConnection.connect(
            self._settings.dsn_direct,
            autocommit=True,
            options=f"-c search_path={self._schema} -c statement_timeout=10000"
            f" -c idle_session_timeout={LEAD_IDLE_LIMIT_MS}",
            connect_timeout=5,
            application_name=f"sunlit-relay-{self._schema}",
        )

    async def _lead(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> bool:
        """Wait for the lead; False when stopped meanwhile."""
        while not self.should_stop:
            row = await (await connection.execute(_LEAD)).fetchone()
            if row is not None and row[0]:
                self._metrics.relay_leads.set(1)
                return True
            await self.sleep(LEAD_POLL_S)
        return False

    async def _serve(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        await connection.execute(f'LISTEN "sunlit_outbox_{self._schema}"')
        while not self.should_stop:
            rows = [Row(*row) for row in await (await connection.execute(_NEXT, (BATCH_ROWS,))).fetchall()]
            self._measure(rows, (await self._size(connection)) if len(rows) == BATCH_ROWS else len(rows))
            if not rows:
                self._pauses = pauses_s()
                await self._wait(connection)
                continue
            failed = await self._publisher.publish(rows)
            done = settled(rows, failed)
            if done:
                await connection.execute(_DELETE, (done,))
                self._count(rows, frozenset(done))
            if failed:
                self._metrics.relay_errors.inc(len(failed))
                self._health.error(f"relay: {len(failed)} facts were not acknowledged by Kafka; they are tried again")
                self._log.warning("relay_not_acknowledged", facts=len(failed), topics=sorted({r.topic for r in rows}))
                await self.sleep(next(self._pauses))
            else:
                self._pauses = pauses_s()

    async def _wait(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        """Sleep until somebody commits facts; a poll now and then covers a notice that was lost."""
        async for _ in connection.notifies(timeout=IDLE_POLL_S / 4, stop_after=1):
            pass

    async def _size(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> int:
        row = await (await connection.execute(_SIZE)).fetchone()
        return int(row[0]) if row is not None else 0

    def _count(self, rows: Sequence[Row], done: frozenset[int]) -> None:
        """What was told, by type: cards, publications, deliveries, each once."""
        for kind, number in Counter(row.type for row in rows if row.seq in done).items():
            self._metrics.relayed.labels(kind).inc(number)

    def _measure(self, rows: Sequence[Row], size: int) -> None:
        self._metrics.outbox_rows.set(size)
        age = (datetime.now(UTC) - rows[0].appended_at).total_seconds() if rows else 0.0
        self._metrics.outbox_age.set(max(age, 0.0))
