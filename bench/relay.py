"""Claim: what is committed in the outbox is on its topic soon: the relay is no bottleneck.

Value: facts per second from PostgreSQL to Kafka and out of the table again, by the relay of a running approval worker.
Limit: aiokafka's producer with the same bytes, keys and acks from memory into the same topic.
"""

from __future__ import annotations

import asyncio
import time

from bench.claim import Order, Result, Wrong, rate_result
from bench.engines import Engines, engines, produce, topic_size
from bench.material import Material, sealed_events

TOPIC = "approval.cases.v1"  # the approval worker writes it and does not read it
PATIENCE_SECONDS = 180.0
_COPY = "COPY approval.outbox (id, topic, key, type, payload) FROM STDIN"


def run(order: Order) -> Result:
    """Measure it."""
    count = order.amount(30_000, 1_000)
    with engines(order.say) as place:
        order.say(f"engines are up; making {count} facts")
        material = sealed_events(count, place.home.secrets)
        worker = place.start_worker("approval")
        with worker.asleep():
            facts = enumerate(material.messages)
            place.copy(_COPY, ((str(n), TOPIC, m.key.decode(), "bench", m.value) for n, m in facts))
        seconds = _until_empty(place)
        if (there := asyncio.run(topic_size(place.settings("approval"), TOPIC))) != count:
            raise Wrong(f"{there} facts are on {TOPIC} instead of {count}")
        limit_seconds = asyncio.run(produce(place.bootstrap, TOPIC, material.messages))
    return _result(material, count / seconds, count / limit_seconds)


def _until_empty(place: Engines) -> float:
    started = time.perf_counter()
    while place.one("SELECT count(*) FROM (SELECT 1 FROM approval.outbox LIMIT 1) AS waiting"):
        if time.perf_counter() - started > PATIENCE_SECONDS:
            raise Wrong(f"the outbox is not empty after {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)
    return time.perf_counter() - started


def _result(material: Material, rate: float, limit: float) -> Result:
    return rate_result(
        "relay",
        rate,
        limit,
        "aiokafka's idempotent producer with the same bytes from memory",
        unit="facts/s",
        facts=len(material.messages),
        mean_bytes=round(material.mean_bytes),
    )
