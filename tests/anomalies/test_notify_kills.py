"""Notify killed at random instants: every alert is told, no message more than once per crash, nothing is lost."""

from __future__ import annotations

import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import psycopg
import pytest
from kafka import KafkaProducer

from libs.common.kernel.events import codec
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import TopicAdmin
from tests.engines import Engines
from tests.integration.notify.test_worker import FINDINGS, rows, running
from tests.spine.house import until
from tests.unit.notify.makers import card, webhook

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]
KILLS, CARDS, SEED = 2, 24, 5
DONE = "SELECT count(*) FROM delivery WHERE state = 'sent'"


def hurried(settings: Settings) -> int:
    """How many deliveries are settled; a try that failed under the kills need not wait out its minutes."""
    with psycopg.connect(settings.dsn) as connection:
        connection.execute("UPDATE delivery SET next_at = now() WHERE state = 'pending' AND next_at > now()")
    return int(rows(settings, DONE)[0][0])


def test_nothing_is_lost_when_the_worker_is_killed_again_and_again(engines: Engines, tmp_path: Path) -> None:
    """Cards keep coming while workers die; in the end each way of each notification was taken by its receiver."""
    corner, luck = engines.migrated_schema("notify"), Random(SEED)
    settings = Settings(
        home=tmp_path, kafka=engines.bootstrap, database=corner.dsn, database_schema=corner.schema, topic_partitions=2
    )
    create_keys(settings.secrets_dir, [2026])
    admin = TopicAdmin(settings)
    admin.apply()
    admin.close()
    stem = engines.unique("killed")
    with webhook() as hook:
        document = (
            "route: {receiver: desk, group_by: [case_no], group_wait: 0s}\nreceivers:\n  - name: desk\n"
            f"    webhook_configs: [{{url: '{hook.url}'}}]\n"
            "    sunlit: {inbox_configs: [{post: supervision/duty}]}\n"
        )
        with psycopg.connect(settings.dsn) as connection:
            insert = "INSERT INTO routing (document, author, effective_at) VALUES (%s, 'test', now())"
            connection.execute(insert, [document])
        producer = KafkaProducer(bootstrap_servers=engines.bootstrap)
        sent = 0
        for life in range(KILLS + 1):
            share = CARDS * (life + 1) // (KILLS + 1)
            for number in range(sent, share):
                case_no = f"{stem}-{number}"
                producer.send(FINDINGS, key=case_no.encode(), value=codec.encode(card(case_no, case_no=case_no)))
            sent = share
            producer.flush()
            with running(settings, tmp_path / "worker.log") as (child, _):
                if life < KILLS:
                    before = len(hook.came)
                    until(lambda before=before: len(hook.came) > before, limit_s=90, every_s=0.01)
                    time.sleep(luck.random() * 0.3)
                    child.send_signal(signal.SIGKILL)
                    child.wait(10)
                    with psycopg.connect(settings.dsn) as connection:
                        # as if the minute of the lease had passed
                        connection.execute("UPDATE delivery SET leased_until = now() - interval '1 second'")
                else:
                    until(lambda: hurried(settings) == 2 * CARDS, limit_s=200)
                    until(lambda: rows(settings, "SELECT count(*) FROM outbox")[0][0] == 0, limit_s=60)
        producer.close()
    heard = Counter(headers["webhook-id"] for headers, _ in hook.came)
    assert len(heard) == CARDS
    assert max(heard.values()) <= 1 + KILLS
    assert rows(settings, "SELECT count(*) FROM notification")[0][0] == CARDS
    assert rows(settings, "SELECT count(*) FROM delivery WHERE state <> 'sent'") == [(0,)]
