"""A case as the set of its acts: order of arrival, repetition and lateness change nothing (docs/architecture.md §3).

For each act identity (source, type, subject, seqno) only the event with the highest `dataversion` counts. Two events of
one act and one version with other content contradict each other (S69): the one taken in first stands, the others are
remembered as rivals. `merge` is commutative, associative and idempotent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from libs.common.kernel.events.envelope import Event

ActId = tuple[str, str, str, int]

VOIDED = "hall.record.voided"

# A feed that numbers its versions by something else than 1, 2, 3 is told with its first gaps, not with all of them.
GAP_LOOK_BACK = 20

# Acts with one and the same `time` are read in the legal order of a procedure (hall-events.md §1.5).
_ORDER = (
    "hall.application.submitted",
    "hall.application.prereviewed",
    "hall.supplement.requested",
    "hall.supplement.received",
    "hall.supplement.lapsed",
    "hall.case.accepted",
    "hall.case.refused",
    "hall.special.started",
    "hall.special.ended",
    "hall.step.completed",
    "hall.penalty.filed",
    "hall.penalty.noticed",
    "hall.penalty.legal_reviewed",
    "hall.penalty.discussed",
    "hall.penalty.hearing_held",
    "hall.case.withdrawn",
    "hall.case.transferred",
    "hall.case.completed",
    "hall.penalty.decided",
    "hall.penalty.changed",
    "hall.penalty.fulfilled",
    "hall.penalty.revoked",
    "hall.result.collected",
)
_RANK = {wire_type: rank for rank, wire_type in enumerate(_ORDER)}
_MIDDLE = _RANK["hall.step.completed"]


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a case in its valid version.

    Args:
        event: the version that stands.
        raw: its bytes as they came, so that unknown fields live on.
        rivals: events with the same version and other content; of those with one content, the one taken in first.
        older: lower versions that came too, before or after this one.
    """

    event: Event
    raw: bytes
    rivals: frozenset[Rival] = frozenset()
    older: frozenset[int] = frozenset()


class Rival(msgspec.Struct, frozen=True, array_like=True, order=True):
    """An event that contradicts the act that stands; the order of its fields is its rank."""

    received_at: datetime
    event_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Case:
    """The stored state of one case number: its acts and what the world was told of it.

    Args:
        case_no: opaque number, unique in the platform (decision 10).
        acts: by act identity.
        told: per fact kind what was published last (`facts.py` fills and reads it).
        revision: grows by one with each write; the store checks it.
    """

    case_no: str
    acts: Mapping[ActId, Act] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    revision: int = 0


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What was published last under one name.

    Args:
        version: how many times it was published; the `dataversion` of the fact.
        digest: of the content; the same digest is not published again.
    """

    version: int
    digest: str


def merge(case: Case, event: Event, raw: bytes) -> Case:
    """The case with one more event in its set; the very same object when the event changes nothing.

    `told` and `revision` are left alone.
    """
    known = case.acts.get(event.act)
    joined = _join(known, Act(event, raw)) if known else Act(event, raw)
    if joined is known:
        return case
    return Case(case.case_no, {**case.acts, event.act: joined}, case.told, case.revision)


def _join(known: Act, fresh: Act) -> Act:
    if fresh.event.dataversion != known.event.dataversion:
        higher, lower = (fresh, known) if fresh.event.dataversion > known.event.dataversion else (known, fresh)
        older = higher.older | lower.older | {lower.event.dataversion}
        return higher if older == higher.older else replace(higher, older=older)
    if fresh.event.id == known.event.id:
        return known if fresh.older <= known.older else replace(known, older=known.older | fresh.older)
    first: dict[str, Rival] = {}
    for rival in sorted([*known.rivals, *fresh.rivals, _as_rival(known.event), _as_rival(fresh.event)]):
        first.setdefault(rival.digest, rival)
    winner = known if _as_rival(known.event) < _as_rival(fresh.event) else fresh
    del first[_as_rival(winner.event).digest]
    rivals, older = frozenset(first.values()), known.older | fresh.older
    same = winner is known and rivals == known.rivals and older == known.older
    return known if same else replace(winner, rivals=rivals, older=older)


def _as_rival(event: Event) -> Rival:
    return Rival(event.receivedtime or event.time, event.id, content_digest(event))


def content_digest(event: Event) -> str:
    """SHA-256 of what an event says: its times and body, without what sealing makes new each time."""
    said = {
        "time": event.time.timestamp(),
        "recorded": (event.recordedtime or event.time).timestamp(),
        "org": event.orgcode,
        "data": _without_seals(msgspec.to_builtins(event.data)),
    }
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _without_seals(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_seals(inner) for name, inner in value.items() if name != "sealed" and inner is not None}
    if isinstance(value, list | tuple):
        return [_without_seals(inner) for inner in value]
    return value


def standing(case: Case) -> tuple[Event, ...]:
    """The acts that count, in the order in which they happened: voided ones (误报作废) and the voidings are out."""
    voided = {
        (act.event.source, act.event.data.voids.type, act.event.subject, act.event.data.voids.seqno)
        for act in case.acts.values()
        if act.event.type == VOIDED and act.event.data.voids is not None
    }
    events = [a.event for a in case.acts.values() if a.event.act not in voided and a.event.type != VOIDED]
    return tuple(sorted(events, key=_happened))


def _happened(event: Event) -> tuple[datetime, int, int, str, str]:
    return (event.time, _RANK.get(event.type, _MIDDLE), event.seqno, event.type, event.source)


def contradictions(case: Case) -> Iterator[tuple[Event, tuple[str, ...]]]:
    """Acts that were reported twice with one version and other content (S69), with the ids of the rivals."""
    for identity in sorted(case.acts):
        act = case.acts[identity]
        if act.rivals:
            yield act.event, tuple(rival.event_id for rival in sorted(act.rivals))


def version_gaps(case: Case) -> Iterator[tuple[Event, tuple[int, ...]]]:
    """Acts of which a version below the one that stands never came (S69), with the numbers that are missing."""
    for identity in sorted(case.acts):
        act = case.acts[identity]
        absent = tuple(n for n in range(1, min(act.event.dataversion, GAP_LOOK_BACK)) if n not in act.older)
        if absent:
            yield act.event, absent
