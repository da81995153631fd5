"""What the portal, the public API and the feeds read: the view `public_record` and the releases behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from libs.common.runtime.database import Tx
from services.disclosure.domain.search import query_grams, words_of
from services.disclosure.store.tables import public_record, record, release

SHOWN = ("published", "corrected")
# sort word -> column; a leading minus in the address turns the order round
SORTS: Mapping[str, sa.Column[Any]] = {
    "published_at": public_record.c.published_at,
    "first_published_at": public_record.c.first_published_at,
    "decided_on": public_record.c.decided_on,
}
DEFAULT_SORT = "-published_at"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor looks for; days are days of the decision, both ends included.

    Args:
        statuses: published · corrected · withdrawn · expired; empty = everything that has a public page.
    """

    kind: str | None = None
    q: str | None = None
    org: str | None = None
    from_on: date | None = None
    to_on: date | None = None
    party_code: str | None = None
    statuses: tuple[str, ...] = ()
    sort: str = DEFAULT_SORT


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """One row of the public view."""

    record_id: str
    kind: str
    status: str
    release: int
    fields: Mapping[str, Any]
    title: str
    decision_no: str | None
    decided_on: date
    org_code: str
    org_name: str
    reason: str
    reason_en: str
    ground: str
    first_published_at: datetime
    published_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One release as the public may read it; `fields` is None where the content is withdrawn from view."""

    release: int
    action: str
    at: datetime
    reason: str
    reason_en: str
    ground: str
    leaf_index: int
    salt: str | None
    content: str | None
    fields: Mapping[str, Any] | None
    persons: int
    due_on: date | None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of the home page, each with what it is counted of (from `since` on, by day of the decision).

    Args:
        permits_due: those published, and those whose day of publication has passed.
    """

    records: int
    permits_decided: int
    permits_public: int
    permits_due: int
    permits_in_time: int
    penalties_decided: int
    penalties_public: int
    taken_down: int
    held: int


_COLUMNS = [public_record.c[name] for name in PublicRecord.__dataclass_fields__]


async def find(
    tx: Tx, wanted: Wanted, limit: int, after: tuple[str, str] | None = None
) -> tuple[list[PublicRecord], tuple[str, str] | None]:
    """A page of records and the place of the last one when more follow.

    Args:
        after: (sort value as text, record_id) of the last row of the page before.
    """
    down = wanted.sort.startswith("-")
    column = SORTS[wanted.sort.lstrip("-")]
    place = sa.tuple_(column, public_record.c.record_id)
    query = sa.select(*_COLUMNS, sa.cast(column, sa.Text).label("place")).where(*_conditions(wanted))
    if after is not None:
        given = sa.tuple_(sa.cast(after[0], column.type), sa.literal(after[1]))
        query = query.where(place < given if down else place > given)
    order = (column.desc(), public_record.c.record_id.desc()) if down else (column, public_record.c.record_id)
    rows = (await tx.execute(query.order_by(*order).limit(limit + 1))).all()
    page = [_record(row) for row in rows[:limit]]
    more = len(rows) > limit
    return page, (rows[limit - 1].place, rows[limit - 1].record_id) if more else None


async def count(tx: Tx, wanted: Wanted, ceiling: int = 10_000) -> int:
    """How many records are found; counting stops at `ceiling`."""
    inner = sa.select(sa.literal(1)).select_from(public_record).where(*_conditions(wanted)).limit(ceiling).subquery()
    return int((await tx.execute(sa.select(sa.func.count()).select_from(inner))).scalar_one())


async def one(tx: Tx, record_id: str) -> PublicRecord | None:
    """One public record; None when it never was public."""
    row = (await tx.execute(sa.select(*_COLUMNS).where(public_record.c.record_id == record_id))).one_or_none()
    return None if row is None else _record(row)


async def history(tx: Tx, record_id: str) -> list[ReleaseRow]:
    """All releases of a record, oldest first; a content that later releases hide is left out (decision 29)."""
    query = sa.select(release).where(release.c.record_id == record_id).order_by(release.c.release)
    rows = (await tx.execute(query)).all()
    return [
        _release_row(row, hidden=any(later.hides_earlier for later in rows[position + 1 :]))
        for position, row in enumerate(rows)
    ]


async def same_party(tx: Tx, found: PublicRecord, limit: int = 5) -> list[PublicRecord]:
    """Other public records of the same organisation code; natural persons are never joined."""
    code = found.fields.get("party_code")
    if code is None:
        return []
    rows, _ = await find(tx, Wanted(party_code=str(code), statuses=SHOWN), limit + 1)
    return [row for row in rows if row.record_id != found.record_id][:limit]


async def month_figures(tx: Tx, since: date, since_at: datetime, today: date, zone: str) -> MonthFigures:
    """Counts for the home page; a decision that is held stays in the denominator, one that is withheld does not."""
    decided = record.c.decided_on >= since
    showing = sa.and_(record.c.release > 0, record.c.status.in_(SHOWN))
    permit, penalty = record.c.kind == "permit", record.c.kind == "penalty"
    publishable = record.c.state != "withheld"
    in_time = sa.func.timezone(zone, record.c.first_published_at)
    row = (
        await tx.execute(
            sa.select(
                _number(showing),
                _number(permit, decided, publishable),
                _number(permit, decided, showing),
                _number(permit, decided, publishable, sa.or_(showing, record.c.due_on < today)),
                _number(permit, decided, showing, sa.cast(in_time, sa.Date) <= record.c.due_on),
                _number(penalty, decided, publishable),
                _number(penalty, decided, showing),
                _number(record.c.status == "withdrawn", record.c.published_at >= since_at),
                _number(record.c.state == "held"),
            )
        )
    ).one()
    return MonthFigures(*row)


def _number(*conditions: sa.ColumnElement[bool]) -> sa.Label[int]:
    return sa.func.count().filter(sa.and_(*conditions)).label(None)


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    view = public_record.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.kind:
        found.append(view.kind == wanted.kind)
    if wanted.org:
        found.append(view.org_code == wanted.org)
    if wanted.party_code:
        found.append(view.party_code == wanted.party_code)
    if wanted.from_on:
        found.append(view.decided_on >= wanted.from_on)
    if wanted.to_on:
        found.append(view.decided_on <= wanted.to_on)
    if wanted.statuses:
        found.append(view.status.in_(wanted.statuses))
    if wanted.q is not None:
        found.extend(_text_conditions(wanted.q))
    return found


def _text_conditions(q: str) -> list[sa.ColumnElement[bool]]:
    words = words_of(q)
    if not words:
        return [sa.false()] if q.strip() else []
    pairs = " & ".join(f"'{gram}'" for gram in query_grams(words))
    # grams are letters, digits and Han characters only, so nothing in them needs escaping; nor does LIKE
    return [
        public_record.c.grams.bool_op("@@")(sa.cast(sa.literal(pairs), TSQUERY)),
        *(public_record.c.haystack.like(f"%{word}%") for word in words if len(word) > 2),
    ]


def _record(row: Any) -> PublicRecord:
    return PublicRecord(**{name: getattr(row, name) for name in PublicRecord.__dataclass_fields__})


def _release_row(row: Any, hidden: bool) -> ReleaseRow:
    return ReleaseRow(
        release=row.release,
        action=row.action,
        at=row.at,
        reason=row.reason,
        reason_en=row.reason_en,
        ground=row.ground,
        leaf_index=row.leaf_index,
        salt=None if hidden else row.salt,
        content=None if hidden else row.content,
        fields=None if hidden else msgspec.json.decode(row.content)["fields"],
        persons=len(row.by),
        due_on=row.due_on,
    )
