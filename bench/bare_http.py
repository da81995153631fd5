"""The limit of `latency`: an HTTP request that inserts one row and commits, and one that reads it back.

`python -m bench.bare_http PORT DSN` serves it; nothing is checked, sealed, forwarded, folded or published.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CONNECTIONS = 4
TABLE = """
CREATE SCHEMA IF NOT EXISTS bench;
DROP TABLE IF EXISTS bench.bare;
CREATE TABLE bench.bare (id text PRIMARY KEY, body bytea NOT NULL)
"""
INSERT = "INSERT INTO bench.bare (id, body) VALUES (%s, %s)"
SELECT = "SELECT body FROM bench.bare WHERE id = %s"


def build_app(dsn: str) -> Starlette:
    """The application."""
    free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for _n in range(CONNECTIONS):
                connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
                free.put_nowait(await stack.enter_async_context(connection))
            yield

    async def ask(statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        connection = await free.get()
        try:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []
        finally:
            free.put_nowait(connection)

    async def write(request: Request) -> Response:
        await ask(INSERT, (request.path_params["id"], await request.body()))
        return Response(status_code=202)

    async def read(request: Request) -> Response:
        rows = await ask(SELECT, (request.path_params["id"],))
        return Response(rows[0][0], media_type="application/json") if rows else Response(status_code=404)

    return Starlette(
        routes=[Route("/rows/{id}", write, methods=["POST"]), Route("/rows/{id}", read, methods=["GET"])], lifespan=life
    )


if __name__ == "__main__":
    uvicorn.run(build_app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False)
