"""The worker as a process on the real Kafka: a decision goes in, a page and its event come out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer

from libs.common.kernel.events import codec
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import TopicAdmin
from tests.engines import Engines
from tests.spine.house import free_port, until
from tests.unit.disclosure.makers import permit

pytestmark = pytest.mark.engines
ROOT = Path(__file__).parents[3]


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m services.disclosure worker`."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SUNLIT_KAFKA": settings.kafka,
        "SUNLIT_DATABASE": settings.dsn,
        "SUNLIT_DATABASE_SCHEMA": settings.schema_of("disclosure"),
        "SUNLIT_HOME": str(settings.home),
        "SUNLIT_PORT": str(free_port()),
    }
    with log.open("wb") as out:
        command = [sys.executable, "-m", "services.disclosure", "worker"]
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield child
        finally:
            child.terminate()
            child.wait(40)


def rows(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(settings.dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_a_decision_on_kafka_becomes_a_page_and_a_verified_event(engines: Engines, tmp_path: Path) -> None:
    """Sent twice, published once; the event is out only after the page was read back."""
    corner = engines.migrated_schema("disclosure")
    settings = Settings(
        home=tmp_path, kafka=engines.bootstrap, database=corner.dsn, database_schema=corner.schema, topic_partitions=2
    )
    create_keys(settings.secrets_dir, [2026])
    admin = TopicAdmin(settings)
    admin.apply()
    admin.close()
    case_no = engines.unique("worker-case")
    event = permit(case_no)
    producer = KafkaProducer(bootstrap_servers=engines.bootstrap)
    for _ in range(2):
        producer.send("approval.cases.v1", key=case_no.encode(), value=codec.encode(event))
    producer.flush()
    producer.close()
    query = f"SELECT release, status FROM record WHERE subject = '{case_no}'"
    with running(settings, tmp_path / "worker.log"):
        found = until(lambda: rows(settings, query), limit_s=90)
        until(lambda: rows(settings, "SELECT count(*) FROM due WHERE kind = 'read_back'")[0][0] == 0, limit_s=60)
        until(lambda: rows(settings, "SELECT count(*) FROM outbox")[0][0] == 0, limit_s=60)
    assert found == [(1, "published")]
    consumer = KafkaConsumer(
        "disclosure.records.v1",
        bootstrap_servers=engines.bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=5000,
    )
    told = [codec.decode(message.value) for message in consumer]
    consumer.close()
    ours = [fact for fact in told if fact.data.case_no == case_no]
    assert [fact.type for fact in ours] == ["disclosure.record.published"]
    assert ours[0].data.channels[0].verified_at is not None
