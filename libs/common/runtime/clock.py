"""The two clocks (decision 1): the legal clock rules law, the wall clock rules machinery.

`SUNLIT_CLOCK=wall` makes them one. `virtual:<file>` reads the legal clock from a JSON file that every process of one
home shares: legal = anchor_legal + (wall - anchor_wall) * speed. The file is looked at on every reading (one `stat`)
and read again when it changed, so all processes follow within one call.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from libs.common.kernel.errors import ContractBroken

NEVER = datetime(1, 1, 2, tzinfo=UTC)


class ClockFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the shared file holds; instants are aware.

    Args:
        anchor_wall, anchor_legal: one moment on both clocks.
        speed: legal seconds per wall second; 0 = the legal clock stands.
        proven_up_to: every source is known to be complete up to here (the driver of a replay states it).
        proven_except: sources of which that is not true.
        driven: somebody moves the clock from moment to moment and waits at each until nothing is in flight; what
            machinery does after a pause, it does at its barriers, so that two runs do the same.
        telling: the driver found nothing in flight: what machinery does after a pause it does now.
    """

    anchor_wall: datetime
    anchor_legal: datetime
    speed: float = 1.0
    proven_up_to: datetime | None = None
    proven_except: tuple[str, ...] = ()
    driven: bool = False
    telling: bool = False

    def legal(self, wall: datetime) -> datetime:
        """The legal instant that belongs to a wall instant."""
        return self.anchor_legal + (wall - self.anchor_wall) * self.speed


def read_clock_file(path: Path) -> ClockFile:
    """Read the shared file; raises `ContractBroken` naming the file when it cannot be understood."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClockFile)
    except (OSError, msgspec.MsgspecError) as error:
        raise ContractBroken(f"clock file {path}: {error}; write it again with `sunlit clock set`") from error


def write_clock_file(path: Path, state: ClockFile) -> None:
    """Replace the shared file at once, so that no process ever reads a half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(state))
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


class Clock(Protocol):
    """Port of both clocks."""

    zone: ZoneInfo

    @property
    def is_virtual(self) -> bool: ...

    @property
    def speed(self) -> float: ...

    @property
    def is_driven(self) -> bool:
        """Whether a driver moves the legal clock now: pauses of machinery end at its barriers (decision 1)."""

    def now(self) -> datetime:
        """The legal instant, aware, in the legal zone."""

    def wall(self) -> datetime:
        """The wall instant, UTC."""

    def due_up_to(self) -> datetime:
        """Up to which legal instant looks come due: now; while the clock is driven, its barrier, and between two
        barriers nothing at all, so that no look sees a half of what happened."""

    def wall_due_up_to(self) -> datetime:
        """Up to which wall instant looks come due: now; while the clock is driven, only at the end of a barrier, when
        nothing else is in flight, so that what is told together does not depend on the machine's speed."""

    def proven_up_to(self, source: str) -> datetime | None:
        """Up to when a source is declared complete by the clock's driver; None = nothing is declared."""


class WallClock:
    """Legal time is wall time."""

    def __init__(self, timezone: str = "Asia/Shanghai") -> None:
        self.zone = ZoneInfo(timezone)

    @property
    def is_virtual(self) -> bool:
        return False

    @property
    def speed(self) -> float:
        return 1.0

    @property
    def is_driven(self) -> bool:
        return False

    def now(self) -> datetime:
        return datetime.now(self.zone)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def due_up_to(self) -> datetime:
        return self.now()

    def wall_due_up_to(self) -> datetime:
        return self.wall()

    def proven_up_to(self, source: str) -> datetime | None:
        return None


class VirtualClock:
    """Legal time as the shared file says."""

    def __init__(self, path: Path, timezone: str = "Asia/Shanghai") -> None:
        self.zone = ZoneInfo(timezone)
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._file: ClockFile | None = None

    @property
    def is_virtual(self) -> bool:
        return True

    @property
    def speed(self) -> float:
        return self._state().speed

    @property
    def is_driven(self) -> bool:
        return self._state().driven

    def now(self) -> datetime:
        return self._state().legal(self.wall()).astimezone(self.zone)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def due_up_to(self) -> datetime:
        state = self._state()
        if state.driven and state.proven_up_to != state.anchor_legal:
            return NEVER
        return state.legal(self.wall()).astimezone(self.zone)

    def wall_due_up_to(self) -> datetime:
        state = self._state()
        return NEVER if state.driven and not state.telling else self.wall()

    def proven_up_to(self, source: str) -> datetime | None:
        state = self._state()
        return None if source in state.proven_except else state.proven_up_to

    def _state(self) -> ClockFile:
        """The file's content, read again only when the file was replaced (inode and mtime)."""
        try:
            stat = self.path.stat()
        except OSError as error:
            raise ContractBroken(f"clock file {self.path}: {error}; start the platform with --clock") from error
        mark = (stat.st_ino, stat.st_mtime_ns)
        if self._file is None or mark != self._seen:
            self._file, self._seen = read_clock_file(self.path), mark
        return self._file


def build_clock(spec: str, timezone: str = "Asia/Shanghai") -> Clock:
    """The clock that `SUNLIT_CLOCK` names; raises `ContractBroken` for another word."""
    if spec == "wall":
        return WallClock(timezone)
    kind, _, file = spec.partition(":")
    if kind == "virtual" and file:
        return VirtualClock(Path(file), timezone)
    raise ContractBroken(f"SUNLIT_CLOCK is {spec!r}: write `wall` or `virtual:<file>`")
