"""The barrier and the driver of the virtual clock, on a real worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
from kafka import KafkaProducer

from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.clock import ClockFile, read_clock_file, write_clock_file
from libs.common.runtime.settings import Settings
from libs.ops import keys, migrate, plan
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home, State
from libs.ops.ports import free_ports
from libs.ops.probe import ask
from libs.ops.processes import Supervisor
from libs.ops.quiescence import Barrier
from libs.ops.roster import GATEWAY, NAMES
from libs.ops.time_driver import TimeDriver, require_virtual
from libs.ops.topics import administration
from tests.engines import Engines

pytestmark = [pytest.mark.engines, pytest.mark.platform]

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORKER = "disclosure-worker"
CASES = "approval.cases.v1"


def heartbeat(identity: str) -> Event:
    """An event that the worker reads, enters in its inbox and does nothing about."""
    source = "//hall/990101/county"
    return Event(
        id=identity,
        source=source,
        type="hall.source.heartbeat",
        subject=source,
        time=START,
        receivedtime=START,
        data={"complete_up_to": START.isoformat()},
    )


@dataclass
class Running:
    """One real worker on a virtual clock that stands at START."""

    home: Home
    state: State
    dsn: str
    supervisor: Supervisor

    def due(self, *moments: datetime) -> None:
        """Something will be due at these moments (of a record that does not exist: the look has no other effect)."""
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO due (line, subject, kind, due_at) VALUES ('records', %s, 'clock', %s)",
                [(f"nothing-{number}", moment) for number, moment in enumerate(moments)],
            )

    def left(self) -> int:
        """How many looks are left."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("SELECT count(*) FROM due").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module")
def platform(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A disclosure worker of a home of its own."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.make()
    keys.make(home.secrets, START)
    with administration(Settings(kafka=engines.bootstrap)) as admin:
        admin.apply()
    migrate.apply(engines.dsn, keys.database_passwords(home.secrets))
    write_clock_file(home.clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=START, speed=0.0))
    clock = f"virtual:{home.clock_file}"
    (port,) = free_ports(1)
    addresses = plan.Addresses(engines.bootstrap, engines.dsn, clock, "Asia/Shanghai")
    specs = plan.specs(home, addresses, dict.fromkeys((*NAMES, GATEWAY), port))
    state = State(ports={WORKER: port}, kafka=engines.bootstrap, database=engines.dsn, clock=clock)
    supervisor = Supervisor(lambda _: None, print)
    supervisor.start([spec for spec in specs if spec.name == WORKER])
    dsn = migrate.service_dsn(engines.dsn, "disclosure", keys.database_password(home.secrets, "disclosure"))
    try:
        until = time.monotonic() + 60
        while ask(port, "/readyz")[0] != 200:
            assert time.monotonic() < until, (home.logs / f"{WORKER}.log").read_text()
            time.sleep(0.1)
        yield Running(home, state, dsn, supervisor)
    finally:
        supervisor.stop()


@pytest.fixture
def at_start(platform: Running) -> Running:
    """The worker at START with nothing due."""
    with psycopg.connect(platform.dsn) as connection:
        connection.execute("DELETE FROM due")
    write_clock_file(platform.home.clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=START, speed=0.0))
    return platform


async def test_quiet_is_quiet_and_an_unread_event_is_not(at_start: Running, engines: Engines) -> None:
    """A burst of records keeps the barrier closed until the last one has had its effect."""
    async with Barrier(at_start.state) as barrier:
        await barrier.wait(30)
        producer = KafkaProducer(bootstrap_servers=engines.bootstrap)
        for number in range(300):
            producer.send(CASES, key=f"SL-{number}".encode(), value=codec.encode(heartbeat(engines.unique("beat"))))
        producer.flush()
        producer.close()
        assert await barrier.against() is not None
        await barrier.wait(30)
    with psycopg.connect(at_start.dsn) as connection:
        offsets = connection.execute("SELECT sum(next_offset) FROM next_offset WHERE topic = %s", [CASES]).fetchone()
    assert offsets is not None
    assert offsets[0] >= 300


async def test_a_worker_that_is_away_is_never_taken_for_quiet(at_start: Running) -> None:
    """Silence is no proof: it is named."""
    (nobody,) = free_ports(1)
    state = msgspec.structs.replace(at_start.state, ports={**at_start.state.ports, "notify-worker": nobody})
    with pytest.raises(CommandError, match="notify-worker does not answer"):
        async with Barrier(state):
            pass


async def test_a_fact_that_nobody_could_publish_keeps_the_barrier_closed(at_start: Running) -> None:
    """The time-out tells what is left."""
    with psycopg.connect(at_start.dsn) as connection:
        connection.execute(
            "INSERT INTO outbox (id, topic, key, type, payload) VALUES ('1', 'nobody.made.this.v1', 'k', 't', '{}')"
        )
    try:
        async with Barrier(at_start.state) as barrier:
            with pytest.raises(CommandError, match="disclosure has 1 facts unpublished"):
                await barrier.wait(0.5)
    finally:
        with psycopg.connect(at_start.dsn) as connection:
            connection.execute("DELETE FROM outbox")


async def test_due_moments_are_worked_off_in_order_each_as_of_its_own(at_start: Running) -> None:
    """The clock stands at each moment in turn, then at the target; later ones stay."""
    moments = [START + timedelta(days=days) for days in (3, 1, 2, 9)]
    at_start.due(*moments)
    worked_off: list[datetime] = []
    async with Barrier(at_start.state) as barrier:
        driver = TimeDriver(at_start.home, at_start.state, barrier, worked_off.append)
        await driver.work_off(START + timedelta(days=5), frozenset({"//hall/1/late"}))
        assert driver.now() == START + timedelta(days=5)
    assert worked_off == [*sorted(moments)[:3], START + timedelta(days=5)]
    assert at_start.left() == 1
    file = read_clock_file(at_start.home.clock_file)
    assert (file.proven_up_to, file.proven_except) == (START + timedelta(days=5), ("//hall/1/late",))


async def test_advance_keeps_the_speed(at_start: Running) -> None:
    """While the clock is moved it stands; afterwards it goes on as before."""
    at_start.due(START + timedelta(hours=5))
    async with Barrier(at_start.state) as barrier:
        driver = TimeDriver(at_start.home, at_start.state, barrier)
        driver.set_speed(2.0)
        await driver.advance(START + timedelta(days=1))
        assert driver.speed == 2.0
        assert START + timedelta(days=1) <= driver.now() < START + timedelta(days=1, minutes=5)
    assert at_start.left() == 0


async def test_the_legal_clock_never_goes_back(at_start: Running) -> None:
    """What was judged at an instant cannot meet an earlier one."""
    async with Barrier(at_start.state) as barrier:
        driver = TimeDriver(at_start.home, at_start.state, barrier)
        with pytest.raises(CommandError, match="never goes back") as told:
            await driver.work_off(START - timedelta(seconds=1))
    assert told.value.code == ExitCode.REFUSED


def test_a_wall_clock_is_not_moved(tmp_path: Path) -> None:
    """Exit code 4 and the way to a clock that can be moved."""
    with pytest.raises(CommandError, match="runs on the wall clock") as told:
        require_virtual(Home(tmp_path), State(clock="wall"))
    assert told.value.code == ExitCode.REFUSED
