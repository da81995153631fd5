"""The spine's tables, made by revision 0001 of every service: `create_spine(op)`."""

from __future__ import annotations

from typing import Protocol

INBOX = """
CREATE TABLE inbox (
    source text NOT NULL,
    id text NOT NULL,
    digest bytea NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (source, id)
)
"""

SPINE = (
    # Facts wait here for the relay; a row is deleted after the broker's ack. `seq` orders the rows of one transaction
    # and of one key (whoever adds to a key holds its row lock); across keys it says nothing.
    """
    CREATE TABLE outbox (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id text NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        type text NOT NULL,
        payload bytea NOT NULL,
        appended_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    # Moments at which a subject must be looked at again.
    """
    CREATE TABLE due (
        line text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        due_at timestamptz NOT NULL,
        waits_for text,
        PRIMARY KEY (line, subject, kind)
    )
    """,
    "CREATE INDEX due_awake ON due (line, due_at) WHERE waits_for IS NULL",
    "CREATE INDEX due_asleep ON due (waits_for, due_at) WHERE waits_for IS NOT NULL",
    # What could not be understood or done, whole, until a person settles it.
    """
    CREATE TABLE dead_letter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        line text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        key text,
        stored_at timestamptz NOT NULL,
        raw bytea,
        headers jsonb NOT NULL,
        code text NOT NULL,
        problems jsonb NOT NULL,
        attempts integer NOT NULL,
        state text NOT NULL CHECK (state IN ('parked', 'behind', 'replayed', 'discarded')),
        reason text,
        by text,
        parked_at timestamptz NOT NULL,
        settled_at timestamptz,
        UNIQUE (topic, partition, "offset"),
        CHECK (state <> 'discarded' OR (reason IS NOT NULL AND by IS NOT NULL))
    )
    """,
    "CREATE INDEX dead_letter_open ON dead_letter (key, id) WHERE state IN ('parked', 'behind')",
    # How far the effects reach, in the transaction of the effects (`consumer_group`, topic, partition).
    """
    CREATE TABLE next_offset (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (consumer_group, topic, partition)
    )
    """,
)


class Executes(Protocol):
    """What alembic's `op` offers here."""

    def execute(self, sqltext: str) -> object: ...


def create_spine(op: Executes, inbox: bool = True) -> None:
    """Create outbox, due, dead_letter, next_offset and, unless the service's archive is its inbox, inbox."""
    for statement in (*((INBOX,) if inbox else ()), *SPINE):
        op.execute(statement)


def drop_spine(op: Executes, inbox: bool = True) -> None:
    """The way back."""
    for table in ("next_offset", "dead_letter", "due", "outbox", *(("inbox",) if inbox else ())):
        op.execute(f"DROP TABLE {table}")
