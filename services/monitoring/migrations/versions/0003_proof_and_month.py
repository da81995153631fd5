"""How far the worker has come with what the halls sent, claims that wait for it, and hits of organisations by month."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Everything that stood on the topic at `processed_up_to` has had its effect, in every partition (decision 31).
    "CREATE TABLE progress (topic text PRIMARY KEY, processed_up_to timestamptz NOT NULL)",
    "ALTER TABLE source ADD COLUMN claims jsonb NOT NULL DEFAULT '[]'",
    # What counts for an organisation's month: hits of rules that are judged by pattern, by share, or by group.
    """
    CREATE TABLE hit (
        case_no text NOT NULL,
        rule_id text NOT NULL,
        occurrence text NOT NULL,
        org_code text NOT NULL,
        month date NOT NULL,
        severity text NOT NULL,
        grouping text,
        became_true_at timestamptz NOT NULL,
        evidence text[] NOT NULL,
        PRIMARY KEY (case_no, rule_id, occurrence)
    )
    """,
    "CREATE INDEX hit_month ON hit (org_code, month)",
    "CREATE INDEX case_org_ended ON case_file (org_code, ended_at) WHERE kind = 'case'",
    "CREATE INDEX case_original ON case_file (original_case_no) WHERE original_case_no IS NOT NULL",
    # When the hall first reported the case at all: S68 asks whether that was after its end.
    "ALTER TABLE case_file ADD COLUMN first_heard_at timestamptz",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE case_file DROP COLUMN first_heard_at")
    op.execute("DROP INDEX case_original")
    op.execute("DROP INDEX case_org_ended")
    op.execute("DROP TABLE hit")
    op.execute("ALTER TABLE source DROP COLUMN claims")
    op.execute("DROP TABLE progress")
