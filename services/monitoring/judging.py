"""One file judged at one instant: what the rules find, which cards that makes, and when to look again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from libs.common.kernel.spine import Look
from services.monitoring.case_rows import case_row
from services.monitoring.domain.card_process import Desk, breaches, opened, terms_of
from services.monitoring.domain.cards import RECHECK, Bearings, Card, Change, card_id, reconcile
from services.monitoring.domain.case_file import CaseFile, region_of
from services.monitoring.domain.counting import Clocks, count
from services.monitoring.domain.course import Course
from services.monitoring.domain.findings import Finding
from services.monitoring.domain.month import COUNTED, MonthHit, judge_month
from services.monitoring.domain.proceeding import Proceeding, read
from services.monitoring.domain.rules.catalogue import find_all
from services.monitoring.domain.rules.subject import Subject
from services.monitoring.domain.sources import SETTLE, Proof, proven_up_to
from services.monitoring.ports import FileRow, Office

LOOK, SLEEP, ACROSS = "clock", "sleep", "across"
# an unproven moment on a virtual clock is looked at again after one legal hour
RETRY = timedelta(hours=1)


def judge(
    file: CaseFile, office: Office, now: datetime, *, is_unproven: bool, may_issue: bool
) -> tuple[FileRow, tuple[Look, ...]]:
    """One file judged at `now`: its columns, what happens to its cards, and when to look again.

    Cards are issued at looks only: an acceptance and its decision may lie in two batches of one feed.
    """
    if file.case_no in office.months:
        return _judge_month(file, office, now)
    reading = reading_of(file, office)
    if reading is None:
        return _judge_unread(file, office, now)
    proceeding, clocks, subject = reading
    preset = office.preset_of(proceeding.region_code)
    desk = Desk(subject.calendar, proceeding.zone, terms_of(preset.parameters))
    everything = find_all(subject, office.rules, preset.parameters)
    findings = [finding for finding in everything if finding.group is None]
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
    if not may_issue and (proceeding.original_case_no or proceeding.is_limited):
        # what other files say of it is known when it has been stored
        looks = (*looks, Look(ACROSS, now + (timedelta(0) if office.is_virtual else SETTLE)))
    counted = (f for f in everything if f.rule_id in COUNTED and f.became_true_at <= up_to and not is_unproven)
    hits = tuple(
        MonthHit(file.case_no, f.rule_id, f.occurrence, f.severity, f.became_true_at, f.evidence, f.group)
        for f in counted
    )
    counted_as = case_row(proceeding, clocks, subject) if file.kind == "case" else None
    return FileRow(after, proceeding, clocks, tuple(course.changes), hits, row=counted_as), looks


def _judge_month(file: CaseFile, office: Office, now: datetime) -> tuple[FileRow, tuple[Look, ...]]:
    """The file of an organisation's month: what its hits and counts show by now."""
    month = office.months[file.case_no]
    preset = office.preset_of(month.region_code)
    calendar = office.calendars.of(office.calendar_code(month.region_code))
    desk = Desk(calendar, month.zone, terms_of(preset.parameters))
    findings = judge_month(month, office.rules, preset.parameters)
    course = Course(file, desk, now, {})
    course.do_acts_again()
    course.let_time_pass()
    findings += breaches(course.cards.values(), desk)
    bearings = Bearings(
        org_code=month.org_code,
        org_name=month.org_name,
        region_code=month.region_code,
        item_code=None,
        item_name=None,
        calendar_version=calendar.version,
        preset=f"{preset.name}/{preset.version}",
    )
    found = reconcile(file.case_no, course.cards, findings, now, bearings, now, may_issue=True)
    course.keep(_opened(change, desk) for change in found)
    course.do_acts_again()
    moments = course.moments()
    moments += [f.became_true_at for f in findings if f.became_true_at > now]
    moments += [month.ends_at] if month.ends_at > now else []
    looks = (Look(LOOK, max(min(moments), now)),) if moments else ()
    return FileRow(replace(file, cards=course.cards), None, None, tuple(course.changes)), looks


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


def reading_of(file: CaseFile, office: Office) -> tuple[Proceeding, Clocks | None, Subject] | None:
    """The case as the supervision reads and counts it; None while no hall has spoken of it."""
    proceeding = read(file, office.zone_of(region_of(file)), office.reference.profiles)
    if proceeding is None:
        return None
    calendar = office.calendars.of(office.calendar_code(proceeding.region_code))
    clocks = count(proceeding, calendar, _notice_days(proceeding, office)) if file.kind == "case" else None
    return proceeding, clocks, Subject(proceeding, clocks, calendar, file, office.evidence_of(proceeding))


def _notice_days(proceeding: Proceeding, office: Office) -> int:
    """How early the light turns to notice: by the newest version of S01 that holds for the case."""
    preset = office.preset_of(proceeding.region_code).parameters
    place = (proceeding.region_code, proceeding.org_code, proceeding.item_code)
    versions = [v for v in office.rules.in_force(*place, preset) if v.rule.id == "S01"]
    return versions[-1].parameters.get("notice_days", 1) if versions else 1


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
