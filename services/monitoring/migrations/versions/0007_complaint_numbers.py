"""Numbers of complaints that are entered at the desk itself."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE complaint_number (year integer, number integer, PRIMARY KEY (year, number))")


def downgrade() -> None:
    op.execute("DROP TABLE complaint_number")
