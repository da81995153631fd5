"""What the supervision knows of a matter: the set of acts that it has read itself, from the hall and from our services.

For each act identity (source, type, subject, seqno) the event with the highest `dataversion` stands; of equal versions
the one taken in first. Merging is commutative and idempotent, so order of arrival changes nothing. What does not stand
is kept beside it: a corrected date and two contents of one version are facts for the rules on data.

A matter is a case or a penalty under its own number, or `<kind>/<number>` for what is none: a complaint, a
consultation, a request for information, a piece of information, a record. No case number holds a `/` (decision 10).
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
# what the orders do not name stands in the middle
_MIDDLE = len(_ORDER) // 2
_COMPLAINT_ORDER = ("opened", "accepted", "arrived", "extended", "returned", "replied", "met", "closed")
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)} | {
    f"{head}.complaint.{name}": rank for rank, name in enumerate(_COMPLAINT_ORDER) for head in ("hall", "supervision")
}


@dataclass(frozen=True, slots=True)
class Act:
    """The version of an act that stands, and its bytes as they came."""

    event: Event
    raw: bytes


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The supervision's file of one matter: acts that stand, versions that do not, and the cards that were issued."""

    case_no: str
    acts: Mapping[ActId, Act] = field(default_factory=dict)
    cards: Mapping[str, Card] = field(default_factory=dict)
    others: Mapping[tuple[str, str], Act] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`case` (penalties too), or what stands before the `/`."""
        head, slash, _ = self.case_no.partition("/")
        return head if slash else "case"

    @property
    def sources(self) -> frozenset[str]:
        """The hall systems that have reported on the case."""
        return frozenset(act.event.source for act in self.acts.values() if act.event.source.startswith("//hall/"))

    @property
    def traceparent(self) -> str | None:
        """The trace of the act that happened last: what is found later is its consequence."""
        traced = (act.event for act in self.acts.values() if act.event.traceparent)
        last = max(traced, key=lambda event: (event.time, event.id), default=None)
        return last.traceparent if last else None


def merge(file: CaseFile, event: Event, raw: bytes) -> CaseFile:
    """The file with one more event; the same object when the event changes nothing."""
    known = file.acts.get(event.act)
    key = (event.source, event.id)
    if known is None:
        return replace(file, acts={**file.acts, event.act: Act(event, raw)})
    if (known.event.source, known.event.id) == key and known.event.dataversion == event.dataversion:
        return file
    if key in file.others and file.others[key].event.dataversion == event.dataversion:
        return file
    stands, beaten = (
        (known, Act(event, raw)) if _strength(known.event) >= _strength(event) else (Act(event, raw), known)
    )
    # what our own services tell again only replaces; what halls report twice is a fact about the hall
    if not event.source.startswith("//hall/"):
        return file if stands is known else replace(file, acts={**file.acts, event.act: stands})
    others = {**file.others, (beaten.event.source, beaten.event.id): beaten}
    return replace(file, acts={**file.acts, event.act: stands}, others=others)


def _strength(event: Event) -> tuple[int, float, str]:
    # of one version the earlier taken in stands: a later one with other content contradicts it and does not replace it
    taken_at = event.receivedtime or event.time
    return (event.dataversion, -taken_at.timestamp(), event.id)


def versions_of(file: CaseFile, event: Event) -> list[Event]:
    """Every other version of an act that was ever reported, oldest version first."""
    found = [act.event for act in file.others.values() if act.event.act == event.act]
    return sorted(found, key=lambda e: (e.dataversion, (e.receivedtime or e.time), e.id))


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
    return (event.time, _RANK.get(event.type, _MIDDLE), event.seqno, event.type)


def of_type(events: Iterable[Event], kind: str) -> list[Event]:
    """Events of one wire type, in order."""
    return [event for event in events if event.type == kind]


def region_of(file: CaseFile) -> str:
    """The division of the case: of its acceptance (decision 5 freezes it), else of the first that is known of it."""
    acts = standing(file)
    first = next((e for e in acts if e.type == "hall.case.accepted"), None)
    told = [first] if first is not None else acts
    return next((str(code) for e in told if (code := getattr(e.data, "region_code", None) or e.regioncode)), "")
