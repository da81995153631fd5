"""Orders as they stand; each act is written with the fact that tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.monitoring.domain.cards import Refused
from services.monitoring.domain.orders import Entry, Order, act_on, fact_of, order_no

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('order:' || :org || :year, 0))")
_NEXT = text(
    "SELECT COALESCE(max(number), 0) + 1 FROM supervision_order WHERE org_code = :org AND year = CAST(:year AS integer)"
)
_SAVE = text(
    """
    INSERT INTO supervision_order (order_no, org_code, year, number, state, due_on, issued_at, body)
    VALUES (:order_no, :org, CAST(:year AS integer), :number, :state, :due_on, :issued_at, CAST(:body AS jsonb))
    ON CONFLICT (order_no) DO UPDATE SET state = EXCLUDED.state, due_on = EXCLUDED.due_on, body = EXCLUDED.body
    """
)
_ONE = text("SELECT year, number, body FROM supervision_order WHERE order_no = :order_no FOR UPDATE")
_READ = text("SELECT body FROM supervision_order WHERE order_no = :order_no")
_ALL = text(
    "SELECT body FROM supervision_order WHERE (CAST(:org AS text) IS NULL OR org_code = :org)"
    " AND (CAST(:state AS text) IS NULL OR state = :state) ORDER BY issued_at DESC, order_no DESC LIMIT :limit"
)


async def issue(tx: Tx, draft: Order) -> Order:
    """Gives the order its number, without a gap, and tells of it."""
    year = draft.issued_at.year
    await tx.execute(_LOCK, {"org": draft.org_code, "year": str(year)})
    number = int((await tx.execute(_NEXT, {"org": draft.org_code, "year": str(year)})).scalar_one())
    entry = Entry("issued", draft.issued_at, draft.issued_by, draft.text, draft.due_on)
    order = replace(draft, order_no=order_no(draft.org_code, year, number), entries=(entry,))
    await _save(tx, order, year, number)
    await outbox.append(tx, [fact_of(order, entry)])
    return order


async def do(
    tx: Tx, number: str, act: str, by: str, words: str | None, now: datetime, due_on: date | None
) -> Order | Refused | None:
    """One act on an order; None when there is none."""
    row = (await tx.execute(_ONE, {"order_no": number})).one_or_none()
    if row is None:
        return None
    changed = act_on(_order(row.body), act, by, words, now, due_on)
    if isinstance(changed, Order):
        await _save(tx, changed, row.year, row.number)
        await outbox.append(tx, [fact_of(changed, changed.entries[-1])])
    return changed


async def read(tx: Tx, number: str) -> Order | None:
    """One order."""
    body = (await tx.execute(_READ, {"order_no": number})).scalar_one_or_none()
    return _order(body) if body is not None else None


async def listed(tx: Tx, org: str | None, state: str | None, limit: int) -> Sequence[Order]:
    """Orders, newest first."""
    return [_order(row.body) for row in await tx.execute(_ALL, {"org": org, "state": state, "limit": limit})]


async def _save(tx: Tx, order: Order, year: int, number: int) -> None:
    values = {
        "order_no": order.order_no,
        "org": order.org_code,
        "year": str(year),
        "number": number,
        "state": order.state,
        "due_on": order.due_on,
        "issued_at": order.issued_at,
        "body": msgspec.json.encode(asdict(order)).decode(),
    }
    await tx.execute(_SAVE, values)


def _order(body: Any) -> Order:
    return msgspec.convert(body, Order, strict=False)
