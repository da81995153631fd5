"""Same by hash (decision 37): what a platform has come to, as one number per part, whatever the order it came in.

Two runs of one seed, a disturbed run and an undisturbed one, a life and its rebuild are compared by these hashes. Only
business fields count (docs/architecture.md, "Same by hash"): no sequence numbers, no instants of issue, no leaf order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from libs.ops.roster import SERVICES

# A part → the query whose rows are hashed. Each row is one text; the order of rows does not count.
PARTS: Mapping[str, str] = {
    # every event that was taken in, once (without its digest: what is sealed in it differs by key and nonce; the
    # receipts hold the digest of what came in)
    "events": "SELECT source, id, type, subject, happened_at FROM approval.event"
    " WHERE type LIKE 'hall.%' AND type <> 'hall.source.heartbeat'",
    # every receipt that the intake gave
    "receipts": "SELECT r.source, r.id, encode(r.digest, 'hex') FROM approval.receipt r JOIN approval.event e"
    " USING (source, id) WHERE e.type <> 'hall.source.heartbeat'",
    # final state and clocks of every case
    "cases": "SELECT case_no, kind, source, region_code, org_code, item_code, case_kind, state, result, accepted_on,"
    " ended_at, due_on, due_at, notice_at, yellow_at, red_at, final_light FROM approval.case_file",
    # what supervision has counted for itself
    "supervised": "SELECT case_no, kind, source, org_code, item_code, accepted_on, promise_due_on, legal_due_on,"
    " notice_on, yellow_on, red_on, pauses, ended_on, result FROM monitoring.case_file",
    # public records as they stand
    "records": "SELECT record_id, subject, kind, state, status, release, fields, title, decision_no, decided_on,"
    " org_code, judgement, ground, policy_version, due_on FROM disclosure.record",
    # and every release of them
    "releases": "SELECT record_id, release, subject, kind, action, content, reason, ground, judgement, policy_version,"
    " due_on FROM disclosure.release",
    # every card, with the instant at which it became true
    "cards": "SELECT card_id, case_no, rule_id, family, severity, state, org_code, item_code, became_true_at"
    " FROM monitoring.card",
    # who was told of which alert, firing and resolved
    "notifications": "SELECT DISTINCT n.receiver, d.channel, d.target, a ->> 'fingerprint', a ->> 'status'"
    " FROM notify.notification n JOIN notify.delivery d USING (notification_id), jsonb_array_elements(n.alerts) a",
}
# what must not be there more than once, and whatever is still on its way
DOUBLES: Mapping[str, str] = {
    "log leaves": "SELECT count(*) - count(DISTINCT (record_id, release)) FROM disclosure.log_leaf",
    "releases without a leaf": "SELECT count(*) FROM disclosure.release r LEFT JOIN disclosure.log_leaf l"
    " USING (record_id, release) WHERE l.leaf_index IS NULL",
    "deliveries of one notification to one address": "SELECT count(*) - count(DISTINCT (notification_id, channel,"
    " target)) FROM notify.delivery",
}
PENDING = "SELECT count(*) FROM notify.delivery WHERE state = 'pending'"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what a platform has come to.

    Args:
        rows: how many rows count.
        sha256: hash over the sorted hashes of the rows, in hex.
    """

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All parts of a platform.

    Args:
        parts: by name, in the order of `PARTS`.
        doubled: what was found more than once, in words; empty when all is well.
        parked: dead letters that nobody has settled, of all services.
        pending: deliveries still on their way.
    """

    parts: Mapping[str, Part]
    doubled: tuple[str, ...]
    parked: int
    pending: int

    def differs_from(self, other: Fingerprint) -> tuple[str, ...]:
        """The parts that are not the same."""
        return tuple(name for name, part in self.parts.items() if other.parts.get(name) != part)


def fingerprint(admin_dsn: str) -> Fingerprint:
    """Read a platform's fingerprint in one snapshot of its database; ask it behind a barrier (`sunlit wait`)."""
    with psycopg.connect(admin_dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET TIME ZONE 'UTC'")
        parts = {name: part_of(rows_of(connection, query)) for name, query in PARTS.items()}
        doubled = tuple(
            f"{count} {name}" for name, query in DOUBLES.items() if (count := number_of(connection, sql.SQL(query)))
        )
        letters = sql.SQL("SELECT count(*) FROM {}.dead_letter WHERE state IN ('parked', 'behind')")
        parked = sum(number_of(connection, letters.format(sql.Identifier(service))) for service in SERVICES)
        return Fingerprint(parts, doubled, parked, number_of(connection, sql.SQL(PENDING)))


def part_of(rows: Iterable[str]) -> Part:
    """Hash of rows in whatever order they come. Pure.

    >>> part_of(["b", "a"]) == part_of(["a", "b"])
    True
    """
    hashes = sorted(hashlib.sha256(row.encode()).digest() for row in rows)
    return Part(len(hashes), hashlib.sha256(b"".join(hashes)).hexdigest())


def rows_of(connection: psycopg.Connection[tuple[str]], query: str) -> Iterable[str]:
    """The rows of a query as texts, a piece at a time."""
    asked = sql.SQL("SELECT r::text FROM ({}) AS r").format(sql.SQL(query))
    with connection.cursor(name="part") as cursor:
        cursor.itersize = 5000
        cursor.execute(asked)
        for (row,) in cursor:
            yield row


def number_of(connection: psycopg.Connection[tuple[str]], query: sql.SQL | sql.Composed) -> int:
    """The one number that a query answers."""
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
