"""`sunlit feed`."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from libs.common.kernel.errors import DataError
from libs.ops.commands.progress import Meter
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json
from libs.ops.errors import CommandError, ExitCode
from libs.ops.feeding.access import intake_of
from libs.ops.feeding.documents import Format, Row, guess_format, read_rows
from libs.ops.feeding.feed import Fed, Pace, progress_of, write_rejected
from libs.ops.feeding.feed import feed as feed_rows
from libs.ops.feeding.halls import HALL_FORMATS
from libs.ops.feeding.intake import Tally
from libs.ops.feeding.reference import HallSource, Town, introduce, register, sources_of, town_of_profile
from libs.ops.home import Home
from services.approval.feeds.xes import load_profile, profile_names

FORMATS: tuple[Format, ...] = ("cloudevents", "gdbs", "shandong", "national", "xes")

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, CSV (national) or XES, plain or .gz.")]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="cloudevents, gdbs, shandong, national or xes. [default: by the name]")
]
ProfileOption = Annotated[str | None, typer.Option(help="How an XES log is read: a profile's name, or a .toml file.")]
RateOption = Annotated[str | None, typer.Option(help="Not faster than this: 200/s. [default: as fast as it goes]")]


def feed(
    file: FileArgument,
    format_name: FormatOption = None,
    profile: ProfileOption = None,
    rate: RateOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every row, keep nothing.")] = False,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """Take a file of events in through the intake API; stop it and give the same command again, and it goes on.

    Nothing is ever doubled: the intake knows every event. Rows that were not taken are written to
    <file>.rejected.jsonl, each with its reasons, and the exit code is 4.
    """
    place = Home(home)
    file_format = format_of(file, format_name)
    town = town_of(file_format, profile)
    sources = sources_of(read_rows(file, file_format), file_format) if file_format in HALL_FORMATS else []
    rows = read_rows(file, file_format, profile)
    fed = asyncio.run(_feed(place, file, rows, town, sources, parse_rate(rate), dry_run))
    finish(fed.tally, is_json)


async def _feed(
    place: Home,
    file: Path,
    rows: Iterator[Row],
    town: Town | None,
    sources: Sequence[HallSource],
    pace: Pace,
    dry_run: bool,
) -> Fed:
    state = place.running()
    progress = progress_of(place.path / "feeds", file)
    goes_on = progress.rows_done() > 0 and not dry_run
    if goes_on:
        say(f"{progress.rows_done()} rows were taken by an earlier run; going on behind them")
    fed = Fed()
    try:
        async with intake_of(place, state) as client:
            if town is not None and not dry_run:
                await register(client, town)
            for source in () if dry_run else sources:
                await introduce(client, source)
            with Meter(file.name) as meter:

                def report(done: int, tally: Tally) -> None:
                    meter.show(done, words(tally))

                await feed_rows(rows, client, progress, report, dry_run=dry_run, pace=pace, fed=fed)
    finally:
        keep_rejected(file, place, fed.tally, goes_on=goes_on)
    return fed


def format_of(file: Path, name: str | None) -> Format:
    """The format that was asked for, or that the name of the file says.

    Raises:
        CommandError: there is no such file, or no such format (exit code 2).
    """
    if not file.is_file():
        raise CommandError(f"There is no file {file}.", ExitCode.USAGE)
    found = next((known for known in FORMATS if known == name), None)
    if name is not None and found is None:
        raise CommandError(f"--format {name}: there are {', '.join(FORMATS)}.", ExitCode.USAGE)
    return found or guess_format(file)


def town_of(file_format: Format, profile: str | None) -> Town | None:
    """The town that the profile speaks for; None where events name their region themselves.

    Raises:
        CommandError: an XES log without a profile, or with an unknown one (exit code 2).
    """
    if file_format != "xes":
        return None
    if profile is None:
        raise CommandError(
            f"An XES log needs --profile; there are {', '.join(profile_names())}, or give a .toml file.", ExitCode.USAGE
        )
    try:
        return town_of_profile(load_profile(profile))
    except DataError as error:
        raise CommandError(str(error), ExitCode.USAGE) from error


def parse_rate(text: str | None) -> Pace:
    """`200/s` as a pace.

    Raises:
        CommandError: it is something else (exit code 2).
    """
    if text is None:
        return Pace()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/s", text)
    if not found or float(found.group(1)) == 0:
        raise CommandError(f"--rate {text}: write events per second, as in 200/s.", ExitCode.USAGE)
    return Pace(float(found.group(1)))


def keep_rejected(file: Path, place: Home, tally: Tally, *, goes_on: bool = False) -> None:
    """Writes the rows that were not taken beside the file, or into the home where that folder is closed to us."""
    if not tally.rejected:
        return
    name = f"{file.name}.rejected.jsonl"
    path = file.with_name(name)
    if not os.access(file.parent, os.W_OK):
        path = place.path / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
    write_rejected(path, tally, goes_on=goes_on)
    say(f"{len(tally.rejected)} rows were not taken; they are in {path}, each with its reasons")


def words(tally: Tally) -> str:
    """A tally in one line."""
    return f"{tally.accepted} accepted, {tally.duplicates} duplicates, {len(tally.rejected)} rejected"


def finish(tally: Tally, is_json: bool) -> None:
    """Print what became of the rows.

    Raises:
        CommandError: some were not taken (exit code 4).
    """
    if is_json:
        counts = {"accepted": tally.accepted, "duplicates": tally.duplicates, "rejected": len(tally.rejected)}
        show_json(counts)
    else:
        typer.echo(words(tally))
    if tally.rejected:
        raise CommandError(f"{len(tally.rejected)} rows were not taken", ExitCode.REFUSED)
