"""Processes that die with the launcher, and processes that are known again after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from libs.ops import children
from libs.ops.children import Identity
from libs.ops.home import Child
from libs.ops.processes import Spec, Supervisor

ROOT = Path(__file__).parents[3]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
DEAF = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"]


def spec(name: str, command: list[str], folder: Path) -> Spec:
    return Spec(name, 1, lambda: children.spawn(command, log=folder / f"{name}.log", env=dict(os.environ)))


def until(what: object, seconds: float = 20.0) -> None:
    """Wait for a condition (a callable) to hold."""
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def test_a_child_dies_when_its_launcher_is_killed(tmp_path: Path) -> None:
    """kill -9 of the launcher takes every child with it, at once."""
    program = (
        "import sys, time; from pathlib import Path; from libs.ops import children\n"
        f"child = children.spawn({SLEEP!r}, log=Path({str(tmp_path / 'log')!r}), env={{}})\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT) as launcher:
        assert launcher.stdout is not None
        child = children.identify(int(launcher.stdout.readline()))
        assert child is not None
        assert children.is_alive(child)
        launcher.kill()
    until(lambda: not children.is_alive(child))


def test_a_reused_pid_is_never_ended(tmp_path: Path) -> None:
    """A note about a process that is gone does not hit whoever has its pid now."""
    stranger = children.spawn(SLEEP, log=tmp_path / "log", env={})
    try:
        who = children.identify(stranger.pid)
        assert who is not None
        for noted in (
            Identity(who.pid, who.started_ticks - 1, who.boot),
            Identity(who.pid, who.started_ticks, "00000000-0000-0000-0000-000000000000"),
        ):
            assert not children.is_alive(noted)
            assert children.end([noted], grace_seconds=0.2) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_that_does_not_listen_is_killed_after_the_grace(tmp_path: Path) -> None:
    """SIGTERM first, SIGKILL when it changes nothing."""
    deaf, good = (children.spawn(command, log=tmp_path / "log", env={}) for command in (DEAF, SLEEP))
    people = [who for process in (deaf, good) if (who := children.identify(process.pid))]
    time.sleep(0.5)  # the deaf one needs a moment to close its ears
    killed = children.end(people, grace_seconds=1.0, tick=lambda: [p.poll() for p in (deaf, good)] and None)
    assert [who.pid for who in killed] == [deaf.pid]
    assert (deaf.wait(), good.wait()) == (-signal.SIGKILL, -signal.SIGTERM)


def test_a_process_that_dies_is_started_again_and_noted(tmp_path: Path) -> None:
    """The notes name the new process, count the restart and keep the reason."""
    notes: list[list[Child]] = []
    told: list[str] = []
    supervisor = Supervisor(lambda running: notes.append(list(running)), told.append, grace_seconds=2.0)
    supervisor.start([spec("worker", SLEEP, tmp_path)])
    try:
        first = notes[-1][0]
        os.kill(first.pid, signal.SIGKILL)

        def is_back() -> bool:
            supervisor.tend()
            return notes[-1][0].restarts == 1

        until(is_back)
        second = notes[-1][0]
        assert second.pid != first.pid
        assert children.is_alive(second.identity)
        assert second.last_error == "was ended by SIGKILL"
        assert told == ["worker was ended by SIGKILL; it starts again in 0.5 s (logs/worker.log)"]
    finally:
        supervisor.stop()
    assert notes[-1] == []
    assert not children.is_alive(second.identity)


def test_stopping_leaves_nobody_behind(tmp_path: Path) -> None:
    """The willing end by themselves, the deaf are killed and named."""
    told: list[str] = []
    running: list[Child] = []
    supervisor = Supervisor(lambda now: running.extend(now), told.append, grace_seconds=1.0)
    supervisor.start([spec("willing", SLEEP, tmp_path), spec("deaf", DEAF, tmp_path)])
    time.sleep(0.5)
    supervisor.stop()
    assert [child.name for child in running if children.is_alive(child.identity)] == []
    assert told == ["deaf did not end within 1 s and was killed"]


@pytest.mark.parametrize("pid", [0, 2**22 + 1])
def test_nobody_is_nobody(pid: int) -> None:
    """A pid that no process has names nobody."""
    assert children.identify(pid) is None
