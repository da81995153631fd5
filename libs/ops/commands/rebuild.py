"""`sunlit rebuild`: a service's state from the topics, compared with what stands, and put in its place."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import SecretStr

from libs.common.runtime.settings import Settings
from libs.ops import keys
from libs.ops.commands.admin import admin_dsn
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json, show_table
from libs.ops.engines.site import site_kafka, site_secrets
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.migrate import service_dsn
from libs.ops.rebuild import Report, maker_of, rebuild_service


def rebuild(
    service: Annotated[str, typer.Argument(help="approval, disclosure or monitoring.")],
    is_check: Annotated[bool, typer.Option("--check-only", help="Compare only; nothing is changed.")] = False,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """Build a service's state anew from the topics in a shadow, compare it by hash, and swap it in.

    The service goes on meanwhile; at the end it is held for the moment of the comparison. 4 when both lives differ
    (with --check-only), or when what was published would have to be published anew.
    """
    plan_of = maker_of(service)
    place = Home(home)
    dsn = admin_dsn(place)
    settings = settings_of(place, dsn, service)
    report = asyncio.run(rebuild_service(settings, dsn, plan_of(settings), check_only=is_check))
    if is_json:
        show_json({**asdict(report), "differing": report.differing})
    else:
        show(report)
    if is_check and report.differing:
        raise CommandError(f"{', '.join(report.differing)} of {service} differ from the topics", ExitCode.REFUSED)


def settings_of(home: Home, dsn: str, service: str) -> Settings:
    """The settings that the service itself runs with."""
    secrets = site_secrets() or home.secrets
    state = home.state()
    return Settings(
        home=home.path,
        secrets=secrets,
        kafka=site_kafka() or home.running().kafka,
        database=SecretStr(service_dsn(dsn, service, keys.database_password(secrets, service))),
        clock=state.clock,
        timezone=state.timezone,
    )


def show(report: Report) -> None:
    """The report for the person at the terminal."""
    rows = [(c.name, c.rows_live, c.rows_shadow, "same" if c.equal else "DIFFERENT") for c in report.comparisons]
    show_table(("part", "rows as they stood", "rows from the topics", "finding"), rows)
    for found in report.comparisons:
        for word, examples in (("only as it stood", found.only_live), ("only from the topics", found.only_shadow)):
            for row in examples:
                say(f"{found.name}, {word}: {row}")
    say(f"{report.events} records read, {report.letters} parked")
    if report.swapped:
        say(f"swapped; the former state is kept in the schema {report.retired} until the next rebuild")
