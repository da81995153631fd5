"""Workers that are killed, frozen, stopped and joined by others while events flow: 0 lost, 0 doubled."""

from __future__ import annotations

import random
import signal
import threading
import time

import pytest

from tests.anomalies.ledger_checks import all_done, assert_exactly_once, effects, send
from tests.spine.house import House, until

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]


def test_kill_nine_at_random_points(house: House) -> None:
    """Fault 1: 20 000 events, the worker killed five times wherever it happens to be."""
    events, dice = 20_000, random.Random(20260302)
    house.changes |= {"SUNLIT_CONSUMER_BATCH_EVENTS": "300", "SUNLIT_CONSUMER_INSTANCE": f"{house.corner.schema}-1"}
    send(house, 0, events)
    for point in sorted(dice.sample(range(1, events - 3000), 5)):
        worker = house.start_worker()
        until(lambda point=point: effects(house) >= point, every_s=0.01)
        time.sleep(dice.random() * 0.08)
        worker.kill()
    worker = house.start_worker()
    all_done(house, worker, events)
    assert_exactly_once(house, events)


def test_workers_join_freeze_and_die(house: House) -> None:
    """Faults 1, 4 and 25: one joins, one stands still until its group gives it up and comes back, one is killed."""
    events = 6_000
    house.changes |= {"SUNLIT_CONSUMER_BATCH_EVENTS": "100", "SUNLIT_CONSUMER_SESSION_TIMEOUT_MS": "6000"}

    def flow() -> None:
        for n in range(0, events, 500):
            send(house, n, n + 500)
            time.sleep(1.5)

    steady = threading.Thread(target=flow)
    steady.start()
    first = house.start_worker()
    until(lambda: effects(house) >= 500)
    second = house.start_worker()
    until(lambda: second.status().get("lag") is not None and "consumer" not in second.status()["against"])
    first.process.send_signal(signal.SIGSTOP)
    time.sleep(8)
    frozen_at = effects(house)
    until(lambda: effects(house) > frozen_at or effects(house) == events)
    first.process.send_signal(signal.SIGCONT)
    time.sleep(2)
    second.kill()
    steady.join()
    all_done(house, first, events)
    assert_exactly_once(house, events)


def test_a_worker_that_is_asked_to_stop_finishes_its_batch(house: House) -> None:
    """Fault 2: exit 0, and the next worker gets nothing twice."""
    events = 4_000
    house.changes |= {"SUNLIT_CONSUMER_BATCH_EVENTS": "100"}
    send(house, 0, events)
    first = house.start_worker()
    until(lambda: effects(house) >= 300, every_s=0.01)
    assert first.terminate() == 0
    assert 300 <= effects(house) < events
    second = house.start_worker()
    all_done(house, second, events)
    assert_exactly_once(house, events)
    assert "sunlit_consumer_duplicates_total 0.0" in second.get("/metrics").text
