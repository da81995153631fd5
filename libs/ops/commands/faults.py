"""`sunlit faults`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from libs.ops.commands.terminal import JsonOption, say, show_json, show_table
from libs.ops.errors import CommandError, ExitCode
from libs.ops.faults.catalogue import all_faults
from libs.ops.faults.county import Script, write_script
from libs.ops.faults.fault import Fault
from libs.ops.faults.run import Outcome, Strength, disturbed, undisturbed

USUAL_SEED = 20260302
USUAL_CASES, QUICK_CASES = 300, 80

NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Which; else all.")]


def faults(
    names: NamesArgument = None,
    seed: Annotated[int, typer.Option(help="The same seed does the same harm to the same county.")] = USUAL_SEED,
    cases: Annotated[
        int | None, typer.Option(min=20, help=f"Cases of the county. [default: {USUAL_CASES}; quick: {QUICK_CASES}]")
    ] = None,
    is_quick: Annotated[bool, typer.Option("--quick", help="Fewer strikes, a smaller county.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Do harm to whole platforms and count what is lost or doubled: each fault has a platform of its own.

    A simulated county is lived once undisturbed and once under each fault; then every accepted event and every case,
    card, record, release and message is compared. 1 when anything was lost, doubled or different. The homes are
    temporary; that of a run that failed is kept and named.
    """
    chosen = chosen_faults(names)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is no news here
    script = write_script(seed, cases or (QUICK_CASES if is_quick else USUAL_CASES))
    say(f"seed {seed}: {script.cases} cases, {len(script.events)} events, {len(script.days)} days; undisturbed run …")
    outcomes = asyncio.run(_all(chosen, script, seed, Strength(is_quick)))
    if is_json:
        show_json([asdict(one) | {"passed": one.has_passed, "seed": seed, "cases": script.cases} for one in outcomes])
    else:
        show(outcomes)
    failed = [one.fault for one in outcomes if not one.has_passed]
    if failed:
        raise CommandError(f"{', '.join(failed)}: not as promised; once more with --seed {seed} {' '.join(failed)}")


async def _all(chosen: Sequence[Fault], script: Script, seed: int, strength: Strength) -> list[Outcome]:
    expected = asyncio.ensure_future(undisturbed(script, seed))
    parts = ", ".join(f"{part.rows} {name}" for name, part in (await expected).fingerprint.parts.items())
    say(f"undisturbed: {parts}")
    outcomes = []
    for fault in chosen:
        say(f"{fault.name}: {fault.words} …")
        outcome = await disturbed(fault, script, seed, strength, expected)
        for line in (*outcome.proofs, *outcome.flaws):
            say(f"  {line}")
        kept = f"; its home is kept: {outcome.home}" if outcome.home else ""
        say(f"  {verdict(outcome)} after {outcome.seconds:g} s{kept}")
        outcomes.append(outcome)
    return outcomes


def chosen_faults(names: Sequence[str] | None) -> list[Fault]:
    """The faults that are named, or all.

    Raises:
        CommandError: one is unknown (exit code 2).
    """
    known = all_faults()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise CommandError(f"{', '.join(unknown)}: there are {', '.join(known)}.", ExitCode.USAGE)
    return [known[name] for name in dict.fromkeys(names or known)]


def show(outcomes: Sequence[Outcome]) -> None:
    """The table; `rest s` and `longest`: from a harm until the platform was at rest, median and maximum."""
    columns = ("fault", "times", "lost", "doubled", "equal", "rest s", "longest", "verdict")
    rows = [
        (
            one.fault,
            one.times,
            one.lost,
            one.doubled,
            "yes" if not one.unequal else f"no: {', '.join(one.unequal)}",
            one.recovery_seconds,
            one.recovery_max_seconds,
            verdict(one),
        )
        for one in outcomes
    ]
    show_table(columns, rows)


def verdict(outcome: Outcome) -> str:
    """In one word."""
    return "passed" if outcome.has_passed else "FAILED"
