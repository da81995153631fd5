"""Bad input straight on Kafka: each kind is parked with its reason, the records beside it take effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from libs.common.runtime.assembly import Spine, build_spine
from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.consume import BatchConsumer
from libs.common.runtime.effects import Effects
from libs.common.runtime.health import Health
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import HALL_EVENTS
from services.approval.main import build_parts
from services.approval.store.cases import archive
from tests.anomalies.bad_input import BAD, TWO_MEBIBYTES, Bad, Headers, by_way, event, wire, with_data
from tests.engines import Corner, Engines
from tests.integration.approval.conftest import NOW
from tests.spine.house import apart, until_async

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]

Message = tuple[bytes | None, bytes | None, Headers]


@dataclass
class Hall:
    """Approval's lines on a schema of their own, reading real topics of one partition."""

    engines: Engines
    corner: Corner
    source: str
    topic: str
    spine: Spine
    effects: Effects

    def send(self, topic: str, messages: Sequence[Message]) -> list[int]:
        """Write (key, value, headers) one after the other to partition 0; their offsets."""
        return apart(_send(self.engines.bootstrap, topic, messages))

    def sound(self, number: str) -> bytes:
        """A sound event of this hall."""
        return wire(event(number, source=self.source))

    def bad(self, bad: Bad) -> Message:
        """A kind of bad input as a record of this hall's; its key is the case that it names."""
        raw = bad.raw.replace(b"//hall/330106/window", self.source.encode()) if bad.raw else bad.raw
        headers = tuple((n, v.replace(b"//hall/330106/window", self.source.encode())) for n, v in bad.headers)
        return f"key of {bad.name}".encode(), raw, headers

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with psycopg.connect(self.corner.dsn, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def letters(self, topic: str) -> dict[int, tuple[str, str]]:
        """(code, pointer) of the first problem of each letter, by offset."""
        found = self.rows('SELECT "offset", code, problems FROM dead_letter WHERE topic = %s', topic)
        return {offset: (code, problems[0]["pointer"]) for offset, code, problems in found}

    @asynccontextmanager
    async def consumer(self, topic: str) -> AsyncIterator[BatchConsumer]:
        """The consumer of one topic, from its present end on: other tests have written to it before."""
        end = apart(_end(self.engines.bootstrap, topic))
        self.rows("INSERT INTO next_offset VALUES (%s, %s, 0, %s) RETURNING 1", self.effects.group, topic, end)
        spine = self.spine
        running = BatchConsumer((topic,), self.effects, spine.database, spine.settings, spine.metrics, Health())
        await running.start()
        try:
            yield running
        finally:
            await running.stop()


@pytest.fixture
async def hall(engines: Engines, tmp_path: Path) -> AsyncIterator[Hall]:
    """A hall with a topic of its own; the legal clock stands."""
    corner = engines.migrated_schema("approval")
    create_keys(tmp_path / "secrets", [2025, 2026, 2027])
    settings = Settings(
        kafka=engines.bootstrap, database=corner.dsn, database_schema=corner.schema, home=tmp_path,
        clock=_standing_clock(tmp_path),
    )  # fmt: skip
    spine = build_spine(settings, "approval", build_parts(settings).lines, archive())
    await spine.database.start()
    effects = Effects(
        corner.schema, spine.lines, spine.database, spine.clock, inbox=spine.inbox, metrics=spine.metrics,
        tracing=spine.tracing,
    )  # fmt: skip
    system = corner.schema.replace("_", "-")
    topic = f"hall.ingest.330106.{system}.v1"
    _make_topic(engines, topic, {"max.message.bytes": str(2 * TWO_MEBIBYTES)})
    _make_topic(engines, HALL_EVENTS, {})
    yield Hall(engines, corner, f"//hall/330106/{system}", topic, spine, effects)
    await spine.database.stop()


async def test_each_kind_on_a_halls_topic_is_parked_and_its_neighbours_are_forwarded(hall: Hall) -> None:
    """Sound, bad, sound, bad …: a letter with code and place for each bad one, the sound ones go on."""
    kinds = by_way("ingest")
    messages: list[Message] = [(b"G-0", hall.sound("G-0"), ())]
    for n, bad in enumerate(kinds.values(), 1):
        messages += [hall.bad(bad), (f"G-{n}".encode(), hall.sound(f"G-{n}"), ())]
    async with hall.consumer(hall.topic) as running:
        offsets = await asyncio.to_thread(hall.send, hall.topic, messages)
        await until_async(lambda: sum(running.next_offsets.values()) > offsets[-1])
        assert running.tripped is None
    assert hall.letters(hall.topic) == dict(zip(offsets[1::2], (bad.verdict for bad in kinds.values()), strict=True))
    forwarded = {key for (key,) in hall.rows("SELECT key FROM outbox WHERE topic = %s", HALL_EVENTS)}
    assert forwarded == {f"G-{n}" for n in range(len(kinds) + 1)}
    raws = hall.rows('SELECT raw FROM dead_letter ORDER BY "offset"')
    assert [raw for (raw,) in raws] == [hall.bad(bad)[1] for bad in kinds.values()], "a letter keeps the bytes whole"


async def test_each_kind_on_the_halls_events_is_parked_and_its_neighbours_are_folded(hall: Hall) -> None:
    """The same straight onto `hall.events.v1`, whoever wrote there past the intake."""
    kinds = by_way("events")
    tag = hall.corner.schema
    messages: list[Message] = [(None, hall.sound(f"{tag}-0"), ())]
    for n, bad in enumerate(kinds.values(), 1):
        messages += [hall.bad(bad), (None, hall.sound(f"{tag}-{n}"), ())]
    async with hall.consumer(HALL_EVENTS) as running:
        offsets = await asyncio.to_thread(hall.send, HALL_EVENTS, messages)
        await until_async(lambda: running.tripped or running.next_offsets.get((HALL_EVENTS, 0), 0) > offsets[-1])
        assert running.tripped is None
    assert hall.letters(HALL_EVENTS) == dict(zip(offsets[1::2], (bad.verdict for bad in kinds.values()), strict=True))
    folded = {case_no for (case_no,) in hall.rows("SELECT case_no FROM case_file")}
    assert folded == {f"{tag}-{n}" for n in range(len(kinds) + 1)}


async def test_a_flood_of_nonsense_from_one_hall_stops_nobody(hall: Hall) -> None:
    """Far more than the budget allows our own releases: all of it is parked, the next sound event is taken."""
    flood: list[Message] = [(b"k", b"nonsense %d" % n, ()) for n in range(150)]
    async with hall.consumer(hall.topic) as running:
        await asyncio.to_thread(hall.send, hall.topic, [*flood, (b"G-1", hall.sound("G-1"), ())])
        await until_async(lambda: hall.rows("SELECT 1 FROM outbox"))
        assert running.tripped is None
        assert running.health.ready
    assert hall.rows("SELECT count(*) FROM dead_letter WHERE code = 'BROKEN_JSON'") == [(150,)]


async def test_key_headers_and_content_that_differ_without_harm(hall: Hall) -> None:
    """A wrong key, none, foreign headers, binary mode, last year: taken; an id with other content: parked alone."""
    sound = event("G-3", source=hall.source)
    names = ("specversion", "id", "source", "type", "subject", "time")
    binary = tuple((f"ce_{name}", str(sound[name]).encode()) for name in names)
    reused = wire(event("G-1", source=hall.source, time="2026-03-03T09:00:00+08:00"))
    messages: list[Message] = [
        (b"another case", hall.sound("G-1"), ()),
        (None, hall.sound("G-2"), (("x-trace", b"\xff\x00"), ("content-type", b"text/plain"))),
        (b"\xff\xfe", wire(sound["data"]), binary),
        (b"G-4", wire(event("G-4", source=hall.source, time="2025-03-02T09:00:00+08:00")), ()),
        (b"G-1", reused, ()),
        (b"G-2", hall.sound("G-2"), ()),
        (b"G-5", hall.sound("G-5"), ()),
    ]
    async with hall.consumer(hall.topic) as running:
        offsets = await asyncio.to_thread(hall.send, hall.topic, messages)
        await until_async(lambda: sum(running.next_offsets.values()) > offsets[-1])
    forwarded = [key for (key,) in hall.rows("SELECT key FROM outbox WHERE topic = %s ORDER BY seq", HALL_EVENTS)]
    assert forwarded == ["G-1", "G-2", "G-3", "G-4", "G-5"]
    assert hall.letters(hall.topic) == {offsets[4]: ("ID_REUSED", "/id")}


async def test_a_record_beyond_the_brokers_limit_is_refused_to_its_sender(hall: Hall) -> None:
    """Our topics take 1 MiB; whoever writes more is told by the broker, and nothing is stored."""
    message: Message = (b"k", with_data(org_name="x" * TWO_MEBIBYTES), ())
    with pytest.raises(MessageSizeTooLargeError):
        await asyncio.to_thread(hall.send, HALL_EVENTS, [message])


def test_every_kind_is_tried_somewhere() -> None:
    """The table has no row that no door sees, and no name twice."""
    assert len({bad.name for bad in BAD}) == len(BAD)
    assert all(bad.ways for bad in BAD)


def _standing_clock(home: Path) -> str:
    """The legal clock stands on 11 March 2026; the setting that names its file."""
    file = home / "clock.json"
    write_clock_file(file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW, speed=0.0))
    return f"virtual:{file}"


def _make_topic(engines: Engines, name: str, config: dict[str, str]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=engines.bootstrap)
    try:
        admin.create_topics([NewTopic(name, 1, 1, topic_configs=config)])
        admin.wait_for_topics([name])
    except TopicAlreadyExistsError:
        return
    finally:
        admin.close()


async def _send(bootstrap: str, topic: str, messages: Sequence[Message]) -> list[int]:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=4 * TWO_MEBIBYTES) as producer:
        told = [
            await producer.send_and_wait(topic, value, key, partition=0, headers=list(headers))
            for key, value, headers in messages
        ]
    return [place.offset for place in told]


async def _end(bootstrap: str, topic: str) -> int:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        place = TopicPartition(topic, 0)
        return int((await consumer.end_offsets([place]))[place])
