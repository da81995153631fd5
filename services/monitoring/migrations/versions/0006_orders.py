"""Supervision orders (督办): numbers without a gap by organisation and year, state and history."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE supervision_order (
            order_no text PRIMARY KEY,
            org_code text NOT NULL,
            year integer NOT NULL,
            number integer NOT NULL,
            state text NOT NULL,
            due_on date,
            issued_at timestamptz NOT NULL,
            body jsonb NOT NULL,
            UNIQUE (org_code, year, number)
        )
        """
    )
    op.execute("CREATE INDEX order_newest ON supervision_order (issued_at DESC, order_no DESC)")


def downgrade() -> None:
    op.execute("DROP TABLE supervision_order")
