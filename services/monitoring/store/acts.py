"""Acts of people on cards: one transaction holds the act, the card's new state and the fact that tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from uuid6 import uuid7

from libs.common.runtime import outbox
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database, Tx
from services.monitoring.domain.card_process import Desk, act_on, terms_of
from services.monitoring.domain.cards import Card, Change, Refused, cited_digest
from services.monitoring.domain.rules.rule import Rule
from services.monitoring.domain.telling import act_id, fact_of
from services.monitoring.ports import Office
from services.monitoring.store.files import lock_numbers, read_card, save_changes
from services.monitoring.store.office import OfficeStore

_CARD = text("SELECT body FROM card WHERE card_id = :card_id")
# The case is looked at again at once: its next moment may be another one now.
_LOOK_AGAIN = text(
    "INSERT INTO due (line, subject, kind, due_at) VALUES ('cases', :case_no, 'act', :now)"
    " ON CONFLICT (line, subject, kind) DO UPDATE SET due_at = EXCLUDED.due_at, waits_for = NULL"
)
_TOUCH = text(
    "INSERT INTO case_file (case_no, acts, changed_at) VALUES (:case_no, CAST('[]' AS bytea), :now)"
    " ON CONFLICT (case_no) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Written:
    """A manual card as a supervisor writes it, for what no clock sees (rules.md §5)."""

    rule: Rule
    severity: str
    org_code: str
    org_name: str
    region_code: str
    text: str
    basis: str
    case_no: str | None = None
    item_code: str | None = None
    evidence: tuple[str, ...] = ()


class CardActs:
    """Signs, answers, appeals, decides, revokes and closes cards; writes those that no clock sees."""

    def __init__(self, database: Database, clock: Clock, office: OfficeStore) -> None:
        self._database, self._clock, self._office = database, clock, office

    async def do(self, card_id: str, act: str, by: str, note: str | None) -> Change | Refused | None:
        """Does one act as of now; None when there is no such card.

        Args:
            act: a key of `card_process.STEPS`.
            by: the post or account; `note` is what was said.
        """
        async with self._database.transaction() as tx:
            return await self._do(tx, card_id, act, by, note)

    async def reply_all(self, replies: Sequence[tuple[str, str]], by: str) -> list[tuple[str, Change | Refused | None]]:
        """One reply for each card, all in one transaction; what is refused stays as it is (rules.md §6)."""
        async with self._database.transaction() as tx:
            return [(card_id, await self._do(tx, card_id, "replied", by, words)) for card_id, words in sorted(replies)]

    async def write(self, written: Written, by: str) -> Card:
        """A manual card, pending until another person confirms it."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            office = await self._office.office(tx)
            card = _pending(written, by, now, office)
            await lock_numbers(tx, [card.case_no])
            await tx.execute(_TOUCH, {"case_no": card.case_no, "now": now})
            await self._keep(tx, Change("pending", card, now))
        return card

    async def _do(self, tx: Tx, card_id: str, act: str, by: str, note: str | None) -> Change | Refused | None:
        now = self._clock.now()
        body = (await tx.execute(_CARD, {"card_id": card_id})).scalar_one_or_none()
        if body is None:
            return None
        # the worker judges a case under the lock of its number: the card is read again under it
        await lock_numbers(tx, [read_card(body).case_no])
        card = read_card((await tx.execute(_CARD, {"card_id": card_id})).scalar_one())
        office = await self._office.office(tx)
        if act == "confirmed" and card.mode == "manual" and card.by == by:
            return Refused("SAME_PERSON", "须由另一人确认", "another person must confirm it")
        change = act_on(card, act, by, note, now, desk_of(card, office))
        if isinstance(change, Change):
            change = replace(change, card=replace(change.card, acts=(*change.card.acts, act_id(change))))
            await self._keep(tx, change)
        return change

    async def _keep(self, tx: Tx, change: Change) -> None:
        await save_changes(tx, [change])
        await outbox.append(tx, [fact_of(change)])
        await tx.execute(_LOOK_AGAIN, {"case_no": change.card.case_no, "now": change.at})


def desk_of(card: Card, office: Office) -> Desk:
    """By what days the process of a card counts: those of its region."""
    calendar = office.calendars.of(office.calendar_code(card.region_code))
    return Desk(calendar, office.zone_of(card.region_code), terms_of(office.preset_of(card.region_code).parameters))


def _pending(written: Written, by: str, now: datetime, office: Office) -> Card:
    card_id = str(UUID(int=uuid7().int))
    preset = office.preset_of(written.region_code)
    calendar = office.calendars.of(office.calendar_code(written.region_code))
    card = Card(
        card_id=card_id,
        rule_id=written.rule.id,
        rule_version=written.rule.version,
        family=written.rule.family,
        severity=written.severity,
        case_no=written.case_no or f"org/{written.org_code}",
        org_code=written.org_code,
        org_name=written.org_name,
        region_code=written.region_code,
        item_code=written.item_code,
        item_name=None,
        occurrence=card_id,
        ground=f"{written.rule.name}（{written.basis}）",
        ground_en=f"{written.rule.name_en} ({written.basis})",
        text=written.text,
        text_en=written.text,
        evidence=written.evidence,
        hash="",
        calendar_version=calendar.version,
        preset=f"{preset.name}/{preset.version}",
        due_on=None,
        working_days_left=None,
        became_true_at=now,
        issued_at=now,
        state="pending",
        mode="manual",
        by=by,
        note=written.text,
        changed_at=now,
    )
    pending = Change("pending", card, now)
    return replace(card, hash=cited_digest(card), acts=(act_id(pending),))
