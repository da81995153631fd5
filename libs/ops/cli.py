"""`sunlit`: the operator's command line.

The table below names every command; the module of one is loaded when it is used, so that a small command need not wait
for the libraries of a large one.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from libs.common.kernel.errors import SunlitError
from libs.ops.commands.terminal import say
from libs.ops.errors import CommandError, ExitCode

MANUAL = "\n\n".join(  # a paragraph each; the terminal wraps them
    (
        "Sunlit Hall 阳光政务: approval, disclosure, electronic supervision and alerts for local government.",
        "Start a platform with [bold]sunlit up[/bold] and open the address that it prints; Ctrl-C ends it. "
        "Every command that speaks to a running platform takes --home (or SUNLIT_HOME) and finds it there. "
        "Two homes run side by side.",
        "Results go to stdout, everything else to stderr; --json makes the result one JSON document.",
        "Exit codes: 0 done · 1 failed · 2 wrong usage · 3 not running · 4 refused by the data.",
        "Environment: SUNLIT_KAFKA and SUNLIT_DATABASE name engines of your own, SUNLIT_JAVA a Java for the local "
        "Kafka; every other setting of the processes is SUNLIT_… too (docs/operations.md).",
    )
)
RUN, TIME, EVENTS, CARE = "Run a platform", "Legal time", "Events", "Look after it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: where it is, under which heading it stands, and its line in the manual.

    Args:
        place: `module:name` of a function or a Typer of sub-commands in `libs.ops.commands`.
    """

    place: str
    panel: str
    line: str


COMMANDS: dict[str, Entry] = {
    "up": Entry("up:up", RUN, "Start the platform: Kafka, PostgreSQL, four services, one address for all pages."),
    "down": Entry("platform:down", RUN, "Stop the platform; data are kept."),
    "status": Entry("platform:status", RUN, "Each process with its pid, port, memory, lag, readiness, last problem."),
    "token": Entry("platform:token", RUN, "Print an access token for scripts."),
    "wait": Entry("platform:wait", RUN, "Return when everything that came in has been worked off."),
    "clock": Entry("clock:app", TIME, "Show, set or advance the legal time of a platform on a virtual clock."),
    "replay": Entry("replay:replay", TIME, "Live a file of events again on the virtual clock, day by day."),
    "feed": Entry("feed:feed", EVENTS, "Take a file of events in through the intake."),
    "simulate": Entry("simulate:simulate", EVENTS, "A believable county hall, to a file or into the platform."),
    "topics": Entry("admin:topics", CARE, "Topics in Kafka: compare and make."),
    "migrate": Entry("admin:migrate", CARE, "Schemas, roles and tables in PostgreSQL."),
    "keys": Entry("keys:app", CARE, "Keys and passwords of a site: make what is missing."),
    "rebuild": Entry("rebuild:rebuild", CARE, "A service's state from the topics: compare, and swap it in."),
    "dead": Entry("dead:app", CARE, "Dead letters of all services: list, show, replay, discard."),
    "faults": Entry("faults:faults", CARE, "Do harm to whole platforms and count what is lost or doubled."),
    "bench": Entry("bench:bench", CARE, "Measure the platform, each claim against its limit in the same run."),
    "verify": Entry("verify:app", CARE, "Check what must be true: offsets, transparency log."),
}


class Manual(TyperGroup):
    """Lists commands from the table; loads the one that is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in that carries the manual's line."""
        entry = COMMANDS.get(cmd_name)
        return TyperCommand(cmd_name, help=entry.line, rich_help_panel=entry.panel) if entry else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if name is None or stand_in is None:
            return name, stand_in, rest
        return name, load(name), rest


def load(name: str) -> Any:
    """Import a command's module and build it."""
    module, _, attribute = COMMANDS[name].place.partition(":")
    found: Any = getattr(importlib.import_module(f"libs.ops.commands.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode="rich")
        single.command(name)(found)
        found = single
    return get_command(found)


app = typer.Typer(
    name="sunlit",
    cls=Manual,
    help=MANUAL,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root() -> None:
    """Options that stand before the command: none but help and completion."""


root.__doc__ = MANUAL


def main() -> None:
    """Run one command; a failure is one message on stderr and an exit code."""
    try:
        app()
    except CommandError as error:
        say(f"sunlit: {error}")
        sys.exit(int(error.code))
    except SunlitError as error:
        say(f"sunlit: {error}")
        sys.exit(int(ExitCode.FAILED))


if __name__ == "__main__":
    main()
