"""Silences, alerts of others, what each audience was told, signatures by post, chains, held and merged deliveries.

Revision ID: notify_0003
"""

from __future__ import annotations

from alembic import op

revision = "notify_0003"
down_revision = "notify_0002"
branch_labels = None
depends_on = None

UP = (
    """
    ALTER TABLE alert ADD COLUMN expires_at timestamptz, ADD COLUMN generator_url text NOT NULL DEFAULT '',
        ADD COLUMN timeout boolean NOT NULL DEFAULT false
    """,
    "DROP INDEX alert_firing",
    "CREATE INDEX alert_firing ON alert (expires_at) WHERE ends_at IS NULL",
    # receivers that hear of ends and receivers that do not are remembered apart
    "UPDATE alert_group SET told = jsonb_build_object('all', told, 'firing', told) WHERE told IS NOT NULL",
    """
    ALTER TABLE alert_group ADD COLUMN flushed boolean NOT NULL DEFAULT false, ADD COLUMN emptied_at timestamptz
    """,
    "UPDATE alert_group SET flushed = true WHERE told IS NOT NULL",
    "ALTER TABLE alert_group_member ADD COLUMN muted_by text",
    """
    CREATE TABLE silence (
        silence_id text PRIMARY KEY,
        matchers jsonb NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        created_by text NOT NULL,
        comment text NOT NULL,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX silence_ends ON silence (ends_at)",
    """
    ALTER TABLE notification ADD COLUMN chain text NOT NULL DEFAULT '',
        ADD COLUMN everyone boolean NOT NULL DEFAULT false, ADD COLUMN step integer NOT NULL DEFAULT 0
    """,
    """
    CREATE TABLE signature (
        notification_id text NOT NULL REFERENCES notification,
        post text NOT NULL,
        by text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (notification_id, post)
    )
    """,
    "ALTER TABLE delivery DROP CONSTRAINT delivery_state_check",
    """
    ALTER TABLE delivery ADD CONSTRAINT delivery_state_check CHECK (state IN ('pending', 'sent', 'failed', 'merged')),
        ADD COLUMN address jsonb, ADD COLUMN held boolean NOT NULL DEFAULT false, ADD COLUMN merged_into text,
        ADD COLUMN dedupe_key text NOT NULL DEFAULT ''
    """,
    "DROP INDEX delivery_pending",
    # riders wait for their host and are never looked for by their own moment
    "CREATE INDEX delivery_pending ON delivery (next_at) WHERE state = 'pending' AND merged_into IS NULL",
    "CREATE INDEX delivery_riders ON delivery (merged_into) WHERE merged_into IS NOT NULL",
    "CREATE INDEX delivery_said ON delivery (dedupe_key) WHERE dedupe_key <> ''",
    "CREATE TABLE bucket (target text PRIMARY KEY, tokens double precision NOT NULL, at timestamptz NOT NULL)",
)
DOWN = (
    "DROP TABLE bucket",
    "DROP INDEX delivery_said",
    "DROP INDEX delivery_riders",
    "DROP INDEX delivery_pending",
    "UPDATE delivery SET state = 'sent' WHERE state = 'merged'",
    "ALTER TABLE delivery DROP CONSTRAINT delivery_state_check",
    """
    ALTER TABLE delivery ADD CONSTRAINT delivery_state_check CHECK (state IN ('pending', 'sent', 'failed')),
        DROP COLUMN address, DROP COLUMN held, DROP COLUMN merged_into, DROP COLUMN dedupe_key
    """,
    "CREATE INDEX delivery_pending ON delivery (next_at) WHERE state = 'pending'",
    "DROP TABLE signature",
    "ALTER TABLE notification DROP COLUMN chain, DROP COLUMN everyone, DROP COLUMN step",
    "DROP TABLE silence",
    "ALTER TABLE alert_group_member DROP COLUMN muted_by",
    "UPDATE alert_group SET told = told -> 'all'",
    "ALTER TABLE alert_group DROP COLUMN flushed, DROP COLUMN emptied_at",
    "DROP INDEX alert_firing",
    "CREATE INDEX alert_firing ON alert (updated_at) WHERE ends_at IS NULL",
    "ALTER TABLE alert DROP COLUMN expires_at, DROP COLUMN generator_url, DROP COLUMN timeout",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
