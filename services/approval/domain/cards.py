"""Supervision's cards as they stand, for the case page and `GET /cases`: the newest act of each card counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.spine import Batch, Outcome

# A card in one of these states weighs on its case no more.
DEAD = frozenset({"pending", "dropped", "revoked", "superseded", "closed"})


@dataclass(frozen=True, slots=True)
class CardRow:
    """One card as its newest act tells it; `rank` orders acts: when it happened, version, event id."""

    card_id: str
    case_no: str | None
    severity: str
    rule_id: str
    state: str
    rank: tuple[datetime, int, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a card: the rank of its newest act."""

    rank: tuple[datetime, int, str]


def fold_cards(batch: Batch[Known, None]) -> Outcome[Known]:
    """The newest act of each card, whatever the order of arrival."""
    newest: dict[str, CardRow] = {}
    for received in batch.events:
        event = received.event
        row = CardRow(
            card_id=event.data.card_id,
            case_no=event.data.case_no,
            severity=event.data.severity,
            rule_id=event.data.rule_id,
            state=event.data.state,
            rank=(event.time, event.dataversion, event.id),
            body=msgspec.to_builtins(event.data),
        )
        known = newest[row.card_id].rank if row.card_id in newest else None
        stored = batch.states.get(row.card_id)
        if (known is None or known < row.rank) and (stored is None or stored.rank < row.rank):
            newest[row.card_id] = row
    return Outcome(states={c: Known(row.rank) for c, row in newest.items()}, extra=tuple(newest.values()))
