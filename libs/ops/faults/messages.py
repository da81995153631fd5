"""Faults of what arrives: the same again and again, in another order, and things that are no events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
from aiokafka import TopicPartition

from libs.common.runtime import topics
from libs.ops.commands.dead import answer, calls, letters
from libs.ops.faults.county import Day, Event
from libs.ops.faults.fault import Fault
from libs.ops.faults.stage import Message, Stage
from libs.ops.quiescence import is_ours
from libs.ops.roster import SERVICES
from libs.ops.topics import administration, partitions

COPIES = 10
HOUR = timedelta(hours=1)
LAW_BEARING = (
    topics.HALL_EVENTS, topics.APPROVAL_CASES, topics.DISCLOSURE_RECORDS, topics.SUPERVISION_FINDINGS,
)  # fmt: skip
STRANGER = "440299.faults"


class Duplicates(Fault):
    """Every event comes ten times through the intake, and every fact ten times on its topic."""

    name, rows = "duplicates", (14,)
    words = "every event ten times through the intake, every fact ten times on its topic"
    times, times_quick = 20, 4
    batch_events = 100

    def __init__(self) -> None:
        self._since: dict[TopicPartition, int] = {}

    async def prepare(self, stage: Stage) -> None:
        """Only what comes from now on is repeated."""
        self._since = {}
        await stage.messages(is_ours, self._since)

    def told(self, stage: Stage, day: Day) -> list[Event]:
        """Ten times, shuffled, so that copies meet in one batch and in different ones."""
        copies = list(day.events) * COPIES
        stage.dice.shuffle(copies)
        return copies

    async def harm(self, stage: Stage, day: Day) -> float:
        """The intake sees it all by `told`."""
        return time.monotonic()

    async def calm(self, stage: Stage, day: Day) -> None:
        """What the day has put on the topics comes nine times more, straight."""
        fresh = await stage.messages(LAW_BEARING.__contains__, self._since)
        copies = fresh * (COPIES - 1)
        await stage.produce(copies)
        assert stage.barrier is not None
        await stage.barrier.wait(120.0)
        for place, *_ in copies:
            self._since[place] += 1


class Reorder(Fault):
    """Every event is late by up to an hour, so that what belongs together arrives in any order."""

    name, rows = "reorder", (15,)
    words = "events reordered at random within an hour, cases mixed over many small batches"
    times, times_quick = 20, 6
    batch_events = 7

    def told(self, stage: Stage, day: Day) -> list[Event]:
        """By the instant of arrival."""
        delayed = [(happened_at(event) + stage.dice.random() * HOUR, number) for number, event in enumerate(day.events)]
        return [day.events[number] for _, number in sorted(delayed)]

    async def harm(self, stage: Stage, day: Day) -> float:
        """All of it is done by `told`."""
        return time.monotonic()


class Corrupt(Fault):
    """Bytes that are no events, straight on every topic, also under the keys of living cases."""

    name, rows = "corrupt", (17,)
    words = "corrupt bytes straight on the topics: no JSON, no UTF-8, NaN, depth, tombstones, 900 kB, unknown types"
    times, times_quick = 2, 2

    def __init__(self) -> None:
        self._sent: dict[str, int] = {}

    async def prepare(self, stage: Stage) -> None:
        """A hall that speaks Kafka itself gets its topic."""
        self._sent = {}
        settings = stage.settings.model_copy(update={"topic_partitions": 4})
        with administration(settings) as admin:
            admin.apply([STRANGER])

    async def harm(self, stage: Stage, day: Day) -> float:
        """Among the day's events."""
        wanted = (*LAW_BEARING, topics.ingest_topic(STRANGER))
        places = await partitions(stage.settings, wanted.__contains__)
        cases = [str(event["subject"]) for event in day.events]
        messages: list[Message] = []
        for topic in wanted:
            fit = [place for place in places if place.topic == topic]
            for value in corrupt_values(stage.dice.randbytes(300)):
                keys: list[bytes | None] = [b"nobody-knows", stage.dice.choice(cases).encode(), b"\xff\xfe", None]
                # a tombstone without a key is no message at all
                key = stage.dice.choice(keys[:-1] if value is None else keys)
                messages.append((stage.dice.choice(fit), key, value, ()))
            self._sent[topic] = self._sent.get(topic, 0) + len(corrupt_values(b""))
        stage.dice.shuffle(messages)
        await stage.produce(messages)
        return time.monotonic()

    async def end(self, stage: Stage) -> None:
        """Every one of them is parked with each reader; a person gives them up, and the cases are judged again."""
        expected = await asyncio.to_thread(expected_letters, stage, self._sent)
        parked = await asyncio.to_thread(discard_all, stage)
        for service, number in expected.items():
            if parked.get(service, 0) != number:
                stage.flaws.append(f"{service} parked {parked.get(service, 0)} letters, {number} were sent to it")
        stage.proofs.append(f"{sum(parked.values())} letters parked and discarded, {sum(expected.values())} expected")


def happened_at(event: Event) -> datetime:
    """When an event happened."""
    return datetime.fromisoformat(str(event["time"]))


def corrupt_values(noise: bytes) -> list[bytes | None]:
    """What is no event, in ten ways."""
    event = {
        "specversion": "1.0", "id": "corrupt-1", "source": "//hall/440299/faults", "type": "hall.case.accepted",
        "subject": "C-1", "time": "2026-01-05T09:00:00+08:00", "data": {},
    }  # fmt: skip
    return [
        noise,
        b"",
        None,
        b"\xff\xfe{}",
        b'{"specversion": "1.0", "data": {"grade": NaN}}',
        b"[" * 5000 + b"]" * 5000,
        b"[1, 2, 3]",
        orjson.dumps(event)[:-9],
        orjson.dumps(event | {"type": "hall.nobody.knows"}),
        orjson.dumps(event | {"time": "yesterday"}),
        b'{"a": "' + b"x" * 900_000 + b'"}',
    ]


def expected_letters(stage: Stage, sent: Mapping[str, int]) -> dict[str, int]:
    """How many letters each service must have: it parks all that it reads and cannot understand."""
    assert stage.barrier is not None
    reads = stage.barrier.reads
    return {
        service: sum(number for topic, number in sent.items() if topics.topic_matches(topic, reads[service]))
        for service in SERVICES
    }


def discard_all(stage: Stage) -> dict[str, int]:
    """Discard every parked letter, as an operator does; how many of each service.

    What waits behind one of them is no corrupt byte: it is released by that.
    """
    parked = {}
    with calls(stage.platform.home) as client:
        for service in SERVICES:
            found = list(letters(client, service, ["parked"], None))
            for letter in found:
                place = f"/ops/{service}/api/dead/{letter['id']}:discard"
                answer(client.post(place, json={"reason": "corrupt bytes of a fault run"}), letter["letter"])
            parked[service] = len(found)
    return parked
