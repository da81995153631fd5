"""A whole platform, started by `sunlit up` in a folder that is deleted at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.claim import Wrong
from libs.ops import children, plan
from libs.ops.home import Home, State

START_LIMIT_SECONDS = 240.0
STOP_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class Platform:
    """A running platform."""

    home: Home
    state: State

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query of the database's administrator."""
        with psycopg.connect(self.state.database, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()

    def one(self, query: str, *values: object) -> int:
        """The single number of a query."""
        return int(self.rows(query, *values)[0][0])

    def cpu_seconds(self) -> Mapping[str, float]:
        """Processor time of every process of the platform so far, its own children counted with it."""
        return {child.name: _cpu_seconds(child.pid) for child in self.home.state().processes if child.pid}


@contextmanager
def running_platform(say: Callable[[str], None]) -> Iterator[Platform]:
    """A platform on the wall clock, ready; everything is gone afterwards.

    Raises:
        Wrong: it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="sunlit-bench-"))
    home = Home(folder)
    command = [sys.executable, "-m", "libs.ops.cli", "up", "--home", str(folder)]
    log = folder / "up.log"
    folder.chmod(0o711)
    launcher = children.spawn(command, log=log, env=plan.inherited() | _site(), dies_by=signal.SIGTERM)
    try:
        _wait_until_ready(home, launcher, log)
        say("the platform is up")
        yield Platform(home, home.state())
    finally:
        launcher.terminate()
        try:
            launcher.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()
            children.end(home.state().leftovers, grace_seconds=5.0)
        shutil.rmtree(folder, ignore_errors=True)


def _site() -> dict[str, str]:
    """The administrator's address of a site's database, which `plan.inherited` leaves out."""
    name = "SUNLIT_DATABASE"
    return {name: os.environ[name]} if name in os.environ else {}


def _wait_until_ready(home: Home, launcher: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_LIMIT_SECONDS
    while not home.state().is_ready:
        if launcher.poll() is not None or time.monotonic() > until:
            raise Wrong(f"the platform did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        time.sleep(0.2)


def _cpu_seconds(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(sum(member.cpu_times()[:2]) for member in family)
    except psutil.NoSuchProcess:
        return 0.0
