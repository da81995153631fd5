"""`sunlit verify offsets`: what the effects reach, what the groups committed and what the topics hold, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from psycopg import sql

from libs.common.runtime.brokers import client_options
from libs.common.runtime.settings import Settings
from libs.ops.roster import SERVICES
from libs.ops.topics import partitions


@dataclass(frozen=True, slots=True)
class Place:
    """One partition as one service sees it; offsets count events.

    Args:
        effects: the next offset, stored with the effects.
        committed: the group's own; None = it has none.
        first, end: what the topic holds; None = the topic is gone.
    """

    service: str
    topic: str
    partition: int
    effects: int
    committed: int | None
    first: int | None
    end: int | None

    @property
    def finding(self) -> str | None:
        """What is wrong, in words; None when nothing is."""
        if self.first is None or self.end is None:
            return "the topic is gone: its events have effects here and nowhere else"
        if self.effects > self.end:
            return "effects reach beyond the topic's end: the topic was made anew"
        if self.effects < self.first:
            return f"{self.first - self.effects} events are gone before they had effect"
        if self.committed is not None and self.committed > self.effects:
            return f"the group is {self.committed - self.effects} events ahead of its effects; the worker rewinds"
        return None


def stored(admin_dsn: str) -> Iterator[tuple[str, str, str, int, int]]:
    """(service, group, topic, partition, next offset) of all services."""
    with psycopg.connect(admin_dsn) as connection:
        for service in SERVICES:
            made = connection.execute("SELECT to_regclass(%s)", [f"{service}.next_offset"]).fetchone()
            if made == (None,):
                continue  # `sunlit migrate plan` tells that its schema is not there yet
            query = sql.SQL("SELECT consumer_group, topic, partition, next_offset FROM {}.next_offset ORDER BY 1, 2, 3")
            for row in connection.execute(query.format(sql.Identifier(service))):
                yield (service, *row)


async def check(settings: Settings, admin_dsn: str) -> list[Place]:
    """Every partition of every service."""
    rows = list(stored(admin_dsn))
    places = {TopicPartition(topic, partition) for _, _, topic, partition, _ in rows}
    consumer, admin = AIOKafkaConsumer(**client_options(settings)), AIOKafkaAdminClient(**client_options(settings))
    await consumer.start()
    try:
        await admin.start()
        there = places & set(await partitions(settings, {place.topic for place in places}.__contains__))
        first = await consumer.beginning_offsets(list(there))
        end = await consumer.end_offsets(list(there))
        groups = {group for _, group, *_ in rows}
        committed = {group: await admin.list_consumer_group_offsets(group) for group in sorted(groups)}
    finally:
        await consumer.stop()
        await admin.close()
    return [
        place_of(service, TopicPartition(topic, partition), effects, committed[group], first, end)
        for service, group, topic, partition, effects in rows
    ]


def place_of(
    service: str,
    where: TopicPartition,
    effects: int,
    committed: Mapping[TopicPartition, object],
    first: Mapping[TopicPartition, int],
    end: Mapping[TopicPartition, int],
) -> Place:
    """One row of the report."""
    known = committed.get(where)
    offset = getattr(known, "offset", None)
    return Place(
        service, where.topic, where.partition, effects,
        offset if isinstance(offset, int) and offset >= 0 else None, first.get(where), end.get(where),
    )  # fmt: skip
