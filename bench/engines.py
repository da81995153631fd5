"""A Kafka and a PostgreSQL of a bench's own, as `sunlit up` starts them, in a folder that is deleted at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.claim import Wrong
from bench.material import Message
from libs.common.runtime.settings import Settings
from libs.ops import children, keys, migrate, plan
from libs.ops.engines import kafka
from libs.ops.engines.local import LocalEngines
from libs.ops.engines.places import cache_folder
from libs.ops.home import Home
from libs.ops.launcher import make_topics
from libs.ops.ports import free_ports
from libs.ops.topics import partitions

STOP_GRACE_SECONDS = 15.0
READY_LIMIT_SECONDS = 90.0


@dataclass
class Worker:
    """A service's worker as a process of its own."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def wait_until_ready(self) -> None:
        """Return when it has its partitions.

        Raises:
            Wrong: it ended, or does not get ready.
        """
        until = time.monotonic() + READY_LIMIT_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Wrong(f"{self.name} ended with code {self.process.returncode}:\n{self.tail()}")
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise Wrong(f"{self.name} is not ready after {READY_LIMIT_SECONDS:.0f} s:\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-1500:] if self.log.exists() else ""

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Stands still meanwhile: what is prepared for it is not yet worked on."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM, after the grace SIGKILL."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass
class Engines:
    """Addresses of the engines of one bench, with topics and schemas made."""

    home: Home
    bootstrap: str
    dsn: str
    workers: list[Worker] = field(default_factory=list)

    @property
    def addresses(self) -> plan.Addresses:
        """What a process is told."""
        return plan.Addresses(self.bootstrap, self.dsn, "wall", "Asia/Shanghai")

    def environment(self, service: str, port: int = 0) -> dict[str, str]:
        """The environment of a service's process."""
        return plan.environment(self.home, self.addresses, service, port)

    def settings(self, service: str) -> Settings:
        """The same as settings, for parts of a service in this process."""
        dsn = migrate.service_dsn(self.dsn, service, keys.database_password(self.home.secrets, service))
        return Settings(home=self.home.path, secrets=self.home.secrets, kafka=self.bootstrap, database=dsn)

    def start_worker(self, service: str, number: int = 1) -> Worker:
        """A worker, ready."""
        (port,) = free_ports(1)
        log = self.home.logs / f"{service}-worker-{number}.log"
        command = [sys.executable, "-m", f"services.{service}", "worker"]
        process = children.spawn(command, log=log, env=self.environment(service, port))
        worker = Worker(f"{service}-worker-{number}", process, port, log)
        self.workers.append(worker)
        worker.wait_until_ready()
        return worker

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query of the administrator."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()

    def one(self, query: str, *values: object) -> int:
        """The single number of a query."""
        return int(self.rows(query, *values)[0][0])

    def run(self, statement: str) -> None:
        """One statement of the administrator."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)

    def copy(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """COPY rows in one transaction of the administrator."""
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            worker.stop()


@contextmanager
def engines(say: Callable[[str], None]) -> Iterator[Engines]:
    """Engines with topics, schemas and keys; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sunlit-bench-"))
    home = Home(folder)
    home.make()
    keys.make(home.secrets, datetime.now(UTC))
    kit = kafka.prepare(cache_folder(), os.environ.get("SUNLIT_JAVA"), say)
    local = LocalEngines(home.path, kit, keys.database_password(home.secrets, keys.ADMIN))
    place: Engines | None = None
    try:
        local.start(home.logs)
        make_topics(local.bootstrap)
        migrate.apply(local.dsn, keys.database_passwords(home.secrets))
        place = Engines(home, local.bootstrap, local.dsn)
        yield place
    finally:
        if place is not None:
            place.close()
        local.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def produce(bootstrap: str, topic: str, messages: Sequence[Message]) -> float:
    """Publish messages and wait for every ack; returns the seconds it took."""
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, linger_ms=2, max_batch_size=262_144, enable_idempotence=True, acks="all"
    ) as producer:
        started = time.perf_counter()
        acks = [await producer.send(topic, message.value, message.key) for message in messages]
        for ack in acks:
            await ack
        return time.perf_counter() - started


async def topic_size(settings: Settings, *topics: str) -> int:
    """How many messages these topics hold."""
    parts = await partitions(settings, lambda name: name in topics)
    async with AIOKafkaConsumer(bootstrap_servers=settings.servers) as consumer:
        first, last = await consumer.beginning_offsets(parts), await consumer.end_offsets(parts)
        return sum(last[part] - first[part] for part in parts)
