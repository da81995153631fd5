"""Where the time of a decision goes between the hall and the portal: from the time stamps that it leaves on its way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime

import orjson
from kafka import KafkaConsumer, TopicPartition

from bench.open_loop import percentile
from bench.platform import Platform
from services.disclosure.domain.decision import record_id


def stages(platform: Platform, readable: Mapping[str, float], due: Mapping[str, float]) -> dict[str, float]:
    """Median milliseconds from one stamp to the next.

    Args:
        readable, due: per record, in seconds on the clock of `time.perf_counter`.
    """
    shift = time.time() - time.perf_counter()
    came = _stamps(platform, "hall.events.v1", "hall.case.completed")
    told = _stamps(platform, "approval.cases.v1", "approval.case.decided")
    query = "SELECT record_id, at FROM disclosure.release WHERE release = 1"
    judged = {str(i): at.timestamp() for i, at in platform.rows(query) if isinstance(at, datetime)}
    ways = [
        (due[i] + shift, came[i], told[i], judged[i], readable[i] + shift)
        for i in due
        if i in came and i in told and i in judged
    ]
    names = ("intake to topic", "fold to topic", "topic to judgement", "judgement to portal")
    return {
        name: round(percentile([(way[n + 1] - way[n]) * 1000 for way in ways], 0.5), 1) for n, name in enumerate(names)
    }


def _stamps(platform: Platform, topic: str, kind: str) -> dict[str, float]:
    """When the relay handed over each decision that grants a licence, by record, in seconds since the epoch."""
    consumer = KafkaConsumer(bootstrap_servers=platform.state.kafka, enable_auto_commit=False, consumer_timeout_ms=2000)
    try:
        parts = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        found: dict[str, float] = {}
        for message in consumer:
            event = orjson.loads(message.value)
            licences = event["data"].get("licences")
            if event["type"] == kind and licences:
                name = str(licences[0].get("no") or licences[0].get("name"))
                found[record_id(event["data"]["case_no"], "permit", name)] = message.timestamp / 1000
        return found
    finally:
        consumer.close()
