"""The archive of what was read, case files with the columns of the board, cards with history, sources, regions."""

from __future__ import annotations

from alembic import op

from libs.common.runtime.spine_schema import create_spine, drop_spine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    # What the worker has read: inbox and archive in one row (decision 17).
    """
    CREATE TABLE event (
        source text NOT NULL,
        id text NOT NULL,
        digest bytea NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        received_at timestamptz NOT NULL,
        type text NOT NULL,
        subject text NOT NULL,
        happened_at timestamptz NOT NULL,
        raw bytea NOT NULL,
        PRIMARY KEY (source, id)
    )
    """,
    "CREATE INDEX event_subject ON event (subject, happened_at)",
    # The set of acts of a case, and the columns that board and lists compare with a date; no light is stored.
    """
    CREATE TABLE case_file (
        case_no text PRIMARY KEY,
        acts bytea NOT NULL,
        kind text,
        source text,
        region_code text,
        timezone text,
        org_code text,
        org_name text,
        item_code text,
        item_name text,
        case_kind text,
        submit_channel text,
        service_level text,
        by_proxy boolean,
        opened_at timestamptz,
        accepted_at timestamptz,
        accepted_on date,
        promise_due_on date,
        legal_due_on date,
        notice_on date,
        yellow_on date,
        red_on date,
        pauses datemultirange,
        ended_at timestamptz,
        ended_on date,
        result text,
        changed_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX case_open ON case_file (org_code) WHERE ended_at IS NULL AND kind = 'case'",
    "CREATE INDEX case_ended ON case_file (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX case_region ON case_file (region_code)",
    "CREATE INDEX case_source ON case_file (source) WHERE ended_at IS NULL",
    "CREATE INDEX case_turns ON case_file (yellow_on, red_on) WHERE ended_at IS NULL",
    """
    CREATE TABLE card (
        card_id text PRIMARY KEY,
        case_no text NOT NULL,
        rule_id text NOT NULL,
        family text NOT NULL,
        severity text NOT NULL,
        state text NOT NULL,
        org_code text NOT NULL,
        org_name text NOT NULL,
        item_code text,
        became_true_at timestamptz NOT NULL,
        issued_at timestamptz NOT NULL,
        changed_at timestamptz NOT NULL,
        body jsonb NOT NULL
    )
    """,
    "CREATE INDEX card_newest ON card (issued_at DESC, card_id DESC)",
    "CREATE INDEX card_case ON card (case_no)",
    "CREATE INDEX card_org ON card (org_code, severity, state)",
    # Every state that a card has had, so that a list answers as of any instant.
    """
    CREATE TABLE card_entry (
        card_id text NOT NULL REFERENCES card,
        at timestamptz NOT NULL,
        act text NOT NULL,
        state text NOT NULL,
        by text,
        note text,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (card_id, seq)
    )
    """,
    "CREATE INDEX card_entry_at ON card_entry (at)",
    """
    CREATE TABLE source (
        source text PRIMARY KEY,
        complete_up_to timestamptz,
        stale_since timestamptz,
        region_code text,
        interval_seconds double precision
    )
    """,
    """
    CREATE TABLE region (
        region_code text PRIMARY KEY,
        name text NOT NULL,
        timezone text NOT NULL,
        calendar text NOT NULL,
        preset text NOT NULL
    )
    """,
)


def upgrade() -> None:
    create_spine(op, inbox=False)
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in ("region", "source", "card_entry", "card", "case_file", "event"):
        op.execute(f"DROP TABLE {table}")
    drop_spine(op, inbox=False)
