"""Ports of local mode: all on 127.0.0.1, the ones of last time if they are free, else new ones.

A launcher chooses ports long before its processes listen on them, so it reserves them: by a lock on a small file of the
user's, held for the launcher's life. Two launchers that start at the same moment never choose the same port.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """`count` different ports that were free a moment ago."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Reservations:
    """The ports that this launcher has chosen; nobody else's launcher chooses them until it ends."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"sunlit-ports-{os.getuid()}"
        self._held: dict[int, TextIOWrapper] = {}

    def take(self, port: int) -> bool:
        """Reserve a port; False when it is taken or another launcher has it."""
        if port in self._held:
            return False
        self._folder.mkdir(mode=0o700, exist_ok=True)
        lock = (self._folder / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        if not is_free(port):
            lock.close()
            return False
        self._held[port] = lock
        return True

    def any(self) -> int:
        """Reserve any free port."""
        while True:
            (port,) = free_ports(1)
            if self.take(port):
                return port

    def choose(self, names: Sequence[str], before: Mapping[str, int]) -> dict[str, int]:
        """Reserve a port for each name: the one it had before if that is still free, else a new one."""
        kept = {name: before[name] for name in names if name in before and self.take(before[name])}
        return kept | {name: self.any() for name in names if name not in kept}

    def close(self) -> None:
        """Give all of them up."""
        for lock in self._held.values():
            lock.close()
        self._held.clear()
