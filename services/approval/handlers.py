"""What approval decides for a batch of hall events: take them in, fold the cases, tell what is news. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Party, PublicParty, SealedParty
from libs.common.kernel.events.type_info import HALL_EVENTS
from libs.common.kernel.masking import public_party
from libs.common.kernel.spine import Batch, Fact, Outcome, Received
from services.approval.domain.acts import Case, merge
from services.approval.domain.case import CaseView, region_of, view_case
from services.approval.domain.facts import case_tellings
from services.approval.domain.intake import Owner, event_problems, owner_after, ownership_problem, topic_problem
from services.approval.domain.penalty import PenaltyView, is_penalty, view_penalty
from services.approval.domain.penalty_facts import penalty_tellings
from services.approval.domain.telling import tell
from services.approval.ports import Desk, Gate, Held, Secrets, Seen

# What is no act of a case: heartbeats, consultations and complaints are archived and nothing more here.
_NO_CASE = ("hall.source.", "hall.consultation.", "hall.complaint.")


@dataclass(frozen=True, slots=True)
class Changed:
    """A case that changed, with its view, for the columns of the queue (an extra row of the outcome)."""

    case: Case
    view: CaseView | None
    penalty: PenaltyView | None


def take_in(batch: Batch[Owner, Gate]) -> Outcome[Owner]:
    """What a hall wrote to its own topic: check, seal, stamp, forward (decision 19).

    Raises:
        DataError: an event that may not come in; it is parked.
    """
    for received in batch.events:
        problem = topic_problem(received.event, received.topic)
        if problem is not None:
            raise DataError(problem)
    admitted = admit(batch.events, batch.states, batch.context, batch.now)
    for problems in admitted.refused.values():
        raise DataError(*problems)
    facts, secrets = forward(batch.events, batch.context, batch.now)
    open_facts, held = split_paused(facts, batch.context.paused)
    return Outcome(states=admitted.owners, facts=open_facts, extra=(*secrets, *held))


@dataclass(frozen=True, slots=True)
class Admitted:
    """What may come in.

    Args:
        refused: the problems of the events that may not, by their place in the batch.
        owners: changed owners by case number.
    """

    refused: Mapping[int, tuple[Problem, ...]]
    owners: Mapping[str, Owner]


def admit(events: Sequence[Received], owners: Mapping[str, Owner], gate: Gate, now: datetime) -> Admitted:
    """Judge events one after the other; an event that comes in may open its case to others (transfer, joint group)."""
    refused: dict[int, tuple[Problem, ...]] = {}
    changed: dict[str, Owner] = {}
    for place, received in enumerate(events):
        event = received.event
        problems = event_problems(event, now, gate.scope)
        if not problems and is_of_case(event):
            known = changed.get(event.subject, owners.get(event.subject))
            problem = ownership_problem(event, known)
            problems = (problem,) if problem is not None else ()
            if not problems and (after := owner_after(known, event)) != known:
                changed[event.subject] = after
        if problems:
            refused[place] = problems
    return Admitted(refused, changed)


def forward(events: Sequence[Received], gate: Gate, now: datetime) -> tuple[tuple[Fact, ...], tuple[Secrets, ...]]:
    """The events as they travel on: persons sealed, `receivedtime` stamped (decision 2), unknown fields kept.

    The query code, with which an applicant looks up a case, does not travel: only its keyed hash is stored.
    """
    facts: list[Fact] = []
    secrets: list[Secrets] = []
    for received in events:
        event = received.event
        said: dict[str, Any] = msgspec.json.decode(received.raw)["data"]
        party: Party | None = getattr(event.data, "party", None)
        code = said.pop("query_code", None)
        if party is not None:
            sealed = gate.seals.party(event.subject, event.id, party, said["party"])
            said["party"] = msgspec.to_builtins(sealed)
        tail = (party.id_no or "").strip().upper()[-4:] if party is not None else ""
        if code or tail:
            known = [gate.seals.secret(event.subject, text) if text else None for text in (code, tail)]
            secrets.append(Secrets(event.subject, *known))
        facts.append(Fact(HALL_EVENTS, msgspec.structs.replace(event, receivedtime=now, data=said)))
    return tuple(facts), tuple(secrets)


def split_paused(facts: Sequence[Fact], paused: frozenset[str]) -> tuple[tuple[Fact, ...], tuple[Held, ...]]:
    """What travels on now, and what waits because its source is paused; each in its order."""
    held = tuple(Held(fact.event.source, fact) for fact in facts if fact.event.source in paused)
    return tuple(fact for fact in facts if fact.event.source not in paused), held


def is_of_case(event: Event) -> bool:
    """Whether an event is an act of a case or of a penalty."""
    return event.type.startswith("hall.") and not event.type.startswith(_NO_CASE)


def subject(event: Event) -> str:
    """The case number."""
    return event.subject


def fold_cases(batch: Batch[Case, Desk]) -> Outcome[Case]:
    """Merge the events into their cases and tell what is news; a look only tells (a calendar or an item changed)."""
    cases: dict[str, Case] = dict(batch.states)
    touched: dict[str, None] = {}
    seen: dict[tuple[str, str], Seen] = {}
    for received in batch.events:
        event = received.event
        known = cases.get(event.subject, Case(event.subject))
        merged = merge(known, event, received.raw)
        if merged is not known:
            cases[event.subject] = merged
            touched[event.subject] = None
        seen.update((s.kind_and_code, s) for s in _seen(event, batch.context) if s.kind_and_code not in seen)
    touched.update((case_no, None) for case_no, _ in batch.looks if case_no in cases)
    states: dict[str, Case] = {}
    facts: list[Fact] = []
    changed: list[Changed] = []
    for case_no in touched:
        row, news = _told(cases[case_no], batch.context, batch.now)
        states[case_no] = row.case
        changed.append(row)
        facts.extend(news)
    return Outcome(states=states, facts=tuple(facts), extra=(*changed, *seen.values()))


def view_of(case: Case, desk: Desk) -> CaseView | None:
    """The view of a case by the calendar and the time zone of its region (decisions 4 and 5); None for a penalty."""
    if is_penalty(case):
        return None
    region = region_of(case)
    return view_case(case, desk.calendars.of(desk.calendar_code(region)), desk.zone_of(region), desk.profiles)


def _told(case: Case, desk: Desk, now: datetime) -> tuple[Changed, tuple[Fact, ...]]:
    if is_penalty(case):
        penalty = view_penalty(case)
        decided = penalty.decided if penalty is not None else ()
        parties = {
            e.id: public for e in decided if (public := _public(case.case_no, e.id, e.data.party, desk)) is not None
        }
        facts, told = tell(case.case_no, case.told, penalty_tellings(case, penalty, now, parties))
        return Changed(replace(case, told=told, revision=case.revision + 1), None, penalty), facts
    view = view_of(case, desk)
    facts, told = (), case.told
    if view is not None:
        common = view.common
        item = desk.items.get(common.item_code or "")
        # Only a decision names the party: until then no seal is opened.
        is_decided = view.procedure.completed is not None
        tellings = case_tellings(
            view,
            case.told,
            now,
            party=_public(case.case_no, common.party_event_id, common.party, desk) if is_decided else None,
            item_secrecy=item.secrecy if item is not None else None,
        )
        facts, told = tell(case.case_no, case.told, tellings)
    return Changed(replace(case, told=told, revision=case.revision + 1), view, None), facts


def _public(case_no: str, event_id: str | None, party: SealedParty | None, desk: Desk) -> PublicParty | None:
    """Decision 26: names of organisations as they are, of natural persons masked, of shredded cases not at all."""
    if party is None or event_id is None:
        return None
    name = party.name if party.name is not None else desk.persons.name_of(case_no, event_id, party)
    return public_party(party.type, name, party.code)


def _seen(event: Event, desk: Desk) -> Iterator[Seen]:
    data = event.data
    region, org = getattr(data, "region_code", None), getattr(data, "org_code", None)
    item = getattr(data, "item_code", None)
    if region and region not in desk.regions:
        yield Seen("region", region, region)
    if org and org not in desk.orgs:
        yield Seen("org", org, getattr(data, "org_name", None) or org, region_code=region)
    name = getattr(data, "item_name", None)
    if item and name and item not in desk.items:
        yield Seen("item", item, name, region_code=region, org_code=org)
