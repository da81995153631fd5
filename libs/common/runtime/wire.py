"""From a Kafka record to an event (contract: docs/events.md)."""

from __future__ import annotations

from datetime import datetime

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.kernel.events.binding import to_structured
from libs.common.kernel.events.instants import future_problems
from libs.common.kernel.spine import Received
from libs.common.runtime.deadletters import Record
from libs.common.runtime.topics import HALL_EVENTS, TOPICS

CONTENT_TYPE = b"application/cloudevents+json; charset=utf-8"
# What a hall writes itself is not yet checked, sealed or stamped (decision 19).
INGEST_TOPICS = "hall.ingest."
COMPACTED_TOPICS = frozenset(topic.name for topic in TOPICS if topic.compacted)


def decode_record(record: Record) -> Received:
    """The event of a record, structured or binary; raises `DataError` for anything that is none."""
    structured = to_structured(record.raw, dict(record.headers))
    decode = codec.decode_intake if record.topic.startswith(INGEST_TOPICS) else codec.decode
    return Received(decode(structured), structured, record.topic, record.partition, record.offset, record.stored_at)


def is_deletion(record: Record) -> bool:
    """Whether a record says that its key is no more: a key without a value on a compacted topic (a tombstone)."""
    return record.raw is None and record.key is not None and record.topic in COMPACTED_TOPICS


def refuse_the_future(item: Received, now: datetime) -> None:
    """Hold a hall's event against the legal instant `now`, whoever wrote it to the topic.

    Raises:
        DataError: TIME_IN_FUTURE (decision 3).
    """
    if item.topic == HALL_EVENTS and (problems := tuple(future_problems(item.event, now))):
        raise DataError(*problems)
