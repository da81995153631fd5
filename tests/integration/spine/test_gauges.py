"""What services count of their tables, on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from libs.common.runtime.clock import ClockFile, build_clock, write_clock_file
from libs.common.runtime.database import Database
from libs.common.runtime.gauges import Counted, Gauges
from libs.ops.roster import SERVICES
from tests.engines import Engines

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)


def clock_at(folder: Path, now: datetime) -> str:
    """A legal clock that stands."""
    write_clock_file(folder / "clock.json", ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=now, speed=0.0))
    return f"virtual:{folder / 'clock.json'}"


@pytest.mark.engines
@pytest.mark.parametrize("service", SERVICES)
async def test_every_query_of_a_service_runs_on_its_tables(engines: Engines, tmp_path: Path, service: str) -> None:
    """An empty schema counts to nothing or nought, and the moment of the count is told."""
    corner = engines.migrated_schema(service)
    counted: tuple[Counted, ...] = import_module(f"services.{service}.gauges").GAUGES
    registry = CollectorRegistry()
    database = Database(corner.dsn, corner.schema)
    await database.start()
    try:
        clock = build_clock(clock_at(tmp_path, NOW), "Asia/Shanghai")
        await Gauges(counted, database, clock, registry).count()
    finally:
        await database.stop()
    for one in counted:
        assert one.labels or registry.get_sample_value(one.name) == 0.0
    assert registry.get_sample_value("sunlit_gauges_counted_at_seconds")


@pytest.mark.engines
async def test_a_gauge_follows_its_rows_and_its_clock(engines: Engines, tmp_path: Path) -> None:
    """Rows that went away are not told any longer; days are days of the legal clock."""
    corner = engines.fresh_schema()
    with psycopg.connect(corner.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {corner.schema}.work (kind text, due_on date)")
        connection.execute(f"INSERT INTO {corner.schema}.work VALUES ('a', '2026-03-09'), ('b', '2026-03-10')")
    query = "SELECT kind, count(*) FROM work WHERE due_on < CAST(:today AS date) GROUP BY kind"
    registry = CollectorRegistry()
    database = Database(corner.dsn, corner.schema)
    await database.start()
    try:
        gauges = Gauges(
            (Counted("late_work", "Late", query, ("kind",)),),
            database,
            build_clock(clock_at(tmp_path, NOW), "Asia/Shanghai"),
            registry,
        )
        await gauges.count()
        assert (told(registry, "a"), told(registry, "b")) == (1.0, None)
        with psycopg.connect(corner.dsn, autocommit=True) as connection:
            connection.execute(f"DELETE FROM {corner.schema}.work WHERE kind = 'a'")
        clock_at(tmp_path, NOW + timedelta(days=1))
        await gauges.count()
        assert (told(registry, "a"), told(registry, "b")) == (None, 1.0)
    finally:
        await database.stop()


def told(registry: CollectorRegistry, kind: str) -> float | None:
    """What is told of one kind."""
    return registry.get_sample_value("late_work", {"kind": kind})
