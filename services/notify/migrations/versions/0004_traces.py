"""The trace that led to an alert, so that its delivery goes on with it.

Revision ID: notify_0004
"""

from __future__ import annotations

from alembic import op

revision = "notify_0004"
down_revision = "notify_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE alert ADD COLUMN traceparent text")


def downgrade() -> None:
    op.execute("ALTER TABLE alert DROP COLUMN traceparent")
