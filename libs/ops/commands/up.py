"""`sunlit up`."""

from __future__ import annotations

from typing import Annotated

import typer

from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, say
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.launcher import DEFAULT_PORT, Launcher, Request, detach
from libs.ops.legal_clock import DEMO_CLOCK, parse_option


def up(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help=f"Port of the pages and APIs. [default: {DEFAULT_PORT}, or a free one]"),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    is_detached: Annotated[
        bool, typer.Option("--detach", help="Return when all answers; stop it with `down`.")
    ] = False,
    clock: Annotated[
        str | None,
        typer.Option(help="`wall`, or the first legal instant and its speed: 2026-01-01T09:00:00+08:00@3600."),
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Legal time zone. [default: Asia/Shanghai]")] = None,
    is_demo: Annotated[
        bool, typer.Option("--demo", help="Play 60 days of a simulated county first, then an hour a second.")
    ] = False,
) -> None:
    """Start the platform: Kafka, PostgreSQL, four services, one address for all pages. Ctrl-C ends it.

    Engines of your own are used when SUNLIT_KAFKA or SUNLIT_DATABASE (a DSN that may make roles and schemas) name
    them. Data, logs and keys stay in --home, and the next `up` goes on from there. A process that dies is started
    again; its output is in logs/<name>.log.
    """
    place = Home(home)
    if is_demo and clock is not None:
        raise CommandError("--demo has a clock of its own: leave --clock away.", ExitCode.USAGE)
    option = parse_option(clock) if clock is not None else DEMO_CLOCK if is_demo else None
    if is_detached:
        arguments = ["--home", str(place.path)]
        for name, value in (("--port", port), ("--clock", clock), ("--timezone", timezone)):
            arguments += [name, str(value)] if value is not None else []
        arguments += ["--demo"] if is_demo else []
        detach(place, arguments, say)
        return
    Launcher(Request(place, port, option, timezone, is_demo), say).run()
