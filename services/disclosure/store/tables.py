"""The tables of the schema `disclosure` (the spine's own tables come from the runtime)."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

metadata = sa.MetaData()
Instant = sa.DateTime(timezone=True)

# the set of acts and deeds of one case, and how far its records have come
record_file = sa.Table(
    "record_file",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("acts", JSONB, nullable=False),
    sa.Column("deeds", JSONB, nullable=False),
    sa.Column("records", JSONB, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("touched_at", Instant, nullable=False),
)

# one row per record: where it stands and what a visitor is shown; release 0 = never public
record = sa.Table(
    "record",
    metadata,
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("release", sa.Integer, nullable=False),
    sa.Column("fields", JSONB, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("decision_no", sa.Text),
    sa.Column("decided_on", sa.Date, nullable=False),
    sa.Column("org_code", sa.Text, nullable=False),
    sa.Column("org_name", sa.Text, nullable=False),
    sa.Column("party_code", sa.Text),
    sa.Column("judgement", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("reason_en", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("decision_hash", sa.Text, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("first_published_at", Instant),
    sa.Column("published_at", Instant),
    sa.Column("haystack", sa.Text, nullable=False),
    sa.Column("grams", TSVECTOR, nullable=False),
)

# immutable: what the public was told, one row per release
release = sa.Table(
    "release",
    metadata,
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("release", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("reason_en", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("judgement", sa.Text, nullable=False),
    sa.Column("decision_hash", sa.Text, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("hides_earlier", sa.Boolean, nullable=False),
    sa.Column("by", ARRAY(sa.Text), nullable=False),
    sa.Column("leaf_index", sa.BigInteger, nullable=False, unique=True),
)

# the review desk: one row per held copy
review = sa.Table(
    "review",
    metadata,
    sa.Column("review_id", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("org_code", sa.Text, nullable=False),
    sa.Column("org_name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("reason_en", sa.Text, nullable=False),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("original", JSONB, nullable=False),
    sa.Column("public", JSONB, nullable=False),
    sa.Column("masked", JSONB, nullable=False),
    sa.Column("persons", ARRAY(sa.Text), nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("held_at", Instant, nullable=False),
    sa.Column("settled_at", Instant),
)

# the transparency log: exact leaf bytes, hashes of complete subtrees, the signed head (one row, locked by appenders)
log_leaf = sa.Table(
    "log_leaf",
    metadata,
    sa.Column("leaf_index", sa.BigInteger, primary_key=True),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("release", sa.Integer, nullable=False),
)
log_node = sa.Table(
    "log_node",
    metadata,
    sa.Column("level", sa.SmallInteger, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
log_head = sa.Table(
    "log_head",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("checkpoint", sa.Text, nullable=False),
    sa.Column("at", Instant),
)

# what a visitor may see; the portal, the public API, the feeds and the read-back read nothing else
public_record = sa.Table(
    "public_record",
    sa.MetaData(),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("release", sa.Integer),
    sa.Column("fields", JSONB),
    sa.Column("title", sa.Text),
    sa.Column("decision_no", sa.Text),
    sa.Column("decided_on", sa.Date),
    sa.Column("org_code", sa.Text),
    sa.Column("org_name", sa.Text),
    sa.Column("party_code", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("reason_en", sa.Text),
    sa.Column("ground", sa.Text),
    sa.Column("first_published_at", Instant),
    sa.Column("published_at", Instant),
    sa.Column("haystack", sa.Text),
    sa.Column("grams", TSVECTOR),
)
