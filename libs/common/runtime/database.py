"""The one door to PostgreSQL: pool, transactions, COPY, and what an error of it means. `commit` stands only here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from libs.common.kernel.errors import DataError, Problem

Tx = AsyncConnection

# Classes of SQLSTATE after which the same work may be tried again: connection (08), login and database not there yet
# (28, 3D: secrets rotate, servers are restored), resources (53), shutdown and crash (57P0x), and the states below.
TRANSIENT_CLASSES = ("08", "28", "3D", "53", "57P0")
TRANSIENT_STATES = frozenset(
    {
        "25006",  # read only: we speak to a former primary
        "25P03",  # idle in transaction for too long
        "40001",  # serialization failure
        "40003",  # the outcome of the commit is unknown: the inbox makes a second try safe
        "40P01",  # deadlock
        "55P03",  # lock not available in time
        "57014",  # statement timeout
        "58030",  # I/O error
    }
)
# Class 22 is "data exception": the values themselves cannot be stored.
DATA_CLASS = "22"
# Table or right missing, schema missing, internal error: no event is to blame, a person must look.
HOUSE_CLASSES = ("42", "3F", "XX")


def sqlstate(error: BaseException) -> str | None:
    """SQLSTATE of an error of SQLAlchemy or psycopg; None when the server gave none."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later, without change. An unknown outcome of a commit counts as such."""
    if isinstance(error, PoolTimeout | ConnectionError | TimeoutError):
        return True
    state = sqlstate(error)
    if state is not None:
        return state in TRANSIENT_STATES or state.startswith(TRANSIENT_CLASSES)
    origin = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError) or isinstance(error, InterfaceError)


def as_data_error(error: BaseException) -> DataError | None:
    """The data error behind an exception, ours or one of class 22 of the server; None when it is something else."""
    if isinstance(error, DataError):
        return error
    origin = error.orig if isinstance(error, DBAPIError) else error
    state = sqlstate(error)
    # psycopg refuses some values itself (a NUL character in a text) and then gives no SQLSTATE.
    refused = state is None and isinstance(origin, psycopg.DataError | UnicodeEncodeError)
    if refused or (state is not None and state.startswith(DATA_CLASS)):
        problem = Problem(
            "VALUE_NOT_STORABLE",
            "",
            "数据库不能保存其中的值（例如空字符、超出范围的数值）；请更正后重报。",
            f"The database cannot store a value of it ({state or 'driver'}): correct it and send it again.",
        )
        return DataError(problem)
    return None


def blames_the_house(error: BaseException) -> bool:
    """Whether the schema or the server is at fault, so that no event may be parked for it."""
    return (sqlstate(error) or "").startswith(HOUSE_CLASSES)


class Database:
    """Pool of one process on one schema.

    Args:
        dsn: libpq DSN or URI.
        schema: search_path of every connection.
        pool_size: connections kept; a caller waits 2 s for one.
        statement_timeout_ms, lock_timeout_ms: limits of the server for one statement and one lock.
        idle_timeout_ms: a transaction in which nothing happens for so long is ended by the server. It lies below the
            consumer's session timeout: a process that stood still cannot come back with its locks (decision 16).
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        pool_size: int = 5,
        statement_timeout_ms: int = 5000,
        lock_timeout_ms: int = 4000,
        idle_timeout_ms: int = 8000,
    ) -> None:
        self.dsn = dsn
        self.schema = schema
        self._pool_size = pool_size
        self._options = " ".join(
            (
                f"-c search_path={schema}",
                f"-c statement_timeout={statement_timeout_ms}",
                f"-c lock_timeout={lock_timeout_ms}",
                f"-c idle_in_transaction_session_timeout={idle_timeout_ms}",
                "-c timezone=UTC",
                "-c client_min_messages=warning",
            )
        )
        self._engine: AsyncEngine | None = None

    async def start(self) -> None:
        """Make the pool; it connects on first use, so that a database that is down keeps no process from starting."""
        self._engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=self._connect,
            pool_size=self._pool_size,
            max_overflow=0,
            pool_timeout=2.0,
            pool_pre_ping=False,
            pool_use_lifo=True,
        )

    async def stop(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        async with self._connection() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """One consistent, read-only snapshot."""
        async with self._connection() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Tx]:
        """Single read statements without a transaction around them: one round trip each."""
        async with self._connection() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def answers(self) -> bool:
        """Whether a statement comes through and the server is a writable primary."""
        try:
            async with self.glance() as connection:
                return not (await connection.execute(text("SELECT pg_is_in_recovery()"))).scalar_one()
        except (DBAPIError, PoolTimeout, psycopg.Error, OSError):
            return False

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Tx]:
        assert self._engine is not None, "Database.start() comes before its first use"
        async with self._engine.connect() as connection:
            try:
                yield connection
            except BaseException as error:
                # A connection that the server closed must not go back into the pool, nor its neighbours: after a
                # restart of the server all of them are dead.
                if is_transient(error) and (sqlstate(error) or "08").startswith(("08", "57P0", "25006")):
                    await connection.invalidate()
                raise

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self.dsn, options=self._options, connect_timeout=5, application_name=f"sunlit-{self.schema}"
        )


async def driver(tx: Tx) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a transaction."""
    raw = await tx.get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection), "the spine speaks psycopg"
    return connection


async def copy_rows(tx: Tx, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """COPY rows into a table of the search_path, in the caller's transaction. JSON columns take text."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(c) for c in columns)
    )
    async with (await driver(tx)).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


async def stage_rows(tx: Tx, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """COPY rows into a temporary twin of `table` (these columns, no constraints) that is empty again after the commit.

    Returns the twin's name, for `INSERT INTO <table> SELECT … FROM <twin> ON CONFLICT …`: one round trip for any
    number of rows where `COPY` alone could not say what a conflict means. A table is always staged with the same
    columns: the twin lives as long as its connection.
    """
    twin = f"staged_{table}"
    names = ", ".join(f'"{c}"' for c in columns)
    make = (
        f'CREATE TEMP TABLE IF NOT EXISTS "{twin}" ON COMMIT DELETE ROWS AS '  # noqa: S608 - names are constants of ours
        f'SELECT {names} FROM "{table}" WITH NO DATA; DELETE FROM "{twin}"'
    )
    # One round trip for both; the second empties what an earlier batch of the same transaction left.
    await (await driver(tx)).execute(make.encode(), prepare=False)
    await copy_rows(tx, twin, columns, rows)
    return twin
