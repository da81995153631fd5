"""The real Kafka and PostgreSQL of one test session, and private corners in them for each test."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import psycopg
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from psycopg import sql

from libs.ops.migrate import upgrade


@dataclass(frozen=True)
class Corner:
    """One schema with a login role of its own: `dsn` logs in as that role, search_path = the schema."""

    schema: str
    dsn: str


@dataclass(frozen=True)
class Engines:
    """Addresses of the session's engines.

    `dsn` is the administrator's; tests of services take `fresh_schema` instead.
    """

    bootstrap: str
    dsn: str
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def unique(self, stem: str) -> str:
        """A name that no other test of this run has: for topics, groups, schemas."""
        return f"{stem}_{next(self.numbers)}"

    def fresh_schema(self, stem: str = "test") -> Corner:
        """An empty schema owned by a new login role of the same name."""
        name = self.unique(stem)
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            role = sql.Identifier(name)
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(name)))
            connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(role, role))
            connection.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(role, role))
        parts = urlsplit(self.dsn)
        address = f"{name}:{name}@{parts.hostname}:{parts.port}"
        return Corner(name, urlunsplit((parts.scheme, address, parts.path, parts.query, "")))

    def migrated_schema(self, service: str) -> Corner:
        """A fresh schema with all revisions of a service."""
        corner = self.fresh_schema(service)
        upgrade(corner.dsn, service, corner.schema)
        return corner

    def fresh_topic(self, stem: str = "test", partitions: int = 4) -> str:
        """A new topic with a name of its own (dots and dashes are fine in `stem`)."""
        name = f"{stem}.{next(self.numbers)}"
        self.create_topics([name], partitions)
        return name

    def create_topics(self, names: Sequence[str], partitions: int = 4) -> None:
        """Make topics and return when every partition has a leader."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.create_topics([NewTopic(name, partitions, 1) for name in names])
            admin.wait_for_topics(list(names))
        finally:
            admin.close()
