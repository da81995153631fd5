"""Build a service's state anew from its topics in a shadow schema, compare it row by row, and put it in the old one's
place.

The shadow is a schema with the service's own migrations and nothing in it. Nothing leaves it: no relay runs, so the
facts of the second life stay in its outbox; whoever delivers to people (notify) is not started on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.assembly import Spine
from libs.common.runtime.consume import BatchConsumer
from libs.common.runtime.database import Database
from libs.common.runtime.due import DueRunner
from libs.common.runtime.effects import Effects

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table in both lives. Equal = the same rows in the compared columns, whatever their order."""

    table: str
    rows_live: int
    rows_shadow: int
    equal: bool


async def rebuild(shadow: Spine, topics: Sequence[str]) -> None:
    """Read every topic from its beginning into the shadow and work off what is due; returns when nothing is left.

    Args:
        shadow: the service's spine with `database_schema` naming the shadow; its database is started.

    Raises:
        ContractBroken: reading stopped; says why.
    """
    group = f"{shadow.service}-rebuild-{shadow.database.schema}"
    effects = Effects(
        group,
        shadow.lines,
        shadow.database,
        shadow.clock,
        inbox=shadow.inbox,
        metrics=shadow.metrics,
        tracing=shadow.tracing,
    )
    consumer = BatchConsumer(topics, effects, shadow.database, shadow.settings, shadow.metrics, shadow.health)
    due = DueRunner(shadow.lines, shadow.database, shadow.clock, shadow.metrics, shadow.health)
    await consumer.start()
    try:
        while (lag := await consumer.lag_events()) is None or lag > 0:
            if consumer.tripped:
                raise ContractBroken(f"the rebuild of {shadow.service} stopped: {consumer.tripped}")
            await asyncio.sleep(POLL_S)
    finally:
        await consumer.stop()
    for line in shadow.lines:
        while await due.turn(line):
            pass


async def compare(live: Database, shadow: Database, tables: Mapping[str, Sequence[str]]) -> list[Comparison]:
    """Compare tables by count and by the sum of their rows' hashes.

    Args:
        tables: table → the columns that are business (decision 37: no sequence numbers, no issue instants).
    """
    found: list[Comparison] = []
    for table, columns in tables.items():
        (rows_live, hash_live), (rows_shadow, hash_shadow) = [await _sum(db, table, columns) for db in (live, shadow)]
        found.append(Comparison(table, rows_live, rows_shadow, (rows_live, hash_live) == (rows_shadow, hash_shadow)))
    return found


async def _sum(database: Database, table: str, columns: Sequence[str]) -> tuple[int, int]:
    """Number of rows and the order-free sum of their 64-bit hashes."""
    names = ", ".join(f'"{c}"' for c in columns)
    query = (
        "SELECT count(*) AS rows, coalesce(sum(hashtextextended(r::text, 0)::numeric), 0) AS total "  # noqa: S608 - names are ours
        f'FROM (SELECT {names} FROM "{table}") AS r'
    )
    async with database.reading() as tx:
        row = (await tx.exec_driver_sql(query)).mappings().one()
    return int(row["rows"]), int(row["total"])


def swap(admin: psycopg.Connection[tuple[object, ...]], schema: str, shadow: str, retired: str) -> None:
    """Put the shadow in the live schema's place, in one transaction; the old one is kept under the name `retired`.

    The service's processes are stopped before and started after. The group's offsets need no care: the shadow's stored
    ones are renamed to the service's group and count on assignment.
    """
    with admin.transaction():
        rename = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
        admin.execute(rename.format(sql.Identifier(schema), sql.Identifier(retired)))
        admin.execute(rename.format(sql.Identifier(shadow), sql.Identifier(schema)))
        admin.execute(
            sql.SQL("UPDATE {}.next_offset SET consumer_group = replace(consumer_group, %s, '')").format(
                sql.Identifier(schema)
            ),
            [f"-rebuild-{shadow}"],
        )
        # What the second life has to tell was told by the first.
        admin.execute(sql.SQL("DELETE FROM {}.outbox").format(sql.Identifier(schema)))
