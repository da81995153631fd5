"""Logs that do not flood and carry no values; metrics of one process."""

from __future__ import annotations

import json
import logging

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from libs.common.runtime.health import Health, describe
from libs.common.runtime.telemetry import Metrics, RateLimit, log, setup_logging


def line(name: str = "aiokafka", at: float = 0.0, number: int = 1) -> logging.LogRecord:
    """A log record of this second."""
    record = logging.LogRecord(name, logging.WARNING, "f.py", number, "broker %s away", ("b",), None)
    record.created = at
    return record


def test_a_flood_of_one_line_is_cut() -> None:
    """A burst passes, then one line in two seconds, which says how many were not shown."""
    limit = RateLimit(burst=5, per_second=0.5)
    passed = [limit.filter(line(at=n / 100)) for n in range(1000)]
    assert 5 <= sum(passed) <= 10
    late = line(at=100.0)
    assert limit.filter(late)
    assert "more like it" in late.getMessage()


def test_places_do_not_share_a_limit() -> None:
    """Another logger or another line still speaks."""
    limit = RateLimit(burst=1, per_second=0)
    assert [limit.filter(line()), limit.filter(line()), limit.filter(line("kafka")), limit.filter(line(number=2))] == [
        True,
        False,
        True,
        True,
    ]


@pytest.fixture
def logging_restored() -> object:
    """Logging as it was, after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield None
    root.handlers[:] = handlers
    root.setLevel(level)


def test_every_line_is_json(logging_restored: object, capsys: pytest.CaptureFixture[str]) -> None:
    """Ours and the drivers', with service and process; a new line in a value stays inside its line."""
    setup_logging("ledger", "worker")
    log("sunlit.test").info("batch_done", events=3, note="a\nb")
    logging.getLogger("aiokafka").warning("broker away")
    ours, theirs = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ours["event"], ours["events"], ours["note"], ours["service"]) == ("batch_done", 3, "a\nb", "ledger")
    assert (theirs["event"], theirs["logger"], theirs["process"]) == ("broker away", "aiokafka", "worker")


def test_errors_are_logged_without_their_texts(logging_restored: object, capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback keeps its places, an argument its class; the values in their texts are left out."""
    setup_logging("ledger", "worker")
    try:
        raise KeyError("王金丝雀")
    except KeyError as error:
        log("sunlit.test").exception("failed")
        logging.getLogger("mode").error("Crashed reason=%r", error)
        logging.getLogger("faust").exception("failed too")
    out = capsys.readouterr().out
    first, second, third = map(json.loads, out.splitlines())
    assert "金丝雀" not in out
    assert "\\u91d1" not in out
    assert (first["error"], second["event"], third["error"]) == ("KeyError", "Crashed reason='KeyError'", "KeyError")
    assert "test_telemetry.py" in first["at"][-1]


def test_an_error_is_described_without_values() -> None:
    """Drivers print the values of a failed statement: they may be a person's."""
    error = DBAPIError("INSERT", {"name": "王小明"}, psycopg.OperationalError("Key (name)=(王小明) exists"))
    assert "王" not in describe(error)
    assert describe(KeyError("王小明")) == "KeyError"


def test_ready_means_that_nothing_speaks_against() -> None:
    """Each part holds and clears its own word."""
    health = Health()
    health.hold("database", "away")
    health.hold("consumer", "no partitions")
    health.clear("database")
    assert (health.ready, health.against) == (False, {"consumer": "no partitions"})
    health.clear("consumer")
    assert health.ready


def test_two_processes_parts_have_registries_of_their_own() -> None:
    """Nothing is registered at import: two sets of metrics in one process do not collide."""
    one, two = Metrics("a"), Metrics("b")
    one.duplicates.inc()
    assert one.registry.get_sample_value("sunlit_consumer_duplicates_total") == 1
    assert two.registry.get_sample_value("sunlit_consumer_duplicates_total") == 0
