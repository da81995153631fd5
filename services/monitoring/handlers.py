"""What the supervision decides for a batch: fold cases, judge them by the rules, issue and take back cards. Pure.

1. Events are merged into their case files; a look only judges again.
2. A file is read, its clocks are counted, the rules find whatever is or will be true of it.
3. Findings that are proven become cards (`reconcile`); what is not yet true or not yet proven gets a look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from libs.common.kernel.events import supervision
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Fact, Look, Outcome, Release
from services.monitoring.domain.case_file import CaseFile, merge
from services.monitoring.domain.course import is_act_of_person
from services.monitoring.domain.sources import (
    Claim,
    Proof,
    Source,
    claimed,
    is_stale,
    proven,
    stale_at,
    watermark,
)
from services.monitoring.domain.telling import FINDINGS, SOURCE, fact_of
from services.monitoring.judging import judge
from services.monitoring.ports import FileRow, Office, Published, Region

STALE = "stale"
NO_CASE = ("hall.source.", "hall.consultation.", "hall.complaint.")
# what is no case has a file under its kind and number; no case number holds a `/`
MATTERS = {
    "hall.complaint.": ("complaint", "complaint_no"),
    "supervision.complaint.": ("complaint", "complaint_no"),
    "supervision.order.": ("order", "order_no"),
    "hall.consultation.": ("consultation", "consultation_no"),
    "disclosure.request.": ("request", "request_no"),
    "disclosure.information.": ("information", "information_no"),
    "disclosure.record.": ("record", "record_id"),
    "disclosure.leak.": ("record", "record_id"),
}


def case_of(event: Event) -> str | None:
    """The file that an event belongs to: a case number, or `<kind>/<number>`; None when it is of no file."""
    if event.type.startswith("hall.") and not event.type.startswith(NO_CASE):
        return event.subject
    if event.type.startswith(("approval.case.", "approval.penalty.")):
        return str(event.data.case_no)
    if event.type == "disclosure.report.filed":
        return f"report/{event.data.org_code}.{event.data.year}"
    if is_act_of_person(event):
        return str(event.data.file or event.data.case_no)
    for head, (kind, number) in MATTERS.items():
        if event.type.startswith(head):
            of_case = getattr(event.data, "case_no", None) if kind == "record" else None
            return str(of_case or f"{kind}/{getattr(event.data, number)}")
    return None


def is_of_case(event: Event) -> bool:
    """Events of the line `cases`: the hall's acts, what approval says of them, what disclosure did with their
    results."""
    return case_of(event) is not None


def case_key(event: Event) -> str:
    found = case_of(event)
    assert found is not None, "the line asks only for events that it wants"
    return found


def supervise(batch: Batch[CaseFile, Office]) -> Outcome[CaseFile]:
    """The line `cases`."""
    files: dict[str, CaseFile] = dict(batch.states)
    touched: dict[str, None] = {}
    for received in batch.events:
        key = case_key(received.event)
        known = files.get(key, CaseFile(key))
        merged = merge(known, received.event, received.raw)
        if merged is not known:
            files[key] = merged
            touched[key] = None
    fresh = set(touched)
    looked = {key for key, _ in batch.looks if key in files or key in batch.context.months}
    touched.update(dict.fromkeys(sorted(looked)))
    states: dict[str, CaseFile] = {}
    facts: list[Fact] = []
    looks: dict[str, tuple[Look, ...]] = {}
    rows: list[FileRow] = []
    for key in touched:
        row, look = judge(
            files.get(key, CaseFile(key)),
            batch.context,
            batch.now,
            is_unproven=key in batch.unproven,
            may_issue=key in looked,
        )
        states[key] = row.file
        rows.append(replace(row, is_fresh=key in fresh))
        facts += [fact_of(change, row.file.traceparent) for change in row.changes if change.is_told]
        looks[key] = look
    return Outcome(states=states, facts=tuple(facts), looks=looks, extra=tuple(rows))


def is_heartbeat(event: Event) -> bool:
    return event.type == "hall.source.heartbeat"


def source_key(event: Event) -> str:
    return event.source


def hear_sources(batch: Batch[Source, Office]) -> Outcome[Source]:
    """The line `sources`: heartbeats move a watermark and wake what waited for it; silence makes grey."""
    states: dict[str, Source] = {}
    facts: list[Fact] = []
    looks: dict[str, tuple[Look, ...]] = {}
    releases: list[Release] = []
    office = batch.context
    for received in batch.events:
        name, claim = received.event.source, received.event.data.complete_up_to or received.event.time
        known = states.get(name) or batch.states.get(name) or Source(name)
        states[name] = claimed(known, Claim(claim, received.stored_at), received.event.regioncode)
    for name in {**states, **{key: None for key, _ in batch.looks if key in batch.states}}:
        source = states.get(name, batch.states.get(name))
        assert source is not None
        # under a virtual clock every claim counts at once: a record's time is the wall's and says nothing beside it
        heard_at = max((claim.heard_at for claim in source.claims), default=None)
        source = proven(source, heard_at if office.is_virtual else office.processed_up_to)
        proof = Proof(batch.now, office.is_virtual, office.barrier(name))
        source, fact = _silence(source, proof, office.open_cases.get(name, 0))
        facts += [fact] if fact else []
        states[name] = source
        quiet_at = stale_at(source, proof)
        looks[name] = (Look(STALE, quiet_at + timedelta(seconds=1)),) if quiet_at and quiet_at >= batch.now else ()
        releases.append(Release(f"source:{name}", watermark(source, proof)))
    return Outcome(states=states, facts=tuple(facts), looks=looks, releases=tuple(releases))


def _silence(source: Source, proof: Proof, open_cases: int) -> tuple[Source, Fact | None]:
    stale = is_stale(source, proof)
    if stale == (source.stale_since is not None):
        return source, None
    since = watermark(source, proof) if stale else source.stale_since or proof.now
    after = replace(source, stale_since=since if stale else None)
    body: dict[str, Any] = {
        "source": source.source,
        "from_at": since,
        "to_at": None if stale else proof.now,
        "cases": open_cases,
        "region_code": source.region_code,
    }
    struct = supervision.SourceStale if stale else supervision.SourceRecovered
    kind = "supervision.source.stale" if stale else "supervision.source.recovered"
    event = new_event(
        kind, f"source:{source.source}", struct(**body), time=proof.now, source=SOURCE, region=source.region_code
    )
    return after, Fact(FINDINGS, event)


def is_reference(event: Event) -> bool:
    return event.type == "approval.region.published"


REFERENCE = {
    "approval.item.published": ("item", "item_code"),
    "approval.roster.published": ("roster", "org_code"),
    "approval.source.published": ("source", "source"),
    "approval.calendar.published": ("calendar", "calendar_id"),
}


def is_evidence(event: Event) -> bool:
    """Events of the line `reference`: items, rosters, source profiles, calendar years."""
    return event.type in REFERENCE


def evidence_key(event: Event) -> str:
    kind, code = REFERENCE[event.type]
    return f"{kind}:{getattr(event.data, code)}"


def take_evidence(batch: Batch[Published, Any]) -> Outcome[Published]:
    """The line `reference`: every version is kept as it came; the store makes due what rests on it."""
    rows = []
    for received in batch.events:
        event = received.event
        kind, _, code = evidence_key(event).partition(":")
        if kind == "calendar":
            code = f"{code}.{event.data.year}"
        rows.append(Published(kind, code, event.dataversion, msgspec.to_builtins(event.data)))
    return Outcome(extra=tuple(rows))


def region_key(event: Event) -> str:
    return str(event.data.region_code)


def take_regions(batch: Batch[Region, Any]) -> Outcome[Region]:
    """The line `regions`: profiles as approval publishes them; the store makes the cases of a changed region due."""
    changed: dict[str, Region] = {}
    for received in batch.events:
        data = received.event.data
        changed[data.region_code] = Region(
            data.region_code, data.name, batch.context(data.timezone), data.calendar or data.region_code, data.preset
        )
    return Outcome(states=changed)
