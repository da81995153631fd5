"""`sunlit clock`: the virtual legal clock of a running platform."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import typer

from libs.common.runtime.clock import build_clock
from libs.ops.commands.spans import parse_span
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.legal_clock import parse_instant
from libs.ops.quiescence import Barrier
from libs.ops.time_driver import TimeDriver, require_virtual

app = typer.Typer(no_args_is_help=False, help="Legal time of a platform that was started on a virtual clock.")


@app.callback(invoke_without_command=True)
def default(context: typer.Context, home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Legal time of a platform that was started on a virtual clock; without a command it is shown."""
    if context.invoked_subcommand is None:
        show(home, is_json)


@app.command()
def show(home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Show the legal time and its speed."""
    place = Home(home)
    state = place.running()
    clock = build_clock(state.clock, state.timezone)
    if is_json:
        told = {"now": clock.now().isoformat(), "virtual": clock.is_virtual, "speed": clock.speed}
        show_json(told | {"timezone": state.timezone})
    else:
        typer.echo(f"{clock.now().isoformat()}  {clock.speed:g} legal seconds per second")


@app.command("set")
def set_(
    instant: Annotated[str, typer.Argument(help="RFC 3339 with offset; not before the present legal time.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Move the legal clock to an instant; everything due until then is worked off first, each as of its own moment."""
    try:
        target = parse_instant(instant)
    except ValueError as error:
        raise CommandError(
            f"{instant}: write an instant with its offset: 2026-03-02T09:00:00+08:00 ({error}).", ExitCode.USAGE
        ) from error
    drive(Home(home), lambda driver: driver.advance(target))


@app.command()
def advance(
    span: Annotated[str, typer.Argument(help="How far: 1d, 12h, 30m.")], home: HomeOption = DEFAULT_HOME
) -> None:
    """Move the legal clock on; returns when everything due by then has been worked off."""
    ahead = parse_span(span)
    drive(Home(home), lambda driver: driver.advance(driver.now() + ahead))


@app.command()
def speed(
    factor: Annotated[float, typer.Argument(min=0, max=1_000_000, help="Legal seconds per second; 0 stops it.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Let the legal clock go on from here at another speed."""

    async def change(driver: TimeDriver) -> None:
        driver.set_speed(factor)

    drive(Home(home), change)


def drive(home: Home, act: Callable[[TimeDriver], Awaitable[None]]) -> None:
    """Run one act of the driver and tell where the clock stands then."""
    state = home.running()
    require_virtual(home, state)

    async def run() -> datetime:
        async with Barrier(state) as barrier:
            driver = TimeDriver(home, state, barrier, lambda at: say(f"worked off {at.isoformat()}"))
            await act(driver)
            return driver.now()

    typer.echo(asyncio.run(run()).isoformat())
