"""Reference data as evidence, the office's own rule versions, and what a case says of other cases."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Every version that approval ever published; `body` is the event's data as it came.
    """
    CREATE TABLE reference (
        kind text NOT NULL,
        code text NOT NULL,
        version integer NOT NULL,
        body jsonb NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (kind, code, version)
    )
    """,
    # Draft, then approved by another person, then effective (decision 34); nothing is changed after the approval.
    """
    CREATE TABLE rule_version (
        rule_id text NOT NULL,
        version text NOT NULL,
        state text NOT NULL CHECK (state IN ('draft', 'approved', 'discarded')),
        body jsonb NOT NULL,
        author text NOT NULL,
        drafted_at timestamptz NOT NULL,
        approver text,
        approved_at timestamptz,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (rule_id, version)
    )
    """,
    "ALTER TABLE case_file ADD COLUMN original_case_no text",
    "ALTER TABLE case_file ADD COLUMN is_limited boolean",
    "CREATE INDEX case_queue ON case_file (item_code, accepted_at) WHERE is_limited",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX case_queue")
    op.execute("ALTER TABLE case_file DROP COLUMN is_limited")
    op.execute("ALTER TABLE case_file DROP COLUMN original_case_no")
    op.execute("DROP TABLE rule_version")
    op.execute("DROP TABLE reference")
