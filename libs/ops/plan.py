"""Which processes a platform consists of, and what each finds in its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.ops import keys
from libs.ops.engines.places import ROOT
from libs.ops.home import Home
from libs.ops.migrate import service_dsn
from libs.ops.ports import LOOPBACK
from libs.ops.processes import Spec, python_process
from libs.ops.roster import GATEWAY, processes

RANKS = {"worker": 1, "api": 2, "gateway": 3}  # the order of the start; the end is the other way round


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the engines are and on which clock the platform runs.

    Args:
        database: the administrator's DSN; each service gets its own role in it.
        clock: value of SUNLIT_CLOCK.
    """

    kafka: str
    database: str
    clock: str
    timezone: str


def specs(home: Home, addresses: Addresses, ports: Mapping[str, int]) -> list[Spec]:
    """The platform's own processes in the order of their start."""
    # the gateway is where people open what a message points to; an operator's own setting wins
    outside = {"SUNLIT_EXTERNAL_URL": f"http://{LOOPBACK}:{ports[GATEWAY]}"}
    return [
        python_process(
            process.name,
            [sys.executable, *process.arguments],
            logs=home.logs,
            env=(outside if process.service else {})
            # one worker per service here: a restart takes its place in the group at once, without a session to run out
            | ({"SUNLIT_CONSUMER_INSTANCE": process.name} if process.kind == "worker" else {})
            | environment(home, addresses, process.service, ports[process.name]),
            rank=RANKS[process.kind],
            port=ports[process.name],
        )
        for process in processes()
    ]


def environment(home: Home, addresses: Addresses, service: str | None, port: int) -> dict[str, str]:
    """What one process finds in its environment: the launcher's, and what makes it this process of this home.

    A service gets the DSN of its own role; the gateway gets none.
    """
    own = {
        "SUNLIT_HOME": str(home.path),
        "SUNLIT_SECRETS": str(home.secrets),
        "SUNLIT_HOST": LOOPBACK,
        "SUNLIT_PORT": str(port),
        "SUNLIT_KAFKA": addresses.kafka,
        "SUNLIT_CLOCK": addresses.clock,
        "SUNLIT_TIMEZONE": addresses.timezone,
    }
    local = {"SUNLIT_EGRESS_ALLOW": "127.0.0.0/8"}  # decision 46: a local platform may send to this machine
    if service is not None:
        own["SUNLIT_DATABASE"] = service_dsn(addresses.database, service, keys.database_password(home.secrets, service))
    return local | inherited() | own


def inherited() -> dict[str, str]:
    """The launcher's own environment without the administrator's DSN; modules are found from any folder."""
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    kept = {name: value for name, value in os.environ.items() if name != "SUNLIT_DATABASE"}
    return kept | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def log_tail(home: Home, name: str, lines: int = 8) -> str:
    """The last lines of a process's log."""
    file: Path = home.logs / f"{name}.log"
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 8192))
        return "\n".join(stream.read().decode("utf-8", "replace").splitlines()[-lines:])
