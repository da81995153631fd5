"""Complaints as the desk sees them: read from their files, written as events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Tx

_FILES = text(
    "SELECT case_no FROM case_file WHERE kind = 'complaint' AND case_no > :after"
    " AND (CAST(:org AS text) IS NULL OR org_code = :org) ORDER BY case_no LIMIT :limit"
)
_NEXT = text("SELECT count(*) + 1 FROM complaint_number WHERE year = :year")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('complaint', 0))")
_TAKE = text("INSERT INTO complaint_number (year, number) VALUES (:year, :number)")
HEAD = "complaint/"


async def numbers(tx: Tx, org: str | None, after: str, limit: int) -> Sequence[str]:
    """Numbers of complaints, in order, from the one after `after` on."""
    values: dict[str, Any] = {"org": org, "after": f"{HEAD}{after}" if after else "", "limit": limit}
    return [row.case_no.removeprefix(HEAD) for row in await tx.execute(_FILES, values)]


async def next_number(tx: Tx, year: int) -> str:
    """The next number of the desk, without a gap."""
    await tx.execute(_LOCK)
    number = int((await tx.execute(_NEXT, {"year": year})).scalar_one())
    await tx.execute(_TAKE, {"year": year, "number": number})
    return f"JC{year}{number:06d}"
