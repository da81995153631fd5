"""Claim: reading an event costs little more than reading its JSON.

Value: bytes of `hall.events.v1` to typed events, as the workers do it. Limit: `orjson.loads` of the same bytes, which
checks nothing and makes plain dictionaries.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson

from bench.claim import Order, Result, Wrong, rate_result
from bench.material import sealed_events
from libs.common.kernel.events import codec
from libs.common.kernel.events.digest import content_digest

ROUNDS = 5


def run(order: Order) -> Result:
    """Measure it."""
    with tempfile.TemporaryDirectory() as folder:
        material = sealed_events(order.amount(20_000, 500), Path(folder))
    raws = [message.value for message in material.messages]
    events = [codec.decode(raw) for raw in raws]
    if [event.id for event in events] != [orjson.loads(raw)["id"] for raw in raws]:
        raise Wrong("decoded events are not those that were encoded")
    plain = msgspec.json.Decoder()
    return rate_result(
        "decode",
        best_rate(codec.decode, raws),
        best_rate(orjson.loads, raws),
        "orjson.loads of the same bytes: nothing typed, nothing checked",
        events=len(raws),
        mean_bytes=round(material.mean_bytes),
        msgspec_untyped=round(best_rate(plain.decode, raws)),
        content_digest=round(best_rate(content_digest, raws)),
    )


def best_rate(work: Callable[[Any], object], items: list[Any]) -> float:
    """Items per second of the best of some rounds: the others had a neighbour."""
    best_s = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for item in items:
            work(item)
        best_s = min(best_s, time.perf_counter() - started)
    return len(items) / best_s
