"""`sunlit migrate`: schemas, login roles and revisions of the four services, under one lock; safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from libs.ops.engines.places import ROOT
from libs.ops.errors import CommandError
from libs.ops.roster import SERVICES

LOCK = 0x53554E4C4954  # "SUNLIT": one migration at a time per database


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for one service.

    Args:
        missing: of `role`, `schema`, those that do not exist.
        revision: where the schema stands; None = empty.
        pending: (revision, title) still to run, oldest first.
    """

    service: str
    missing: tuple[str, ...]
    revision: str | None
    pending: tuple[tuple[str, str], ...]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not self.missing and not self.pending


def service_dsn(admin_dsn: str, service: str, password: str) -> str:
    """The address at which one service logs in: the administrator's, with the service's role."""
    parts = conninfo_to_dict(admin_dsn)
    host, port = parts.pop("host", "127.0.0.1"), parts.pop("port", 5432)
    database = parts.pop("dbname", "sunlit")
    parts.pop("user", None)
    parts.pop("password", None)
    query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parts.items())
    address = f"postgresql://{service}:{quote(password, safe='')}@{quote(str(host), safe='')}:{port}/{database}"
    return f"{address}?{query}" if query else address


def plan(admin_dsn: str) -> list[Plan]:
    """What `apply` would do, per service.

    Raises:
        CommandError: the database does not answer, or knows a revision that this program does not.
    """
    with connected(admin_dsn) as connection:
        return [plan_of(connection, service) for service in SERVICES]


def plan_of(connection: Connection, service: str) -> Plan:
    """What is to be done for one service."""

    def exists(query: str) -> bool:
        return connection.exec_driver_sql(query, (service,)).first() is not None

    role = exists("SELECT 1 FROM pg_roles WHERE rolname = %s")
    schema = exists("SELECT 1 FROM pg_namespace WHERE nspname = %s")
    context = MigrationContext.configure(connection, opts={"version_table_schema": service})
    revision = context.get_current_revision() if schema else None
    script = ScriptDirectory.from_config(config(service))
    known = list(reversed(list(script.walk_revisions())))
    if revision is not None and revision not in {step.revision for step in known}:
        raise CommandError(
            f"Schema {service} stands at revision {revision}, which this version does not know: "
            "it was migrated by a newer one. Run that version; data were not touched."
        )
    names = [step.revision for step in known]
    pending = known[names.index(revision) + 1 :] if revision else known
    missing = tuple(word for word, there in (("role", role), ("schema", schema)) if not there)
    return Plan(service, missing, revision, tuple((step.revision, step.doc) for step in pending))


def apply(admin_dsn: str, passwords: Mapping[str, str]) -> list[Plan]:
    """Make roles and schemas and run what is pending; returns the plans that were carried out.

    Raises:
        CommandError: the database refuses; says what.
    """
    with connected(admin_dsn) as connection:
        connection.exec_driver_sql("SELECT pg_advisory_lock(%s)", (LOCK,))
        try:
            plans = [plan_of(connection, service) for service in SERVICES]
            for step in plans:
                make_room(connection, step.service, passwords[step.service])
                if step.pending:
                    upgrade(service_dsn(admin_dsn, step.service, passwords[step.service]), step.service)
        finally:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (LOCK,))
    return plans


def make_room(connection: Connection, service: str, password: str) -> None:
    """The service's login role and its schema, closed to everybody else; the password is set anew each time."""
    role, secret = sql.Identifier(service), sql.Literal(password)
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    known = raw.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [service]).fetchone()
    verb = sql.SQL("ALTER" if known else "CREATE")
    try:
        raw.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, secret))
        raw.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        raw.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(role, role))
        raw.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(role))
        raw.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(role, role))
    except psycopg.errors.InsufficientPrivilege as error:
        raise CommandError(
            f"The role of SUNLIT_DATABASE may not make the role and schema of {service} ({str(error).strip()}): "
            "give it CREATEROLE and CREATE on the database, or make them by hand as docs/operations.md says."
        ) from error


def upgrade(dsn: str, service: str, schema: str | None = None) -> None:
    """Run the pending revisions of one service as its own role; a lock that is not had within 3 s fails the run.

    Args:
        schema: where to; default the service's own.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET search_path = {schema or service}; SET lock_timeout = '3s'")
        connection.commit()
        settings = config(service)
        settings.set_main_option("schema", schema or service)
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        connection.commit()


def config(service: str) -> Config:
    """The section of alembic.ini that belongs to a service."""
    return Config(ROOT / "alembic.ini", ini_section=service)


@contextmanager
def connected(dsn: str) -> Iterator[Connection]:
    """An autocommit connection as the administrator.

    Raises:
        CommandError: the database does not answer.
    """
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn, connect_timeout=5),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    try:
        connection = engine.connect()
    except Exception as error:
        raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from error
    with connection:
        yield connection
