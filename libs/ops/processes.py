"""The supervisor: starts the platform's processes, starts one that dies again with back-off, ends all of them.

Children die with the supervisor (see `children`); what it started is noted in state.json before anything else, so that
the next `up` or `down` finds and ends whatever is left after a kill -9.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from libs.ops import children
from libs.ops.children import Identity
from libs.ops.home import Child

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
CALM_SECONDS = 60.0  # a process that lived so long starts again at once when it dies
STOP_GRACE_SECONDS = 12.0  # a batch in hand and a broker that does not answer

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Spec:
    """One process to be kept running.

    Args:
        rank: processes of a higher rank are stopped first (apis before workers before engines).
        start: makes the process; for ours `spawn_python`, for engines their own.
        stop_by: the signal that asks it to end gracefully.
        port: where it answers, if anywhere.
    """

    name: str
    rank: int
    start: Callable[[], subprocess.Popen[bytes]]
    stop_by: signal.Signals = signal.SIGTERM
    port: int | None = None


def pause_seconds(failures: int, longest_seconds: float = LONGEST_PAUSE_SECONDS) -> float:
    """How long to wait before the next start after so many failures in a row."""
    if failures <= 0:
        return 0.0
    return min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16), longest_seconds)


@dataclass(slots=True)
class Slot:
    """One spec and what runs for it now."""

    spec: Spec
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    started_at_s: float = 0.0
    start_again_at_s: float = 0.0
    failures: int = 0
    restarts: int = 0
    last_error: str | None = None

    def start(self, now_s: float) -> None:
        """Start the process."""
        self.process = self.spec.start()
        self.identity = children.identify(self.process.pid)
        self.started_at_s = now_s

    def is_down(self) -> bool:
        """Whether the process ended (reaps it)."""
        return self.process is not None and self.process.poll() is not None


@dataclass(slots=True)
class Supervisor:
    """Keeps the processes of one home running.

    Args:
        note: called with the current list of children after every change, before anything else happens.
        say: one line for the operator.
        grace_seconds: how long a process may take to end by itself.
        longest_pause_seconds: where the back-off of a process that dies again and again ends.
    """

    note: Callable[[Sequence[Child]], None]
    say: Say
    grace_seconds: float = STOP_GRACE_SECONDS
    longest_pause_seconds: float = LONGEST_PAUSE_SECONDS
    slots: list[Slot] = field(default_factory=list)

    def start(self, specs: Sequence[Spec]) -> None:
        """Start processes, in order."""
        for spec in specs:
            slot = Slot(spec)
            self.slots.append(slot)
            slot.start(time.monotonic())
            self.write()

    def adopt(self, spec: Spec, process: subprocess.Popen[bytes]) -> None:
        """Keep a process running that was started elsewhere (an engine, whose readiness was waited for)."""
        slot = Slot(spec, process, children.identify(process.pid), time.monotonic())
        self.slots.append(slot)
        self.write()

    def tend(self) -> None:
        """One look at all: notice who died, start again whoever's pause is over."""
        now_s = time.monotonic()
        for slot in self.slots:
            if slot.is_down():
                self.bury(slot, now_s)
            if slot.process is None and now_s >= slot.start_again_at_s:
                slot.restarts += 1
                slot.start(now_s)
                self.write()

    def bury(self, slot: Slot, now_s: float) -> None:
        """A process ended by itself: say so and fix when it starts again."""
        assert slot.process is not None
        code, slot.process, slot.identity = slot.process.returncode, None, None
        slot.failures = 1 if now_s - slot.started_at_s > CALM_SECONDS else slot.failures + 1
        pause = pause_seconds(slot.failures, self.longest_pause_seconds)
        slot.start_again_at_s = now_s + pause
        slot.last_error = f"{ending(code)}"
        self.say(f"{slot.spec.name} {ending(code)}; it starts again in {pause:g} s (logs/{slot.spec.name}.log)")
        self.write()

    def stop(self) -> None:
        """End everything, the highest rank first; what does not end within the grace is killed."""
        for rank in sorted({slot.spec.rank for slot in self.slots}, reverse=True):
            group = [slot for slot in self.slots if slot.spec.rank == rank and slot.identity is not None]
            for stop_by in {slot.spec.stop_by for slot in group}:
                people = [s.identity for s in group if s.spec.stop_by == stop_by and s.identity is not None]
                killed = children.end(people, stop_by=stop_by, grace_seconds=self.grace_seconds, tick=self.reap)
                for slot in group:
                    if slot.identity in killed:
                        self.say(f"{slot.spec.name} did not end within {self.grace_seconds:g} s and was killed")
        for slot in self.slots:
            if slot.process is not None:
                slot.process.wait()
        self.slots.clear()
        self.write()

    def reap(self) -> None:
        """Collect what ended, so that no zombie stays."""
        for slot in self.slots:
            slot.is_down()

    def write(self) -> None:
        """Note who runs."""
        self.note([child_of(slot) for slot in self.slots])


def child_of(slot: Slot) -> Child:
    """The note about one process; without a pid when it waits for its next start."""
    who = slot.identity
    return Child(
        name=slot.spec.name,
        pid=who.pid if who else 0,
        started_ticks=who.started_ticks if who else 0,
        boot=who.boot if who else "",
        port=slot.spec.port,
        restarts=slot.restarts,
        last_error=slot.last_error,
    )


def ending(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    if code == 75:
        return "gave up on a resource that stayed away (code 75)"
    return f"ended with code {code}"


def python_process(
    name: str, command: Sequence[str], *, logs: Path, env: Mapping[str, str], rank: int, port: int | None = None
) -> Spec:
    """A spec for one of our own processes; it is killed at once when the supervisor dies (it can take that)."""
    return Spec(
        name=name,
        rank=rank,
        start=lambda: children.spawn(command, log=logs / f"{name}.log", env=env, dies_by=signal.SIGKILL),
        port=port,
    )
