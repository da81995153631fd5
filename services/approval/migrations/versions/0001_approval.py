"""The archive of hall events, receipts, owners and keys of cases, case files, cards, reference data."""

from __future__ import annotations

from alembic import op

from libs.common.runtime.spine_schema import create_spine, drop_spine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = "COALESCE(due_at, 'infinity'::timestamptz)"

TABLES = (
    # What the worker has read: inbox and archive in one row (decision 17). Sealed and stamped, kept for ten years.
    """
    CREATE TABLE event (
        source text NOT NULL,
        id text NOT NULL,
        digest bytea NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        received_at timestamptz NOT NULL,
        type text NOT NULL,
        subject text NOT NULL,
        happened_at timestamptz NOT NULL,
        raw bytea NOT NULL,
        PRIMARY KEY (source, id)
    )
    """,
    "CREATE INDEX event_subject ON event (subject, happened_at)",
    # What the intake has taken, over HTTP or from a hall's own topic; never mistaken for the worker's inbox.
    """
    CREATE TABLE receipt (
        source text NOT NULL,
        id text NOT NULL,
        digest bytea NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        "offset" bigint NOT NULL,
        received_at timestamptz NOT NULL,
        PRIMARY KEY (source, id)
    )
    """,
    "CREATE INDEX receipt_heard ON receipt (source, received_at)",
    # Who may speak about a number (decision 10), and keyed hashes of what its applicant must know to look it up.
    """
    CREATE TABLE case_owner (
        case_no text PRIMARY KEY,
        source text NOT NULL,
        guests text[] NOT NULL DEFAULT '{}',
        code_hash bytea,
        id_tail_hash bytea
    )
    """,
    # Wrapped data keys (decision 26); deleting a case's rows shreds its persons' data everywhere.
    """
    CREATE TABLE case_key (
        case_no text NOT NULL,
        purpose text NOT NULL,
        wrapped text NOT NULL,
        PRIMARY KEY (case_no, purpose)
    )
    """,
    # The set of acts of a case, what was told of it, and the columns by which queues find it. The light is computed on
    # read from the instants at which it turns (decision 30).
    """
    CREATE TABLE case_file (
        case_no text PRIMARY KEY,
        revision bigint NOT NULL,
        acts bytea,
        told bytea,
        kind text CHECK (kind IN ('case', 'penalty')),
        source text,
        region_code text,
        org_code text,
        org_name text,
        item_code text,
        item_name text,
        project_name text,
        case_kind text,
        state text,
        result text,
        received_at timestamptz,
        accepted_on date,
        ended_at timestamptz,
        due_on date,
        due_at timestamptz,
        notice_at timestamptz,
        yellow_at timestamptz,
        red_at timestamptz,
        paused_from timestamptz,
        paused_until timestamptz,
        grey_from timestamptz,
        final_light text,
        changed_at timestamptz
    )
    """,
    # Lists are read in order of what is due first; a case without a due moment stands last.
    f"CREATE INDEX case_file_due ON case_file ({MOMENT}, case_no) WHERE kind = 'case'",
    f"CREATE INDEX case_file_org ON case_file (org_code, {MOMENT}, case_no) WHERE kind = 'case'",
    f"CREATE INDEX case_file_state ON case_file (state, {MOMENT}, case_no) WHERE kind = 'case'",
    f"CREATE INDEX case_file_item ON case_file (item_code, {MOMENT}, case_no) WHERE kind = 'case'",
    # The work in hand, of which the queues are counted: few rows however many cases have ended.
    "CREATE INDEX case_file_work ON case_file (org_code, state, due_at, due_on) WHERE kind = 'case' "
    "AND (ended_at IS NULL OR (state = 'completed' AND result = 'granted'))",
    # Supervision's cards as they stand, for the case page; supervision owns them.
    """
    CREATE TABLE card (
        card_id text PRIMARY KEY,
        case_no text,
        severity text NOT NULL,
        rule_id text NOT NULL,
        state text NOT NULL,
        changed_at timestamptz NOT NULL,
        version integer NOT NULL,
        event_id text NOT NULL,
        body jsonb NOT NULL
    )
    """,
    "CREATE INDEX card_case ON card (case_no) WHERE case_no IS NOT NULL",
    # Regions, organisations, items and calendar years: versions; at most one of a code is effective (decisions 20, 34).
    """
    CREATE TABLE reference (
        kind text NOT NULL CHECK (kind IN ('region', 'org', 'item', 'calendar')),
        code text NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        state text NOT NULL CHECK (state IN ('seen', 'draft', 'effective', 'superseded')),
        body jsonb NOT NULL,
        author text NOT NULL,
        approver text,
        changed_at timestamptz NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (kind, code, version),
        CHECK (approver IS NULL OR approver <> author)
    )
    """,
    "CREATE UNIQUE INDEX reference_in_force ON reference (kind, code) WHERE state IN ('seen', 'effective')",
    "CREATE INDEX reference_seq ON reference (seq)",
)
NAMES = ("event", "receipt", "case_owner", "case_key", "case_file", "card", "reference")


def upgrade() -> None:
    """Forward."""
    create_spine(op, inbox=False)
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Back."""
    for name in reversed(NAMES):
        op.execute(f"DROP TABLE {name}")
    drop_spine(op, inbox=False)
