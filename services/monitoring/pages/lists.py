"""The list behind a number: what it is cut to, in words, and its export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.responses import Response

from services.monitoring.store.queries import CasesWanted

CSV_COLUMNS = (
    "case_no", "org_code", "org_name", "item_code", "item_name", "accepted_on", "promise_due_on", "legal_due_on",
    "ended_on", "result", "light",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def filters(wanted: CasesWanted, rows: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """What the list is cut to, as (key of the text, value)."""
    if wanted.org is not None:
        yield "org", next((row.org_name for row in rows if row.org_name), wanted.org)
    if wanted.item is not None:
        yield "item", next((row.item_name for row in rows if row.item_name), wanted.item)
    if wanted.turning:
        yield "turning", ""
    if wanted.overdue is not None:
        yield wanted.overdue, ""


def export(rows: Any) -> Response:
    """Exactly what is filtered; a cell that a spreadsheet would run gets a leading quote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        writer.writerow([_safe(getattr(row, name)) for name in CSV_COLUMNS])
    headers = {"content-disposition": 'attachment; filename="cases.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _safe(value: object) -> str:
    cell = "" if value is None else str(value)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
