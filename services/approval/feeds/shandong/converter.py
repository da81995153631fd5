"""The Shandong exchange as the intake sees it."""

from __future__ import annotations

from services.approval.feeds.rows import RowConverter
from services.approval.feeds.shandong.calls import CALLS
from services.approval.feeds.shandong.reading import FLAVOUR, read


def shandong() -> RowConverter:
    """Calls of the exchange; in files each row names its call in the field `call`."""
    return RowConverter(FLAVOUR, CALLS, read, "ORGBUSNO", "SN", "call")
