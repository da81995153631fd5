"""Memory stays flat however much of the same, or of nonsense, comes in: measured on a worker process.

`SUNLIT_DUPLICATES=1000000 pytest tests/anomalies/test_bad_input_memory.py` is the long form.
"""

from __future__ import annotations

import os

import psutil
import pytest

from tests.anomalies.ledger_checks import effects
from tests.spine.house import House, Worker, until
from tests.spine.ledger import event_bytes

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1200)]
DUPLICATES = int(os.environ.get("SUNLIT_DUPLICATES", "20000"))
PIECE = 5_000
GROWTH_LIMIT_BYTES = 32 * 1024 * 1024


def memory(worker: Worker) -> int:
    """Bytes of memory that the process holds."""
    return int(psutil.Process(worker.process.pid).memory_info().rss)


def offset(house: House) -> int:
    """Records that have had their effect."""
    return int(house.one("SELECT coalesce(sum(next_offset), 0) FROM next_offset"))


def test_duplicates_cost_no_memory(house: House) -> None:
    """A thousand events again and again: each has its effect once, and the process does not grow."""
    events = [(f"C-{n % 50}", event_bytes(n, f"C-{n % 50}")) for n in range(1_000)]
    worker = house.start_worker()
    sent = 0
    warm = 0
    while sent < DUPLICATES:
        house.send(events * (PIECE // len(events)))
        sent += PIECE
        until(lambda sent=sent: offset(house) == sent, 300)
        warm = warm or memory(worker)
    assert effects(house) == 1_000
    assert memory(worker) - warm < GROWTH_LIMIT_BYTES
    assert f"sunlit_consumer_duplicates_total {sent - 1_000}.0" in worker.get("/metrics").text


def test_large_nonsense_costs_no_memory(house: House) -> None:
    """Twenty records of nearly a mebibyte each are parked whole: in the database, not in the process."""
    worker = house.start_worker()
    house.send([("C-1", event_bytes(1, "C-1"))])
    until(lambda: effects(house) == 1)
    warm = memory(worker)
    for _ in range(2):
        house.send([(f"C-{n}", b"x" * 1_000_000) for n in range(10)])
    until(lambda: house.one("SELECT count(*) FROM dead_letter WHERE code = 'TOO_LARGE'") == 20)
    house.send([("C-2", event_bytes(2, "C-2"))])
    until(lambda: effects(house) == 2)
    assert memory(worker) - warm < 2 * GROWTH_LIMIT_BYTES
