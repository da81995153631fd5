"""Processes that the launcher starts: they die with it, and they are known again after it is gone.

A child is named by its pid AND the tick at which the kernel started it (in this boot): a pid alone is reused, so what
is ended later by `end` is never a stranger's process. Linux only: /proc and PR_SET_PDEATHSIG.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of one boot: (pid, kernel start tick, boot id)."""

    pid: int
    started_ticks: int
    boot: str


def boot_id() -> str:
    """The id of this boot of the machine; start ticks mean nothing across boots."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def identify(pid: int) -> Identity | None:
    """Who runs under `pid` now; None when nobody does.

    A zombie counts as nobody, unless threads of it still run: its first thread may end before the others.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the command's name may hold blanks and parentheses
    state, threads, started_ticks = fields[0], int(fields[17]), int(fields[19])
    if state == "X" or (state == "Z" and threads <= 1):
        return None
    return Identity(pid, started_ticks, boot_id())


def is_alive(who: Identity) -> bool:
    """Whether exactly this process still runs."""
    return identify(who.pid) == who


def spawn(
    command: Sequence[str],
    *,
    log: Path | None,
    env: Mapping[str, str],
    cwd: Path | None = None,
    dies_by: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, its output appended to `log` (None = ours); it gets `dies_by` when the
    launcher dies.

    Call it from the launcher's main thread: the kernel ties the child to the THREAD that started it.

    Raises:
        OSError: the command cannot be run.
    """
    launcher = os.getpid()
    with nullcontext(None) if log is None else log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: die_with(launcher, dies_by),
        )


def die_with(launcher: int, dies_by: signal.Signals) -> None:
    """In the child, before exec: ask the kernel for `dies_by` at the launcher's death, and go if it is dead already."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(dies_by), 0, 0, 0)
    if os.getppid() != launcher:
        os._exit(1)


def end(
    people: Sequence[Identity],
    *,
    stop_by: signal.Signals = signal.SIGTERM,
    grace_seconds: float,
    tick: Callable[[], None] = lambda: None,
) -> list[Identity]:
    """End processes: the stop signal, then SIGKILL for each group that is still there after the grace.

    `tick` is called while waiting (the owner of Popen objects reaps them there). Returns those that had to be killed.
    """
    for who in people:
        if is_alive(who):
            send(who, stop_by)
    wait_gone(people, grace_seconds, tick)
    killed = [who for who in people if is_alive(who)]
    for who in killed:
        send_group(who, signal.SIGKILL)
    wait_gone(killed, 5.0, tick)
    return killed


def wait_gone(people: Sequence[Identity], seconds: float, tick: Callable[[], None]) -> None:
    """Return when none of them runs any more, at the latest after `seconds`."""
    until = time.monotonic() + seconds
    while any(is_alive(who) for who in people) and time.monotonic() < until:
        tick()
        time.sleep(0.02)
    tick()


def send(who: Identity, sign: signal.Signals) -> None:
    """Send a signal to exactly this process."""
    try:
        handle = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return
    try:  # the handle pins the process: the identity is checked after it is held, so a reused pid cannot be hit
        if is_alive(who):
            signal.pidfd_send_signal(handle, sign)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def send_group(who: Identity, sign: signal.Signals) -> None:
    """Send a signal to this process and to its descendants that still run."""
    if not is_alive(who):
        return
    try:
        family = psutil.Process(who.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    send(who, sign)
    for member in family:
        try:
            member.send_signal(sign)  # psutil checks the creation time itself
        except psutil.NoSuchProcess:
            continue
