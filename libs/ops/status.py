"""How a home stands: every process with its memory, readiness, lag and last error (decision 48)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psutil

from libs.common.runtime.clock import build_clock
from libs.ops.children import is_alive
from libs.ops.home import Child, Home, State
from libs.ops.ports import LOOPBACK
from libs.ops.probe import Place, ask, listens
from libs.ops.roster import ENGINES, GATEWAY, NAMES


@dataclass(frozen=True, slots=True)
class Process:
    """One process as the operator sees it; `pid` None = it does not run now.

    Args:
        details: its `/status` document; empty for engines and when it does not answer.
    """

    name: str
    pid: int | None
    port: int | None
    memory_bytes: int
    ready: bool
    restarts: int
    last_error: str | None
    details: Mapping[str, Any]

    @property
    def lag(self) -> int | None:
        """Events read by nobody yet; None where it cannot be known or makes no sense."""
        return self.details.get("lag")

    def document(self) -> dict[str, Any]:
        """As `sunlit status --json` shows it."""
        shown = {
            "name": self.name,
            "pid": self.pid,
            "port": self.port,
            "memory_bytes": self.memory_bytes,
            "lag": self.lag,
            "ready": self.ready,
            "restarts": self.restarts,
            "last_error": self.last_error,
        }
        if self.name.endswith("-worker"):
            shown |= {name: self.details.get(name) for name in ("outbox", "due", "parked", "behind", "next_due_at")}
        return shown


def look(state: State) -> list[Process]:
    """Ask every process of a running platform, all at the same time."""
    noted = {child.name: child for child in state.processes}
    local_engines = [name for name in ENGINES if state.engines.get(name) == "local"]
    names = [*NAMES, GATEWAY, *local_engines]
    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(lambda name: look_at(name, noted.get(name), state.ports.get(name)), names))


def look_afar(places: Mapping[str, Place]) -> list[Process]:
    """Ask processes that somebody else runs, all at the same time; of their pids and memory nothing is known."""
    with ThreadPoolExecutor(len(places) or 1) as pool:
        return list(pool.map(lambda name: look_at(name, None, places[name]), places))


def look_at(name: str, child: Child | None, port: Place | None) -> Process:
    """Ask one process."""
    runs = child is not None and is_alive(child.identity)
    restarts, launcher_error = (child.restarts, child.last_error) if child else (0, None)
    details: Mapping[str, Any] = {}
    if name in ENGINES:
        ready, error = port is not None and listens(f"{LOOPBACK}:{port}"), None
    elif port is None:
        ready, error = False, None
    else:
        status, body = ask(port, "/readyz")
        ready = status == 200
        error = None if ready else str(body.get("against") or body.get("reason") or f"answers {status}")
        if name != GATEWAY:
            status, body = ask(port, "/status", timeout_seconds=5.0)
            details = body if status == 200 else {}
    return Process(
        name,
        child.pid if child and runs else None,
        port if isinstance(port, int) else None,
        memory_bytes(child) if child and runs else 0,
        ready,
        restarts,
        launcher_error if not runs and launcher_error else error or details.get("last_error"),
        details,
    )


def memory_bytes(child: Child) -> int:
    """Resident memory of a process and its descendants; what they share is counted once per family by its share."""
    try:
        family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for member in family:
        try:
            total += member.memory_full_info().pss if len(family) > 1 else member.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def document(home: Home, state: State, processes: list[Process]) -> dict[str, Any]:
    """`sunlit status --json`."""
    clock = build_clock(state.clock, state.timezone)
    return {
        "home": str(home.path),
        "url": state.url,
        "clock": {
            "now": clock.now().isoformat(),
            "virtual": clock.is_virtual,
            "speed": clock.speed,
            "timezone": state.timezone,
        },
        "processes": [process.document() for process in processes],
        "engines": {
            "kafka": {"kind": state.engines.get("kafka", ""), "address": state.kafka},
            "postgresql": {"kind": state.engines.get("postgresql", ""), "address": without_password(state.database)},
        },
    }


def without_password(dsn: str) -> str:
    """An address that may be shown."""
    head, at, tail = dsn.rpartition("@")
    if not at:
        return dsn
    scheme, _, login = head.partition("://")
    return f"{scheme}://{login.partition(':')[0]}@{tail}"
