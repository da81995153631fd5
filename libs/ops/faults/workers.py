"""Faults of workers: they die, stand still, come and go."""

from __future__ import annotations

import asyncio
import signal
import time

from libs.ops import children
from libs.ops.faults.county import Day
from libs.ops.faults.fault import Fault
from libs.ops.faults.platform import Extra
from libs.ops.faults.proxy import Moment
from libs.ops.faults.stage import Stage
from libs.ops.roster import SERVICES

WAIT_SECONDS = 12.0
FINDINGS, JUDGING_SECONDS = 8, 25.0  # so many of a day's findings are told before the blow, at the latest after so long


class KillWorker(Fault):
    """kill -9 of one service's worker wherever it happens to be."""

    times, times_quick = 20, 3

    def __init__(self, service: str) -> None:
        self.service = service
        self.name = f"kill-{service}"
        self.words = f"kill -9 of {service}'s worker at random points of its work"
        self.rows = (1, 23) if service == "notify" else (1,)

    def reaches_judging(self, stage: Stage) -> bool:
        """Notify has nothing else to do; monitoring judges every second time."""
        return self.service == "notify" or (self.service == "monitoring" and stage.times % 2 == 1)

    async def harm(self, stage: Stage, day: Day) -> float:
        """At a random point of the day's work, or of what follows from it: cards are issued and told at looks."""
        name = f"{self.service}-worker"
        await stage.platform.ready(name)
        if self.reaches_judging(stage):
            await stage.somewhere_in("notify", FINDINGS, JUDGING_SECONDS)
        else:
            await stage.somewhere_in(self.service, len(day.events))
        await stage.platform.send(name, signal.SIGKILL)
        return time.monotonic()


class AtMessage(Fault):
    """Something happens to a worker at an exact message between it and the database; the services take turns."""

    behind_proxy = True
    times, times_quick = 12, 3
    moment: Moment = "committed"
    is_killed = True
    # whoever writes in every day of the county
    services: tuple[str, ...] = ("approval", "monitoring", "disclosure")

    async def harm(self, stage: Stage, day: Day) -> float | None:
        """At the next such message of the worker whose turn it is."""
        assert stage.proxy is not None
        name = f"{self.services[stage.times % len(self.services)]}-worker"
        await stage.platform.ready(name)
        who = await stage.platform.identity(name)
        harmed_at: list[float] = []

        async def strike() -> None:
            if self.is_killed:
                children.send(who, signal.SIGKILL)
            harmed_at.append(time.monotonic())

        await asyncio.sleep(stage.dice.uniform(0.0, 0.3))
        await stage.proxy.strike(self.moment, who.pid, strike, cut=True, seconds=WAIT_SECONDS)
        return harmed_at[0] if harmed_at else None


class CommitKill(AtMessage):
    """Between commit and ack: the effects stand in the database, and the worker dies before it hears of it."""

    name, rows = "commit-kill", (1,)
    words = "kill -9 between the commit of a batch and the ack of its offsets"


class CommitCut(AtMessage):
    """The outcome of a commit is unknown to the worker."""

    name, rows = "commit-cut", (10,)
    words = "the reply to a COMMIT is cut; the outcome is unknown to the worker"
    is_killed = False


class AcknowledgedKill(AtMessage):
    """The facts are on their topic, and the outbox has them still."""

    name, rows = "relay-kill", (1,)
    words = "kill -9 between Kafka's ack of facts and their deletion from the outbox"
    moment: Moment = "acknowledged"


class Freeze(Fault):
    """SIGSTOP of a worker until its group has given it up and another has its work; then it comes back."""

    name, rows = "freeze", (4,)
    words = "SIGSTOP of a worker for 90 s (quick: 25 s); a second one takes over, then the first comes back"
    times, times_quick = 4, 1

    def __init__(self) -> None:
        self._until = 0.0
        self._frozen: children.Identity | None = None
        self._second: Extra | None = None

    def turn(self, stage: Stage) -> str:
        """The services take turns."""
        return SERVICES[stage.times % len(SERVICES)]

    async def before(self, stage: Stage, day: Day) -> None:
        """The second worker shares the work."""
        await stage.platform.ready(f"{self.turn(stage)}-worker")
        self._second = await stage.platform.add_worker(self.turn(stage))

    async def harm(self, stage: Stage, day: Day) -> float:
        """Wherever it happens to be."""
        await stage.somewhere_in(self.turn(stage), len(day.events))
        self._frozen = await stage.platform.send(f"{self.turn(stage)}-worker", signal.SIGSTOP)
        harmed_at = time.monotonic()
        self._until = harmed_at + stage.freeze_seconds
        return harmed_at

    def pace_seconds(self, stage: Stage) -> float:
        """Events go in before the worker is frozen and while it is."""
        return stage.freeze_seconds / 3

    async def calm(self, stage: Stage, day: Day) -> None:
        """The zombie comes back, and the second leaves."""
        await asyncio.sleep(max(0.0, self._until - time.monotonic()))
        assert self._frozen is not None and self._second is not None
        children.send(self._frozen, signal.SIGCONT)
        await asyncio.sleep(1.0)
        code = await self._second.leave()
        if code not in (0, 75):
            stage.flaws.append(f"the second worker left with {code}")


class JoinLeave(Fault):
    """Workers come and go while events flow: each time the whole group stands still and shares anew."""

    name, rows = "join-leave", (2, 25)
    words = "two more workers join and leave every 20 s (quick: 8 s)"
    times, times_quick = 6, 2

    def __init__(self) -> None:
        self._guests: list[Extra] = []

    def pace_seconds(self, stage: Stage) -> float:
        """Events flow all the time."""
        return stage.period_seconds

    async def harm(self, stage: Stage, day: Day) -> float:
        """The guests of the last time leave while two more come, of two services in turn."""
        leaving, self._guests = self._guests, []
        turn = 2 * (stage.times % 2)
        for service in SERVICES[turn : turn + 2]:
            self._guests.append(await stage.platform.add_worker(service))
        await self._leave(stage, leaving)
        return time.monotonic()

    async def end(self, stage: Stage) -> None:
        """The last ones leave."""
        await self._leave(stage, self._guests)

    async def _leave(self, stage: Stage, guests: list[Extra]) -> None:
        for guest in guests:
            code = await guest.leave()
            if code != 0:
                stage.flaws.append(f"a worker that was asked to leave ended with {code}")
