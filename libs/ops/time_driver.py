"""Moving the virtual legal clock so that everything is judged as of its own moment (decision 1).

`clock advance`, `clock set` and `replay` work off what is due in order: barrier, clock to the next due moment, barrier,
and so on; only then the clock goes where it shall. On the way it stands, so nothing is judged between two moments, and
is marked as driven: machinery which likes to wait (grouping of alerts) does what it has to do at the end of each
barrier, when nothing else is in flight, and is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from libs.common.runtime.clock import ClockFile, read_clock_file, write_clock_file
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home, State
from libs.ops.quiescence import Barrier

BARRIER_SECONDS = 120.0

Step = Callable[[datetime], None]


def require_virtual(home: Home, state: State) -> None:
    """Refuse to touch a wall clock.

    Raises:
        CommandError: the home runs on the wall clock (exit code 4).
    """
    if state.clock == "wall":
        raise CommandError(
            f"The platform in {home.path} runs on the wall clock, which nobody moves. "
            "Start one with `sunlit up --clock <instant>`.",
            ExitCode.REFUSED,
        )


class TimeDriver:
    """The one who moves the clock of a running home; satisfies `feeding.replay.VirtualTime`.

    Args:
        on_step: called with each moment that was worked off.

    Raises:
        CommandError: the home runs on the wall clock (exit code 4).
    """

    def __init__(self, home: Home, state: State, barrier: Barrier, on_step: Step = lambda _: None) -> None:
        require_virtual(home, state)
        self._path, self._zone = home.clock_file, ZoneInfo(state.timezone)
        self._barrier, self._on_step = barrier, on_step

    def now(self) -> datetime:
        """The legal instant at which the platform stands."""
        return self._file().legal(datetime.now(UTC)).astimezone(self._zone)

    @property
    def speed(self) -> float:
        """Legal seconds per wall second."""
        return self._file().speed

    def set_speed(self, speed: float) -> None:
        """Let go: the clock goes on from here by itself, at another speed."""
        file = self._file()
        self._write(self.now(), speed, file.proven_up_to, file.proven_except, driven=False)

    def stand_at(self, at: datetime, speaking: frozenset[str] = frozenset()) -> None:
        """Let the clock stand at `at`; every source but those `speaking` for themselves is complete up to then."""
        self._write(at, 0.0, at, tuple(sorted(speaking)))

    def move_on(self, at: datetime) -> None:
        """Let the clock stand at `at` and claim nothing: what is said to be complete stays as it was."""
        file = self._file()
        self._write(at, 0.0, file.proven_up_to, file.proven_except)

    async def next_due(self) -> datetime | None:
        """The earliest moment at which something is due, after a barrier."""
        await self._rest()
        return await self._barrier.next_due()

    async def work_off(self, until: datetime, speaking: frozenset[str] = frozenset()) -> None:
        """Move the clock to `until`, from due moment to due moment, with a barrier at each; it stands there.

        Raises:
            CommandError: `until` is past (exit code 4), or the platform does not come to rest.
        """
        here = self.now()
        if until < here:
            raise CommandError(
                f"The legal clock stands at {here.isoformat()} and never goes back; {until.isoformat()} is earlier.",
                ExitCode.REFUSED,
            )
        self.move_on(here)  # nothing is judged while something is in flight
        await self._rest()
        self.stand_at(here, speaking)
        while (due := await self.next_due()) is not None and due <= until:
            self.stand_at(max(due, self.now()), speaking)
            self._on_step(due)
        self.stand_at(until, speaking)
        await self._rest()
        self._on_step(until)

    async def advance(self, until: datetime) -> None:
        """`work_off`, then go on at the speed that the clock had."""
        speed = self.speed
        try:
            await self.work_off(until)
        finally:
            self.set_speed(speed)

    async def _rest(self) -> None:
        """Return when nothing is in flight; then whoever waits for company is told, and that too is waited for."""
        await self._barrier.wait(BARRIER_SECONDS)
        write_clock_file(self._path, msgspec.structs.replace(self._file(), telling=True))
        await self._barrier.wait(BARRIER_SECONDS)

    def _file(self) -> ClockFile:
        return read_clock_file(self._path)

    def _write(
        self, legal: datetime, speed: float, proven: datetime | None, but: tuple[str, ...], *, driven: bool = True
    ) -> None:
        state = ClockFile(
            anchor_wall=datetime.now(UTC),
            anchor_legal=legal,
            speed=speed,
            proven_up_to=proven,
            proven_except=but,
            driven=driven,
        )
        write_clock_file(self._path, state)
