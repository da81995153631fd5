"""The proxy before the database, between a client and a server that speak as much of the protocol as they need."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator

import pytest

from libs.ops.faults.proxy import Proxy

STARTUP = struct.pack("!II", 8, 196608)
SSL_REQUEST = struct.pack("!II", 8, 80877103)


def message(kind: bytes, body: bytes) -> bytes:
    """One message on the wire."""
    return kind + struct.pack("!I", len(body) + 4) + body


COPY, COMMIT = message(b"Q", b"COPY t FROM STDIN\0"), message(b"Q", b"COMMIT\0")
COMMITTED = message(b"C", b"COMMIT\0") + message(b"Z", b"I")
COPIED = message(b"C", b"COPY 1\0") + message(b"Z", b"T")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that does not encrypt, copies and commits."""
    try:
        assert await reader.readexactly(8) == SSL_REQUEST
        writer.write(b"N")
        assert await reader.readexactly(8) == STARTUP
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            writer.write(COPIED if body.startswith(b"COPY") else COMMITTED)
    except asyncio.IncompleteReadError:
        writer.close()


async def connect(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that has introduced itself."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(SSL_REQUEST)
    assert await reader.readexactly(1) == b"N"
    writer.write(STARTUP)
    return reader, writer


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before such a server."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Proxy(lambda: port) as made:
        yield made
    server.close()


async def test_what_is_said_is_passed_on(proxy: Proxy) -> None:
    """Unarmed, it changes nothing."""
    reader, writer = await connect(proxy)
    writer.write(COPY + COMMIT)
    assert await reader.readexactly(len(COPIED + COMMITTED)) == COPIED + COMMITTED
    writer.close()


async def test_it_strikes_behind_a_commit_that_wrote_and_the_client_never_hears(proxy: Proxy) -> None:
    """The server has committed; the answer is cut."""
    struck: list[str] = []

    async def strike() -> None:
        struck.append("now")

    reader, writer = await connect(proxy)
    armed = asyncio.create_task(proxy.strike("committed", os.getpid(), strike, cut=True, seconds=10))
    await asyncio.sleep(0)
    writer.write(COMMIT)
    assert await reader.readexactly(len(COMMITTED)) == COMMITTED
    writer.write(COPY)
    assert await reader.readexactly(len(COPIED)) == COPIED
    writer.write(COMMIT)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    assert await armed
    assert struck == ["now"]
    writer.close()


async def test_another_process_is_not_struck(proxy: Proxy) -> None:
    """The moment must be the target's."""

    async def strike() -> None:
        raise AssertionError("struck the wrong one")

    reader, writer = await connect(proxy)
    armed = asyncio.create_task(proxy.strike("committed", 1, strike, cut=True, seconds=0.3))
    await asyncio.sleep(0)
    writer.write(COPY + COMMIT)
    assert await reader.readexactly(len(COPIED + COMMITTED)) == COPIED + COMMITTED
    assert not await armed
    writer.close()


async def test_closed_it_ends_all_and_takes_none(proxy: Proxy) -> None:
    """And reopened it takes them again."""
    reader, _ = await connect(proxy)
    proxy.close()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await connect(proxy)
    proxy.reopen()
    again, writer = await connect(proxy)
    writer.write(COMMIT)
    assert await again.readexactly(len(COMMITTED)) == COMMITTED
    writer.close()
