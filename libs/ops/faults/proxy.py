"""A proxy before PostgreSQL: it can be slow or closed, and it can strike at an exact message of the conversation.

Moments at which it can strike (one at a time, by one process):
- `committed`: the server has committed a transaction that wrote something, and its answer is in our hands: the effects
  stand, and nobody but the server knows. A worker that dies here never tells its group how far it is.
- `acknowledged`: a relay wants to delete what Kafka has acknowledged: the facts are out, and the outbox still has them.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import psutil

from libs.ops.ports import LOOPBACK, free_ports

Moment = Literal["committed", "acknowledged"]
Strike = Callable[[], Awaitable[None]]

ENCRYPTION_REQUESTS = frozenset({80877103, 80877104})  # SSLRequest, GSSENCRequest: answered by one byte
READY = b"Z"  # the server's last message of a round trip
OUTBOX_DELETE = b"DELETE FROM outbox"


@dataclass(slots=True)
class Talk:
    """What the proxy remembers of one connection.

    Args:
        statements: prepared statements by name, as far as their text counts.
        wrote: whether the open transaction has copied rows in.
        is_cut: the connection is to be reset and nothing more passed on.
    """

    client_port: int
    statements: dict[bytes, bytes] = field(default_factory=dict)
    wrote: bool = False
    is_cut: bool = False

    def hear_client(self, kind: bytes, body: bytes) -> Moment | None:
        """A message of the client; the moment that it makes, if any."""
        said = self._text(kind, body)
        if said is None:
            return None
        if said.startswith(b"COPY "):
            self.wrote = True
        return "acknowledged" if said.startswith(OUTBOX_DELETE) else None

    def hear_server(self, kind: bytes, body: bytes) -> Moment | None:
        """A message of the server; the moment that it makes, if any."""
        if kind != b"C":
            return None
        if body.startswith((b"COMMIT", b"ROLLBACK")):
            wrote, self.wrote = self.wrote, False
            return "committed" if wrote and body.startswith(b"COMMIT") else None
        return None

    def _text(self, kind: bytes, body: bytes) -> bytes | None:
        """The statement that a message runs: of a query, or of the prepared one that is bound."""
        if kind == b"Q":
            return body.lstrip()
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self.statements[name] = text.lstrip()
        elif kind == b"B":
            _, name, _ = body.split(b"\0", 2)
            return self.statements.get(name)
        return None


class Proxy:
    """Listens on a port of its own; use as an async context manager.

    Args:
        target: answers the port of the real server, once it is known.
        delay_seconds: how much longer each round trip takes.
    """

    def __init__(self, target: Callable[[], int]) -> None:
        self.port = free_ports(1)[0]
        self._target = target
        self._server: asyncio.Server | None = None
        self._armed: tuple[Moment, int, Strike, bool] | None = None
        self._struck = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.WriteTransport] = set()
        self._is_closed = False
        self.delay_seconds = 0.0

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """Reset every connection and take no new one."""
        self._is_closed = True
        for transport in list(self._open):
            transport.abort()

    def reopen(self) -> None:
        """Take connections again."""
        self._is_closed = False

    async def strike(self, moment: Moment, pid: int, strike: Strike, *, cut: bool, seconds: float) -> bool:
        """Strike at the next such moment of a process; whether one came within so many seconds.

        Args:
            cut: reset the connection instead of passing the message on.
        """
        self._struck.clear()
        self._armed = moment, pid, strike, cut
        try:
            await asyncio.wait_for(self._struck.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._armed = None
        return True

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._is_closed:
            to_client.transport.abort()
            return
        try:
            server, to_server = await asyncio.open_connection(LOOPBACK, self._target())
        except OSError:
            to_client.transport.abort()
            return
        both_ends = {to_client.transport, to_server.transport}
        self._open |= both_ends
        talk = Talk(to_client.get_extra_info("peername")[1])
        try:
            await open_talk(client, to_client, server, to_server)
            async with asyncio.TaskGroup() as both:  # when one side has gone, the other has nobody to speak to
                both.create_task(self._pass_on(client, to_server, talk, talk.hear_client))
                both.create_task(self._pass_on(server, to_client, talk, talk.hear_server))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open -= both_ends
            for writer in (to_client, to_server):
                if talk.is_cut:
                    writer.transport.abort()
                writer.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        talk: Talk,
        hear: Callable[[bytes, bytes], Moment | None],
    ) -> None:
        """Messages of one direction, whole ones; ends by IncompleteReadError when one side has gone."""
        while True:
            kind = await reader.readexactly(1)
            head = await reader.readexactly(4)
            body = await reader.readexactly(struct.unpack("!I", head)[0] - 4)
            moment = hear(kind, body)
            if moment is not None and await self._is_struck(moment, talk):
                talk.is_cut = True
                raise ConnectionResetError("cut by the fault")
            if kind == READY and hear == talk.hear_server and self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            writer.write(kind + head + body)
            await writer.drain()

    async def _is_struck(self, moment: Moment, talk: Talk) -> bool:
        """Strike if this is what was waited for; whether the connection is to be cut."""
        if self._armed is None:
            return False
        wanted, pid, strike, cut = self._armed
        if wanted != moment or not owns(pid, talk.client_port):
            return False
        self._armed = None
        await strike()
        self._struck.set()
        return cut


async def open_talk(
    client: asyncio.StreamReader,
    to_client: asyncio.StreamWriter,
    server: asyncio.StreamReader,
    to_server: asyncio.StreamWriter,
) -> None:
    """Pass on the messages without a kind with which a connection begins."""
    while True:
        head = await client.readexactly(8)
        length, code = struct.unpack("!II", head)
        to_server.write(head + await client.readexactly(length - 8))
        await to_server.drain()
        if code not in ENCRYPTION_REQUESTS:
            return
        to_client.write(await server.readexactly(1))
        await to_client.drain()


def owns(pid: int, port: int) -> bool:
    """Whether a process holds the connection that comes from this port."""
    with suppress(psutil.Error):
        return any(c.laddr.port == port for c in psutil.Process(pid).net_connections("tcp"))
    return False
