"""Record files, records, releases, the review desk and the transparency log."""

from __future__ import annotations

from alembic import op

from libs.common.runtime.spine_schema import create_spine, drop_spine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE record_file (
        subject text PRIMARY KEY,
        acts jsonb NOT NULL,
        deeds jsonb NOT NULL,
        records jsonb NOT NULL,
        version bigint NOT NULL,
        touched_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE record (
        record_id text PRIMARY KEY,
        subject text NOT NULL,
        kind text NOT NULL,
        state text NOT NULL CHECK (state IN ('none', 'held', 'withheld', 'public', 'withdrawn', 'expired')),
        status text NOT NULL CHECK (status IN ('', 'published', 'corrected', 'withdrawn', 'expired')),
        release integer NOT NULL CHECK (release >= 0),
        fields jsonb NOT NULL,
        title text NOT NULL,
        decision_no text,
        decided_on date NOT NULL,
        org_code text NOT NULL,
        org_name text NOT NULL,
        party_code text,
        judgement text NOT NULL,
        reason text NOT NULL,
        reason_en text NOT NULL,
        ground text NOT NULL,
        decision_hash text NOT NULL,
        policy_version text NOT NULL,
        due_on date,
        first_published_at timestamptz,
        published_at timestamptz,
        haystack text NOT NULL,
        grams tsvector NOT NULL,
        CHECK ((release = 0) = (status = ''))
    )
    """,
    # the portal's newest first, by kind and by organisation; the full text; the day of the decision
    "CREATE INDEX record_newest ON record (published_at, record_id) WHERE release > 0",
    "CREATE INDEX record_newest_of_kind ON record (kind, published_at, record_id) WHERE release > 0",
    "CREATE INDEX record_newest_of_org ON record (org_code, published_at, record_id) WHERE release > 0",
    "CREATE INDEX record_decided ON record (decided_on, record_id)",
    "CREATE INDEX record_party ON record (party_code) WHERE party_code IS NOT NULL AND release > 0",
    "CREATE INDEX record_state ON record (state) WHERE state IN ('held', 'withheld')",
    "CREATE INDEX record_grams ON record USING gin (grams)",
    # what a visitor may see: nothing else is read by the portal, the public API, the feeds and the read-back
    """
    CREATE VIEW public_record AS
    SELECT record_id, kind, status, release, fields, title, decision_no, decided_on, org_code, org_name, party_code,
           reason, reason_en, ground, first_published_at, published_at, haystack, grams
      FROM record
     WHERE release > 0
    """,
    """
    CREATE TABLE release (
        record_id text NOT NULL,
        release integer NOT NULL CHECK (release > 0),
        subject text NOT NULL,
        kind text NOT NULL,
        action text NOT NULL CHECK (action IN ('publish', 'correct', 'withdraw', 'expire')),
        at timestamptz NOT NULL,
        content text NOT NULL,
        salt text NOT NULL,
        reason text NOT NULL,
        reason_en text NOT NULL,
        ground text NOT NULL,
        judgement text NOT NULL,
        decision_hash text NOT NULL,
        policy_version text NOT NULL,
        due_on date,
        hides_earlier boolean NOT NULL,
        by text[] NOT NULL,
        leaf_index bigint NOT NULL UNIQUE,
        PRIMARY KEY (record_id, release)
    )
    """,
    """
    CREATE TABLE review (
        review_id text PRIMARY KEY,
        record_id text NOT NULL,
        subject text NOT NULL,
        kind text NOT NULL,
        state text NOT NULL
            CHECK (state IN ('open', 'seconding', 'escalated', 'approved', 'withheld', 'superseded')),
        org_code text NOT NULL,
        org_name text NOT NULL,
        title text NOT NULL,
        reason text NOT NULL,
        reason_en text NOT NULL,
        ground text NOT NULL,
        original jsonb NOT NULL,
        public jsonb NOT NULL,
        masked jsonb NOT NULL,
        persons text[] NOT NULL,
        due_on date,
        held_at timestamptz NOT NULL,
        settled_at timestamptz
    )
    """,
    "CREATE INDEX review_queue ON review (held_at, review_id) WHERE settled_at IS NULL",
    "CREATE INDEX review_record ON review (record_id)",
    """
    CREATE TABLE log_leaf (
        leaf_index bigint PRIMARY KEY,
        leaf bytea NOT NULL,
        record_id text NOT NULL,
        release integer NOT NULL,
        UNIQUE (record_id, release)
    )
    """,
    """
    CREATE TABLE log_node (
        level smallint NOT NULL,
        position bigint NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (level, position)
    )
    """,
    """
    CREATE TABLE log_head (
        id smallint PRIMARY KEY CHECK (id = 1),
        size bigint NOT NULL CHECK (size >= 0),
        root bytea NOT NULL,
        checkpoint text NOT NULL,
        at timestamptz
    )
    """,
    # the tree without leaves has the root SHA-256('') (RFC 6962 §2.1); it is signed with the first leaf
    """
    INSERT INTO log_head (id, size, root, checkpoint)
    VALUES (1, 0, decode('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'), '')
    """,
)


def upgrade() -> None:
    create_spine(op)
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP VIEW public_record")
    for table in ("log_head", "log_node", "log_leaf", "review", "release", "record", "record_file"):
        op.execute(f"DROP TABLE {table}")
    drop_spine(op)
