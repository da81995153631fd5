"""A fault run: one platform that is harmed, compared with one that was not. What it came to is an `Outcome`."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from statistics import median

from libs.common.kernel.errors import SunlitError
from libs.ops.errors import CommandError
from libs.ops.faults.county import Script
from libs.ops.faults.fault import Fault
from libs.ops.faults.ledger import Difference, Ledger, compare, read_ledger
from libs.ops.faults.platform import Platform
from libs.ops.faults.play import Played, Player
from libs.ops.faults.proxy import Proxy
from libs.ops.faults.stage import Stage


@dataclass(frozen=True, slots=True)
class Strength:
    """How much harm is done.

    Args:
        is_quick: each fault only as often as it takes to see that it works.
    """

    is_quick: bool

    @property
    def freeze_seconds(self) -> float:
        """How long a process stands still."""
        return 25.0 if self.is_quick else 90.0

    @property
    def period_seconds(self) -> float:
        """Between the comings and goings of workers."""
        return 8.0 if self.is_quick else 20.0

    def times(self, fault: Fault) -> int:
        """How often a fault strikes."""
        return fault.times_quick if self.is_quick else fault.times


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fault.

    Args:
        times: how often harm was done.
        events: how many different events the intake took.
        recovery_seconds, recovery_max_seconds: median and longest time from a harm until the platform was at rest.
        flaws: what must not be, in words; the home of such a run is kept.
    """

    fault: str
    rows: tuple[int, ...]
    words: str
    times: int
    events: int
    lost: int
    doubled: int
    unequal: tuple[str, ...]
    recovery_seconds: float | None
    recovery_max_seconds: float | None
    seconds: float
    proofs: tuple[str, ...]
    flaws: tuple[str, ...]
    home: str | None

    @property
    def has_passed(self) -> bool:
        """0 lost, 0 doubled, equal, no flaw, and harm was done at all."""
        return not (self.lost or self.doubled or self.unequal or self.flaws) and self.times > 0


async def undisturbed(script: Script, seed: int) -> Ledger:
    """The ledger that all others are compared with.

    Raises:
        CommandError: the platform does not start or come to rest, or it refused events of the county.
    """
    async with Platform(script.begins_at) as platform:
        played = await Player(Stage(platform, script, Random(seed), 0, 0.0, 0.0), Fault()).play()  # noqa: S311
        ledger = read_ledger(platform.state.database)
    told = {(str(event["source"]), str(event["id"])) for event in script.events}
    gone = compare(ledger, ledger, told)
    if not gone.is_none or played.rejected:
        raise CommandError(
            f"The undisturbed run itself is not sound ({played.rejected} rejected, {gone.lost} lost): "
            + "; ".join(gone.samples)
        )
    return ledger


async def disturbed(
    fault: Fault, script: Script, seed: int, strength: Strength, expected: Awaitable[Ledger]
) -> Outcome:
    """One fault on a platform of its own. A platform that does not recover is an outcome, not an error.

    Args:
        expected: the undisturbed ledger of the same script; it may still be on its way, and may be awaited again.
    """
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        platform: Platform | None = None
        proxy = await stack.enter_async_context(Proxy(lambda: port_of(platform))) if fault.behind_proxy else None
        platform = Platform(script.begins_at, proxy.port if proxy else None)
        await stack.enter_async_context(platform)
        # each fault has dice of its own, so that it does the same whichever others are asked for
        dice = Random(f"{seed} {fault.name}")  # noqa: S311 harm must be repeatable, not secret
        stage = Stage(
            platform, script, dice, strength.times(fault), strength.freeze_seconds, strength.period_seconds, proxy
        )
        player = Player(stage, fault)
        difference = Difference()
        try:
            played = await player.play()
            found = read_ledger(platform.state.database)
            difference = compare(await expected, found, played.accepted)
            if found.fingerprint.parked:
                stage.flaws.append(f"{found.fingerprint.parked} letters are parked: no event is to blame for a fault")
        except SunlitError as error:
            played = player.played
            stage.flaws.append(str(error))
        outcome = outcome_of(fault, stage, played, difference, time.monotonic() - started)
        platform.keeps_home = not outcome.has_passed
        return outcome


def outcome_of(fault: Fault, stage: Stage, played: Played, difference: Difference, seconds: float) -> Outcome:
    """What came of it."""
    recoveries = played.recovery_seconds
    flaws = (*stage.flaws, *difference.samples)
    if played.rejected:
        flaws = (f"{played.rejected} rows were rejected", *flaws)
    is_bad = bool(flaws or difference.unequal or not stage.times)
    return Outcome(
        fault=fault.name,
        rows=fault.rows,
        words=fault.words,
        times=stage.times,
        events=len(played.accepted),
        lost=difference.lost,
        doubled=difference.doubled,
        unequal=difference.unequal,
        recovery_seconds=round(median(recoveries), 2) if recoveries else None,
        recovery_max_seconds=round(max(recoveries), 2) if recoveries else None,
        seconds=round(seconds, 1),
        proofs=tuple(stage.proofs),
        flaws=flaws,
        home=str(stage.platform.home.path) if is_bad else None,
    )


def port_of(platform: Platform | None) -> int:
    """Where a platform's PostgreSQL listens; 0 before it is known."""
    return platform.state.ports.get("postgresql", 0) if platform is not None else 0
