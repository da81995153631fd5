"""Several faults at once: what the short run in CI does."""

from __future__ import annotations

import asyncio
import signal
import time

from libs.ops.faults.county import Day, Event
from libs.ops.faults.fault import Fault
from libs.ops.faults.messages import Corrupt, Reorder
from libs.ops.faults.stage import Stage
from libs.ops.roster import SERVICES

COPIES = 3


class Storm(Fault):
    """Every worker is killed, each somewhere else, while events come late, in threes and among corrupt bytes."""

    name, rows = "storm", (1, 14, 15, 17)
    words = "at once: kill -9 of all four workers, every event three times, reordered, corrupt bytes on all topics"
    times, times_quick = 6, 1

    def __init__(self) -> None:
        self._corrupt, self._reorder = Corrupt(), Reorder()

    async def prepare(self, stage: Stage) -> None:
        """See `Corrupt`."""
        await self._corrupt.prepare(stage)

    def told(self, stage: Stage, day: Day) -> list[Event]:
        """Each copy of an event has its own delay."""
        return [event for _ in range(COPIES) for event in self._reorder.told(stage, day)]

    async def harm(self, stage: Stage, day: Day) -> float:
        """The workers die one after the other, in any order; the corrupt bytes come once."""
        if not stage.times:
            await self._corrupt.harm(stage, day)
        names = [f"{service}-worker" for service in SERVICES]
        await asyncio.gather(*(stage.platform.ready(name) for name in names))
        order = list(SERVICES)
        stage.dice.shuffle(order)
        for service in order:
            await stage.somewhere_in(service, len(day.events), 0.5)
            await stage.platform.send(f"{service}-worker", signal.SIGKILL)
        return time.monotonic()

    async def end(self, stage: Stage) -> None:
        """See `Corrupt`."""
        await self._corrupt.end(stage)
