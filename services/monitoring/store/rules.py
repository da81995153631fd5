"""Versions of rules: drafted by one person, approved by another, effective from a day on (decision 34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.monitoring.domain.rules.rule import Rule, RuleBook

_MARK = text("SELECT COALESCE(max(seq), 0), count(*) FILTER (WHERE state = 'approved') FROM rule_version")
_APPROVED = text("SELECT body FROM rule_version WHERE state = 'approved' ORDER BY seq")
_OF_RULE = text(
    "SELECT rule_id, version, state, body, author, drafted_at, approver, approved_at FROM rule_version"
    " WHERE rule_id = :rule_id ORDER BY seq"
)
_DRAFT = text(
    "SELECT rule_id, version, state, body, author, drafted_at, approver, approved_at FROM rule_version"
    " WHERE rule_id = :rule_id AND state = 'draft' ORDER BY seq DESC LIMIT 1 FOR UPDATE"
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('rule:' || :rule_id, 0))")
_DISCARD = text("UPDATE rule_version SET state = 'discarded' WHERE rule_id = :rule_id AND state = 'draft'")
_NEXT = text("SELECT count(*) + 2 FROM rule_version WHERE rule_id = :rule_id")
_ADD = text(
    "INSERT INTO rule_version (rule_id, version, state, body, author, drafted_at)"
    " VALUES (:rule_id, :version, 'draft', CAST(:body AS jsonb), :author, :now)"
)
_APPROVE = text(
    "UPDATE rule_version SET state = 'approved', approver = :approver, approved_at = :now, body = CAST(:body AS jsonb)"
    " WHERE rule_id = :rule_id AND version = :version"
)
# Cases that may be judged otherwise from now on: open ones, and what ended since the version holds.
_JUDGE_AGAIN = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT 'cases', case_no, 'rules', :now FROM case_file
    WHERE ended_at IS NULL OR CAST(:since AS date) IS NULL OR ended_on >= CAST(:since AS date)
    ORDER BY case_no
    ON CONFLICT (line, subject, kind) DO NOTHING
    """
)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version as it lies in the table; `rule` carries author and approver once approved."""

    rule: Rule
    state: str
    author: str
    drafted_at: datetime
    approver: str | None
    approved_at: datetime | None


class RuleReader:
    """The shipped rules and the office's approved versions; read again when one was approved."""

    def __init__(self, shipped: RuleBook) -> None:
        self._shipped = shipped
        self._mark: tuple[int, int] = (0, 0)
        self._book = shipped

    async def read(self, tx: Tx) -> RuleBook:
        """The book as it stands."""
        last, approved = (await tx.execute(_MARK)).one()
        mark = (int(last), int(approved))
        if mark != self._mark:
            book = self._shipped
            for row in await tx.execute(_APPROVED):
                book = book.with_version(read_rule(row.body))
            self._mark, self._book = mark, book
        return self._book


def read_rule(body: Mapping[str, Any]) -> Rule:
    """A rule from its stored body."""
    return msgspec.convert(body, Rule, strict=False)


def write_rule(rule: Rule) -> str:
    """A rule as JSON text."""
    return msgspec.json.encode(rule).decode()


async def versions(tx: Tx, rule_id: str) -> Sequence[StoredVersion]:
    """Every version of a rule that the office ever drafted, oldest first."""
    return [_stored(row) for row in await tx.execute(_OF_RULE, {"rule_id": rule_id})]


async def draft_of(tx: Tx, rule_id: str) -> StoredVersion | None:
    """The draft that waits for approval, locked."""
    row = (await tx.execute(_DRAFT, {"rule_id": rule_id})).one_or_none()
    return _stored(row) if row is not None else None


async def put_draft(tx: Tx, rule: Rule, author: str, now: datetime) -> str:
    """Keeps a draft in the place of an earlier one; returns its version."""
    await tx.execute(_LOCK, {"rule_id": rule.id})
    await tx.execute(_DISCARD, {"rule_id": rule.id})
    version = str((await tx.execute(_NEXT, {"rule_id": rule.id})).scalar_one())
    body = write_rule(replace(rule, version=version))
    await tx.execute(_ADD, {"rule_id": rule.id, "version": version, "body": body, "author": author, "now": now})
    return version


async def approve(tx: Tx, rule: Rule, approver: str, now: datetime) -> None:
    """Puts a version in force; files that it may judge otherwise become due."""
    values = {"rule_id": rule.id, "version": rule.version, "approver": approver, "now": now, "body": write_rule(rule)}
    await tx.execute(_APPROVE, values)
    await tx.execute(_JUDGE_AGAIN, {"now": now, "since": rule.effective_from})


def _stored(row: Any) -> StoredVersion:
    return StoredVersion(read_rule(row.body), row.state, row.author, row.drafted_at, row.approver, row.approved_at)
