"""Faults of what everything stands on: the broker, the database, the launcher."""

from __future__ import annotations

import asyncio
import signal
import time

from libs.ops import children
from libs.ops.faults.county import Day
from libs.ops.faults.fault import Fault
from libs.ops.faults.stage import Stage


class KillEngine(Fault):
    """kill -9 of one engine, which the launcher starts again."""

    times, times_quick = 6, 2

    def __init__(self, name: str, engine: str, rows: tuple[int, ...], words: str) -> None:
        self.name, self.engine, self.rows, self.words = name, engine, rows, words

    async def harm(self, stage: Stage, day: Day) -> float:
        """Wherever monitoring, the busiest reader, happens to be."""
        await stage.somewhere_in("monitoring", len(day.events))
        before = await stage.platform.send(self.engine, signal.SIGKILL)
        harmed_at = time.monotonic()
        await asyncio.to_thread(children.wait_gone, [before], 30.0, lambda: None)
        await stage.platform.identity(self.engine)
        return harmed_at


class KillBroker(KillEngine):
    """The only broker."""

    def __init__(self) -> None:
        super().__init__("kill-broker", "kafka", (6,), "kill -9 of the only Kafka broker under load")


class KillDatabase(KillEngine):
    """PostgreSQL's first process: its others leave by themselves, and it recovers from its log."""

    def __init__(self) -> None:
        super().__init__("kill-database", "postgresql", (8,), "kill -9 of PostgreSQL under load")


class Away(Fault):
    """The network between all processes and the database is gone for a while."""

    name, rows = "database-away", (3, 13)
    words = "every connection to PostgreSQL is reset and none is taken for 20 s (quick: 8 s)"
    times, times_quick = 4, 1
    behind_proxy = True

    async def harm(self, stage: Stage, day: Day) -> float:
        """Wherever approval happens to be; nobody may be blamed for it by a parked letter."""
        assert stage.proxy is not None
        await stage.somewhere_in("approval", len(day.events))
        stage.proxy.close()
        try:
            await asyncio.sleep(stage.period_seconds)
        finally:
            stage.proxy.reopen()
        return time.monotonic()


class Slow(Fault):
    """The database answers late."""

    name, rows = "database-slow", (11,)
    words = "each round trip to PostgreSQL takes 200 ms longer while a day goes in"
    times, times_quick = 3, 1
    behind_proxy = True
    delay_seconds = 0.2

    async def harm(self, stage: Stage, day: Day) -> float:
        """From before the first event; `calm` ends it, so that what the day made is worked off slowly too."""
        assert stage.proxy is not None
        stage.proxy.delay_seconds = self.delay_seconds
        return time.monotonic()

    async def calm(self, stage: Stage, day: Day) -> None:
        """The database is as quick as before."""
        assert stage.proxy is not None
        stage.proxy.delay_seconds = 0.0


class KillLauncher(Fault):
    """The launcher, and with it all processes and engines; the next `up` on the same home goes on."""

    name, rows, words = (
        "kill-launcher",
        (1, 6, 8),
        "kill -9 of the launcher; the next `up` goes on",
    )
    times, times_quick = 3, 1

    async def harm(self, stage: Stage, day: Day) -> float:
        """Wherever approval happens to be."""
        await stage.somewhere_in("approval", len(day.events))
        before = stage.platform.kill_launcher()
        harmed_at = time.monotonic()
        await stage.platform.start()
        left = [who for who in before if children.is_alive(who)]
        if left:
            stage.flaws.append(f"{len(left)} processes outlived their launcher and the next `up`")
        return harmed_at
