"""`sunlit verify`: check what must be true."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import SecretStr

from libs.common.runtime.settings import Settings
from libs.ops import keys
from libs.ops.commands.admin import admin_dsn, kafka_settings
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json, show_table
from libs.ops.errors import CommandError, ExitCode
from libs.ops.fingerprint import Fingerprint, fingerprint
from libs.ops.home import Home
from libs.ops.migrate import service_dsn
from libs.ops.offset_guard import check
from services.disclosure import main as disclosure

app = typer.Typer(no_args_is_help=True, help="Check what must be true.")


@app.command()
def state(
    against: Annotated[
        Path | None, typer.Option("--against", help="What `verify state --json` printed of another run.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """One hash per part of what the platform has come to; two runs of one history have the same. 4 when they differ."""
    told = fingerprint(admin_dsn(Home(home)))
    if is_json:
        show_json(asdict(told))
    else:
        show_table(("part", "rows", "sha256"), [(name, p.rows, p.sha256) for name, p in told.parts.items()])
        say(f"doubled: {'; '.join(told.doubled) or 'nothing'} · parked letters: {told.parked}")
    found = list(told.doubled)
    if against is not None:
        try:
            other = msgspec.json.decode(against.read_bytes(), type=Fingerprint)
        except (OSError, msgspec.MsgspecError) as error:
            raise CommandError(f"{against} is no output of `verify state --json`: {error}", ExitCode.USAGE) from error
        found += [f"{name} differ" for name in told.differs_from(other)]
    if found:
        raise CommandError("; ".join(found), ExitCode.REFUSED)


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


@app.command()
def log(home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Compute the transparency log anew and compare it with what is published; 4 when something was altered."""
    place = Home(home)
    dsn = service_dsn(admin_dsn(place), "disclosure", keys.database_password(place.secrets, "disclosure"))
    report = asyncio.run(disclosure.verify(Settings(database=SecretStr(dsn), secrets=place.secrets)))
    if is_json:
        show_json(report)
    else:
        for finding in report.findings:
            typer.echo(f"{finding.code}  {finding.place}  {finding.message}")
        say(f"{report.leaves} leaves, {report.releases} releases, {report.records} records; root {report.root}")
    if report.findings:
        raise CommandError(f"{len(report.findings)} findings in the transparency log", ExitCode.REFUSED)
