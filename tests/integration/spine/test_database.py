"""The door to PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from libs.common.runtime.database import Database, copy_rows, is_transient, stage_rows
from tests.spine.house import House

pytestmark = pytest.mark.engines


@pytest.fixture
async def database(house: House) -> AsyncIterator[Database]:
    """A started database on the corner's schema."""
    opened = Database(house.corner.dsn, house.corner.schema, pool_size=3, statement_timeout_ms=700, lock_timeout_ms=300)
    await opened.start()
    yield opened
    await opened.stop()


async def test_a_block_that_ends_commits_and_one_that_raises_does_not(house: House, database: Database) -> None:
    """COPY and statements of one block share its fate."""
    row = ("C-1", 1, 2, "e")
    async with database.transaction() as tx:
        await copy_rows(tx, "account", ("case_no", "seen", "total", "last"), [row])
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            await copy_rows(tx, "account", ("case_no", "seen", "total", "last"), [("C-2", 1, 2, "e")])
            await tx.execute(text("UPDATE account SET seen = 9"))
            raise KeyError
    assert house.rows("SELECT * FROM account") == [row]


async def test_staged_rows_are_gone_after_the_commit(house: House, database: Database) -> None:
    """The next batch of the same connection starts with an empty twin."""
    for _ in range(3):
        async with database.transaction() as tx:
            twin = await stage_rows(tx, "account", ("case_no", "seen"), [("C-1", 1)])
            assert (await tx.exec_driver_sql(f"SELECT count(*) FROM {twin}")).scalar_one() == 1


async def test_reading_cannot_write_and_sees_one_moment(house: House, database: Database) -> None:
    """A snapshot, read only; the next transaction of the pool writes again."""
    async with database.reading() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM account"))).scalar_one() == 0
        house.run("INSERT INTO account VALUES ('C-1', 1, 1, '')")
        assert (await tx.execute(text("SELECT count(*) FROM account"))).scalar_one() == 0
    with pytest.raises(DBAPIError):
        async with database.reading() as tx:
            await tx.execute(text("DELETE FROM account"))
    async with database.transaction() as tx:
        await tx.execute(text("DELETE FROM account"))
    assert house.one("SELECT count(*) FROM account") == 0


async def test_limits_are_set_and_their_errors_are_transient(house: House, database: Database) -> None:
    """Statement time and lock time; every connection works in the service's schema."""
    async with database.glance() as tx:
        assert (await tx.exec_driver_sql("SHOW search_path")).scalar_one() == house.corner.schema
        assert (await tx.exec_driver_sql("SHOW idle_in_transaction_session_timeout")).scalar_one() == "8s"
    with pytest.raises(DBAPIError) as slow:
        async with database.transaction() as tx:
            await tx.execute(text("SELECT pg_sleep(5)"))
    house.run("INSERT INTO account VALUES ('C-1', 1, 1, '')")
    with psycopg.connect(house.corner.dsn) as other:
        other.execute("SELECT * FROM account FOR UPDATE")
        with pytest.raises(DBAPIError) as locked:
            async with database.transaction() as tx:
                await tx.execute(text("SELECT * FROM account FOR UPDATE"))
    assert is_transient(slow.value)
    assert is_transient(locked.value)


async def test_a_pool_that_is_used_up_is_transient(database: Database) -> None:
    """Whoever waits too long for a connection may come again."""

    async def hold() -> None:
        async with database.transaction() as tx:
            await tx.execute(text("SELECT 1"))
            await asyncio.sleep(2.5)

    holders = [asyncio.create_task(hold()) for _ in range(3)]
    await asyncio.sleep(0.3)
    with pytest.raises(Exception) as caught:
        async with database.transaction():
            raise AssertionError("there was no connection left")
    await asyncio.gather(*holders)
    assert is_transient(caught.value)


async def test_connections_that_the_server_ended_are_replaced(house: House, database: Database) -> None:
    """After a restart of the server the first transaction fails as transient, then all is well again."""
    async with database.transaction() as tx, database.transaction() as other:
        await tx.execute(text("SELECT 1"))
        await other.execute(text("SELECT 1"))
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [house.corner.schema]
        )
    failures = []
    for _ in range(4):
        try:
            async with database.transaction() as tx:
                await tx.execute(text("SELECT 1"))
        except DBAPIError as error:
            failures.append(error)
    assert all(is_transient(error) for error in failures)
    assert len(failures) <= 1
    assert await database.answers()


async def test_a_database_that_is_away_does_not_answer() -> None:
    """No exception, just no."""
    nowhere = Database("postgresql://127.0.0.1:1/none", "x")
    await nowhere.start()
    assert not await nowhere.answers()
    await nowhere.stop()
