"""`sunlit replay`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from libs.ops.commands.feed import FileArgument, FormatOption, ProfileOption, format_of, keep_rejected, town_of, words
from libs.ops.commands.progress import Meter
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json
from libs.ops.errors import CommandError, ExitCode
from libs.ops.feeding.access import intake_of
from libs.ops.feeding.documents import Row, read_rows
from libs.ops.feeding.feed import AT_ONCE, Pace
from libs.ops.feeding.halls import HALL_FORMATS
from libs.ops.feeding.intake import Tally
from libs.ops.feeding.live_again import live_again
from libs.ops.feeding.reference import HallSource, Town, introduce, sources_of
from libs.ops.feeding.replay import unreadable
from libs.ops.home import Home, State
from libs.ops.legal_clock import parse_instant

OVERDUE = "/api/supervision/v1/overdue"


def replay(
    file: FileArgument,
    format_name: FormatOption = None,
    profile: ProfileOption = None,
    as_of: Annotated[str | None, typer.Option(help="Where the legal clock ends: RFC 3339 with offset.")] = None,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """Live a file again on the virtual clock: in order of event time, what was due worked off as of its own day.

    Needs a platform that was started with --clock; start it before the file's first event. Returns when all services
    have caught up, with what is overdue then.
    """
    place = Home(home)
    ends_at = instant_of(as_of)
    file_format = format_of(file, format_name)
    town = town_of(file_format, profile)
    state = on_virtual_clock(place)
    rows = list(read_rows(file, file_format, profile))
    if file_format in HALL_FORMATS:
        asyncio.run(_introduce(place, state, sources_of(rows, file_format)))
    tally, stands_at = asyncio.run(lived(place, state, rows, [town] if town else [], file.name, ends_at))
    tally.rejected += [
        {"index": row.number - 1, "id": None, "errors": [asdict(one) for one in row.problems], "row": row.text}
        for row in unreadable(rows)
    ]
    keep_rejected(file, place, tally)
    conclude(place, state, tally, stands_at, is_json)


async def _introduce(home: Home, state: State, sources: list[HallSource]) -> None:
    async with intake_of(home, state) as client:
        for source in sources:
            await introduce(client, source)


async def lived(
    home: Home,
    state: State,
    rows: list[Row],
    towns: list[Town],
    what: str,
    as_of: datetime | None,
    pace: Pace = AT_ONCE,
) -> tuple[Tally, datetime]:
    """Live rows again with progress on stderr."""
    with Meter(what, len(rows)) as meter:

        def report(taken: int, _: int, at: datetime, __: Tally) -> None:
            meter.show(taken, f"{at:%Y-%m-%d}")

        return await live_again(home, state, rows, towns, report, as_of=as_of, pace=pace)


def on_virtual_clock(home: Home) -> State:
    """The running platform, which must have a clock that can be moved.

    Raises:
        CommandError: it runs on the wall clock (exit code 2), or not at all (3).
    """
    state = home.running()
    if state.clock == "wall":
        raise CommandError(
            f"The platform in {home.path} runs on the wall clock, on which nothing can be lived again. "
            "Use `sunlit feed`, or start another home with `sunlit up --clock <instant before the first event>`.",
            ExitCode.USAGE,
        )
    return state


def instant_of(text: str | None) -> datetime | None:
    """An instant as typed, None for none.

    Raises:
        CommandError: it is no instant with an offset (exit code 2).
    """
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise CommandError(
            f"--as-of {text}: write an instant with its offset: 2026-03-02T09:00:00+08:00 ({error}).", ExitCode.USAGE
        ) from error


def conclude(home: Home, state: State, tally: Tally, stands_at: datetime, is_json: bool) -> None:
    """Print what went in, where the clock stands and what is overdue there.

    Raises:
        CommandError: some rows were not taken (exit code 4).
    """
    overdue = asyncio.run(overdue_as_of(home, state, stands_at))
    counts = {"accepted": tally.accepted, "duplicates": tally.duplicates, "rejected": len(tally.rejected)}
    if is_json:
        show_json(counts | {"as_of": stands_at.isoformat(), "overdue": overdue})
    else:
        typer.echo(f"{words(tally)}; the legal clock stands at {stands_at.isoformat()}")
        if overdue is None:
            say(f"what is overdue is not known: this platform has no {OVERDUE}")
        else:
            for name, value in overdue.items():
                if isinstance(value, int | float | str):
                    typer.echo(f"{name}: {value}")
    if tally.rejected:
        raise CommandError(f"{len(tally.rejected)} rows were not taken", ExitCode.REFUSED)


async def overdue_as_of(home: Home, state: State, at: datetime) -> dict[str, Any] | None:
    """What supervision counts as overdue at that instant; None where there is no such page."""
    async with intake_of(home, state) as client:
        return await client.get(OVERDUE, {"as_of": at.isoformat()})
