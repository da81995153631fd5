"""`sunlit simulate`."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import orjson
import typer

from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.clock import build_clock
from libs.ops.commands.feed import RateOption, finish, keep_rejected, parse_rate, words
from libs.ops.commands.progress import Meter
from libs.ops.commands.replay import conclude, lived
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, show_json
from libs.ops.errors import CommandError, ExitCode
from libs.ops.feeding.access import intake_of
from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import Fed, Pace
from libs.ops.feeding.feed import feed as feed_rows
from libs.ops.feeding.intake import Tally
from libs.ops.feeding.reference import register, town_of_county
from libs.ops.home import Home, State
from libs.ops.simulate.acts import Act
from libs.ops.simulate.county import County, load_county
from libs.ops.simulate.seasons import usual_season
from libs.ops.simulate.stream import Season, stream_events, working_days_of


def simulate(
    cases: Annotated[int | None, typer.Option(min=1, help="How many are filed. [default: 13 a day]")] = None,
    rate: RateOption = None,
    from_: Annotated[str | None, typer.Option("--from", help="First day, 2026-01-01.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day. [default: 60 days in all]")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed tells the same life.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write JSON lines here (.gz packs them), feed nothing.")] = None,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """Simulate a county hall: to a file with --out, else straight into the running platform.

    On a virtual clock the season is lived day by day, as `sunlit replay` does. On the wall clock events go in at once
    and none is in the future. Everyone in it is invented.
    """
    place, pace, first_on, last_on = Home(home), parse_rate(rate), day_of("--from", from_), day_of("--to", to)
    county = load_county()
    state = None if out else place.running()
    now = build_clock(state.clock, state.timezone).now().astimezone(county.timezone) if state else None
    is_wall = state is not None and state.clock == "wall"
    if now is not None and not is_wall and first_on is None and last_on is None:
        first_on = now.date()
    try:
        season = usual_season(
            load_calendars().of(county.region_code),
            cases=cases, first_on=first_on, last_on=last_on, seed=seed,
            ends_on=now.date() if now is not None and is_wall else None,
        )  # fmt: skip
    except ValueError as error:
        raise CommandError(f"simulate: {error}.", ExitCode.USAGE) from error
    acts = acts_of(county, season)
    if out is not None:
        tell_written(out, write(out, acts), season, is_json)
        return
    assert state is not None and now is not None
    if is_wall:
        past = takewhile(lambda act: act[0] <= now, acts)
        tally = asyncio.run(_feed(place, state, county, past, pace))
        keep_rejected(Path(f"simulated-{season.seed}"), place, tally)
        finish(tally, is_json)
        return
    rows = list(rows_of(acts))
    tally, stands_at = asyncio.run(lived(place, state, rows, [town_of_county(county)], "simulated", None, pace))
    keep_rejected(Path(f"simulated-{season.seed}"), place, tally)
    conclude(place, state, tally, stands_at, is_json)


async def _feed(place: Home, state: State, county: County, acts: Iterable[Act], pace: Pace) -> Tally:
    fed = Fed()
    async with intake_of(place, state) as client:
        await register(client, town_of_county(county))
        with Meter("simulated") as meter:

            def report(done: int, tally: Tally) -> None:
                meter.show(done, words(tally))

            # a simulation is made again from its seed: it keeps no note of where it stopped
            await feed_rows(rows_of(acts), client, None, report, pace=pace, fed=fed)
    return fed.tally


def acts_of(county: County, season: Season) -> Iterator[Act]:
    """The season's events without heartbeats: `feed` and `replay` say those (decision 31)."""
    calendar = load_calendars().of(county.region_code)
    days = working_days_of(calendar.is_working_day, season, calendar.last_day)
    return stream_events(county, days, season, heartbeats=False)


def rows_of(acts: Iterable[Act]) -> Iterator[Row]:
    """Events as rows of a file that nobody wrote."""
    return (Row(number, event) for number, (_, event) in enumerate(acts, 1))


def write(path: Path, acts: Iterable[Act]) -> int:
    """Write JSON lines, packed when the name ends in `.gz`; the same seed gives the same bytes. Answers how many."""
    count = 0
    with path.open("wb") as file, Meter(path.name) as meter:
        # without name and time in its head, a packed file too is the same for the same seed
        packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0) if path.suffix == ".gz" else None
        stream = cast(BinaryIO, packed) if packed else file
        for count, (at, event) in enumerate(acts, 1):
            stream.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
            meter.show(count, f"{at:%Y-%m-%d}")
        if packed:
            packed.close()
    return count


def tell_written(path: Path, events: int, season: Season, is_json: bool) -> None:
    """What was written, on stdout."""
    told = {
        "file": str(path),
        "events": events,
        "cases": season.cases,
        "from": season.first_on.isoformat(),
        "to": season.last_on.isoformat(),
        "seed": season.seed,
    }
    if is_json:
        show_json(told)
    else:
        typer.echo(f"{events} events of {season.cases} cases, {season.first_on} to {season.last_on}, are in {path}")


def day_of(option: str, text: str | None) -> date | None:
    """A date as typed, None for none.

    Raises:
        CommandError: it is no date (exit code 2).
    """
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise CommandError(f"{option} {text}: write a date as 2026-01-01 ({error}).", ExitCode.USAGE) from error
