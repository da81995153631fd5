"""Claim: workers are stateless, so two take nearly twice as much as one, as far as there are cores for it.

Value: events per second of two approval workers together. Limit: twice what one of them did just before, on the same
engines. On a machine with two cores the workers share them with Kafka and PostgreSQL, and the figure says so.
"""

from __future__ import annotations

import time

from bench.claim import Order, Result, rate_result
from bench.consume import WARM_EVENTS, check, prepared, timed, worker_rate
from bench.engines import engines

SETTLE_SECONDS = 3.0


def run(order: Order) -> Result:
    """Measure it."""
    count = order.amount(20_000, 1_500)
    with engines(order.say) as place:
        order.say(f"engines are up; making {2 * count} events")
        material = prepared(place, 2 * count + WARM_EVENTS)
        first, second = material.messages[: count + WARM_EVENTS], material.messages[count + WARM_EVENTS :]
        alone = worker_rate(place, first)
        order.say(f"one worker: {alone:,.0f} events/s; a second one joins")
        place.start_worker("approval", 2)
        time.sleep(SETTLE_SECONDS)  # the first has given partitions away and got the others placed again
        for worker in place.workers:
            worker.wait_until_ready()
        together = timed(place, place.workers, second, len(first))
        order.say(f"two workers: {together:,.0f} events/s")
        check(place, material)
    return rate_result(
        "scale",
        together,
        2 * alone,
        "twice the rate of one worker in this run",
        events=count,
        one_worker=round(alone, 1),
    )
