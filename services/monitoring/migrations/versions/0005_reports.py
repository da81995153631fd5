"""Reports as they were first given: a report that is asked for again says the same, with corrections beside it."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE report (
            kind text NOT NULL,
            period text NOT NULL,
            org text NOT NULL DEFAULT '',
            given_at timestamptz NOT NULL,
            body jsonb NOT NULL,
            PRIMARY KEY (kind, period, org)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE report")
