"""What the supervision decides for a batch: fold cases, judge them by the rules, issue and take back cards. Pure.

1. Events are merged into their case files; a look only judges again.
2. A file is read, its clocks are counted, the rules find whatever is or will be true of it.
3. Findings that are proven become cards (`reconcile`); what is not yet true or not yet proven gets a look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from libs.common.kernel.events import supervision
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Fact, Look, Outcome, Release
from services.monitoring.domain.card_process import (
    Desk,
    act_on,
    breaches,
    let_time_pass,
    moves_at,
    opened,
    terms_of,
)
from services.monitoring.domain.cards import CLOCK, RECHECK, Bearings, Card, Change, card_id, reconcile
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
LOOK, STALE, SLEEP = "clock", "stale", "sleep"
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
    "pending": supervision.CardPending,
    "dropped": supervision.CardDropped,
    "signed": supervision.CardSigned,
    "replied": supervision.CardReplied,
    "kept": supervision.CardKept,
    "returned": supervision.CardReturned,
    "appealed": supervision.CardAppealed,
    "passed_up": supervision.CardPassedUp,
    "upheld": supervision.CardUpheld,
    "rectified": supervision.CardRectified,
    "verified": supervision.CardVerified,
    "escalated": supervision.CardEscalated,
}
CARD = "supervision.card."
MACHINE = frozenset({None, RECHECK, CLOCK})
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
    if is_act_of_person(event):
        return str(event.data.file or event.data.case_no)
    for head, (kind, number) in MATTERS.items():
        if event.type.startswith(head):
            of_case = getattr(event.data, "case_no", None) if kind == "record" else None
            return str(of_case or f"{kind}/{getattr(event.data, number)}")
    return None


def is_act_of_person(event: Event) -> bool:
    """Whether a person did this to a card; what the machine does follows from the facts and is not folded."""
    return event.type.startswith(CARD) and event.data.by not in MACHINE


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
        facts += [fact_of(change) for change in row.changes if change.is_told]
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
        return _judge_unread(file, office, now)
    proceeding, clocks, subject = reading
    preset = office.preset_of(proceeding.region_code)
    desk = Desk(subject.calendar, proceeding.zone, terms_of(preset.parameters))
    findings = [f for f in find_all(subject, office.rules, preset.parameters) if f.group is None]
    mended = {card_id(file.case_no, f): f.mended_at for f in findings}
    course = Course(file, desk, now, mended)
    course.do_acts_again()
    course.let_time_pass()
    findings += breaches(course.cards.values(), desk)
    source, up_to = _proof(file, office, now)
    found = reconcile(
        file.case_no,
        course.cards,
        findings,
        None if is_unproven else up_to,
        _bearings(proceeding, subject, preset.name, preset.version),
        now,
        may_issue=may_issue,
    )
    course.keep(_opened(change, desk) for change in found)
    course.do_acts_again()
    after = replace(file, cards=course.cards) if course.changes else file
    looks = _looks(file.case_no, findings, after.cards, source, up_to, office, now, course.moments())
    return FileRow(after, proceeding, clocks, tuple(course.changes)), looks


def _judge_unread(file: CaseFile, office: Office, now: datetime) -> tuple[FileRow, tuple[Look, ...]]:
    """A file of which no hall speaks (any more): its cards go, but for those that a person wrote."""
    region = next((card.region_code for card in file.cards.values()), "")
    calendar = office.calendars.of(office.calendar_code(region))
    desk = Desk(calendar, office.zone_of(region), terms_of(office.preset_of(region).parameters))
    course = Course(file, desk, now, {})
    course.do_acts_again()
    course.let_time_pass()
    course.keep(
        Change("revoked", replace(card, state="revoked", by=RECHECK, note="办件记录已作废", changed_at=now), now)
        for card in list(course.cards.values())
        if card.live and card.mode != "manual"
    )
    moments = course.moments()
    looks = (Look(LOOK, max(min(moments), now)),) if moments else ()
    return FileRow(replace(file, cards=course.cards), None, None, tuple(course.changes)), looks


def _opened(change: Change, desk: Desk) -> Change:
    """A card that is issued gets the days of its process."""
    return replace(change, card=opened(change.card, desk, change.at)) if change.act == "issued" else change


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
    moments: Sequence[datetime],
) -> tuple[Look, ...]:
    """One look: at the next moment at which a card may be issued, or when the source may have proven it.

    Args:
        moments: when time alone moves a card; no source has to prove that.
    """
    waiting = [f.became_true_at for f in findings if not f.is_over and _is_news(cards.get(card_id(case_no, f)))]
    next_move = max(min(moments), now) if moments else None
    found = _when_proven(min(waiting), source, up_to, office, now) if waiting else None
    if found is None:
        return (Look(LOOK, next_move),) if next_move is not None else ()
    if next_move is not None and (next_move < found.due_at or found.waits_for is not None):
        # a sleeper is looked at all the same when a card moves, and goes to sleep again
        return (Look(LOOK, next_move), replace(found, kind=SLEEP)) if found.waits_for else (Look(LOOK, next_move),)
    return (found,)


def _when_proven(moment: datetime, source: str | None, up_to: datetime, office: Office, now: datetime) -> Look:
    speaks = source is not None and (known := office.sources.get(source)) is not None and known.complete_up_to
    if office.is_virtual:
        # proven already: at once, but not in the batch that brought it; not proven: when the hour has passed
        return Look(LOOK, max(moment, now) if moment <= up_to or moment > now else now + RETRY)
    if speaks and moment <= now and moment > up_to:
        # sleeps until the source's heartbeat has passed the moment and its settle time
        return Look(LOOK, moment + SETTLE, waits_for=f"source:{source}")
    return Look(LOOK, moment if moment > now and speaks else max(moment, now) + SETTLE)


def _is_news(card: Card | None) -> bool:
    """Whether a finding has no card yet, or one that a recheck took back."""
    return card is None or (card.state == "revoked" and card.by == RECHECK)


# what a card's event tells of it, under the names of the body
TOLD = (
    "card_id", "rule_id", "rule_version", "family", "severity", "org_code", "org_name", "region_code", "item_code",
    "item_name", "step", "ground", "evidence", "hash", "calendar_version", "preset", "due_on", "working_days_left",
    "became_true_at", "issued_at", "state", "escalated_from", "superseded_by", "by", "mode", "reply_due_on",
)  # fmt: skip


def fact_of(change: Change) -> Fact:
    """The event that tells what happened to a card; it carries all that a reader needs."""
    card = change.card
    told: dict[str, Any] = {name: getattr(card, name) for name in TOLD}
    is_case = "/" not in card.case_no
    act = "issued" if change.act == "confirmed" else change.act
    body = BODIES[act](
        **told,
        case_no=card.case_no if is_case else None,
        file=card.case_no,
        text=card.note or card.text,
    )
    event = new_event(
        f"{CARD}{act}",
        card.case_no if is_case else f"org:{card.org_code}",
        body,
        time=change.at,
        source=SOURCE,
        id=act_id(change),
        org=card.org_code,
        region=card.region_code,
    )
    return Fact(FINDINGS, event)


def act_id(change: Change) -> str:
    """The id of the event that tells of this change: the same in every life."""
    act = "issued" if change.act == "confirmed" else change.act
    return f"{change.card.card_id}/{act}/{int(change.at.timestamp())}"


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
