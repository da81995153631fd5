"""Feeds: what is known of a case between messages, letters of feeds, keys of hall systems, facts of paused sources."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "ALTER TABLE reference DROP CONSTRAINT reference_kind_check",
    """
    ALTER TABLE reference ADD CONSTRAINT reference_kind_check
    CHECK (kind IN ('region', 'org', 'item', 'calendar', 'source'))
    """,
    # Some kinds of messages name neither organisation nor region: what the case's earlier messages said.
    """
    CREATE TABLE feed_case (
        source text NOT NULL,
        case_no text NOT NULL,
        item_code text,
        org_code text,
        region_code text,
        PRIMARY KEY (source, case_no)
    )
    """,
    # The place of a refused message among the dead letters (topic `feed.<flavour>`), and its receipt number.
    "CREATE SEQUENCE feed_letter",
    # Keys of hall systems: only a keyed hash of the secret is kept.
    """
    CREATE TABLE api_key (
        kid text PRIMARY KEY,
        source text NOT NULL,
        name text NOT NULL,
        secret_hash bytea NOT NULL,
        regions text[] NOT NULL DEFAULT '{}',
        orgs text[] NOT NULL DEFAULT '{}',
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        revoked_by text
    )
    """,
    "CREATE INDEX api_key_source ON api_key (source) WHERE revoked_at IS NULL",
    # What a paused source has sent: checked, sealed and stamped, and not passed on until the source is resumed.
    """
    CREATE TABLE held_fact (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        id text NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        type text NOT NULL,
        payload bytea NOT NULL
    )
    """,
    "CREATE INDEX held_fact_source ON held_fact (source, seq)",
)


def upgrade() -> None:
    """Forward."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Back; sources that were registered are forgotten."""
    op.execute("DROP TABLE held_fact")
    op.execute("DROP TABLE api_key")
    op.execute("DROP SEQUENCE feed_letter")
    op.execute("DROP TABLE feed_case")
    op.execute("DELETE FROM reference WHERE kind = 'source'")
    op.execute("ALTER TABLE reference DROP CONSTRAINT reference_kind_check")
    op.execute(
        "ALTER TABLE reference ADD CONSTRAINT reference_kind_check"
        " CHECK (kind IN ('region', 'org', 'item', 'calendar'))"
    )
