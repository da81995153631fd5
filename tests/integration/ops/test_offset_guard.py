"""`sunlit verify offsets`: what the effects reach against what the topics hold."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from kafka import KafkaProducer

from libs.common.runtime.settings import Settings
from libs.ops import keys, migrate
from libs.ops.offset_guard import check
from tests.engines import Engines

pytestmark = pytest.mark.engines


@pytest.mark.parametrize(
    ("effects", "finding"),
    [
        (3, None),
        (5, None),
        (6, "effects reach beyond the topic's end"),
    ],
)
async def test_effects_are_compared_with_the_topic(
    engines: Engines, tmp_path_factory: pytest.TempPathFactory, effects: int, finding: str | None
) -> None:
    """Behind the end is work to do, at the end is done, beyond it is a topic that was made anew."""
    folder = tmp_path_factory.mktemp("secrets")
    keys.make(folder, datetime.now(UTC))
    migrate.apply(engines.dsn, keys.database_passwords(folder))
    topic = engines.fresh_topic("offsets", partitions=1)
    producer = KafkaProducer(bootstrap_servers=engines.bootstrap)
    for _ in range(5):
        producer.send(topic, b"x")
    producer.flush()
    producer.close()
    with psycopg.connect(engines.dsn) as connection:
        connection.execute("INSERT INTO disclosure.next_offset VALUES ('disclosure', %s, 0, %s)", [topic, effects])
        connection.execute("INSERT INTO disclosure.next_offset VALUES ('disclosure', %s, 0, 1)", [f"{topic}.gone"])
    try:
        places = await check(Settings(kafka=engines.bootstrap), engines.dsn)
    finally:
        with psycopg.connect(engines.dsn) as connection:
            connection.execute("DELETE FROM disclosure.next_offset WHERE topic LIKE %s", [f"{topic}%"])
    mine = {place.topic: place for place in places if place.topic.startswith(topic)}
    assert (mine[topic].finding or "")[: len(finding or "")] == (finding or "")
    assert (mine[topic].finding is None) == (finding is None)
    assert (mine[topic].first, mine[topic].end) == (0, 5)
    assert "topic is gone" in (mine[f"{topic}.gone"].finding or "")
