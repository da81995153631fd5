"""The barrier: nothing is in flight anywhere (docs/architecture.md §4, decision 1).

Quiet means: every consumer has read everything, every outbox is empty, no look is due, and nothing was published while
this was being asked. The last is what makes it exact: a fact that slips from one service to the next between two
questions moves an end offset.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.runtime.brokers import client_options
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import INGEST_PATTERN, TOPICS, topic_matches
from libs.ops.errors import CommandError
from libs.ops.home import State
from libs.ops.ports import LOOPBACK
from libs.ops.roster import SERVICES

PAUSE_SECONDS = 0.01
ASK_SECONDS = 5.0

EndOffsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Worker:
    """What one worker says of itself; None = it cannot say now."""

    name: str
    lag_events: int | None
    outbox_rows: int | None
    due_looks: int | None
    next_due_at: datetime | None

    @property
    def against(self) -> str | None:
        """Why it is not quiet, in words; None when it is."""
        for value, word in (
            (self.lag_events, "events unread"),
            (self.outbox_rows, "facts unpublished"),
            (self.due_looks, "looks due"),
        ):
            if value is None:
                return f"{self.name} cannot say how many {word}"
            if value:
                return f"{self.name}: {value} {word}"
        return None


class Barrier:
    """Asks the four workers and Kafka of one platform. Use as an async context manager."""

    def __init__(self, state: State) -> None:
        self._ports = {f"{service}-worker": state.ports[f"{service}-worker"] for service in SERVICES}
        self._http = httpx.AsyncClient(timeout=ASK_SECONDS, trust_env=False)
        self._kafka = AIOKafkaConsumer(**client_options(Settings(kafka=state.kafka)))
        self._places: list[TopicPartition] = []

    async def __aenter__(self) -> Barrier:
        try:
            await self._kafka.start()
            for topic in sorted(filter(is_ours, await self._kafka.topics())):
                places = self._kafka.partitions_for_topic(topic) or set()
                self._places += [TopicPartition(topic, number) for number in sorted(places)]
        except (KafkaError, OSError) as error:
            await self.__aexit__()
            raise CommandError(f"Kafka does not answer: {error}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._kafka.stop()

    async def sweep(self) -> list[Worker]:
        """Ask every worker once, all at the same time."""
        return list(await asyncio.gather(*(self._ask(name, port) for name, port in self._ports.items())))

    async def against(self) -> str | None:
        """What speaks against quiet now, in words; None = all is quiet."""
        before = await self._ends()
        found = await self.sweep()
        for worker in found:
            if worker.against:
                return worker.against
        return None if before == await self._ends() else "something was published just now"

    async def wait(self, seconds: float) -> None:
        """Return when all is quiet.

        Raises:
            CommandError: it is not after `seconds` of the wall clock; says what is left.
        """
        until = time.monotonic() + seconds
        while (left := await self.against()) is not None:
            if time.monotonic() > until:
                raise CommandError(f"Not quiet after {seconds:g} s: {left}. `sunlit status` shows all processes.")
            await asyncio.sleep(PAUSE_SECONDS)

    async def next_due(self) -> datetime | None:
        """The next moment of the legal clock at which something is due; ask it behind a barrier."""
        return min((w.next_due_at for w in await self.sweep() if w.next_due_at is not None), default=None)

    async def _ask(self, name: str, port: int) -> Worker:
        try:
            answer = await self._http.get(f"http://{LOOPBACK}:{port}/status")
            return worker_of(name, answer.json())
        except (httpx.HTTPError, ValueError):
            return Worker(name, None, None, None, None)

    async def _ends(self) -> EndOffsets:
        try:
            ends: EndOffsets = await self._kafka.end_offsets(self._places)
        except (KafkaError, OSError):
            return {TopicPartition("", 0): time.monotonic_ns()}  # unknown: equal to nothing
        return ends


def is_ours(topic: str) -> bool:
    """Whether facts travel on this topic (Kafka's own topics move by themselves)."""
    return topic_matches(topic, [*(known.name for known in TOPICS), INGEST_PATTERN])


def worker_of(name: str, document: Mapping[str, Any]) -> Worker:
    """A worker's answer (`runtime.status`)."""
    due = document.get("next_due_at")
    return Worker(
        name,
        document.get("lag"),
        document.get("outbox"),
        document.get("due"),
        datetime.fromisoformat(due) if due else None,
    )
