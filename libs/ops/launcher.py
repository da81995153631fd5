"""`sunlit up`: from an empty folder to a platform that answers, and back to nothing when it is asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import msgspec

from libs.common.runtime.clock import read_clock_file
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import Step
from libs.ops import children, keys, legal_clock, migrate, plan
from libs.ops.engines import kafka
from libs.ops.engines.local import LocalEngines, check_kafka_of_site
from libs.ops.engines.places import cache_folder
from libs.ops.engines.site import named_java, site_database, site_kafka
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Child, Home, State
from libs.ops.legal_clock import ClockOption
from libs.ops.ports import Reservations
from libs.ops.probe import not_ready
from libs.ops.processes import Say, Supervisor
from libs.ops.roster import GATEWAY, NAMES
from libs.ops.topics import administration

READY_LIMIT_SECONDS = 150.0
START_LIMIT_SECONDS = 300.0  # a first start fetches the engines
TEND_SECONDS = 0.2
LEFTOVER_GRACE_SECONDS = 5.0
DEFAULT_PORT = 8080


class Stopped(BaseException):  # like KeyboardInterrupt: no error
    """Somebody asked the launcher to end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `sunlit up` was asked for; None = not said."""

    home: Home
    port: int | None = None
    clock: ClockOption | None = None
    timezone: str | None = None
    is_demo: bool = False


class Launcher:
    """One run of `sunlit up` in the foreground."""

    def __init__(self, request: Request, say: Say) -> None:
        self.request, self.home, self.say = request, request.home, say
        self.before = State()
        self.state = State()
        self.supervisor = Supervisor(self.note_processes, say)
        self.reservations = Reservations()
        self.player: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start everything, tend it until a signal comes, end everything.

        Raises:
            CommandError: it cannot start; nothing is left running.
        """
        self.home.make()
        with self.home.locked(), signals():
            self.before = self.home.state()
            self.end_leftovers()
            try:
                self.start()
                self.tend()
            except Stopped:
                self.say("ending …")
            finally:
                self.stop()
        self.say("ended; data are kept")

    def end_leftovers(self) -> None:
        """End what a launcher that was killed left behind."""
        left = self.before.leftovers
        if left:
            self.say(f"ending {len(left)} processes that an earlier launcher left behind")
            children.end(left, grace_seconds=LEFTOVER_GRACE_SECONDS)

    def start(self) -> None:
        """Engines, topics, schemas, processes."""
        self.refuse_a_mix()
        clock = legal_clock.settle(self.home, self.request.clock, self.before)
        port = gateway_port(self.reservations, self.request.port, self.before.ports.get(GATEWAY), self.say)
        keys.make(self.home.secrets, latest(clock, self.home))
        ports = self.reservations.choose(NAMES, self.before.ports) | {GATEWAY: port}
        self.state = State(
            launcher=myself(),
            ports=self.before.ports | ports,
            url=f"http://127.0.0.1:{port}",
            clock=clock,
            speed=self.request.clock.speed if self.request.clock else self.before.speed,
            timezone=self.request.timezone or self.before.timezone,
            is_demo=self.request.is_demo,
        )
        self.home.note(self.state)
        self.start_engines()
        made = make_topics(self.state.kafka)
        passwords = keys.database_passwords(self.home.secrets)
        done = [step for step in migrate.apply(self.state.database, passwords) if not step.is_done]
        self.say(f"topics: {len(made)} made; schemas: {len(done)} migrated")
        self.supervisor.start(plan.specs(self.home, self.addresses(), ports))

    def addresses(self) -> plan.Addresses:
        """Where the processes find the engines and the clock."""
        return plan.Addresses(self.state.kafka, self.state.database, self.state.clock, self.state.timezone)

    def refuse_a_mix(self) -> None:
        """A demonstration and a real platform never share a home.

        Raises:
            CommandError: the home holds the other kind (exit code 2).
        """
        if self.home.state_file.exists() and self.before.is_demo != self.request.is_demo:
            held, mend = (
                ("a demonstration", "go on with it by `sunlit up --demo`")
                if self.before.is_demo
                else ("a real platform's data", "start it without --demo")
            )
            raise CommandError(f"{self.home.path} holds {held}: {mend}, or choose another --home.", ExitCode.USAGE)

    def start_engines(self) -> None:
        """Local engines, or the site's where the environment names them."""
        outer_kafka, outer_database = site_kafka(), site_database()
        kit = None if outer_kafka else kafka.prepare(cache_folder(), named_java(), self.say)
        password = None if outer_database else keys.database_password(self.home.secrets, keys.ADMIN)
        engines = LocalEngines(self.home.path, kit, password, self.before.ports, self.reservations)
        started = time.monotonic()
        self.supervisor.start(engines.specs(self.home.logs))
        engines.wait_until_ready()
        if outer_kafka:
            check_kafka_of_site(outer_kafka)
        self.replace(
            kafka=outer_kafka or engines.bootstrap,
            database=outer_database or engines.dsn,
            ports=self.state.ports | engines.ports,
            engines={"kafka": "site" if outer_kafka else "local", "postgresql": "site" if outer_database else "local"},
        )
        self.say(f"engines answer after {time.monotonic() - started:.1f} s: Kafka {self.state.kafka}")

    def tend(self) -> None:
        """Keep everything running until a signal comes; tell when all answer."""
        until, told = time.monotonic() + READY_LIMIT_SECONDS, False
        while True:
            self.supervisor.tend()
            if self.player is not None:
                self.player.poll()
            if not self.state.is_ready:
                waiting = not_ready({name: self.state.ports[name] for name in (*NAMES, GATEWAY)})
                if not waiting:
                    self.replace(is_ready=True)
                    self.welcome()
                    if self.request.is_demo:
                        self.play()
                elif time.monotonic() > until and not told:
                    told = True
                    self.complain(waiting)
            time.sleep(TEND_SECONDS)

    def play(self) -> None:
        """Let the demonstration play its county into the platform, with its progress on our terminal."""
        command = [sys.executable, "-m", "libs.ops.demo", "--home", str(self.home.path)]
        self.player = children.spawn(command, log=None, env=plan.inherited(), dies_by=signal.SIGKILL)

    def welcome(self) -> None:
        """The addresses, when all answer."""
        url = self.state.url
        self.say(f"阳光政务 is up · 平台已就绪  {url}/  (login {url}/login · operations {url}/ops/)")

    def complain(self, waiting: dict[str, str]) -> None:
        """What does not answer, with the end of its log; the platform goes on."""
        for name, why in waiting.items():
            self.say(f"{name} is not ready: {why}\n{plan.log_tail(self.home, name)}")

    def stop(self) -> None:
        """End everything and keep the notes that the next start needs."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)  # ending cannot be interrupted; it takes seconds at most
        if self.player is not None and self.player.poll() is None:
            self.player.kill()
            self.player.wait()
        self.supervisor.stop()
        legal_clock.stand_still(self.home)
        self.reservations.close()
        if self.state.launcher is not None:
            self.replace(launcher=None, processes=(), is_ready=False)

    def note_processes(self, running: Sequence[Child]) -> None:
        """Called by the supervisor after every change."""
        self.replace(processes=tuple(running))

    def replace(self, **changes: object) -> None:
        """Change the notes."""
        self.state = msgspec.structs.replace(self.state, **changes)
        self.home.note(self.state)


def myself() -> Child:
    """The launcher as its own notes name it."""
    who = children.identify(os.getpid())
    assert who is not None
    return Child(name="launcher", pid=who.pid, started_ticks=who.started_ticks, boot=who.boot)


def make_topics(bootstrap: str) -> list[Step]:
    """Make the topics that are missing: a worker that starts before its topic exists would never read it."""
    with administration(Settings(kafka=bootstrap)) as admin:
        return admin.apply()


def latest(clock: str, home: Home) -> datetime:
    """The later of the two clocks."""
    wall = datetime.now(UTC)
    return wall if clock == "wall" else max(wall, read_clock_file(home.clock_file).legal(wall))


def gateway_port(reservations: Reservations, asked: int | None, before: int | None, say: Say) -> int:
    """The port of the pages: the one asked for, or else last time's, 8080 or any free one.

    Raises:
        CommandError: the one asked for is taken.
    """
    if asked is not None:
        if not reservations.take(asked):
            raise CommandError(f"Port {asked} is taken by another program: choose another --port.")
        return asked
    for port in (before, DEFAULT_PORT):
        if port is not None and reservations.take(port):
            return port
    port = reservations.any()
    say(f"port {before or DEFAULT_PORT} is taken, the pages are at port {port}")
    return port


@contextmanager
def signals() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise `Stopped` in the main thread."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Stopped

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def detach(home: Home, arguments: Sequence[str], say: Say) -> None:
    """Start the launcher in a session of its own and return when all answer.

    Args:
        arguments: those of `sunlit up`, without --detach.

    Raises:
        CommandError: it did not start; says why.
    """
    home.make()
    with home.locked():
        pass  # refuses here, in the caller's face, when a platform runs already
    log = home.logs / "launcher.log"
    seen = log.stat().st_size if log.exists() else 0
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "libs.ops.cli", "up", *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + READY_LIMIT_SECONDS + START_LIMIT_SECONDS
    while child.poll() is None:
        if time.monotonic() > until:
            raise CommandError(f"Not everything answers yet; the platform goes on: `sunlit status --home {home.path}`")
        seen = copy_new_lines(log, seen, say)
        state = home.state()
        if state.is_ready and state.launcher is not None and state.launcher.pid == child.pid:
            copy_new_lines(log, seen, say)
            return
        time.sleep(TEND_SECONDS)
    copy_new_lines(log, seen, say)
    raise CommandError(f"The platform did not start (code {child.returncode}); see {log}")


def copy_new_lines(log: Path, seen: int, say: Say) -> int:
    """Pass on the whole lines that the launcher wrote since; returns how far."""
    with log.open("rb") as stream:
        stream.seek(seen)
        fresh = stream.read()
    whole = fresh[: fresh.rfind(b"\n") + 1]
    for line in whole.decode("utf-8", "replace").splitlines():
        say(line)
    return seen + len(whole)
