"""What an application says of its acceptance is kept until that comes: Shandong sends the limits first."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.execute("ALTER TABLE feed_case ADD COLUMN carried jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    """Back."""
    op.execute("ALTER TABLE feed_case DROP COLUMN carried")
