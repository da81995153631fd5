"""A corner of the real engines for one test: schema, topics, and the parts of the spine in this process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka import KafkaAdminClient
from kafka.structs import TopicPartition as KafkaPlace

from libs.common.runtime.assembly import Spine, build_spine
from libs.common.runtime.deadletters import Record
from libs.common.runtime.effects import Effects
from libs.common.runtime.lines import Line
from libs.common.runtime.settings import Settings
from tests.engines import Corner, Engines
from tests.spine.ledger import SERVICE, build_line, create_tables

T = TypeVar("T")
ROOT = Path(__file__).parents[2]


@dataclass
class House:
    """What a test needs to run the ledger."""

    engines: Engines
    corner: Corner
    topic: str
    out_topic: str
    home: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)

    # ---- in this process

    def settings(self, **changes: Any) -> Settings:
        """Settings of this corner."""
        return Settings(
            **{
                "kafka": self.engines.bootstrap,
                "database": self.corner.dsn,
                "database_schema": self.corner.schema,
                "home": self.home,
                **changes,
            }
        )

    def spine(self, *lines: Line[Any, Any], **changes: Any) -> Spine:
        """The shared parts, in this process."""
        return build_spine(self.settings(**changes), SERVICE, lines or [build_line(self.out_topic)])

    def effects(self, spine: Spine, **options: Any) -> Effects:
        """The batch work, in this process."""
        return Effects(
            SERVICE, spine.lines, spine.database, spine.clock, inbox=spine.inbox, metrics=spine.metrics,
            tracing=spine.tracing, **options,
        )  # fmt: skip

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query in the corner's schema."""
        with psycopg.connect(self.corner.dsn, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def run(self, statement: str, *values: Any) -> None:
        """One statement in the corner's schema."""
        with psycopg.connect(self.corner.dsn, autocommit=True) as connection:
            connection.execute(statement, values or None)  # type: ignore[arg-type]

    def one(self, query: str, *values: Any) -> Any:
        """The single value of a query."""
        return self.rows(query, *values)[0][0]

    # ---- Kafka

    def send(self, messages: Iterable[tuple[str | bytes | None, bytes | None]], topic: str | None = None) -> None:
        """Publish (key, value) pairs and wait for the acks."""
        pairs = [(key.encode() if isinstance(key, str) else key, value) for key, value in messages]
        apart(send_all(self.engines.bootstrap, topic or self.topic, pairs))

    def read(self, topic: str) -> list[tuple[int, str, bytes]]:
        """Everything in a topic as (partition, key, value), each partition in order."""
        return apart(_read(self.engines.bootstrap, topic))

    def cut(self, topic: str, partition: int, before: int) -> None:
        """Delete the records of a partition before an offset, as a retention would."""
        admin = KafkaAdminClient(bootstrap_servers=self.engines.bootstrap)
        try:
            admin.delete_records({KafkaPlace(topic, partition): before})
        finally:
            admin.close()

    # ---- workers as processes

    def start_worker(self, **environment: str) -> Worker:
        """A ledger worker of its own process."""
        port = free_port()
        env = os.environ | {
            "PYTHONPATH": str(ROOT),
            "SUNLIT_KAFKA": self.engines.bootstrap,
            "SUNLIT_DATABASE": self.corner.dsn,
            "SUNLIT_DATABASE_SCHEMA": self.corner.schema,
            "SUNLIT_HOME": str(self.home),
            "SUNLIT_PORT": str(port),
            "LEDGER_TOPIC": self.topic,
            "LEDGER_OUT": self.out_topic,
        }
        log = self.home / f"worker-{len(self.children)}.log"
        with log.open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.spine.ledger"],
                cwd=ROOT,
                env=env | self.changes | environment,
                stdout=out,
                stderr=out,
            )
        self.children.append(child)
        return Worker(child, port, log)

    def close(self) -> None:
        """End what a test left running."""
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()


@dataclass
class Worker:
    """A running worker process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> httpx.Response:
        """Ask its probe server."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def status(self) -> dict[str, Any]:
        """Its status document; empty while it does not answer."""
        try:
            document: dict[str, Any] = self.get("/status").json()
        except httpx.HTTPError:
            return {}
        return document

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def terminate(self, limit_s: float = 30) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit_s)


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own, from wherever; clients of aiokafka close every socket they open."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def send_all(bootstrap: str, topic: str, pairs: Sequence[tuple[bytes | None, bytes | None]]) -> None:
    """Publish (key, value) pairs and wait for the acks."""
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, linger_ms=2, max_batch_size=262144, enable_idempotence=True
    ) as producer:
        acks = [await producer.send(topic, value, key) for key, value in pairs]
        await asyncio.gather(*acks)


async def _read(bootstrap: str, topic: str) -> list[tuple[int, str, bytes]]:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        partitions = sorted(consumer.assignment())
        assert partitions, f"topic {topic} is not there"
        ends = await consumer.end_offsets(partitions)
        found: list[tuple[int, str, bytes]] = []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for messages in (await consumer.getmany(timeout_ms=500)).values():
                found += [(m.partition, (m.key or b"").decode(), m.value) for m in messages]
        return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], limit_s: float = 120, every_s: float = 0.1) -> Any:
    """Wait until a condition holds and return its value; fails the test when the limit passes."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(every_s)
    return value


async def until_async(condition: Callable[[], Any], limit_s: float = 120, every_s: float = 0.05) -> Any:
    """The same on a running loop."""
    deadline = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        await asyncio.sleep(every_s)
    return value


def records(
    values: Sequence[bytes | None], *, topic: str = "t", partition: int = 0, first: int = 0, key: bytes = b"k"
) -> list[Record]:
    """Kafka records with these values, one after the other."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return [Record(topic, partition, first + n, key, value, (), at) for n, value in enumerate(values)]


def open_house(engines: Engines, home: Path) -> House:
    """A fresh corner with the ledger's tables and topics."""
    corner = engines.fresh_schema(SERVICE)
    with psycopg.connect(corner.dsn, autocommit=True) as connection:
        create_tables(connection)
    return House(engines, corner, engines.fresh_topic("ledger.in"), engines.fresh_topic("ledger.out"), home)
