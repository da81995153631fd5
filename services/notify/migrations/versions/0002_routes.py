"""Why a notification went where it went, and when a delivery was settled in legal time.

Revision ID: notify_0002
"""

from __future__ import annotations

from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE notification ADD COLUMN route_path text NOT NULL DEFAULT '/'")
    op.execute("ALTER TABLE notification ADD COLUMN route_words text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE delivery ADD COLUMN settled_legal_at timestamptz")
    # a later notification of the same group takes the place of an earlier one
    op.execute("CREATE INDEX notification_group ON notification (group_id, made_at DESC)")


def downgrade() -> None:
    op.execute("DROP INDEX notification_group")
    op.execute("ALTER TABLE delivery DROP COLUMN settled_legal_at")
    op.execute("ALTER TABLE notification DROP COLUMN route_words")
    op.execute("ALTER TABLE notification DROP COLUMN route_path")
