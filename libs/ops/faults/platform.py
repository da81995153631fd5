"""One platform of a fault run: its own home and engines, a virtual clock that stands, a hand on its processes."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from libs.ops import children, plan
from libs.ops.children import Identity
from libs.ops.errors import CommandError
from libs.ops.faults.launch import at_port
from libs.ops.home import Child, Home, State
from libs.ops.ports import free_ports
from libs.ops.probe import ask

START_LIMIT_SECONDS = 240.0
STOP_GRACE_SECONDS = 40.0
LOOK_SECONDS = 0.1
# Small batches make many commits to be killed between; a short session gives the partitions of a dead worker on sooner;
# topics of halls' own are seen within seconds of their making.
SETTINGS = {
    "SUNLIT_CONSUMER_BATCH_EVENTS": "40",
    "SUNLIT_CONSUMER_SESSION_TIMEOUT_MS": "6000",
    "SUNLIT_KAFKA_METADATA_MAX_AGE_MS": "2000",
    "SUNLIT_TOPIC_PARTITIONS": "4",
}


class Platform:
    """Starts in a fresh folder; use as an async context manager.

    Args:
        begins_at: where the legal clock stands first.
        through: port of the proxy before the database, if there is one.

    Raises:
        CommandError: it does not start; names its log.
    """

    def __init__(self, begins_at: datetime, through: int | None = None) -> None:
        self.home = Home(Path(tempfile.mkdtemp(prefix="sunlit-fault-")) / "home")
        self.begins_at, self._through = begins_at, through
        self._port = free_ports(1)[0]
        self._launcher: subprocess.Popen[bytes] | None = None
        self._extra: list[subprocess.Popen[bytes]] = []
        self.keeps_home = False

    async def __aenter__(self) -> Platform:
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for extra in self._extra:
            if extra.poll() is None:
                extra.kill()
            extra.wait()
        if self._launcher is not None and self._launcher.poll() is None:
            self._launcher.terminate()
            try:
                await asyncio.to_thread(self._launcher.wait, STOP_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._launcher.kill()
        children.end(self.home.state().leftovers, grace_seconds=5.0)
        if not self.keeps_home:
            shutil.rmtree(self.home.path.parent, ignore_errors=True)

    @property
    def state(self) -> State:
        """The launcher's notes."""
        return self.home.state()

    @property
    def log(self) -> Path:
        """What the launcher says."""
        return self.home.logs / "launcher.log"

    async def start(self) -> None:
        """Start the launcher, on what an earlier one left, and return when everything answers."""
        self.home.make()
        command = [
            sys.executable, "-m", "libs.ops.faults.launch", "--home", str(self.home.path),
            "--clock", f"{self.begins_at.isoformat()}@0", "--port", str(self._port),
            *(["--through", str(self._through)] if self._through else []),
        ]  # fmt: skip
        own = children.spawn(command, log=self.log, env=environment(), dies_by=signal.SIGTERM)
        self._launcher = own
        until = time.monotonic() + START_LIMIT_SECONDS
        while not (self.state.is_ready and self.state.launcher is not None and self.state.launcher.pid == own.pid):
            if own.poll() is not None or time.monotonic() > until:
                self.keeps_home = True
                raise CommandError(f"A platform for a fault run did not start; see {self.log}")
            await asyncio.sleep(LOOK_SECONDS)

    def child(self, name: str) -> Child:
        """A process as the launcher noted it."""
        return next(child for child in self.state.processes if child.name == name)

    async def identity(self, name: str, seconds: float = 60.0) -> Identity:
        """Who runs under a name; waits while it is being started again.

        Raises:
            CommandError: nobody does after so many seconds.
        """
        until = time.monotonic() + seconds
        while not children.is_alive(who := self.child(name).identity):
            if time.monotonic() > until:
                raise CommandError(f"{name} did not start again within {seconds:g} s; see {self.home.logs}")
            await asyncio.sleep(LOOK_SECONDS)
        return who

    async def send(self, name: str, sign: signal.Signals) -> Identity:
        """Send a signal to a process; who that was."""
        who = await self.identity(name)
        children.send(who, sign)
        return who

    def kill_launcher(self) -> list[Identity]:
        """kill -9 of the launcher; who ran at that moment."""
        assert self._launcher is not None
        noted = [child.identity for child in self.state.processes if child.pid]
        self._launcher.kill()
        self._launcher.wait()
        return noted

    async def ready(self, name: str, seconds: float = 60.0) -> None:
        """Return when a process says that it is ready.

        Raises:
            CommandError: it does not after so many seconds.
        """
        await answers_ready(self.state.ports[name], name, seconds)

    async def add_worker(self, service: str) -> Extra:
        """Start one more worker of a service, beside the launcher's, and return when it has its partitions."""
        port = free_ports(1)[0]
        state = self.state
        database = at_port(state.database, self._through) if self._through else state.database
        addresses = plan.Addresses(state.kafka, database, state.clock, state.timezone)
        number = len(self._extra)
        process = children.spawn(
            [sys.executable, "-m", f"services.{service}", "worker"],
            log=self.home.logs / f"{service}-extra-{number}.log",
            env=plan.environment(self.home, addresses, service, port) | SETTINGS,
        )
        self._extra.append(process)
        await answers_ready(port, f"{service}-extra-{number}", 90.0)
        return Extra(process)


class Extra:
    """A worker that the launcher does not know."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    async def leave(self) -> int:
        """SIGTERM; its exit code."""
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, 30.0)


def environment() -> Mapping[str, str]:
    """The caller's environment without its own platform's settings: a fault run has engines of its own."""
    kept = {name: value for name, value in plan.inherited().items() if not name.startswith("SUNLIT_")}
    return kept | SETTINGS


async def answers_ready(port: int, name: str, seconds: float) -> None:
    """Return when the process at that port is ready.

    Raises:
        CommandError: it is not after so many seconds.
    """
    until = time.monotonic() + seconds
    while True:
        status, body = await asyncio.to_thread(ask, port, "/readyz")
        if status == 200:
            return
        if time.monotonic() > until:
            raise CommandError(f"{name} is not ready after {seconds:g} s: {body}")
        await asyncio.sleep(LOOK_SECONDS)
