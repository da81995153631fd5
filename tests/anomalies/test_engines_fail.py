"""The database and the broker go away and come back: 0 lost, 0 doubled, and nothing is parked for it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from libs.common.runtime.topics import CONTROL
from libs.ops.engines import kafka
from libs.ops.engines.local import LocalEngines
from tests.anomalies.ledger_checks import all_done, assert_exactly_once, effects, send
from tests.engines import Engines
from tests.spine.house import House, free_port, open_house, until

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]


def cut(house: House) -> int:
    """End every connection of the corner's role, as a restart of the server does; how many there were."""
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
        return len(admin.execute(query, [house.corner.schema]).fetchall())


def lock_out(house: House, out: bool) -> None:
    """Forbid (or allow) the corner's role to log in."""
    with psycopg.connect(house.engines.dsn, autocommit=True) as admin:
        admin.execute(f'ALTER ROLE "{house.corner.schema}" {"NOLOGIN" if out else "LOGIN"}')


def test_connections_that_break_under_load(house: House) -> None:
    """Faults 8 and 10: all connections ended ten times in the middle of batches and commits; the worker lives on."""
    events = 6_000
    house.changes |= {"SUNLIT_CONSUMER_BATCH_EVENTS": "100"}
    send(house, 0, events)
    worker = house.start_worker()
    broken = 0
    for n in range(10):
        until(lambda n=n: effects(house) >= n * 500 + 50, every_s=0.01)
        broken += cut(house)
    all_done(house, worker, events)
    assert broken >= 10
    assert worker.process.poll() is None
    assert_exactly_once(house, events)


def test_a_database_that_is_away_for_a_while(house: House) -> None:
    """Faults 3 and 13: alive, not ready, nothing parked; asked to stop meanwhile it leaves with 75."""
    events = 3_000
    house.changes |= {"SUNLIT_CONSUMER_BATCH_EVENTS": "100"}
    first = house.start_worker()
    send(house, 0, events)
    until(lambda: effects(house) >= 200, every_s=0.01)
    lock_out(house, True)
    cut(house)
    until(lambda: first.get("/readyz").status_code == 503)
    assert first.get("/healthz").status_code == 200
    assert first.terminate() == 75
    lock_out(house, False)
    stored = effects(house)
    assert stored < events
    second = house.start_worker()
    all_done(house, second, events)
    assert_exactly_once(house, events)


@pytest.fixture
def own_broker(engines: Engines, kit: kafka.Kit, tmp_path: Path) -> Iterator[tuple[House, LocalEngines]]:
    """A corner with a broker of its own, which may be killed."""
    home = Path(tempfile.mkdtemp(prefix="sunlit-broker-"))
    local = LocalEngines(home, kit, None)
    local.start(home / "logs")
    mine = Engines(local.bootstrap, engines.dsn, engines.numbers)
    mine.create_topics([CONTROL], 1)
    house = open_house(mine, tmp_path)
    yield house, local
    house.close()
    local.stop()
    shutil.rmtree(home, ignore_errors=True)


def test_a_broker_that_is_killed_and_started_again(own_broker: tuple[House, LocalEngines]) -> None:
    """Fault 6: no crash, few lines in the log, looks are worked off meanwhile, and all goes on when it is back."""
    house, local = own_broker
    broker = local.broker
    assert broker is not None
    send(house, 0, 1000)
    worker = house.start_worker()
    all_done(house, worker, 1000)
    assert broker.process is not None
    broker.process.kill()
    broker.process.wait()
    size = worker.log.stat().st_size
    house.run("INSERT INTO due VALUES ('account', 'C-away', 'clock', now(), NULL)")
    until(lambda: house.one("SELECT count(*) FROM effect WHERE how = 'look'") == 1)
    time.sleep(6)
    lines = worker.log.read_bytes()[size:].count(b"\n")
    assert worker.get("/healthz").status_code == 200
    broker.start(local_logs := house.home / "kafka.log")
    broker.wait_until_ready()
    send(house, 1000, 2000)
    house.run("DELETE FROM effect WHERE how = 'look'")
    house.run("DELETE FROM account WHERE case_no = 'C-away'")
    all_done(house, worker, 2000, 120)
    assert worker.process.poll() is None
    assert lines < 200, "the drivers flood the log while the broker is away"
    assert local_logs.exists()
    assert_exactly_once(house, 2000)


def test_a_worker_that_starts_without_its_broker(house: House) -> None:
    """It lives, says what is missing, works off what is due, and can be stopped."""
    house.run("INSERT INTO due VALUES ('account', 'C-1', 'clock', now(), NULL)")
    worker = house.start_worker(SUNLIT_KAFKA=f"127.0.0.1:{free_port()}")
    until(lambda: house.one("SELECT count(*) FROM effect WHERE how = 'look'") == 1)
    until(lambda: "kafka" in worker.status().get("against", {}))
    assert worker.status()["against"]["kafka"].startswith("Kafka does not answer")
    assert (worker.get("/healthz").status_code, worker.get("/readyz").status_code) == (200, 503)
    assert worker.terminate() in (0, 75)
