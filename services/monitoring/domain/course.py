"""The cards of a file while it is judged: what persons and time have done to them, and what is to be kept and told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.card_process import Desk, act_on, let_time_pass, moves_at
from services.monitoring.domain.cards import CLOCK, RECHECK, Card, Change
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.telling import CARD, TOLD

MACHINE = frozenset({None, RECHECK, CLOCK})


def is_act_of_person(event: Event) -> bool:
    """Whether a person did this to a card; what the machine does follows from the facts and is not folded."""
    return event.type.startswith(CARD) and event.data.by not in MACHINE


class Course:
    """The cards of a file while they are judged: what persons and time do to them, and what is to be kept and told."""

    def __init__(self, file: CaseFile, desk: Desk, now: datetime, mended: Mapping[str, datetime | None]) -> None:
        self.cards: dict[str, Card] = dict(file.cards)
        self.changes: list[Change] = []
        self._desk, self._now, self._mended = desk, now, mended
        acts = (act.event for act in file.acts.values() if is_act_of_person(act.event))
        self._acts = sorted(acts, key=lambda e: (e.time, e.id))

    def keep(self, changes: Iterable[Change]) -> None:
        """Takes changes over, in order."""
        for change in changes:
            self.cards[change.card.card_id] = change.card
            self.changes.append(change)

    def do_acts_again(self) -> None:
        """Acts of persons that are not folded in yet: a rebuild reads them again, each at its own instant."""
        for event in self._acts:
            card = self.cards.get(event.data.card_id) or _written(event)
            if card is None or event.id in card.acts:
                continue
            before = let_time_pass(card, event.time, self._desk, self._mended.get(card.card_id))
            card = [card, *(change.card for change in before)][-1]
            done = _done_again(card, event, self._desk)
            act = event.type.removeprefix(CARD)
            self.keep([Change(act, replace(done, acts=(*done.acts, event.id)), event.time, is_told=False)])

    def let_time_pass(self) -> None:
        """What the ends of limits have done by themselves."""
        for card in list(self.cards.values()):
            self.keep(let_time_pass(card, self._now, self._desk, self._mended.get(card.card_id)))

    def moments(self) -> list[datetime]:
        """When time alone moves a card next."""
        return [at for card in self.cards.values() if (at := moves_at(card, self._desk)) is not None]


def _done_again(card: Card, event: Event, desk: Desk) -> Card:
    """The card after a person's act that the log tells; an act that cannot be (any more) changes nothing."""
    act = event.type.removeprefix(CARD)
    name = "confirmed" if act == "issued" else act
    if name == "pending":
        return card
    done = act_on(card, name, event.data.by, event.data.text, event.time, desk)
    return done.card if isinstance(done, Change) else card


def _written(event: Event) -> Card | None:
    """A manual card as its author wrote it (`supervision.card.pending`)."""
    data = event.data
    if event.type != "supervision.card.pending":
        return None
    told = {name: getattr(data, name) for name in TOLD if hasattr(data, name) and name not in ("state", "evidence")}
    told |= {
        "state": "pending",
        "case_no": data.file or data.case_no,
        "org_name": data.org_name or data.org_code,
        "region_code": data.region_code or "",
        "rule_version": str(data.rule_version or "1"),
        "calendar_version": str(data.calendar_version or ""),
        "family": data.family or "",
        "preset": data.preset or "",
        "hash": data.hash or "",
        "issued_at": data.issued_at or event.time,
    }
    return Card(
        **told,
        evidence=tuple(data.evidence),
        occurrence=data.card_id,
        ground_en=data.ground,
        text=data.text or "",
        text_en=data.text or "",
        mode="manual",
        note=data.text,
        changed_at=event.time,
    )
