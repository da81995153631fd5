"""The national exchange library as the intake sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.approval.feeds.messages import Known, Taken
from services.approval.feeds.national.reading import FLAVOUR, read
from services.approval.feeds.national.tables import load_tables
from services.approval.feeds.rows import RowConverter


def national() -> RowConverter:
    """Rows of the library; in files each row names its table in the field `table`."""
    tables = load_tables()

    def reads(table: str, row: Mapping[str, Any], zone: ZoneInfo, known: Known, source: str | None) -> Taken:
        return read(tables[table], table, row, zone, known, source)

    return RowConverter(FLAVOUR, tables, reads, "project_no", "row_guid", "table")
