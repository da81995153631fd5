"""Engines that start where a newcomer's machine puts them: under closed folders, as root or not, side by side."""

from __future__ import annotations

from pathlib import Path

import psutil
import psycopg
import pytest

from libs.ops.engines import kafka
from libs.ops.engines.local import LocalEngines
from libs.ops.engines.postgresql import Server
from libs.ops.errors import CommandError
from libs.ops.ports import free_ports
from libs.ops.probe import listens

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["closed to others", "open to others"])
def test_postgresql_runs_in_a_home_below_a_folder_of_this_mode(tmp_path: Path, mode: int) -> None:
    """It starts, keeps data over a restart, and never runs as root."""
    above = tmp_path / "above"
    above.mkdir(mode=mode)
    tmp_path.chmod(mode)
    (port,) = free_ports(1)
    server = Server(above / "home", port, "p w/@ä")
    try:
        process = server.start()
        server.wait_until_ready()
        assert psutil.Process(process.pid).uids().effective != 0
        with psycopg.connect(server.dsn()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        server.stop()
        server.start()
        server.wait_until_ready()
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    finally:
        server.stop()
    assert not listens(f"127.0.0.1:{port}")


def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    """Other users of the machine reach the port, not the data."""
    (port,) = free_ports(1)
    server = Server(tmp_path, port, "right")
    try:
        server.start()
        server.wait_until_ready()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(Server(tmp_path, port, "wrong").dsn()).close()
    finally:
        server.stop()


def test_an_initdb_that_was_killed_leaves_nothing_that_is_taken_for_data(tmp_path: Path) -> None:
    """A half-made folder is made anew."""
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("18")
    (tmp_path / "initial-password").write_text("old")
    (port,) = free_ports(1)
    server = Server(tmp_path, port, "new")
    try:
        server.start()
        server.wait_until_ready()
        assert not (tmp_path / "initial-password").exists()
    finally:
        server.stop()


def test_two_homes_run_side_by_side_and_keep_their_ports(kit: kafka.Kit, tmp_path: Path) -> None:
    """Different ports, and the same again at the next start."""
    one, two = (LocalEngines(tmp_path / name, kit, "secret") for name in ("one", "two"))
    try:
        one.start(tmp_path / "logs-one")
        two.start(tmp_path / "logs-two")
        assert not set(one.ports.values()) & set(two.ports.values())
        one.stop()
        again = LocalEngines(tmp_path / "one", kit, "secret", one.ports)
        assert again.ports == one.ports
        again.start(tmp_path / "logs-one")
        again.stop()
        assert listens(two.bootstrap)
    finally:
        one.stop()
        two.stop()


def test_a_broker_that_cannot_start_says_where_its_log_is(kit: kafka.Kit, tmp_path: Path) -> None:
    """A data folder of another cluster node ends it at once; the message names the place."""
    port, controller = free_ports(2)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\nnode.id=2\ncluster.id=x\n")
    broker = kafka.Broker(kit, tmp_path, port, controller)
    broker.start()
    try:
        with pytest.raises(CommandError, match=f"ended at once.*{tmp_path}"):
            broker.wait_until_ready()
    finally:
        broker.stop()
