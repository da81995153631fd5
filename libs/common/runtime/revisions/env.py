"""Alembic's environment, shared by the four services: alembic runs this file for every command.

`sunlit migrate` hands in an open connection of the service's own role; by hand, `SUNLIT_DATABASE` names it.
"""

from __future__ import annotations

import psycopg
from alembic import context
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from libs.common.runtime.settings import Settings


def run(connection: Connection, schema: str) -> None:
    """Run what the command asks for in one transaction per revision, so that a failed one leaves nothing."""
    context.configure(connection=connection, version_table_schema=schema, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the connection that was handed in, or make one."""
    schema = context.config.get_main_option("schema")
    assert schema, "each section of alembic.ini names its schema"
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given, schema)
        return
    dsn = Settings().dsn_direct
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f'SET search_path = "{schema}"')
        connection.commit()
        run(connection, schema)
        connection.commit()


main()
