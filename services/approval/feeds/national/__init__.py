"""The national exchange library (前置库): row sets up_pro_*, both ways; pure functions over tables of columns.

Two of its code lists are not public; `codes.toml` holds what stands for them. `national()` reads it and gives the
converter; `write(tables, events, zone)` gives rows.
"""

from __future__ import annotations

from services.approval.feeds.national.converter import national
from services.approval.feeds.national.reading import read
from services.approval.feeds.national.tables import load_tables
from services.approval.feeds.national.writing import write

__all__ = ["load_tables", "national", "read", "write"]
