"""The limit of `consume`: aiokafka and COPY into a keyed table, one transaction per batch; nothing is folded, and a
second run would break the key. The next fetch overlaps the running COPY, as in the worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
from aiokafka import AIOKafkaConsumer

from bench.claim import Wrong
from bench.engines import Engines

BATCH_EVENTS = 2000
TYPES = ("text", "text", "text", "text", "timestamptz", "bytea")
TABLE = """
CREATE SCHEMA IF NOT EXISTS bench;
DROP TABLE IF EXISTS bench.copied;
CREATE TABLE bench.copied (
    source text, id text, type text, subject text, happened_at timestamptz, raw bytea, PRIMARY KEY (source, id)
)
"""
COPY = "COPY bench.copied (source, id, type, subject, happened_at, raw) FROM STDIN (FORMAT BINARY)"


async def rate(place: Engines, topic: str, count: int) -> float:
    """Events per second from the first batch in hand to the last commit.

    Raises:
        Wrong: not every event is in the table.
    """
    async with await psycopg.AsyncConnection.connect(place.dsn) as connection:
        await connection.execute(TABLE)
        await connection.commit()
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=place.bootstrap,
            group_id="bench-copying",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        async with consumer:
            seconds = await _copy_all(consumer, connection, count)
    if place.one("SELECT count(*) FROM bench.copied") != count:
        raise Wrong("the copied table does not hold every event")
    return count / seconds


async def _copy_all(consumer: AIOKafkaConsumer, connection: psycopg.AsyncConnection[Any], count: int) -> float:
    copied, started = 0, 0.0
    fetch = asyncio.ensure_future(consumer.getmany(timeout_ms=500, max_records=BATCH_EVENTS))
    while copied < count:
        found = await fetch
        started = started or (time.perf_counter() if found else 0.0)
        fetch = asyncio.ensure_future(consumer.getmany(timeout_ms=500, max_records=BATCH_EVENTS))
        rows = [_row(message.value) for messages in found.values() for message in messages]
        if rows:
            await _copy(connection, rows)
            await consumer.commit()
            copied += len(rows)
    seconds = time.perf_counter() - started
    fetch.cancel()
    return seconds


def _row(raw: bytes) -> Sequence[object]:
    event = orjson.loads(raw)
    at = datetime.fromisoformat(event["time"]).astimezone(UTC)
    return event["source"], event["id"], event["type"], event["subject"], at, raw


async def _copy(connection: psycopg.AsyncConnection[Any], rows: Sequence[Sequence[object]]) -> None:
    async with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for row in rows:
            await copy.write_row(row)
    await connection.commit()
