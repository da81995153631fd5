"""The worker as a process on the real Kafka: a finding goes in, messages and facts come out, also across a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer

from libs.common.kernel.events import codec
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import TopicAdmin
from tests.engines import Engines
from tests.spine.house import free_port, until
from tests.unit.notify.makers import card, webhook

pytestmark = pytest.mark.engines
ROOT = Path(__file__).parents[3]
FINDINGS = "supervision.findings.v1"


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`python -m services.notify worker`, and the port of its probes."""
    port = free_port()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SUNLIT_KAFKA": settings.kafka,
        "SUNLIT_DATABASE": settings.dsn,
        "SUNLIT_DATABASE_SCHEMA": settings.schema_of("notify"),
        "SUNLIT_HOME": str(settings.home),
        "SUNLIT_PORT": str(port),
        "SUNLIT_EGRESS_ALLOW": "127.0.0.0/8",
    }
    with log.open("ab") as out:
        command = [sys.executable, "-m", "services.notify", "worker"]
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield child, port
        finally:
            child.terminate()
            child.wait(40)


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def facts(engines: Engines, case_no: str) -> list[tuple[str, str, int]]:
    """(type, channel, attempt) of what notify said about a case."""
    consumer = KafkaConsumer(
        "notify.deliveries.v1",
        bootstrap_servers=engines.bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=5000,
    )
    told = [codec.decode(message.value) for message in consumer]
    consumer.close()
    ours = [fact for fact in told if any(alert.labels["case_no"] == case_no for alert in fact.data.alerts)]
    return sorted((fact.type, fact.data.channel.split(":")[0], fact.data.attempt) for fact in ours)


def test_a_finding_is_delivered_although_the_worker_dies_in_between(engines: Engines, tmp_path: Path) -> None:
    """Killed while the receiver is silent; the next worker delivers under the same id; each way has one fact."""
    corner = engines.migrated_schema("notify")
    settings = Settings(
        home=tmp_path, kafka=engines.bootstrap, database=corner.dsn, database_schema=corner.schema, topic_partitions=2
    )
    create_keys(settings.secrets_dir, [2026])
    admin = TopicAdmin(settings)
    admin.apply()
    admin.close()
    case_no = engines.unique("notify-case")
    with webhook() as hook:
        hook.silent.set()
        document = (
            "route: {receiver: desk, group_wait: 0s}\nreceivers:\n  - name: desk\n"
            f"    webhook_configs: [{{url: '{hook.url}'}}]\n"
            "    sunlit: {inbox_configs: [{post: supervision/duty}]}\n"
        )
        with psycopg.connect(settings.dsn) as connection:
            insert = "INSERT INTO routing (document, author, effective_at) VALUES (%s, 'test', now())"
            connection.execute(insert, [document])
        producer = KafkaProducer(bootstrap_servers=engines.bootstrap)
        event = codec.encode(card("K-1", case_no=case_no))
        for _ in range(2):
            producer.send(FINDINGS, key=case_no.encode(), value=event)
        producer.flush()
        producer.close()
        log = tmp_path / "worker.log"
        with running(settings, log) as (child, _):
            until(lambda: hook.came, limit_s=90)
            child.send_signal(signal.SIGKILL)
            child.wait(10)
        assert rows(settings, "SELECT DISTINCT state FROM delivery") == [("pending",)]
        hook.silent.clear()
        hook.released.set()
        with psycopg.connect(settings.dsn) as connection:
            # as if the minute of the lease had passed
            connection.execute("UPDATE delivery SET leased_until = now() - interval '1 second'")
        with running(settings, log) as (_, port):
            sent = "SELECT count(*) FROM delivery WHERE state = 'sent'"
            until(lambda: rows(settings, sent)[0][0] == 2, limit_s=90)
            until(lambda: rows(settings, "SELECT count(*) FROM outbox")[0][0] == 0, limit_s=60)
            metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'sunlit_notify_deliveries_total{channel="webhook",outcome="sent"} 1.0' in metrics
    assert len(hook.came) == 2
    assert len({headers["webhook-id"] for headers, _ in hook.came}) == 1
    assert facts(engines, case_no) == [
        ("notify.notification.sent", "inbox", 2),
        ("notify.notification.sent", "webhook", 2),
    ]
