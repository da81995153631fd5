"""What the review desk and the operators' page read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from libs.common.runtime.database import Tx
from services.disclosure.store.tables import record, review

OPEN_STATES = ("open", "seconding", "escalated")
STATES = (*OPEN_STATES, "approved", "withheld", "superseded")
# `held` asks for everything that still waits for somebody
WAITING = "held"


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One row of the review desk."""

    review_id: str
    record_id: str
    subject: str
    kind: str
    state: str
    org_code: str
    org_name: str
    title: str
    reason: str
    reason_en: str
    ground: str
    original: Mapping[str, Any]
    public: Mapping[str, Any]
    masked: Sequence[Mapping[str, Any]]
    persons: Sequence[str]
    due_on: date | None
    held_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person at the desk may see; empty = everything."""

    orgs: tuple[str, ...] = ()


_COLUMNS = [review.c[name] for name in ReviewRow.__dataclass_fields__]


async def reviews(
    tx: Tx, states: Sequence[str], scope: Scope, limit: int, after: tuple[str, str] | None = None
) -> tuple[list[ReviewRow], tuple[str, str] | None]:
    """A page of reviews, the longest waiting first, and the place of the last one when more follow."""
    query = sa.select(*_COLUMNS, sa.cast(review.c.held_at, sa.Text).label("place")).where(review.c.state.in_(states))
    query = query.where(*_within(scope))
    if after is not None:
        given = sa.tuple_(sa.cast(after[0], review.c.held_at.type), sa.literal(after[1]))
        query = query.where(sa.tuple_(review.c.held_at, review.c.review_id) > given)
    rows = (await tx.execute(query.order_by(review.c.held_at, review.c.review_id).limit(limit + 1))).all()
    more = len(rows) > limit
    return [_review(row) for row in rows[:limit]], (rows[limit - 1].place, rows[limit - 1].review_id) if more else None


async def one_review(tx: Tx, review_id: str, scope: Scope) -> ReviewRow | None:
    """One review within the scope of the person who asks."""
    query = sa.select(*_COLUMNS).where(review.c.review_id == review_id, *_within(scope))
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _review(row)


async def waiting(tx: Tx, scope: Scope, today: date) -> Mapping[str, int]:
    """How many reviews wait by state, and how many of them are past their day."""
    query = (
        sa.select(review.c.state, sa.func.count(), sa.func.count().filter(review.c.due_on < today))
        .where(review.c.state.in_(OPEN_STATES), *_within(scope))
        .group_by(review.c.state)
    )
    rows = (await tx.execute(query)).all()
    counts = {state: number for state, number, _ in rows}
    return {state: counts.get(state, 0) for state in OPEN_STATES} | {"late": sum(late for _, _, late in rows)}


async def by_state(tx: Tx) -> Mapping[tuple[str, str], int]:
    """Records by (kind, state), for the operators' page."""
    query = sa.select(record.c.kind, record.c.state, sa.func.count()).group_by(record.c.kind, record.c.state)
    return {(kind, state): number for kind, state, number in await tx.execute(query)}


async def org_of_record(tx: Tx, record_id: str) -> str | None:
    """The organisation whose record it is."""
    return (await tx.execute(sa.select(record.c.org_code).where(record.c.record_id == record_id))).scalar_one_or_none()


def _within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    return [review.c.org_code.in_(scope.orgs)] if scope.orgs else []


def _review(row: Any) -> ReviewRow:
    return ReviewRow(**{name: getattr(row, name) for name in ReviewRow.__dataclass_fields__})
