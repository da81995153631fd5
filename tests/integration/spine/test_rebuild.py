"""A second life from the topics is the same as the first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.assembly import Spine
from libs.common.runtime.rebuild import Rebuilding, read, settle_letters, work_off
from libs.common.runtime.swap import Comparison, carry, compare, lock, offsets_of, settled_letters, swap
from tests.spine.house import House, records
from tests.spine.ledger import SERVICE, create_tables, event_bytes

pytestmark = pytest.mark.engines
COMPARED = {
    "account": "SELECT case_no, seen, total, last FROM {s}.account",
    "effect": "SELECT case_no, event_id, how FROM {s}.effect",
}
EVENTS = 600


@pytest.fixture
async def lives(house: House) -> AsyncIterator[tuple[House, Spine, Spine]]:
    """A ledger that worked off a topic, and an empty shadow beside it, owned by the same role."""
    values = [event_bytes(n, f"C-{n % 40}", comment="look:60" if n % 10 == 0 else None) for n in range(EVENTS)]
    house.send((f"C-{n % 40}", value) for n, value in enumerate(values))
    house.send([("C-1", b"no event"), ("C-2", b"none either")])
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        admin.execute(f'CREATE SCHEMA "{house.corner.schema}_shadow" AUTHORIZATION "{house.corner.schema}"')
    with psycopg.connect(house.corner.dsn, autocommit=True) as connection:
        connection.execute(f'SET search_path = "{house.corner.schema}_shadow"')
        create_tables(connection)
    live, shadow = house.spine(), house.spine(database_schema=f"{house.corner.schema}_shadow")
    await live.database.start()
    await shadow.database.start()
    await read(live, [house.topic], ends(house))
    await work_off(live)
    yield house, live, shadow
    await live.database.stop()
    await shadow.database.stop()


def ends(house: House) -> dict[tuple[str, int], int]:
    """Where each partition of the topic ends."""
    found: dict[tuple[str, int], int] = {}
    for partition, _, _ in house.read(house.topic):
        found[house.topic, partition] = found.get((house.topic, partition), 0) + 1
    return found


def plan_of(house: House, spine: Spine) -> Rebuilding:
    """The ledger's plan."""
    return Rebuilding(SERVICE, (house.topic,), frozenset({"account", "effect"}), spine.lines, spine.inbox, COMPARED)


async def test_a_rebuild_gives_the_same_rows(lives: tuple[House, Spine, Spine]) -> None:
    """Equal by hash; a row that was changed by hand is found and shown; nothing was published."""
    house, _, shadow = lives
    schemas = (house.corner.schema, shadow.database.schema)
    await read(shadow, [house.topic], ends(house))
    await work_off(shadow)
    looks = house.one("SELECT count(*) FROM effect WHERE how = 'look'")
    assert looks > 0
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        assert compare(admin, *schemas, COMPARED) == [
            Comparison("account", 40, 40, True),
            Comparison("effect", EVENTS + looks, EVENTS + looks, True),
        ]
        house.run("UPDATE account SET total = total + 1 WHERE case_no = 'C-7'")
        account, effect = compare(admin, *schemas, COMPARED)
    assert (account.equal, effect.equal) == (False, True)
    assert account.only_live[0].startswith("(C-7,")
    assert account.only_shadow[0].startswith("(C-7,")
    assert house.read(house.out_topic) == []


async def test_the_shadow_takes_the_place_of_the_damaged_one(lives: tuple[House, Spine, Spine]) -> None:
    """After the swap the service goes on where the first life ended: facts on their way, letters as people settled
    them, no event twice.
    """
    house, live, shadow = lives
    untold = house.one("SELECT count(*) FROM outbox")
    first, _ = [letter.id for letter in await live.letters.page()]
    assert await live.letters.discard(first, by="op", reason="nonsense") == ()
    house.run("DELETE FROM account WHERE case_no = 'C-7'")
    schema = house.corner.schema
    plan = plan_of(house, shadow)
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin, admin.transaction():
        lock(admin, schema, for_swap=True)
        await read(shadow, plan.topics, offsets_of(admin, plan, schema))
        await settle_letters(shadow, settled_letters(admin, plan, schema))
        await work_off(shadow)
        carry(admin, plan, schema, f"{schema}_shadow")
        swap(admin, schema, f"{schema}_shadow", f"{schema}_retired")
    assert house.one("SELECT seen FROM account WHERE case_no = 'C-7'") == EVENTS // 40
    assert house.one("SELECT sum(next_offset) FROM next_offset WHERE consumer_group = 'ledger'") == EVENTS + 2
    assert house.one("SELECT count(*) FROM outbox") == untold
    assert house.rows("SELECT state, by, reason FROM dead_letter ORDER BY id") == [
        ("discarded", "op", "nonsense"),
        ("parked", None, None),
    ]
    await house.effects(live).apply(records([event_bytes(0, "C-0", comment="look:60")], topic=house.topic))
    assert house.one("SELECT count(*) FROM effect WHERE how = 'event'") == EVENTS


async def test_a_writer_that_waits_for_the_swap_writes_into_the_second_life(lives: tuple[House, Spine, Spine]) -> None:
    """The running service is held, not stopped: its next batch lands in the tables that are live then."""
    house, live, shadow = lives
    schema, plan = house.corner.schema, plan_of(house, shadow)
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        with admin.transaction():
            lock(admin, schema, for_swap=True)
            batch = records([event_bytes(EVENTS, "C-0")], topic=house.topic, partition=99)
            waiting = asyncio.ensure_future(house.effects(live).apply(batch))
            await read(shadow, plan.topics, offsets_of(admin, plan, schema))
            carry(admin, plan, schema, f"{schema}_shadow")
            swap(admin, schema, f"{schema}_shadow", f"{schema}_retired")
        await waiting
    new, old = (
        f"SELECT count(*) FROM {where}.effect WHERE event_id = 'e-600'" for where in (schema, f"{schema}_retired")
    )
    assert (house.one(new), house.one(old)) == (1, 0)


async def test_a_topic_that_lost_its_beginning_is_refused(lives: tuple[House, Spine, Spine]) -> None:
    """Half a history is no history: the rebuild says which topic and stops."""
    house, _, shadow = lives
    place = next(iter(ends(house)))
    house.cut(*place, 3)
    with pytest.raises(ContractBroken, match="begins at offset 3"):
        await read(shadow, [house.topic], ends(house))
