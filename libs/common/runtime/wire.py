"""From a Kafka record to an event (contract: docs/events.md)."""

from __future__ import annotations

from libs.common.kernel.events import codec
from libs.common.kernel.events.binding import to_structured
from libs.common.kernel.spine import Received
from libs.common.runtime.deadletters import Record

CONTENT_TYPE = b"application/cloudevents+json; charset=utf-8"
# What a hall writes itself is not yet checked, sealed or stamped (decision 19).
INGEST_TOPICS = "hall.ingest."


def decode_record(record: Record) -> Received:
    """The event of a record, structured or binary; raises `DataError` for anything that is none."""
    structured = to_structured(record.raw, dict(record.headers))
    decode = codec.decode_intake if record.topic.startswith(INGEST_TOPICS) else codec.decode
    return Received(decode(structured), structured, record.topic, record.partition, record.offset, record.stored_at)
