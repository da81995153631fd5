"""A second life from the topics is the same as the first."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from libs.common.runtime.assembly import Spine
from libs.common.runtime.rebuild import Comparison, compare, rebuild, swap
from tests.spine.house import House, records
from tests.spine.ledger import create_tables, event_bytes

pytestmark = pytest.mark.engines
TABLES = {"account": ("case_no", "seen", "total", "last"), "effect": ("case_no", "event_id", "how")}
EVENTS = 600


@pytest.fixture
async def lives(house: House) -> AsyncIterator[tuple[House, Spine, Spine]]:
    """A ledger that worked off a topic, and an empty shadow beside it, owned by the same role."""
    values = [event_bytes(n, f"C-{n % 40}", comment="look:60" if n % 10 == 0 else None) for n in range(EVENTS)]
    house.send((f"C-{n % 40}", value) for n, value in enumerate(values))
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        admin.execute(f'CREATE SCHEMA "{house.corner.schema}_shadow" AUTHORIZATION "{house.corner.schema}"')
    with psycopg.connect(house.corner.dsn, autocommit=True) as connection:
        connection.execute(f'SET search_path = "{house.corner.schema}_shadow"')
        create_tables(connection)
    live, shadow = house.spine(), house.spine(database_schema=f"{house.corner.schema}_shadow")
    await live.database.start()
    await shadow.database.start()
    await rebuild(live, [house.topic])
    yield house, live, shadow
    await live.database.stop()
    await shadow.database.stop()


async def test_a_rebuild_gives_the_same_rows(lives: tuple[House, Spine, Spine]) -> None:
    """Equal by hash; a row that was changed by hand is found; nothing was published."""
    house, live, shadow = lives
    await rebuild(shadow, [house.topic])
    looks = house.one("SELECT count(*) FROM effect WHERE how = 'look'")
    assert looks > 0
    assert await compare(live.database, shadow.database, TABLES) == [
        Comparison("account", 40, 40, True),
        Comparison("effect", EVENTS + looks, EVENTS + looks, True),
    ]
    house.run("UPDATE account SET total = total + 1 WHERE case_no = 'C-7'")
    assert [c.equal for c in await compare(live.database, shadow.database, TABLES)] == [False, True]
    assert house.read(house.out_topic) == []


async def test_the_shadow_takes_the_place_of_the_damaged_one(lives: tuple[House, Spine, Spine]) -> None:
    """After the swap the service goes on where the rebuild ended, with its facts untold twice."""
    house, live, shadow = lives
    house.run("DELETE FROM account WHERE case_no = 'C-7'")
    await rebuild(shadow, [house.topic])
    schema = house.corner.schema
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        swap(admin, schema, f"{schema}_shadow", f"{schema}_retired")
    assert house.one("SELECT seen FROM account WHERE case_no = 'C-7'") == EVENTS // 40
    assert house.one("SELECT sum(next_offset) FROM next_offset WHERE consumer_group = 'ledger'") == EVENTS
    assert house.one("SELECT count(*) FROM outbox") == 0
    await house.effects(live).apply(records([event_bytes(0, "C-0", comment="look:60")], topic=house.topic))
    assert house.one("SELECT count(*) FROM effect WHERE how = 'event'") == EVENTS
