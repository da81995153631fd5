"""Somebody moves a group's offsets by hand: the offset guard must find it, and nothing may be lost by it."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from libs.common.runtime.brokers import client_options
from libs.ops import children
from libs.ops.errors import CommandError
from libs.ops.faults.county import Day
from libs.ops.faults.fault import Fault
from libs.ops.faults.stage import Stage
from libs.ops.offset_guard import Place, check

GROUP_LIMIT_SECONDS = 40.0


class MoveOffset(Fault):
    """Somebody commits a group's offset ahead of its effects, while its worker stands still."""

    name, rows = "move-offset", (27,)
    words = "a group's committed offset is moved ahead by hand; `verify offsets` finds it, the worker rewinds"
    times, times_quick = 4, 2
    services = ("monitoring", "disclosure")

    async def harm(self, stage: Stage, day: Day) -> float | None:
        """Frozen until its group is empty (nobody may commit for a living member), moved, found, let go."""
        service = self.services[stage.times % len(self.services)]
        await stage.platform.ready(f"{service}-worker")
        who = await stage.platform.send(f"{service}-worker", signal.SIGSTOP)
        try:
            await group_is_empty(stage, service)
            moved = await move_to_the_end(stage, service)
            found = [place for place in await places(stage, service) if is_ahead(place)]
            if moved and not found:
                stage.flaws.append(f"`verify offsets` did not find {moved} events of {service}")
        finally:
            children.send(who, signal.SIGCONT)
        if not found:
            return None
        stage.proofs.append(f"{service}: {moved} events skipped by hand, found in {len(found)} partitions")
        return time.monotonic()

    async def calm(self, stage: Stage, day: Day) -> None:
        """Behind the rest the group and the effects agree again."""
        until = time.monotonic() + 60.0
        while left := [place for service in self.services for place in await places(stage, service) if is_ahead(place)]:
            if time.monotonic() > until:
                stage.flaws.append(f"{len(left)} partitions still differ after 60 s")
                return
            await asyncio.sleep(0.5)


async def places(stage: Stage, service: str) -> list[Place]:
    """A service's partitions as `sunlit verify offsets` sees them."""
    return [place for place in await check(stage.settings, stage.platform.state.database) if place.service == service]


def is_ahead(place: Place) -> bool:
    """Whether the group is ahead of its effects: events would be lost by whoever trusted it."""
    return place.committed is not None and place.committed > place.effects


async def group_is_empty(stage: Stage, group: str) -> None:
    """Return when the group has given up its last member.

    Raises:
        CommandError: it has not within 40 s.
    """
    admin = AIOKafkaAdminClient(**client_options(stage.settings))
    await admin.start()
    until = time.monotonic() + GROUP_LIMIT_SECONDS
    try:
        while True:
            (answer,) = await admin.describe_consumer_groups([group])
            if all(state == "Empty" for _, name, state, *_ in answer.groups if name == group):
                return
            if time.monotonic() > until:
                raise CommandError(f"the group {group} still has members")
            await asyncio.sleep(0.3)
    finally:
        with suppress(OSError):
            await admin.close()


async def move_to_the_end(stage: Stage, group: str) -> int:
    """Commit the ends of all its partitions for a group without members; how many events that skips."""
    behind = await places(stage, group)
    consumer = AIOKafkaConsumer(**client_options(stage.settings), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(place.topic, place.partition) for place in behind]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.commit(ends)
    finally:
        await consumer.stop()
    return sum(ends[TopicPartition(place.topic, place.partition)] - place.effects for place in behind)
