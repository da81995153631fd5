"""First tables of notify: alerts, groups, notifications, deliveries, routing.

Revision ID: notify_0001
"""

from __future__ import annotations

from alembic import op

from libs.common.runtime.spine_schema import create_spine, drop_spine

revision = "notify_0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE alert (
        fingerprint text PRIMARY KEY,
        labels jsonb NOT NULL,
        annotations jsonb NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz,
        case_no text,
        org_code text,
        updated_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX alert_case ON alert (case_no) WHERE case_no IS NOT NULL",
    "CREATE INDEX alert_firing ON alert (updated_at) WHERE ends_at IS NULL",
    """
    CREATE TABLE alert_group (
        group_id text PRIMARY KEY,
        route_path text NOT NULL,
        receiver text NOT NULL,
        labels jsonb NOT NULL,
        told jsonb
    )
    """,
    """
    CREATE TABLE alert_group_member (
        group_id text NOT NULL REFERENCES alert_group ON DELETE CASCADE,
        fingerprint text NOT NULL REFERENCES alert,
        PRIMARY KEY (group_id, fingerprint)
    )
    """,
    # who must know it by when, over which ways, and what became of it
    """
    CREATE TABLE notification (
        notification_id text PRIMARY KEY,
        group_id text NOT NULL,
        receiver text NOT NULL,
        reason text NOT NULL,
        status text NOT NULL,
        severity text NOT NULL,
        title text NOT NULL,
        lines jsonb NOT NULL,
        alerts jsonb NOT NULL,
        made_at timestamptz NOT NULL,
        legal_at timestamptz NOT NULL,
        acknowledged_at timestamptz,
        acknowledged_by text,
        snoozed_until timestamptz
    )
    """,
    "CREATE INDEX notification_newest ON notification (made_at DESC, notification_id DESC)",
    "CREATE INDEX notification_alerts ON notification USING gin (alerts jsonb_path_ops)",
    """
    CREATE TABLE delivery (
        delivery_id text PRIMARY KEY,
        notification_id text NOT NULL REFERENCES notification,
        channel text NOT NULL,
        target text NOT NULL,
        body jsonb,
        state text NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
        attempts integer NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL,
        leased_until timestamptz,
        receipt text,
        error text,
        settled_at timestamptz
    )
    """,
    "CREATE INDEX delivery_pending ON delivery (next_at) WHERE state = 'pending'",
    "CREATE INDEX delivery_of ON delivery (notification_id)",
    "CREATE INDEX delivery_inbox ON delivery (target, delivery_id) WHERE channel = 'inbox'",
    """
    CREATE TABLE routing (
        version integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        document text NOT NULL,
        author text NOT NULL,
        effective_at timestamptz NOT NULL
    )
    """,
    "CREATE TABLE disabled_target (target text PRIMARY KEY, reason text NOT NULL, at timestamptz NOT NULL)",
)


def upgrade() -> None:
    create_spine(op)
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    for table in (
        "disabled_target",
        "routing",
        "delivery",
        "notification",
        "alert_group_member",
        "alert_group",
        "alert",
    ):
        op.execute(f"DROP TABLE {table}")
    drop_spine(op)
