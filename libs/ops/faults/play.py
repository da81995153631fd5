"""Living the county on one platform while it is harmed, and measuring how soon it is at rest again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

import psycopg
from aiokafka.errors import KafkaError

from libs.ops.errors import CommandError
from libs.ops.faults.county import Day, Event
from libs.ops.faults.fault import Fault
from libs.ops.faults.ledger import Identity
from libs.ops.faults.stage import Stage
from libs.ops.feeding.access import intake_of
from libs.ops.feeding.feed import heartbeat_of
from libs.ops.feeding.intake import IntakeClient, Tally
from libs.ops.feeding.reference import register
from libs.ops.quiescence import Barrier
from libs.ops.time_driver import TimeDriver

# a platform that is not at rest by then has lost its way
REST_LIMIT_SECONDS = 180.0
# a delivery whose carrier died is tried again when its lease has run out (60 s)
DELIVERY_LIMIT_SECONDS = 120.0
PAUSE_SECONDS = 0.2
PENDING = "SELECT count(*) FROM notify.delivery WHERE state = 'pending'"

T = TypeVar("T")


@dataclass(slots=True)
class Played:
    """What came of it.

    Args:
        accepted: every event that the intake said it had taken, once or again.
        rejected: rows that it refused.
        recovery_seconds: from each harm, or the last event of its day, until the platform was at rest.
    """

    accepted: set[Identity] = field(default_factory=set)
    rejected: int = 0
    recovery_seconds: list[float] = field(default_factory=list)


class Player:
    """Plays the script on one platform, day by day; on the days that the dice choose, the fault strikes."""

    def __init__(self, stage: Stage, fault: Fault) -> None:
        self._stage, self._fault = stage, fault
        self.played = Played()

    async def play(self) -> Played:
        """The whole season; the platform is at rest afterwards.

        Raises:
            CommandError: the platform does not come to rest, or does not answer.
        """
        stage, script = self._stage, self._stage.script
        async with AsyncExitStack() as stack:
            await self._fault.prepare(stage)
            barrier = await stack.enter_async_context(Barrier(stage.platform.state))
            stage.barrier = barrier
            client = await stack.enter_async_context(intake_of(stage.platform.home, stage.platform.state))
            driver = TimeDriver(stage.platform.home, stage.platform.state, barrier)
            await register(client, script.town)
            chosen = days_of_harm(stage)
            for number, day in enumerate(script.days):
                await patiently(partial(driver.work_off, max(day.first_at, driver.now())))
                driver.move_on(max(day.last_at, driver.now()))
                if number not in chosen:
                    await self._feed(client, list(day.events), 0.0)
                    continue
                rest = script.days[number + 1 :]
                until = rest[0].first_at if rest else script.ends_at
                await self._harm(client, barrier, day, partial(driver.work_off, until))
            await self._fault.end(stage)
            await patiently(lambda: driver.work_off(driver.now()))
            await self._close(client, driver, script.ends_at)
        return self.played

    async def _harm(
        self, client: IntakeClient, barrier: Barrier, day: Day, judge: Callable[[], Awaitable[None]]
    ) -> None:
        """One day goes in, or is judged; harm is done meanwhile; then everything comes to rest."""
        await self._fault.before(self._stage, day)
        harm = asyncio.create_task(self._fault.harm(self._stage, day))
        try:
            await self._feed(client, self._fault.told(self._stage, day), self._fault.pace_seconds(self._stage))
            if self._fault.reaches_judging(self._stage):
                await patiently(judge)
            fed_at = time.monotonic()
            harmed_at = await harm
        except BaseException:
            harm.cancel()
            raise
        if harmed_at is not None:
            self._stage.times += 1
            await barrier.wait(REST_LIMIT_SECONDS)
            self.played.recovery_seconds.append(time.monotonic() - max(harmed_at, fed_at))
        await self._fault.calm(self._stage, day)

    async def _feed(self, client: IntakeClient, events: list[Event], pace_seconds: float) -> None:
        """Post events in small batches, so that harm finds work in all stages."""
        size = self._fault.batch_events
        batches = [events[first : first + size] for first in range(0, len(events), size)]
        for batch in batches:
            answer = await client.post([dict(event) for event in batch])
            tally = Tally()
            tally.add(answer, 0)
            refused = {row["index"] for row in tally.rejected}
            self.played.rejected += len(refused)
            self.played.accepted |= {
                (str(event["source"]), str(event["id"])) for place, event in enumerate(batch) if place not in refused
            }
            await asyncio.sleep(pace_seconds / len(batches))

    async def _close(self, client: IntakeClient, driver: TimeDriver, ends_at: datetime) -> None:
        """The clock goes on until all limits of the season have passed; every source says that it is complete."""
        await patiently(lambda: driver.work_off(ends_at))
        await client.post([heartbeat_of(source, ends_at) for source in self._stage.script.sources])
        await patiently(lambda: driver.work_off(ends_at))
        await delivered(self._stage.platform.state.database)
        await patiently(lambda: driver.work_off(ends_at))


def days_of_harm(stage: Stage) -> frozenset[int]:
    """On which days harm is done: the busier ones, spread over the season; a day may not be chosen twice."""
    days = stage.script.days
    busy = sorted(range(len(days)), key=lambda number: (-len(days[number].events), number))
    fit = busy[: max(stage.strikes, len(busy) * 2 // 3)]
    return frozenset(stage.dice.sample(sorted(fit), min(stage.strikes, len(fit))))


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do it, and do it again while engines are away.

    Raises:
        CommandError: it still fails when the limit has passed.
    """
    until = time.monotonic() + REST_LIMIT_SECONDS
    while True:
        try:
            return await work()
        except (psycopg.OperationalError, KafkaError, CommandError) as error:
            if time.monotonic() > until:
                raise CommandError(f"The platform does not come to rest: {error}") from error
            await asyncio.sleep(PAUSE_SECONDS)


async def delivered(dsn: str) -> None:
    """Return when every delivery has been settled.

    Raises:
        CommandError: some have not when the limit has passed.
    """
    until = time.monotonic() + DELIVERY_LIMIT_SECONDS
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while True:
            row = await (await connection.execute(PENDING)).fetchone()
            if row == (0,):
                return
            if time.monotonic() > until:
                raise CommandError(f"{row[0] if row else '?'} deliveries are not settled")
            await asyncio.sleep(PAUSE_SECONDS)
