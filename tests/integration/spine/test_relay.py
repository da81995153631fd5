"""The relay: in order per key, at least once, one leader, deleted after the ack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest

from libs.common.kernel.errors import ContractBroken
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Fact
from libs.common.runtime.assembly import Spine
from libs.common.runtime.health import Health
from libs.common.runtime.outbox import append, outbox_state
from libs.common.runtime.relay import Relay
from libs.common.runtime.telemetry import Metrics
from tests.spine.house import House, until_async
from tests.spine.ledger import SERVICE

pytestmark = pytest.mark.engines
AT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
async def spine(house: House) -> AsyncIterator[Spine]:
    """The corner's database, started."""
    made = house.spine()
    await made.database.start()
    yield made
    await made.database.stop()


def fact(topic: str, number: int, key: str, **data: Any) -> Fact:
    """Fact number `number` of a key."""
    event = Event(
        id=f"f-{number}",
        source="//sunlit/t",
        type="approval.case.opened",
        subject=key,
        time=AT,
        data={"number": number} | data,
    )
    return Fact(topic, event)


async def put(spine: Spine, facts: Sequence[Fact]) -> None:
    """Append facts in a transaction of their own."""
    async with spine.database.transaction() as tx:
        await append(tx, facts)


@asynccontextmanager
async def relay(house: House, **changes: Any) -> AsyncIterator[Relay]:
    """A running relay."""
    running = Relay(SERVICE, house.settings(**changes), Metrics("t"), Health())
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


def waiting(house: House) -> int:
    """Rows of the outbox."""
    return int(house.one("SELECT count(*) FROM outbox"))


def numbers(house: House) -> list[int]:
    """Published numbers, each partition in order."""
    return [msgspec.json.decode(raw)["data"]["number"] for _, _, raw in house.read(house.out_topic)]


async def test_facts_are_published_in_order_of_their_key_and_deleted(house: House, spine: Spine) -> None:
    """3 000 facts of 20 keys in 30 transactions: all there once, each key in order, the outbox empty."""
    async with relay(house):
        for start in range(0, 3000, 100):
            await put(spine, [fact(house.out_topic, n, f"K-{n % 20}") for n in range(start, start + 100)])
        await until_async(lambda: waiting(house) == 0)
    found: dict[str, list[int]] = {}
    for _, key, raw in house.read(house.out_topic):
        found.setdefault(key, []).append(msgspec.json.decode(raw)["data"]["number"])
    assert found == {f"K-{k}": list(range(k, 3000, 20)) for k in range(20)}


async def test_facts_of_a_transaction_that_failed_are_never_published(house: House, spine: Spine) -> None:
    """They exist with the effects or not at all."""
    async with relay(house):
        with pytest.raises(KeyError):
            async with spine.database.transaction() as tx:
                await append(tx, [fact(house.out_topic, 1, "K")])
                raise KeyError
        await put(spine, [fact(house.out_topic, 2, "K")])
        await until_async(lambda: waiting(house) == 0)
    assert numbers(house) == [2]


async def test_a_transaction_that_commits_late_is_not_jumped_over(house: House, spine: Spine) -> None:
    """Its rows have lower numbers than some that were published before: `id > last` would lose them."""
    async with relay(house):
        async with spine.database.transaction() as tx:
            await append(tx, [fact(house.out_topic, 1, "slow")])
            await put(spine, [fact(house.out_topic, 2, "fast")])
            await until_async(lambda: waiting(house) == 0)
        await until_async(lambda: len(numbers(house)) == 2)
    assert sorted(numbers(house)) == [1, 2]
    assert waiting(house) == 0


async def test_one_leads_and_another_takes_over(house: House, spine: Spine) -> None:
    """Two relays publish once; when the leader's connection dies the other goes on where it stopped."""
    async with relay(house), relay(house):
        await put(spine, [fact(house.out_topic, n, "K") for n in range(50)])
        await until_async(lambda: waiting(house) == 0)
        assert numbers(house) == list(range(50))
        with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
            found = admin.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                " WHERE l.locktype = 'advisory' AND l.granted AND a.usename = %s",
                [house.corner.schema],
            ).fetchall()
        assert len(found) == 1
        await put(spine, [fact(house.out_topic, n, "K") for n in range(50, 100)])
        await until_async(lambda: waiting(house) == 0)
    assert sorted(set(numbers(house))) == list(range(100))


async def test_facts_wait_while_kafka_is_away(house: House, spine: Spine) -> None:
    """Nothing is lost and nothing deleted; another relay that reaches Kafka publishes them in order."""
    async with relay(house, kafka="127.0.0.1:1"):
        await put(spine, [fact(house.out_topic, n, "K") for n in range(20)])
        await asyncio.sleep(1.5)
        assert waiting(house) == 20
    async with spine.database.glance() as tx:
        state = await outbox_state(tx, limit_rows=10)
    assert state.rows == 10
    assert state.oldest_at is not None
    async with relay(house):
        await until_async(lambda: waiting(house) == 0)
    assert numbers(house) == list(range(20))


async def test_a_missing_topic_blocks_its_own_facts_only(house: House, spine: Spine) -> None:
    """The others are published; the blocked ones go out when the topic is there."""
    late = house.engines.unique("ledger.late")
    async with relay(house):
        await put(spine, [fact(late, 1, "K"), fact(house.out_topic, 2, "K"), fact(late, 3, "K")])
        await until_async(lambda: waiting(house) == 2)
        assert numbers(house) == [2]
        house.engines.create_topics([late], 1)
        await until_async(lambda: waiting(house) == 0)
    assert [msgspec.json.decode(raw)["data"]["number"] for _, _, raw in house.read(late)] == [1, 3]


async def test_a_fact_that_no_broker_would_take_is_refused_at_once(spine: Spine, house: House) -> None:
    """Else it would block its key for ever: the event that made it is parked instead."""
    with pytest.raises(ContractBroken, match="1000000"):
        await put(spine, [fact(house.out_topic, 1, "K", text="x" * 1_100_000)])


async def test_the_wake_up_does_not_wait_for_a_poll(house: House, spine: Spine) -> None:
    """Twenty facts one after the other, each seen on the topic before the next: far quicker than twenty polls."""
    async with relay(house):
        await put(spine, [fact(house.out_topic, 0, "K")])
        await until_async(lambda: waiting(house) == 0)
        loop = asyncio.get_running_loop()
        started = loop.time()
        for n in range(1, 21):
            await put(spine, [fact(house.out_topic, n, "K")])
            await until_async(lambda: waiting(house) == 0, every_s=0.005)
        ended = loop.time()
    assert numbers(house) == list(range(21))
    assert ended > started
