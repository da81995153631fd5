"""News for boards: one LISTEN on one connection for all viewers of a process, so that fifty cost what one costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg
import structlog

from services.monitoring.store.files import NEWS

RECONNECT_SECONDS = 2.0
QUEUE_MAX = 16

log = structlog.get_logger(__name__)


class News:
    """Hears the database's notifications and passes them on to whoever listens."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._listeners: set[asyncio.Queue[str]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to hear; a database that is away is asked again."""
        self._task = asyncio.create_task(self._hear())

    async def stop(self) -> None:
        """Ends the hearing; streams end with the process."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def listen(self) -> AsyncIterator[str]:
        """One message for each change; a viewer that is slow misses some, the next message brings everything."""
        queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_MAX)
        self._listeners.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    async def _hear(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._dsn, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {NEWS}")
                    async for message in connection.notifies():
                        self._tell(message.payload)
            except psycopg.Error as error:
                log.warning("news wait for the database", error=str(error)[:200])
            await asyncio.sleep(RECONNECT_SECONDS)

    def _tell(self, payload: str) -> None:
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(payload)
