"""Many versions of items at once: an import drafts them, another person puts them in force (decision 34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import text

from libs.common.kernel.events.reference import ItemPublished
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx, copy_rows
from services.approval.domain.item import changes
from services.approval.domain.reference_facts import reference_fact
from services.approval.store.reference import Stored

Fate = Literal["drafted", "unchanged"]
_COLUMNS = "kind, code, version, state, body, author, approver, changed_at"
# One writer of items at a time: numbers of versions must not be given twice.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('reference item catalogue', 0))")
_NEWEST = text(
    "SELECT DISTINCT ON (code) code, version, body FROM reference WHERE kind = 'item' AND code = ANY(:codes)"
    " ORDER BY code, version DESC"
)
_VERSIONS = text(
    f"SELECT {_COLUMNS} FROM reference WHERE kind = 'item' AND code = :code ORDER BY version"  # noqa: S608 - constants
)
_DRAFTS = text(
    f"SELECT DISTINCT ON (code) {_COLUMNS} FROM reference WHERE kind = 'item' AND state = 'draft'"  # noqa: S608
    " AND author <> :approver AND (CAST(:codes AS text[]) IS NULL OR code = ANY(:codes)) ORDER BY code, version DESC"
)
_RETIRE = text(
    "UPDATE reference SET state = 'superseded'"
    " WHERE kind = 'item' AND code = ANY(:codes) AND state IN ('seen', 'effective', 'draft')"
)
# New rows and not changed ones, so that `seq` grows and every process notices.
_DROP = text(
    "DELETE FROM reference USING unnest(CAST(:codes AS text[]), CAST(:versions AS int[])) AS n (c, v)"
    " WHERE kind = 'item' AND code = c AND version = v"
)
_ROW = ("kind", "code", "version", "state", "body", "author", "approver", "changed_at")
_EVERYTHING = text(
    f"SELECT {_COLUMNS} FROM reference WHERE kind = 'item' AND state IN ('seen', 'effective')"  # noqa: S608
    " AND (CAST(:item_kind AS text) IS NULL OR body ->> 'item_kind' = :item_kind) ORDER BY code LIMIT :limit"
)
EXPORT_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Approved:
    """How many drafts were put in force."""

    count: int


async def draft_many(tx: Tx, bodies: Sequence[ItemPublished], author: str, now: datetime) -> dict[str, Fate]:
    """Draft what differs from the newest version of its code; the same file twice changes nothing."""
    await tx.execute(_LOCK)
    codes = [body.item_code for body in bodies]
    known = {code: (version, body) for code, version, body in await tx.execute(_NEWEST, {"codes": codes})}
    fates: dict[str, Fate] = {}
    rows: list[tuple[object, ...]] = []
    for body in bodies:
        version, before = known.get(body.item_code, (0, None))
        plain = msgspec.to_builtins(body)
        if before is not None and not changes(before, plain):
            fates[body.item_code] = "unchanged"
            continue
        fates[body.item_code] = "drafted"
        encoded = msgspec.json.encode(body).decode()
        rows.append(("item", body.item_code, version + 1, "draft", encoded, author, None, now))
    if rows:
        await copy_rows(tx, "reference", _ROW, rows)
    return fates


async def approve_many(tx: Tx, codes: Sequence[str] | None, approver: str, now: datetime) -> Approved:
    """Put the newest draft of each code (None = of all) in force, except the approver's own; tell each."""
    await tx.execute(_LOCK)
    values = {"approver": approver, "codes": list(codes) if codes is not None else None}
    drafts = [Stored(*row) for row in await tx.execute(_DRAFTS, values)]
    if not drafts:
        return Approved(0)
    names = [draft.code for draft in drafts]
    await tx.execute(_DROP, {"codes": names, "versions": [draft.version for draft in drafts]})
    await tx.execute(_RETIRE, {"codes": names})
    rows, facts = [], []
    for draft in drafts:
        body = msgspec.convert(draft.body, ItemPublished)
        told = msgspec.structs.replace(body, version=draft.version, author=draft.author, approver=approver)
        encoded = msgspec.json.encode(body).decode()
        rows.append(("item", draft.code, draft.version, "effective", encoded, draft.author, approver, now))
        facts.append(reference_fact("item", draft.code, told, draft.version, now))
    await copy_rows(tx, "reference", _ROW, rows)
    await outbox.append(tx, facts)
    return Approved(len(rows))


async def versions(tx: Tx, code: str) -> list[Stored]:
    """Every version of an item, the oldest first, drafts included."""
    return [Stored(*row) for row in await tx.execute(_VERSIONS, {"code": code})]


def in_force_on(found: Sequence[Stored], on: date) -> Stored | None:
    """The version that held on a day: of those that were ever in force, the newest that had begun by then."""

    def began(stored: Stored) -> date:
        stated = stored.body.get("effective_from")
        return date.fromisoformat(stated) if stated else stored.changed_at.date()

    held = [s for s in found if s.approver is not None and s.state in ("effective", "superseded") and began(s) <= on]
    return max(held, key=lambda s: s.version, default=None)


async def everything(tx: Tx, item_kind: str | None) -> list[Mapping[str, Any]]:
    """The bodies in force, for an export."""
    rows = await tx.execute(_EVERYTHING, {"item_kind": item_kind, "limit": EXPORT_MAX})
    return [Stored(*row).body for row in rows]
