"""`sunlit verify`: check what must be true."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer

from libs.ops.commands.admin import admin_dsn, kafka_settings
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json, show_table
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.offset_guard import check

app = typer.Typer(no_args_is_help=True, help="Check what must be true.")


@app.callback()
def group() -> None:
    """Check what must be true."""


@app.command()
def offsets(home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Compare the effects' offsets with the groups' and the topics'; 4 when an event may be lost or read twice."""
    place = Home(home)
    places = asyncio.run(check(kafka_settings(place), admin_dsn(place)))
    wrong = [p for p in places if p.finding]
    if is_json:
        show_json([{**asdict(p), "finding": p.finding} for p in places])
    elif wrong:
        rows = [(p.service, p.topic, p.partition, p.effects, p.committed, p.end, p.finding) for p in wrong]
        show_table(("service", "topic", "partition", "effects", "committed", "end", "finding"), rows)
    else:
        say(f"{len(places)} partitions: effects, groups and topics agree")
    if wrong:
        raise CommandError(f"{len(wrong)} of {len(places)} partitions do not agree", ExitCode.REFUSED)
