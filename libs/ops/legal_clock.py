"""The virtual legal clock of one home, from the launcher's and the operator's side: where it starts, stands and goes.

All processes read `<home>/clock.json`; only the launcher and `sunlit clock` / `sunlit replay` write it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from libs.common.runtime.clock import ClockFile, read_clock_file, write_clock_file
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home, State


@dataclass(frozen=True, slots=True)
class ClockOption:
    """What `--clock` says: `start` None = the wall clock; `speed` in legal seconds per wall second."""

    start: datetime | None
    speed: float = 1.0


# 60 days before 2026-03-02 (decision 9); it stands until the demonstration has been played
DEMO_CLOCK = ClockOption(datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")), 0.0)


def parse_option(text: str) -> ClockOption:
    """Read `wall` or `<RFC 3339 instant>[@speed]`.

    Raises:
        CommandError: it is neither (exit code 2).
    """
    if text == "wall":
        return ClockOption(None)
    instant, _, speed = text.partition("@")
    try:
        option = ClockOption(parse_instant(instant), float(speed or 1.0))
    except ValueError:
        option = None
    if option is None or not 0 <= option.speed <= 1_000_000:
        raise CommandError(
            f"--clock {text}: write `wall`, or the first legal instant with its offset and, after @, how many legal "
            "seconds pass in one: 2026-01-01T09:00:00+08:00@3600",
            ExitCode.USAGE,
        )
    return option


def parse_instant(text: str) -> datetime:
    """An instant with its offset.

    Raises:
        ValueError: it has none, or is no instant.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return instant


def settle(home: Home, option: ClockOption | None, before: State) -> str:
    """Decide on which clock this start runs and write the clock file; returns SUNLIT_CLOCK's value.

    A home keeps the kind of clock that it was first started on, and a virtual one goes on where it stood: data that
    were judged at an instant must not meet an earlier one.

    Raises:
        CommandError: the option contradicts what the home's data were judged by (exit code 2).
    """
    is_old = home.state_file.exists()
    was_virtual = home.clock_file.exists()
    if is_old and option is not None and (option.start is not None) != was_virtual:
        kind = "a virtual" if was_virtual else "the wall"
        raise CommandError(
            f"The data in {home.path} were judged on {kind} clock; a home keeps its clock. Choose another --home.",
            ExitCode.USAGE,
        )
    if was_virtual:
        stood = read_clock_file(home.clock_file)
        speed = option.speed if option else before.speed
        resume(home, stood, speed)
    elif option is not None and option.start is not None:
        wall = datetime.now(UTC)
        write_clock_file(home.clock_file, ClockFile(anchor_wall=wall, anchor_legal=option.start, speed=option.speed))
    else:
        return "wall"
    return f"virtual:{home.clock_file}"


def resume(home: Home, stood: ClockFile, speed: float) -> None:
    """Let the clock go on from where it stands now, at `speed`."""
    wall = datetime.now(UTC)
    write_clock_file(
        home.clock_file,
        ClockFile(
            anchor_wall=wall,
            anchor_legal=stood.legal(wall),
            speed=speed,
            proven_up_to=stood.proven_up_to,
            proven_except=stood.proven_except,
        ),
    )


def stand_still(home: Home) -> None:
    """Stop the clock where it is, so that the time in which nothing runs does not count."""
    if home.clock_file.exists():
        resume(home, read_clock_file(home.clock_file), 0.0)
