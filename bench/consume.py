"""Claim: one approval worker takes sealed hall events from Kafka to committed cases at a quarter of what the machine
can copy, and many times quicker than an agent that commits event by event.

Value: events of `hall.events.v1` per second of one worker process with everything it does: inbox and archive in one,
fold with all clocks, facts into the outbox and from there to Kafka, offsets; from the moment it may begin until the
last event is committed. Limit: `bench.copying`, aiokafka and COPY into a keyed table without idempotence. Beside it:
`bench.plain_faust`, a stock Faust agent with one INSERT and commit per event. All three read the same topic.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench import copying, plain_faust
from bench.claim import Order, Result, Target, Wrong, rate_result
from bench.engines import Engines, Worker, engines, produce, topic_size
from bench.material import Material, Message, sealed_events

TOPIC = "hall.events.v1"
WANTED_OF_LIMIT, WANTED_OF_FAUST = 0.25, 8.0
WARM_EVENTS = 500
PATIENCE_SECONDS = 240.0
DONE = "SELECT COALESCE(sum(next_offset), 0) FROM approval.next_offset WHERE consumer_group = 'approval' AND topic = %s"
_COPY_KEYS = "COPY approval.case_key (case_no, purpose, wrapped) FROM STDIN"


def run(order: Order) -> Result:
    """Measure it."""
    count = order.amount(40_000, 1_500)
    with engines(order.say) as place:
        order.say(f"engines are up; making {count} events")
        material = prepared(place, count + WARM_EVENTS)
        rate = worker_rate(place, material.messages)
        folds = check(place, material)
        order.say(f"worker: {rate:,.0f} events/s; now the limit")
        limit = asyncio.run(copying.rate(place, TOPIC, len(material.messages)))
        order.say(f"aiokafka + COPY: {limit:,.0f} events/s; now a plain Faust agent")
        plain = plain_faust.rate(place, TOPIC, order.amount(6_000, 300))
        order.say(f"plain Faust agent: {plain:,.0f} events/s")
    result = rate_result(
        "consume",
        rate,
        limit,
        "aiokafka and COPY of the same events into a keyed table, without idempotence, nothing folded",
        targets=[
            Target("of the limit", WANTED_OF_LIMIT, round(rate / limit, 3)),
            Target("times a plain Faust agent", WANTED_OF_FAUST, round(rate / plain, 1)),
        ],
        events=count,
        mean_bytes=round(material.mean_bytes),
        events_per_fold=round(len(material.messages) / folds, 2),
        plain_faust=round(plain, 1),
    )
    result.ratio_to_plain_faust = round(rate / plain, 1)
    return result


def prepared(place: Engines, count: int) -> Material:
    """Events whose data keys approval holds, as after their intake."""
    material = sealed_events(count, place.home.secrets)
    place.copy(_COPY_KEYS, ((ref.case_no, ref.purpose, wrapped) for ref, wrapped in material.keys.items()))
    return material


def worker_rate(place: Engines, messages: Sequence[Message]) -> float:
    """Events per second of one fresh worker on `messages`, of which the first few only warm it up."""
    worker = place.start_worker("approval")
    asyncio.run(produce(place.bootstrap, TOPIC, messages[:WARM_EVENTS]))
    wait_for(place, WARM_EVENTS)
    return timed(place, [worker], messages[WARM_EVENTS:], WARM_EVENTS)


def timed(place: Engines, workers: Sequence[Worker], messages: Sequence[Message], before: int) -> float:
    """Events per second from the moment at which sleeping workers may begin with `messages` to the last commit."""
    with ExitStack() as asleep:
        for worker in workers:
            asleep.enter_context(worker.asleep())
        asyncio.run(produce(place.bootstrap, TOPIC, messages))
    started = time.perf_counter()
    wait_for(place, before + len(messages))
    return len(messages) / (time.perf_counter() - started)


def wait_for(place: Engines, events: int) -> None:
    """Return when so many events are committed.

    Raises:
        Wrong: that does not happen.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while (done := place.one(DONE, TOPIC)) < events:
        if time.monotonic() > until:
            raise Wrong(f"only {done} of {events} events were committed in {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)


def check(place: Engines, material: Material) -> int:
    """Nothing lost, nothing doubled, nothing parked, every fact on its topic; returns how often cases were folded.

    Raises:
        Wrong: one of them.
    """
    sent, until = len(material.messages), time.monotonic() + PATIENCE_SECONDS
    found = {
        "archived events": (place.one("SELECT count(*) FROM approval.event"), sent),
        "case files": (place.one("SELECT count(*) FROM approval.case_file WHERE acts IS NOT NULL"), material.subjects),
        "dead letters": (place.one("SELECT count(*) FROM approval.dead_letter"), 0),
    }
    while place.one("SELECT count(*) FROM approval.outbox") and time.monotonic() < until:
        time.sleep(0.1)
    told = place.one("SELECT last_value FROM approval.outbox_seq_seq")
    found["facts on topics"] = (
        asyncio.run(topic_size(place.settings("approval"), "approval.cases.v1", "approval.reference.v1")),
        told,
    )
    wrong = [f"{name}: {got} instead of {wanted}" for name, (got, wanted) in found.items() if got != wanted]
    if wrong:
        raise Wrong("; ".join(wrong))
    return place.one("SELECT sum(revision) FROM approval.case_file")
