"""`sunlit simulate`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from libs.common.kernel.errors import DataError
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.clock import build_clock
from libs.common.runtime.garbage import look_seldom
from libs.ops.commands.feed import RateOption, finish, keep_rejected, parse_rate, words
from libs.ops.commands.progress import Meter
from libs.ops.commands.replay import conclude, lived
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json
from libs.ops.errors import CommandError, ExitCode
from libs.ops.feeding.access import approver_of, intake_of
from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import Fed, Pace
from libs.ops.feeding.feed import feed as feed_rows
from libs.ops.feeding.intake import Tally
from libs.ops.feeding.items import publish_items
from libs.ops.feeding.reference import register, town_of_county
from libs.ops.home import Home, State
from libs.ops.simulate.acts import Act
from libs.ops.simulate.county import County, load_county
from libs.ops.simulate.items import item_body
from libs.ops.simulate.output import FORMATS, OutputFormat, lines_of, write_lines
from libs.ops.simulate.plants.plan_file import ALL, Order, everything, read_plan
from libs.ops.simulate.plants.sheet import write_answers
from libs.ops.simulate.seasons import usual_season
from libs.ops.simulate.story import Story, calm_story, full_story
from libs.ops.simulate.stream import Season

METER_LINES = 500


def simulate(
    cases: Annotated[int | None, typer.Option(min=1, help="How many are filed. [default: 13 a day]")] = None,
    rate: RateOption = None,
    from_: Annotated[str | None, typer.Option("--from", help="First day, 2026-01-01.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last day. [default: 60 days in all]")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed tells the same life.")] = None,
    breaches: Annotated[
        str | None, typer.Option(help="A plan (TOML or YAML) of breaches to plant, or `all`: docs/simulation.md.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Where the answer sheet of the breaches goes. [default: beside --out]")
    ] = None,
    is_calm: Annotated[
        bool, typer.Option("--calm", help="Every report comes once and in time, no source falls silent.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write JSON lines here (.gz packs them), feed nothing.")] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="Of the file: cloudevents, or gdbs (Guangdong messages).")
    ] = "cloudevents",
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """Simulate a county hall: to a file with --out, else straight into the running platform.

    On a virtual clock the season is lived day by day, as `sunlit replay` does. On the wall clock events go in at once
    and none is in the future. Everyone in it is invented.
    """
    place, pace, file_format = Home(home), parse_rate(rate), _format(format_name, out)
    county = load_county()
    state = None if out else place.running()
    now = build_clock(state.clock, state.timezone).now().astimezone(county.timezone) if state else None
    season = _season(county, state, now, cases, day_of("--from", from_), day_of("--to", to), seed)
    story = _story(county, season, breaches, is_calm)
    if breaches is not None:
        sheet = answers or (out.with_name(f"{out.name}.answers.jsonl") if out else place.path / _name(season))
        tell_planted(story, sheet)
    if out is not None:
        tell_written(out, write_timed(out, story, file_format), season, is_json)
        return
    assert state is not None and now is not None
    if state.clock == "wall":
        past = takewhile(lambda act: act[0] <= now, story.acts())
        tally = asyncio.run(_feed(place, state, county, past, pace))
        keep_rejected(Path(f"simulated-{season.seed}"), place, tally)
        finish(tally, is_json)
        return
    rows = list(rows_of(story.acts()))
    tally, stands_at = asyncio.run(_lived(place, state, county, rows, pace))
    keep_rejected(Path(f"simulated-{season.seed}"), place, tally)
    conclude(place, state, tally, stands_at, is_json)


def _format(name: str, out: Path | None) -> OutputFormat:
    if name not in FORMATS:
        raise CommandError(f"--format {name}: give one of {', '.join(FORMATS)}.", ExitCode.USAGE)
    if name != FORMATS[0] and out is None:
        raise CommandError(f"--format {name} is the format of a file: give --out too.", ExitCode.USAGE)
    return name


def _season(
    county: County,
    state: State | None,
    now: datetime | None,
    cases: int | None,
    first_on: date | None,
    last_on: date | None,
    seed: int | None,
) -> Season:
    is_wall = state is not None and state.clock == "wall"
    if now is not None and not is_wall and first_on is None and last_on is None:
        first_on = now.date()
    try:
        return usual_season(
            load_calendars().of(county.region_code),
            cases=cases, first_on=first_on, last_on=last_on, seed=seed,
            ends_on=now.date() if now is not None and is_wall else None,
        )  # fmt: skip
    except ValueError as error:
        raise CommandError(f"simulate: {error}.", ExitCode.USAGE) from error


def _story(county: County, season: Season, breaches: str | None, is_calm: bool) -> Story:
    calendar = load_calendars().of(county.region_code)
    try:
        orders = _orders(county, season, breaches) if breaches is not None else ()
        return full_story(county, calendar, season, orders=orders, is_calm=is_calm)
    except DataError as error:
        lines = [f"{one.pointer or '/'} {one.code}: {one.message} · {one.message_en}" for one in error.problems]
        raise CommandError("\n".join([f"--breaches {breaches}:", *lines]), ExitCode.REFUSED) from error


def _orders(county: County, season: Season, breaches: str) -> tuple[Order, ...]:
    if breaches == ALL:
        return everything(season)
    path = Path(breaches)
    if not path.is_file():
        raise CommandError(f"--breaches {breaches}: there is no such file; give a plan, or `all`.", ExitCode.USAGE)
    return read_plan(path, county, season)


async def _feed(place: Home, state: State, county: County, acts: Iterable[Act], pace: Pace) -> Tally:
    fed = Fed()
    async with intake_of(place, state) as client, approver_of(place, state) as approver:
        await register(client, town_of_county(county))
        await publish_items(client, approver, items_of(county))
        with Meter("simulated") as meter:

            def report(done: int, tally: Tally) -> None:
                meter.show(done, words(tally))

            # a simulation is made again from its seed: it keeps no note of where it stopped
            await feed_rows(rows_of(acts), client, None, report, pace=pace, fed=fed)
    return fed.tally


async def _lived(place: Home, state: State, county: County, rows: list[Row], pace: Pace) -> tuple[Tally, datetime]:
    town = town_of_county(county)
    async with intake_of(place, state) as client, approver_of(place, state) as approver:
        await register(client, town)
        await publish_items(client, approver, items_of(county))
    return await lived(place, state, rows, [town], "simulated", None, pace)


def items_of(county: County) -> list[dict[str, object]]:
    """The county's catalogue, ready to be published."""
    return [item_body(county, item) for item in county.items]


