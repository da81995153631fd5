"""The Guangdong exchange 省网上办事大厅 (GDBS), kinds 0 to 9, both ways; pure functions.

`read(message, zone) -> Taken`: the canonical events of one message; `write(events) -> Iterator[message]`: the messages
of canonical events. Codes and columns are tables (`codes`, `kinds`); what is lost on the way is in docs/feeds-loss.md.
"""

from __future__ import annotations

from services.approval.feeds.gdbs.converter import Gdbs
from services.approval.feeds.gdbs.kinds import KINDS
from services.approval.feeds.gdbs.reading import read
from services.approval.feeds.gdbs.writing import write

__all__ = ["KINDS", "Gdbs", "read", "write"]
