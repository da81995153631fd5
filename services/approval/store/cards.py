"""The table `card`: supervision's cards as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.spine import Outcome
from libs.common.runtime.database import Tx, stage_rows
from services.approval.domain.cards import DEAD, CardRow, Known

COLUMNS = ("card_id", "case_no", "severity", "rule_id", "state", "changed_at", "version", "event_id", "body")
_LOCK = text(
    "SELECT card_id, changed_at, version, event_id FROM card WHERE card_id = ANY(:cards) ORDER BY card_id FOR UPDATE"
)
_NAMES = ", ".join(COLUMNS)
_SET = ", ".join(f"{column} = EXCLUDED.{column}" for column in COLUMNS if column != "card_id")
_SAVE = text(
    f"INSERT INTO card ({_NAMES}) SELECT {_NAMES} FROM staged_card ORDER BY card_id "  # noqa: S608 - constants above
    f"ON CONFLICT (card_id) DO UPDATE SET {_SET} "
    "WHERE (card.changed_at, card.version, card.event_id) < (EXCLUDED.changed_at, EXCLUDED.version, EXCLUDED.event_id)"
)
_OF_CASE = text(
    "SELECT body FROM card WHERE case_no = :case_no AND state <> ALL(:dead) ORDER BY changed_at DESC, card_id"
)


class Cards:
    """State store of the line `cards`."""

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Known], None]:
        """The ranks of the cards that are known."""
        rows = await tx.execute(_LOCK, {"cards": list(keys)})
        return {card_id: Known((at, version, event_id)) for card_id, at, version, event_id in rows}, None

    async def save(self, tx: Tx, outcome: Outcome[Known], now: datetime) -> None:
        """Write the cards that an act changed."""
        rows = [
            (c.card_id, c.case_no, c.severity, c.rule_id, c.state, *c.rank, msgspec.json.encode(c.body).decode())
            for c in outcome.extra
            if isinstance(c, CardRow)
        ]
        if rows:
            await stage_rows(tx, "card", COLUMNS, rows)
            await tx.execute(_SAVE)

    async def of_case(self, tx: Tx, case_no: str) -> list[dict[str, Any]]:
        """The live cards of a case, newest first."""
        rows = await tx.execute(_OF_CASE, {"case_no": case_no, "dead": sorted(DEAD)})
        return [dict(body) for (body,) in rows]
