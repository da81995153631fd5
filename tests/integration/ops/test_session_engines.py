"""The session's own engines: what every other integration test stands on."""

from __future__ import annotations

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer

from tests.engines import Engines

pytestmark = pytest.mark.engines


def test_what_is_sent_to_a_fresh_topic_is_read_back(engines: Engines) -> None:
    """A message goes through the real broker."""
    topic = engines.fresh_topic("hall.events.v1", partitions=2)
    producer = KafkaProducer(bootstrap_servers=engines.bootstrap)
    producer.send(topic, key=b"SL-1", value=b"accepted").get(timeout=10)
    producer.close()
    consumer = KafkaConsumer(
        topic, bootstrap_servers=engines.bootstrap, auto_offset_reset="earliest", group_id=engines.unique("group")
    )
    record = next(consumer)
    consumer.close()
    assert (record.topic, record.key, record.value) == (topic, b"SL-1", b"accepted")


def test_a_fresh_schema_belongs_to_its_role_and_to_nobody_else(engines: Engines) -> None:
    """Two corners do not see each other's tables."""
    mine, other = engines.fresh_schema("mine"), engines.fresh_schema("other")
    with psycopg.connect(mine.dsn) as connection:
        connection.execute("CREATE TABLE note (text text)")
        connection.execute("INSERT INTO note VALUES ('办件')")
    with psycopg.connect(mine.dsn) as connection:
        assert connection.execute(f"SELECT text FROM {mine.schema}.note").fetchall() == [("办件",)]
    with psycopg.connect(other.dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"SELECT text FROM {mine.schema}.note")


def test_the_server_keeps_what_it_was_told_to_keep(engines: Engines) -> None:
    """Durability is on and the collation does not depend on the machine."""
    with psycopg.connect(engines.dsn) as connection:
        told = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "timezone", "server_encoding")
        }
    assert told == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "timezone": ("UTC",),
        "server_encoding": ("UTF8",),
    }


def test_a_service_can_be_migrated_into_a_corner(engines: Engines) -> None:
    """The revisions of a service run in any schema, as the role that owns it."""
    corner = engines.migrated_schema("disclosure")
    with psycopg.connect(corner.dsn) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [corner.schema]).fetchall()
    assert {"alembic_version", "outbox", "due", "dead_letter", "next_offset"} <= {name for (name,) in tables}
