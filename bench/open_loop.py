"""Load as the world makes it: requests go out at their time whether or not earlier ones have been answered.

A time is counted from the moment at which a request should have gone out, so that a server that stands still for a
second is blamed by every request of that second (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def send(items: Sequence[T], rate: float, work: Callable[[T, float], Awaitable[None]]) -> None:
    """Start `work(item, scheduled)` for each item at its time and return when all have ended.

    Args:
        rate: items per second, evenly spaced.
        work: `scheduled` is on the clock of `time.perf_counter`, in seconds.
    """
    first = time.perf_counter() + 0.05
    async with asyncio.TaskGroup() as group:
        for number, item in enumerate(items):
            scheduled = first + number / rate
            if (ahead := scheduled - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            group.create_task(_run(work, item, scheduled))


async def _run(work: Callable[[T, float], Awaitable[None]], item: T, scheduled: float) -> None:
    await work(item, scheduled)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not below `share` of all (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
