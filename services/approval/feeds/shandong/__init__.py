"""The Shandong exchange, five calls, both ways; pure functions over tables of columns and codes.

`write(events, zone) -> Iterator[(call, row)]`; `read(call, row, zone, known, source) -> Taken`.
"""

from __future__ import annotations

from services.approval.feeds.shandong.converter import shandong
from services.approval.feeds.shandong.reading import read
from services.approval.feeds.shandong.writing import write

__all__ = ["read", "shandong", "write"]
