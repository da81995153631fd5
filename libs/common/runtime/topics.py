"""The topics as data (contract: docs/events.md) and the admin step that makes them; never made by writing to them.

A worker that starts before its topic exists would never read it, so `sunlit topics apply` comes first.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from kafka.admin import KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import TopicAlreadyExistsError

from libs.common.runtime.brokers import client_options
from libs.common.runtime.settings import Settings

HALL_EVENTS = "hall.events.v1"
APPROVAL_CASES = "approval.cases.v1"
APPROVAL_REFERENCE = "approval.reference.v1"
DISCLOSURE_RECORDS = "disclosure.records.v1"
SUPERVISION_FINDINGS = "supervision.findings.v1"
NOTIFY_DELIVERIES = "notify.deliveries.v1"
CONTROL = "sunlit.control.v1"
INGEST_PATTERN = "hall.ingest.*.v1"

MAX_MESSAGE_BYTES = 1_048_576
SETTLE_LOOKS, SETTLE_PAUSE_S = 50, 0.1


def ingest_topic(source: str) -> str:
    """The topic that one hall system writes to itself; `source` is `<region>.<system>` (letters, digits, `-`)."""
    return f"hall.ingest.{source}.v1"


def topic_matches(topic: str, wanted: Sequence[str]) -> bool:
    """Whether a topic's name is one of `wanted`, where `*` stands for anything."""
    return _matches(topic, tuple(wanted))


@lru_cache(maxsize=1024)
def _matches(topic: str, wanted: tuple[str, ...]) -> bool:
    # asked several times for every event, of a handful of topics
    return any(fnmatch.fnmatchcase(topic, name) for name in wanted)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it shall be; `partitions` 0 = the setting."""

    name: str
    compacted: bool = False
    partitions: int = 0
    retention_ms: int = -1


TOPICS: tuple[Topic, ...] = (
    Topic(HALL_EVENTS),
    Topic(APPROVAL_CASES),
    Topic(APPROVAL_REFERENCE, compacted=True),
    Topic(DISCLOSURE_RECORDS),
    Topic(SUPERVISION_FINDINGS),
    Topic(NOTIFY_DELIVERIES),
    # light messages that only make things happen sooner: a day is enough
    Topic(CONTROL, partitions=1, retention_ms=86_400_000),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One difference between what is and what shall be.

    `grow` changes which partition a key lives on: it is refused unless asked for, since it breaks the order of keys
    that are in flight.
    """

    act: Literal["create", "grow", "shrunk", "configure"]
    topic: str
    detail: str
    config: dict[str, str] = field(default_factory=dict)


class TopicAdmin:
    """Compares and makes topics; blocking, for the command line. Close it after use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = KafkaAdminClient(**client_options(settings), client_id="sunlit-topics")

    def close(self) -> None:
        """Give the connection back."""
        self._admin.close()

    def plan(self, sources: Iterable[str] = ()) -> list[Step]:
        """What is missing or differs; `sources` are the hall systems that write to topics of their own."""
        wanted = (*TOPICS, *(Topic(ingest_topic(source)) for source in sources))
        there = {t["name"]: len(t["partitions"]) for t in self._admin.describe_topics()}
        steps: list[Step] = []
        for topic in wanted:
            partitions = self._partitions(topic)
            if topic.name not in there:
                steps.append(Step("create", topic.name, f"{partitions} partitions", self._config(topic)))
            elif there[topic.name] != partitions:
                act: Literal["grow", "shrunk"] = "grow" if there[topic.name] < partitions else "shrunk"
                steps.append(Step(act, topic.name, f"{there[topic.name]} → {partitions} partitions"))
        return steps

    def apply(self, sources: Iterable[str] = (), *, grow: bool = False) -> list[Step]:
        """Make what is missing; returns what was done. More partitions only with `grow`; fewer never."""
        sources = tuple(sources)
        done: list[Step] = []
        for step in self.plan(sources):
            if step.act == "create":
                self._create(step)
            elif step.act == "grow" and grow:
                wanted = int(step.detail.rsplit("→", 1)[1].split()[0])
                self._admin.create_partitions({step.topic: NewPartitions(wanted)})
            else:
                continue
            done.append(step)
        self._settle({step.topic for step in done}, sources)
        return done

    def _settle(self, changed: set[str], sources: Iterable[str]) -> None:
        """Return when whoever asks next sees the change: brokers tell each other a little later."""
        for _ in range(SETTLE_LOOKS):
            if not changed & {step.topic for step in self.plan(sources)}:
                return
            time.sleep(SETTLE_PAUSE_S)

    def _create(self, step: Step) -> None:
        topic = NewTopic(
            name=step.topic,
            num_partitions=int(step.detail.split()[0]),
            replication_factor=self._settings.topic_replication,
            topic_configs=step.config,
        )
        try:
            self._admin.create_topics([topic])
        except TopicAlreadyExistsError:  # two of us at once: it is there, that is all we wanted
            return

    def _partitions(self, topic: Topic) -> int:
        return topic.partitions or self._settings.topic_partitions

    def _config(self, topic: Topic) -> dict[str, str]:
        return {
            "cleanup.policy": "compact" if topic.compacted else "delete",
            "retention.ms": str(topic.retention_ms),
            "min.insync.replicas": str(self._settings.topic_min_insync),
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "message.timestamp.type": "LogAppendTime",
        }