def acts_of(county: County, season: Season) -> Iterator[Act]:
    """The season's life alone: nothing goes wrong on the way, and nobody says heartbeats."""
    return calm_story(county, load_calendars().of(county.region_code), season).acts()


def rows_of(acts: Iterable[Act]) -> Iterator[Row]:
    """Events as rows of a file that nobody wrote."""
    return (Row(number, event) for number, (_, event) in enumerate(acts, 1))


@dataclass(frozen=True, slots=True)
class Written:
    """How many lines were written, in how many seconds, of which so many on the processor."""

    lines: int
    seconds: float
    processor_seconds: float


def write_timed(path: Path, story: Story, file_format: OutputFormat) -> Written:
    """Writes a story to a file."""
    look_seldom()
    begun, begun_processor = time.monotonic(), time.process_time()
    with Meter(path.name) as meter:

        def report(count: int, at: datetime) -> None:
            if count % METER_LINES == 0:
                meter.show(count, f"{at:%Y-%m-%d}")

        count = write_lines(path, lines_of(story.acts(), file_format, story.county.timezone), report)
    return Written(count, time.monotonic() - begun, time.process_time() - begun_processor)


def tell_written(path: Path, written: Written, season: Season, is_json: bool) -> None:
    """What was written and how fast, on stdout."""
    rate = round(written.lines / max(written.seconds, 1e-6))
    processor_rate = round(written.lines / max(written.processor_seconds, 1e-6))
    told = {
        "file": str(path),
        "events": written.lines,
        "cases": season.cases,
        "from": season.first_on.isoformat(),
        "to": season.last_on.isoformat(),
        "seed": season.seed,
        "seconds": round(written.seconds, 2),
        "events_per_second": rate,
        "events_per_processor_second": processor_rate,
    }
    if is_json:
        show_json(told)
    else:
        typer.echo(
            f"{written.lines} events of {season.cases} cases, {season.first_on} to {season.last_on}, are in {path}; "
            f"{rate} events/s ({processor_rate} per second of one processor)"
        )


def tell_planted(story: Story, sheet: Path) -> None:
    """Writes the answer sheet and says what was planted and what was not."""
    count = write_answers(sheet, story.plants)
    say(f"{count} plants of {len({plant.rule for plant in story.plants})} rules; what has to be found is in {sheet}")
    for reason in story.left_out:
        say(f"not planted: {reason}")


def _name(season: Season) -> str:
    return f"simulated-{season.series}.answers.jsonl"


def day_of(option: str, text: str | None) -> date | None:
    """A date as typed, None for none.

    Raises:
        CommandError: it is no date (exit code 2).
    """
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise CommandError(f"{option} {text}: write a date as 2026-01-01 ({error}).", ExitCode.USAGE) from error
