"""What the supervision knows of a case: the set of acts that it has read itself, from the hall and from disclosure.

For each act identity (source, type, subject, seqno) the event with the highest `dataversion` stands; of equal versions
the one taken in first. Merging is commutative and idempotent, so order of arrival changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.cards import Card

ActId = tuple[str, str, str, int]
VOIDED = "hall.record.voided"
# acts of one and the same instant are read in the order of a procedure
_ORDER = (
    "hall.application.submitted",
    "hall.supplement.requested",
    "hall.supplement.received",
    "hall.case.accepted",
    "hall.special.started",
    "hall.special.ended",
    "hall.step.completed",
    "hall.case.withdrawn",
    "hall.case.completed",
    "hall.result.collected",
)
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Act:
    """The version of an act that stands, and its bytes as they came."""

    event: Event
    raw: bytes


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The supervision's file of one case number: acts, and the cards that were issued."""

    case_no: str
    acts: Mapping[ActId, Act] = field(default_factory=dict)
    cards: Mapping[str, Card] = field(default_factory=dict)

    @property
    def sources(self) -> frozenset[str]:
        """The hall systems that have reported on the case."""
        return frozenset(act.event.source for act in self.acts.values() if act.event.source.startswith("//hall/"))


def merge(file: CaseFile, event: Event, raw: bytes) -> CaseFile:
    """The file with one more event; the same object when the event changes nothing."""
    known = file.acts.get(event.act)
    if known is not None and _strength(known.event) >= _strength(event):
        return file
    return replace(file, acts={**file.acts, event.act: Act(event, raw)})


def _strength(event: Event) -> tuple[int, float, str]:
    # of one version the earlier taken in stands: a later one with other content contradicts it and does not replace it
    taken_at = event.receivedtime or event.time
    return (event.dataversion, -taken_at.timestamp(), event.id)


def standing(file: CaseFile) -> list[Event]:
    """The acts that count, in the order in which they happened; voided ones (误报作废) are out."""
    voided = {
        (act.event.source, act.event.data.voids.type, act.event.subject, act.event.data.voids.seqno)
        for act in file.acts.values()
        if act.event.type == VOIDED and act.event.data.voids is not None
    }
    events = (act.event for act in file.acts.values() if act.event.type != VOIDED and act.event.act not in voided)
    return sorted(events, key=_happened)


def _happened(event: Event) -> tuple[datetime, int, int, str]:
    return (event.time, _RANK.get(event.type, len(_ORDER) // 2), event.seqno, event.type)


def of_type(events: Iterable[Event], kind: str) -> list[Event]:
    """Events of one wire type, in order."""
    return [event for event in events if event.type == kind]


def region_of(file: CaseFile) -> str:
    """The division of the case: of its acceptance (decision 5 freezes it), else of the first that is known of it."""
    acts = [event for event in standing(file) if event.type.startswith("hall.")]
    first = next((e for e in acts if e.type == "hall.case.accepted"), acts[0] if acts else None)
    return str(first.data.region_code) if first is not None else ""
