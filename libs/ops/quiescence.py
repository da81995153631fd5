"""The barrier: nothing is in flight anywhere (docs/architecture.md §4, decision 1).

Quiet means: every consumer has read everything, every outbox is empty, no look is due. One statement sees all schemas
in one snapshot, and the topics' ends are asked after it. That makes one look exact: a fact that is in no outbox of the
snapshot was published before it, so the end that is asked later counts it, and whoever has not read it yet lags.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import httpx
import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from psycopg import sql

from libs.common.runtime.brokers import client_options
from libs.common.runtime.clock import build_clock
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import INGEST_PATTERN, TOPICS, topic_matches
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import State
from libs.ops.ports import LOOPBACK
from libs.ops.roster import SERVICES
from libs.ops.topics import partitions

PAUSE_SECONDS = 0.01
ASK_SECONDS = 10.0
COUNT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Work:
    """What one worker does, as it says itself.

    Args:
        reads: topics; `*` makes a pattern.
        lines: name → the clock that its looks stand on.
    """

    service: str
    reads: tuple[str, ...]
    lines: Mapping[str, Literal["legal", "wall"]]


@dataclass(frozen=True, slots=True)
class Stand:
    """How one service stands in the snapshot.

    Args:
        next_offsets: `topic/partition` → how far its effects reach.
        next_due_at: the next moment of the legal clock; it may be past.
    """

    service: str
    outbox_rows: int
    due_looks: int
    next_due_at: datetime | None
    next_offsets: Mapping[str, int]


def against(stand: Stand, work: Work, ends: Mapping[str, int]) -> str | None:
    """Why a service is not quiet, in words; None when it is. Pure."""
    read = {place: end for place, end in ends.items() if topic_matches(place.rpartition("/")[0], work.reads)}
    lag_events = sum(max(end - stand.next_offsets.get(place, 0), 0) for place, end in read.items())
    for count, word in (
        (lag_events, "events unread"),
        (stand.outbox_rows, "facts unpublished"),
        (stand.due_looks, "looks due"),
    ):
        if count:
            return f"{stand.service} has {count} {word}"
    return None


class Barrier:
    """Looks at the database and the topics of one running platform. Use as an async context manager."""

    def __init__(self, state: State) -> None:
        self._ports = {s: state.ports[f"{s}-worker"] for s in SERVICES if f"{s}-worker" in state.ports}
        self._settings, self._dsn = Settings(kafka=state.kafka), state.database
        self._clock = build_clock(state.clock, state.timezone)
        self._work: list[Work] = []
        self._places: list[TopicPartition] = []
        self._question: sql.Composed = sql.Composed([])
        self._kafka = AIOKafkaConsumer(**client_options(self._settings))
        self._database: psycopg.AsyncConnection[Any] | None = None

    async def __aenter__(self) -> Barrier:
        """Connect and ask the workers what they do.

        Raises:
            CommandError: a worker, Kafka or the database does not answer.
        """
        try:
            self._work = await self._ask_workers()
            self._question = question(self._work)
            self._places = await partitions(self._settings, is_ours)
            if not self._places:
                raise CommandError("There are no topics yet: `sunlit topics apply` makes them.", ExitCode.NOT_RUNNING)
            await self._kafka.start()
            await self._connected()
        except (KafkaError, psycopg.OperationalError, OSError) as error:
            await self.__aexit__()
            raise CommandError(f"An engine does not answer: {error}; see `sunlit status`.") from error
        except BaseException:
            await self.__aexit__()
            raise
        return self

    @property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """Which topics each service reads; `*` makes a pattern."""
        return {one.service: one.reads for one in self._work}

    async def __aexit__(self, *_: object) -> None:
        await self._kafka.stop()
        if self._database is not None:
            await self._database.close()

    async def against(self) -> str | None:
        """What speaks against quiet now, in words; None = all is quiet."""
        stands = await self.stands()
        ends = {f"{p.topic}/{p.partition}": end for p, end in (await self._kafka.end_offsets(self._places)).items()}
        found = (against(stand, work, ends) for stand, work in zip(stands, self._work, strict=True))
        return next((words for words in found if words is not None), None)

    async def wait(self, seconds: float) -> None:
        """Return when all is quiet.

        Raises:
            CommandError: it is not after `seconds` of the wall clock; says what is left.
        """
        until = time.monotonic() + seconds
        while (left := await self._look()) is not None:
            if time.monotonic() > until:
                raise CommandError(f"Not quiet after {seconds:g} s: {left}. `sunlit status` shows all processes.")
            await asyncio.sleep(PAUSE_SECONDS)

    async def next_due(self) -> datetime | None:
        """The next moment of the legal clock at which something is due; ask it behind a barrier."""
        return min((s.next_due_at for s in await self.stands() if s.next_due_at is not None), default=None)

    async def stands(self) -> list[Stand]:
        """How all services stand, in one snapshot."""
        now = {"legal": self._clock.due_up_to(), "wall": self._clock.wall_due_up_to(), "limit": COUNT_LIMIT}
        database = await self._connected()
        return [Stand(*row) for row in await (await database.execute(self._question, now)).fetchall()]

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        """Our connection; a new one when the server has ended the old one: it may have been restarted meanwhile."""
        if self._database is None or self._database.closed:
            self._database = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True, connect_timeout=5)
        return self._database

    async def _look(self) -> str | None:
        try:
            return await self.against()
        except (KafkaError, psycopg.OperationalError) as error:
            return f"an engine does not answer ({type(error).__name__})"

    async def _ask_workers(self) -> list[Work]:
        async with httpx.AsyncClient(timeout=ASK_SECONDS, trust_env=False) as client:
            asked = (ask(client, service, port) for service, port in self._ports.items())
            answers = await asyncio.gather(*asked, return_exceptions=True)  # all end before the first failure counts
        work = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            work.append(answer)
        return work


async def ask(client: httpx.AsyncClient, service: str, port: int) -> Work:
    """What one worker says that it does (`runtime.status`).

    Raises:
        CommandError: it does not answer.
    """
    try:
        document = (await client.get(f"http://{LOOPBACK}:{port}/status")).json()
        return Work(service, tuple(document["reads"]), document["lines"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise CommandError(f"{service}-worker does not answer; see `sunlit status`.") from error


def question(work: Sequence[Work]) -> sql.Composed:
    """The one statement that yields a `Stand` per service."""
    return sql.SQL(" UNION ALL ").join([question_about(one) for one in work])


def question_about(work: Work) -> sql.Composed:
    """The part about one service; each line is asked alone, so that the index of awake looks serves."""
    schema = sql.Identifier(work.service)
    due = [
        sql.SQL(
            "(SELECT count(*) FROM {}.due WHERE line = {} AND waits_for IS NULL AND due_at <= {}::timestamptz)"
        ).format(schema, sql.Literal(line), sql.Placeholder(clock))
        for line, clock in work.lines.items()
    ]
    next_due = [
        sql.SQL("(SELECT min(due_at) FROM {}.due WHERE line = {} AND waits_for IS NULL)").format(
            schema, sql.Literal(line)
        )
        for line, clock in work.lines.items()
        if clock == "legal"
    ]
    return sql.SQL(
        "SELECT {name}::text, (SELECT count(*) FROM (SELECT 1 FROM {schema}.outbox LIMIT %(limit)s) AS waiting),"
        " {due}, LEAST({next_due}),"
        " (SELECT coalesce(json_object_agg(topic || '/' || partition, next_offset), '{{}}'::json)"
        "  FROM {schema}.next_offset WHERE consumer_group = {name})"
    ).format(
        name=sql.Literal(work.service),
        schema=schema,
        due=sql.SQL(" + ").join([sql.SQL("0"), *due]),
        next_due=sql.SQL(", ").join([sql.SQL("NULL::timestamptz"), *next_due]),
    )


def is_ours(topic: str) -> bool:
    """Whether facts travel on this topic (Kafka's own topics move by themselves)."""
    return topic_matches(topic, [*(known.name for known in TOPICS), INGEST_PATTERN])
