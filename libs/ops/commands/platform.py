"""`sunlit down`, `status`, `token`, `wait`."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from typing import Annotated

import typer

from libs.common.runtime.auth import ROLES, Principal, mint, token_key
from libs.ops import children
from libs.ops.commands.spans import parse_span
from libs.ops.commands.terminal import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    mebibytes,
    say,
    show_json,
    show_table,
)
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.quiescence import Barrier
from libs.ops.status import document, look

DOWN_GRACE_SECONDS = 60.0
LEFTOVER_GRACE_SECONDS = 5.0


def down(home: HomeOption = DEFAULT_HOME) -> None:
    """Stop the platform of this home; data are kept. Also ends what a killed launcher left behind."""
    place = Home(home)
    state = place.state()
    launcher = state.launcher.identity if state.launcher else None
    if launcher is not None and children.is_alive(launcher):
        children.end([launcher], stop_by=signal.SIGTERM, grace_seconds=DOWN_GRACE_SECONDS)
        say("the platform has ended; data are kept")
    left = place.state().leftovers
    if left:
        children.end(left, grace_seconds=LEFTOVER_GRACE_SECONDS)
        say(f"{len(left)} processes without a launcher were ended")
    elif launcher is None:
        say(f"nothing runs in {place.path}")


def status(home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Each process with its pid, port, memory, lag, readiness and last problem."""
    place = Home(home)
    state = place.running()
    processes = look(state)
    told = document(place, state, processes)
    if is_json:
        show_json(told)
        return
    clock = told["clock"]
    kind = f"virtual, {clock['speed']:g} s per s" if clock["virtual"] else "wall"
    say(f"{state.url}  legal time {clock['now']} ({kind})")
    rows = [
        (p.name, p.pid, p.port, mebibytes(p.memory_bytes), p.lag, "yes" if p.ready else "NO", p.restarts, p.last_error)
        for p in processes
    ]
    show_table(("process", "pid", "port", "MiB", "lag", "ready", "restarts", "last problem"), rows)


def token(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(sorted(ROLES))}.")],
    region: Annotated[list[str] | None, typer.Option(help="Limit to a region; may be given several times.")] = None,
    org: Annotated[list[str] | None, typer.Option(help="Limit to an organisation; may be repeated.")] = None,
    ttl: Annotated[str, typer.Option(help="How long it is valid: 30m, 12h, 1d.")] = "1d",
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print an access token for scripts: `curl -H "Authorization: Bearer $(sunlit token --role supervisor)" …`."""
    if role not in ROLES:
        raise CommandError(f"--role {role}: there are {', '.join(sorted(ROLES))}.", ExitCode.USAGE)
    secrets_dir = Home(home).secrets
    if not (secrets_dir / "token.private.json").exists():
        raise CommandError(f"{home} has no keys: `sunlit up --home {home}` makes them.", ExitCode.NOT_RUNNING)
    who = Principal(f"cli:{role}", role, role, tuple(region or ()), tuple(org or ()))
    typer.echo(mint(token_key(secrets_dir), who, now=datetime.now(UTC), ttl=parse_span(ttl)))


def wait(
    timeout: Annotated[float, typer.Option(min=0, help="Seconds of patience.")] = 60.0, home: HomeOption = DEFAULT_HOME
) -> None:
    """Return when no consumer lags, every outbox is empty and nothing due is waiting; 1 after the time-out."""
    state = Home(home).running()

    async def at_rest() -> None:
        async with Barrier(state) as barrier:
            await barrier.wait(timeout)

    asyncio.run(at_rest())
