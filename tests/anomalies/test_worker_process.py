"""A worker as a process: what it listens on, what it waits for, which clock it follows, which messages it hears."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import psutil
import pytest

from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.topics import CONTROL
from tests.anomalies.ledger_checks import all_done, drained, effects, send
from tests.spine.house import House, until
from tests.spine.ledger import event_bytes

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]
LEGAL = datetime(2011, 10, 3, 9, tzinfo=UTC)


def stand(house: House, legal: datetime) -> str:
    """Let the legal clock stand at an instant; the setting that names its file."""
    file = house.home / "clock.json"
    write_clock_file(file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=legal, speed=0))
    return f"virtual:{file}"


def test_the_virtual_clock_reaches_running_processes(house: House) -> None:
    """A look put in 2011 fires when the file says so, in every worker that runs, and after an outage once."""
    house.changes["SUNLIT_CLOCK"] = stand(house, LEGAL)
    one, two = house.start_worker(), house.start_worker()
    stamp = LEGAL.isoformat()
    house.send((f"C-{n}", event_bytes(n, f"C-{n}", time=stamp, comment=f"look:{3600 * (n + 1)}")) for n in range(20))
    until(lambda: effects(house) == 20)
    until(lambda: {w.status().get("clock", {}).get("now", "")[:16] for w in (one, two)} == {"2011-10-03T17:00"})
    assert until(lambda: one.status()["next_due_at"]) == "2011-10-03T18:00:00+08:00"
    stand(house, LEGAL + timedelta(hours=5))
    until(lambda: house.one("SELECT count(*) FROM effect WHERE how = 'look'") == 5)
    assert {w.status()["clock"]["now"][:16] for w in (one, two)} == {"2011-10-03T22:00"}
    one.kill()
    two.kill()
    stand(house, LEGAL + timedelta(days=30))
    again = house.start_worker()
    until(lambda: house.one("SELECT count(*) FROM effect WHERE how = 'look'") == 20)
    until(lambda: again.status().get("due") == 0)
    assert house.one("SELECT count(DISTINCT case_no) FROM effect WHERE how = 'look'") == 20
    assert again.status()["next_due_at"] is None


def test_light_messages_reach_every_worker_and_none_can_hurt_it(house: House) -> None:
    """Garbage, an unknown type, one whose listener fails, then a good one: each worker hears the good one."""
    workers = [house.start_worker() for _ in range(2)]
    for worker in workers:
        until(lambda worker=worker: worker.status().get("ready"))
    service = house.corner.schema

    def message(number: int, **data: str) -> bytes:
        return msgspec.json.encode(
            {
                "specversion": "1.0", "id": f"m-{number}", "source": "//sunlit/ops", "type": "control.wake_up.sent",
                "subject": service, "time": "2026-03-02T09:30:00+08:00", "data": {"service": service} | data,
            }
        )  # fmt: skip

    def heard() -> bool:
        good = message(int(house.one("SELECT count(*) FROM heard")) + 100)
        house.send([(None, b"\xff\x00"), ("x", b""), (service, message(1, reason="crash")), (service, good)], CONTROL)
        return len(house.rows("SELECT DISTINCT pid FROM heard")) == 2

    until(heard, every_s=1.0)
    assert {pid for (pid,) in house.rows("SELECT DISTINCT pid FROM heard")} == {w.process.pid for w in workers}
    send(house, 0, 100)
    until(lambda: effects(house) == 100)
    assert [w.process.poll() for w in workers] == [None, None]


def test_a_worker_listens_on_its_probe_port_alone(house: House) -> None:
    """Faust would open 6066 on every address; ours answers on the loopback address and nowhere else."""
    worker = house.start_worker()
    until(worker.status)
    sockets = psutil.Process(worker.process.pid).net_connections("tcp")
    listening = {(c.laddr.ip, c.laddr.port) for c in sockets if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", worker.port)}
    assert {worker.get(path).status_code for path in ("/healthz", "/metrics", "/status")} == {200}
    assert worker.get("/nothing").status_code == 404


def test_a_worker_that_starts_before_its_topic_reads_it_when_it_is_there(house: House) -> None:
    """It says which topic is missing and needs no restart."""
    house.topic = house.engines.unique("ledger.later")
    worker = house.start_worker(SUNLIT_KAFKA_METADATA_MAX_AGE_MS="1000")
    until(lambda: house.topic in worker.status().get("against", {}).get("kafka", ""))
    house.engines.create_topics([house.topic], 4)
    send(house, 0, 200)
    all_done(house, worker, 200)
    until(lambda: worker.get("/readyz").status_code == 200)


def test_no_personal_data_in_logs_metrics_and_status(house: House) -> None:
    """A canary in good events, poison and a crash of the handler: it stands in letters only."""
    canary = "王金丝雀13912345678"
    worker = house.start_worker(SUNLIT_LOG_LEVEL="DEBUG")
    poison = event_bytes(2, "C-2", comment="poison").replace(b'"named"', f'"service_no":"{canary}","named"'.encode())
    crash = event_bytes(3, "C-3", comment="crash").replace(b'"named"', f'"service_no":"{canary}","named"'.encode())
    house.send(
        [("C-1", event_bytes(1, "C-1", comment=canary)), ("C-2", poison), ("C-3", crash), ("C-4", canary.encode())]
    )
    until(lambda: drained(house, worker) and worker.status()["parked"] == 3)
    told = worker.log.read_text() + worker.get("/metrics").text + worker.get("/status").text
    assert len(told) > 1000
    assert canary not in told
    assert "13912345678" not in told
