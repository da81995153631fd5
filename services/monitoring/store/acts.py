"""Acts of people on cards: one transaction holds the act, the card's new state and the fact that tells of it."""

from __future__ import annotations

from sqlalchemy import text

from libs.common.runtime import outbox
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from services.monitoring.domain.cards import Card, Change, Refused, act_on
from services.monitoring.handlers import fact_of
from services.monitoring.store.files import read_card, save_changes

_LOCK = text("SELECT body FROM card WHERE card_id = :card_id FOR UPDATE")


class CardActs:
    """Signs, answers, revokes and closes cards."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def do(self, card_id: str, act: str, by: str, note: str | None) -> Change | Refused | None:
        """Does one act (signed · replied · revoked · closed) as of now; None when there is no such card.

        `by` names the post or account; the note is what was said.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            body = (await tx.execute(_LOCK, {"card_id": card_id})).scalar_one_or_none()
            if body is None:
                return None
            card: Card = read_card(body)
            change = act_on(card, act, by, note, now)
            if isinstance(change, Change):
                await save_changes(tx, [change])
                await outbox.append(tx, [fact_of(change)])
            return change
