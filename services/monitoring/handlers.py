"""What the supervision decides for a batch: fold cases, judge them by the rules, issue and take back cards. Pure.

1. Events are merged into their case files; a look only judges again.
2. A file is read, its clocks are counted, the rules find whatever is or will be true of it.
3. Findings that are proven become cards (`reconcile`); what is not yet true or not yet proven gets a look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from libs.common.kernel.events import supervision
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Fact, Look, Outcome, Release
from services.monitoring.domain.cards import RECHECK, Bearings, Card, Change, act_on, card_id, reconcile
from services.monitoring.domain.cards import Refused as Refused
from services.monitoring.domain.case_file import CaseFile, merge, region_of
from services.monitoring.domain.counting import Clocks, count
from services.monitoring.domain.findings import Finding
from services.monitoring.domain.proceeding import Proceeding, read
from services.monitoring.domain.rules.catalogue import find_all
from services.monitoring.domain.rules.subject import Subject
from services.monitoring.domain.sources import (
    SETTLE,
    Proof,
    Source,
    heard,
    is_stale,
    proven_up_to,
    stale_at,
    watermark,
)
from services.monitoring.ports import FileRow, Office, Published, Region

FINDINGS = "supervision.findings.v1"
SOURCE = "//sunlit/monitoring"
LOOK, STALE = "clock", "stale"
NO_CASE = ("hall.source.", "hall.consultation.", "hall.complaint.")
# what is no case has a file under its kind and number; no case number holds a `/`
MATTERS = {
    "hall.complaint.": ("complaint", "complaint_no"),
    "supervision.complaint.": ("complaint", "complaint_no"),
    "hall.consultation.": ("consultation", "consultation_no"),
    "disclosure.request.": ("request", "request_no"),
    "disclosure.information.": ("information", "information_no"),
    "disclosure.record.": ("record", "record_id"),
    "disclosure.leak.": ("record", "record_id"),
}
BODIES = {
    "issued": supervision.CardIssued,
    "revoked": supervision.CardRevoked,
    "closed": supervision.CardClosed,
    "superseded": supervision.CardSuperseded,
    "signed": supervision.CardSigned,
    "replied": supervision.CardReplied,
}
# an unproven moment on a virtual clock is looked at again after one legal hour
RETRY = timedelta(hours=1)


def case_of(event: Event) -> str | None:
    """The file that an event belongs to: a case number, or `<kind>/<number>`; None when it is of no file."""
    if event.type.startswith("hall.") and not event.type.startswith(NO_CASE):
        return event.subject
    if event.type.startswith(("approval.case.", "approval.penalty.")):
        return str(event.data.case_no)
    if event.type == "disclosure.report.filed":
        return f"report/{event.data.org_code}.{event.data.year}"
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
    looked = {key for key, _ in batch.looks if key in files}
    touched.update(dict.fromkeys(sorted(looked)))
    states: dict[str, CaseFile] = {}
    facts: list[Fact] = []
    looks: dict[str, tuple[Look, ...]] = {}
    rows: list[FileRow] = []
    for key in touched:
        row, look = judge(
            files[key],
            batch.context,
            batch.now,
            is_unproven=key in batch.unproven,
            may_issue=key in looked,
        )
        states[key] = row.file
        rows.append(row)
        facts += [fact_of(change) for change in row.changes]
        looks[key] = look
    return Outcome(states=states, facts=tuple(facts), looks=looks, extra=tuple(rows))


def judge(
    file: CaseFile, office: Office, now: datetime, *, is_unproven: bool, may_issue: bool
) -> tuple[FileRow, tuple[Look, ...]]:
    """One file judged at `now`: its columns, what happens to its cards, and when to look again.

    Cards are issued at looks only: an acceptance and its decision may lie in two batches of one feed.
    """
    reading = reading_of(file, office)
    if reading is None:
        gone = [
            Change("revoked", replace(card, state="revoked", by=RECHECK, note="办件记录已作废", changed_at=now), now)
            for card in file.cards.values()
            if card.live
        ]
        left = replace(file, cards={**file.cards, **{c.card.card_id: c.card for c in gone}})
        return FileRow(left, None, None, tuple(gone)), ()
    proceeding, clocks, subject = reading
    preset = office.preset_of(proceeding.region_code)
    findings = find_all(subject, office.rules, preset.parameters)
    source, up_to = _proof(file, office, now)
    changes = reconcile(
        file.case_no,
        file.cards,
        findings,
        None if is_unproven else up_to,
        _bearings(proceeding, subject, preset.name, preset.version),
        now,
        may_issue=may_issue,
    )
    after = replace(file, cards={**file.cards, **{c.card.card_id: c.card for c in changes}}) if changes else file
    looks = _looks(file.case_no, findings, after.cards, source, up_to, office, now)
    return FileRow(after, proceeding, clocks, tuple(changes)), looks


def reading_of(file: CaseFile, office: Office) -> tuple[Proceeding, Clocks | None, Subject] | None:
    """The case as the supervision reads and counts it; None while no hall has spoken of it."""
    proceeding = read(file, office.zone_of(region_of(file)), office.reference.profiles)
    if proceeding is None:
        return None
    calendar = office.calendars.of(office.calendar_code(proceeding.region_code))
    notice_days = office.preset_of(proceeding.region_code).parameters.get("S01.notice_days", 1)
    clocks = count(proceeding, calendar, notice_days) if file.kind == "case" else None
    return proceeding, clocks, Subject(proceeding, clocks, calendar, file, office.evidence_of(proceeding))


def _bearings(proceeding: Proceeding, subject: Subject, preset: str, version: str) -> Bearings:
    return Bearings(
        org_code=proceeding.org_code,
        org_name=proceeding.org_name,
        region_code=proceeding.region_code,
        item_code=proceeding.item_code,
        item_name=proceeding.item_name,
        calendar_version=subject.calendar.version,
        preset=f"{preset}/{version}",
    )


def _proof(file: CaseFile, office: Office, now: datetime) -> tuple[str | None, datetime]:
    """The source of the case that is proven least far, and how far that is."""
    proven = [
        (proven_up_to(office.sources.get(name), Proof(now, office.is_virtual, office.barrier(name))), name)
        for name in sorted(file.sources)
    ]
    if not proven:
        return None, now
    up_to, name = min(proven)
    return name, up_to


def _looks(
    case_no: str,
    findings: Iterable[Finding],
    cards: Mapping[str, Card],
    source: str | None,
    up_to: datetime,
    office: Office,
    now: datetime,
) -> tuple[Look, ...]:
    """One look: at the next moment at which a card may be issued, or when the source may have proven it."""
    waiting = [f.became_true_at for f in findings if not f.is_over and _is_news(cards.get(card_id(case_no, f)))]
    if not waiting:
        return ()
    moment = min(waiting)
    speaks = source is not None and (known := office.sources.get(source)) is not None and known.complete_up_to
    if office.is_virtual:
        # proven already: at once, but not in the batch that brought it; not proven: when the hour has passed
        return (Look(LOOK, max(moment, now) if moment <= up_to or moment > now else now + RETRY),)
    if speaks and moment <= now and moment > up_to:
        # sleeps until the source's heartbeat has passed the moment and its settle time
        return (Look(LOOK, moment + SETTLE, waits_for=f"source:{source}"),)
    return (Look(LOOK, moment if moment > now and speaks else max(moment, now) + SETTLE),)


def _is_news(card: Card | None) -> bool:
    """Whether a finding has no card yet, or one that a recheck took back."""
    return card is None or (card.state == "revoked" and card.by == RECHECK)


def fact_of(change: Change) -> Fact:
    """The event that tells what happened to a card; it carries all that a reader needs."""
    card = change.card
    fields = asdict(card)
    told = {
        name: fields[name]
        for name in (
            "card_id", "rule_id", "rule_version", "family", "severity", "case_no", "org_code", "org_name",
            "region_code", "item_code", "item_name", "ground", "evidence", "hash", "calendar_version", "preset",
            "due_on", "working_days_left", "became_true_at", "issued_at", "state", "superseded_by", "by",
        )
    }  # fmt: skip
    body = BODIES[change.act](**told, mode="auto", text=card.note or card.text)
    event = new_event(
        f"supervision.card.{change.act}",
        card.case_no,
        body,
        time=change.at,
        source=SOURCE,
        id=f"{card.card_id}/{change.act}/{int(change.at.timestamp())}",
        org=card.org_code,
        region=card.region_code,
    )
    return Fact(FINDINGS, event)


def do(file: CaseFile, card_id: str, act: str, by: str, note: str | None, now: datetime) -> Change | Refused | None:
    """A person's act on a card of this file; None when there is no such card."""
    card = file.cards.get(card_id)
    return act_on(card, act, by, note, now) if card is not None else None


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
    for received in batch.events:
        name, claim = received.event.source, received.event.data.complete_up_to or received.event.time
        known = states.get(name) or batch.states.get(name) or Source(name)
        states[name] = heard(known, claim, received.event.regioncode)
    for name in {**states, **{key: None for key, _ in batch.looks if key in batch.states}}:
        source = states.get(name, batch.states.get(name))
        assert source is not None
        proof = Proof(batch.now, batch.context.is_virtual, batch.context.barrier(name))
        source, fact = _silence(source, proof, batch.context.open_cases.get(name, 0))
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
