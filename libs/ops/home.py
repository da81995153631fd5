"""The home of one local platform: a folder with engines' data, logs, secrets, the clock and the launcher's notes.

lock             held by the launcher as long as it lives
state.json       who runs: pids with their kernel start ticks, ports, addresses
clock.json       the shared virtual clock (only when started on one)
secrets/         keys and passwords, made once, mode 0600
logs/            one file per process
kafka/ postgresql/
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from libs.ops.children import Identity, is_alive
from libs.ops.errors import CommandError, ExitCode


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the platform as the launcher started it; pid 0 = it waits for its next start."""

    name: str
    pid: int
    started_ticks: int
    boot: str
    port: int | None = None
    restarts: int = 0
    last_error: str | None = None

    @property
    def identity(self) -> Identity:
        """The process itself, not whoever has its pid later."""
        return Identity(self.pid, self.started_ticks, self.boot)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the launcher notes about a running platform; survives it, so that leftovers can be found.

    Args:
        launcher: None in the notes of a platform that was stopped cleanly.
        ports: by process name; kept for the next start.
        kafka, database: addresses in use; `database` is the administrator's DSN.
        is_demo: the data were made by `up --demo`.
        is_ready: everything answered once since the start.
    """

    launcher: Child | None = None
    processes: tuple[Child, ...] = ()
    ports: dict[str, int] = {}
    url: str = ""
    kafka: str = ""
    database: str = ""
    engines: dict[str, str] = {}
    clock: str = "wall"
    speed: float = 1.0
    timezone: str = "Asia/Shanghai"
    is_demo: bool = False
    is_ready: bool = False

    @property
    def leftovers(self) -> list[Identity]:
        """Noted processes that still run."""
        noted = [*([self.launcher] if self.launcher else []), *self.processes]
        return [child.identity for child in noted if is_alive(child.identity)]


class Home:
    """Paths and notes of one home."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.secrets = self.path / "secrets"
        self.clock_file = self.path / "clock.json"
        self.state_file = self.path / "state.json"

    def make(self) -> None:
        """Make the folder: closed to other users' reading; PostgreSQL's user may walk through."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o711)
        self.logs.mkdir(exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for the launcher's life.

        Raises:
            CommandError: another launcher holds it.
        """
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                state = self.state()
                pid = f" (pid {state.launcher.pid})" if state.launcher else ""
                where = f" at {state.url}" if state.url else ""
                raise CommandError(
                    f"A platform already runs in {self.path}{pid}{where}. Nothing was changed. "
                    f"Stop it with `sunlit down --home {self.path}`, or choose another --home."
                ) from None
            yield

    def state(self) -> State:
        """The launcher's notes; empty ones when there are none."""
        try:
            return msgspec.json.decode(self.state_file.read_bytes(), type=State)
        except FileNotFoundError:
            return State()
        except msgspec.MsgspecError as error:
            raise CommandError(
                f"{self.state_file} cannot be read ({error}). If no process of this home runs, delete it."
            ) from error

    def note(self, state: State) -> None:
        """Replace the notes in one step."""
        write_privately(self.state_file, msgspec.json.format(msgspec.json.encode(state), indent=1))

    def running(self) -> State:
        """The notes of the platform that runs here.

        Raises:
            CommandError: none runs (exit code 3).
        """
        state = self.state()
        if state.launcher is None or not is_alive(state.launcher.identity):
            raise CommandError(
                f"No platform runs in {self.path}: start one with `sunlit up --home {self.path}`.", ExitCode.NOT_RUNNING
            )
        return state


def write_privately(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, replacing the old one in one step."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
