"""Where a consumer starts, and what it does about offsets that do not fit its effects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from kafka import KafkaAdminClient
from kafka.structs import OffsetAndMetadata
from kafka.structs import TopicPartition as KafkaPlace

from libs.common.runtime.assembly import Spine
from libs.common.runtime.consume import BatchConsumer
from libs.common.runtime.health import Health
from tests.spine.house import House, until_async
from tests.spine.ledger import build_line, event_bytes

pytestmark = pytest.mark.engines


@pytest.fixture
async def spine(house: House) -> AsyncIterator[Spine]:
    """The ledger's line, with a group of its own per test."""
    made = house.spine()
    await made.database.start()
    yield made
    await made.database.stop()


@asynccontextmanager
async def consumer(house: House, spine: Spine, *topics: str, **changes: Any) -> AsyncIterator[BatchConsumer]:
    """A running consumer; its group is named like the corner, so that tests do not meet."""
    effects = house.effects(spine)
    effects.group = house.corner.schema
    settings = house.settings(**changes)
    running = BatchConsumer(topics or (house.topic,), effects, spine.database, settings, spine.metrics, Health())
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def effects_of(house: House) -> int:
    """How many events took effect."""
    return int(house.one("SELECT count(*) FROM effect"))


def send(house: House, first: int, last: int, topic: str | None = None) -> None:
    """Events first … last-1 of ten cases."""
    house.send(((f"C-{n % 10}", event_bytes(n, f"C-{n % 10}")) for n in range(first, last)), topic)


async def told(running: BatchConsumer) -> None:
    """Return when the group was told what the effects are."""

    async def committed() -> bool:
        assert running.kafka is not None
        found = {place: await running.kafka.committed(TopicPartition(*place)) for place in running.next_offsets}
        return found == running.next_offsets

    for _ in range(100):
        if await committed():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the group was not told within 5 s")


def set_group(house: House, offset: int) -> None:
    """Set the group's committed offset of every partition by hand, as a bug would."""
    admin = KafkaAdminClient(bootstrap_servers=house.engines.bootstrap)
    try:
        places = {KafkaPlace(house.topic, p): OffsetAndMetadata(offset, "", -1) for p in range(4)}
        admin.alter_group_offsets(house.corner.schema, places)
    finally:
        admin.close()


async def test_the_stored_offset_counts_and_not_the_groups(house: House, spine: Spine) -> None:
    """A group that was set beyond the effects while nobody ran loses nothing: work starts where the effects end."""
    send(house, 0, 100)
    async with consumer(house, spine) as running:
        await until_async(lambda: effects_of(house) == 100)
        await told(running)
    send(house, 100, 300)
    set_group(house, 10_000)
    async with consumer(house, spine):
        await until_async(lambda: effects_of(house) == 300)
    assert house.one("SELECT sum(next_offset) FROM next_offset") == 300


async def test_a_group_ahead_of_the_effects_is_noticed_and_rewound(house: House, spine: Spine) -> None:
    """Fault 27: the checker says how far, and sets the group back to the effects."""
    send(house, 0, 200)
    async with consumer(house, spine) as running:
        await until_async(lambda: sum(running.next_offsets.values()) == 200)
        assert running.kafka is not None
        await told(running)
        assert await running.check_offsets() == {}
        place, effects_end = next(iter(running.next_offsets.items()))
        await running.kafka.commit({TopicPartition(*place): effects_end + 7})
        assert await running.check_offsets() == {place: 7}
        await told(running)
        assert await running.check_offsets() == {}
        assert "7 events ahead" in (running.health.last_error or "")


async def test_a_topic_made_anew_is_refused(house: House, spine: Spine) -> None:
    """Fault 26: the effects reach beyond the topic's end; nothing is read until a person decides."""
    house.run("INSERT INTO next_offset VALUES (%s, %s, 0, 500)", house.corner.schema, house.topic)
    send(house, 0, 20)
    async with consumer(house, spine) as running:
        await until_async(lambda: running.tripped)
        assert "effects reach to offset 500" in running.tripped
        assert not running.health.ready
    assert effects_of(house) == 0


async def test_too_much_poison_stops_the_consumer_and_says_so(house: House, spine: Spine) -> None:
    """Not ready, the reason in the health, nothing read any more; the process itself lives."""
    house.send((f"C-{n}", event_bytes(n, f"C-{n}", comment="poison")) for n in range(200))
    async with consumer(house, spine) as running:
        await until_async(lambda: running.tripped)
        assert running.tripped == "50 events in a row had to be parked"
        assert running.health.against["consumer"].startswith("stopped: 50 events")
        assert await running.lag_events() is None
    assert house.one("SELECT count(*) FROM dead_letter") == 50


async def test_a_pattern_reads_topics_that_come_later(house: House, spine: Spine) -> None:
    """Hall systems get topics of their own while we run."""
    stem = house.engines.unique("hall.ingest.t")
    first, later = f"{stem}.one.v1", f"{stem}.two.v1"
    house.engines.create_topics([first], 1)
    async with consumer(house, spine, f"{stem}.*.v1", kafka_metadata_max_age_ms=1000) as running:
        send(house, 0, 10, first)
        await until_async(lambda: effects_of(house) == 10)
        house.engines.create_topics([later], 1)
        send(house, 10, 20, later)
        await until_async(lambda: effects_of(house) == 20)
        assert await running.lag_events() == 0


async def test_lag_is_told_exactly(house: House, spine: Spine) -> None:
    """Events without effect, zero when all have theirs, unknown before partitions are placed."""
    send(house, 0, 50)
    async with consumer(house, spine) as running:
        assert await running.lag_events() is None
        await until_async(lambda: effects_of(house) == 50)
        await until_async(lambda: sum(running.next_offsets.values()) == 50)
        assert await running.lag_events() == 0


async def test_events_of_a_case_keep_their_order_over_many_batches(house: House) -> None:
    """Each case's events take effect in the order of its partition, over many batches."""
    line = build_line(house.out_topic)
    spine = house.spine(line)
    await spine.database.start()
    send(house, 0, 3000)
    async with consumer(house, spine, consumer_batch_events=157):
        await until_async(lambda: effects_of(house) == 3000)
    for case in range(10):
        found = house.rows("SELECT event_id FROM effect WHERE case_no = %s ORDER BY seq", f"C-{case}")
        assert [event_id for (event_id,) in found] == [f"e-{n}" for n in range(case, 3000, 10)]
    await spine.database.stop()
