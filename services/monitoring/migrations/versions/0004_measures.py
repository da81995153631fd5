"""What the measures count beside a case: working days used and allowed, service point, rating."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = {
    "used_days": "integer",
    "promise_days": "integer",
    "legal_days": "integer",
    "service_point": "text",
    "grade": "smallint",
    "is_default_grade": "boolean",
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE case_file ADD COLUMN {name} {kind}")
    op.execute("CREATE INDEX case_opened ON case_file (opened_at) WHERE kind = 'case'")


def downgrade() -> None:
    op.execute("DROP INDEX case_opened")
    for name in COLUMNS:
        op.execute(f"ALTER TABLE case_file DROP COLUMN {name}")
