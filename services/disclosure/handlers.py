"""What happens when approval tells of a decision, when a person acts, and when a moment comes due. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events.approval import PenaltyDecided
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Fact, Look, Outcome
from services.disclosure.domain.announcement import note_fact, pending_of, release_fact
from services.disclosure.domain.decision import CHANGEABLE, PENALTY_CHANGED, WANTED, Act
from services.disclosure.domain.publication_period import ends_at
from services.disclosure.domain.record_file import Record, RecordFile, merge
from services.disclosure.domain.release import SHOWING, digest_of
from services.disclosure.domain.review import (
    RECORD_VERBS,
    Deed,
    refuse_change,
    refuse_review,
)
from services.disclosure.domain.settlement import Settled, settle
from services.disclosure.ports import Desk

READ_BACK = "read_back"
EXPIRY = "expiry"


def wants(event: Event) -> bool:
    """Whether disclosure follows this event."""
    return event.type in WANTED


def key(event: Event) -> str:
    """The record file an event belongs to."""
    return event.subject


def act_of(event: Event, zone: ZoneInfo) -> Act:
    """The event as the record file keeps it: plain JSON, instants in the legal zone.

    Raises DataError where a changed field is none that a decision could have.
    """
    data: Mapping[str, Any] = msgspec.to_builtins(event.data)
    _check_change(event.type, data)
    as_of = data.get("as_of")
    return Act(
        source=event.source,
        type=event.type,
        seqno=event.seqno,
        dataversion=event.dataversion,
        id=event.id,
        at=event.time.astimezone(zone),
        as_of=(datetime.fromisoformat(as_of) if as_of else event.receivedtime or event.time).astimezone(zone),
        data=data,
    )


def _check_change(event_type: str, data: Mapping[str, Any]) -> None:
    """`new` is free JSON on the wire: what it changes must be what a decision could say."""
    changed = {name: value for name, value in (data.get("new") or {}).items() if name in CHANGEABLE}
    if event_type != PENALTY_CHANGED or not changed:
        return
    skeleton = {name: data[name] for name in ("case_no", "org_code", "region_code", "as_of", "decision_hash")}
    try:
        msgspec.convert({**skeleton, **changed}, PenaltyDecided, strict=False)
    except msgspec.ValidationError as error:
        raise DataError(
            Problem(
                "NEW_INVALID", "/data/new", f"变更内容不合规定：{error}", f"the changed fields are not valid: {error}"
            )
        ) from error


def handle(batch: Batch[RecordFile, Desk]) -> Outcome[RecordFile]:
    """Folds the batch's events, reads back what waits for it and settles every file that was touched."""
    files = dict(batch.states)
    touched: dict[str, None] = {}
    for received in batch.events:
        subject = key(received.event)
        files[subject] = merge(files.get(subject, RecordFile(subject)), act_of(received.event, batch.context.zone))
        touched[subject] = None
    facts: list[Fact] = []
    for subject, kind in batch.looks:
        if subject not in files:
            continue
        touched[subject] = None
        if kind == READ_BACK:
            files[subject], told = _read_back(files[subject], batch.context, batch.now)
            facts.extend(told)
    outcomes = [_settled(files[subject], batch.context, batch.now) for subject in touched]
    return Outcome(
        states={s: f for o in outcomes for s, f in o.states.items()},
        facts=(*facts, *(f for o in outcomes for f in o.facts)),
        looks={s: looks for o in outcomes for s, looks in o.looks.items()},
        extra=tuple(change for o in outcomes for change in o.extra),
    )


def do(file: RecordFile, deed: Deed, desk: Desk, now: datetime) -> Outcome[RecordFile] | Problem:
    """An act of a person on one record: refused with the reason and the mend, or done at once."""
    settled = settle(file, desk.policies, now, now.astimezone(desk.zone).date(), desk.workdays)
    standing = settled.standings.get(deed.record_id)
    record = settled.file.records.get(deed.record_id)
    if standing is None or record is None:
        return Problem(
            "RECORD_SUPERSEDED",
            "",
            "该记录的编号已更正，请处理新编号的记录",
            "the record was renumbered: act on the record under its new number",
        )
    if deed.verb in RECORD_VERBS:
        # a correction stands on the version of the decision that it corrects
        deed = replace(deed, on=standing.decision.decision_hash)
        allowed = desk.policies.policy_on(record.kind, standing.decision.decided_on).names | {"title"}
        refusal = refuse_change(deed, record.action in SHOWING, record.fields, allowed)
    elif standing.review != deed.on:
        refusal = Problem(
            "REVIEW_SUPERSEDED",
            "",
            "单位已重报该决定，或审查已经结束，请刷新待审列表",
            "the authority has sent a new version, or the review is over: reload the list of held records",
        )
    else:
        refusal = refuse_review(deed, standing.verdict, standing.fields)
    if refusal is not None:
        return refusal
    return _settled(replace(file, deeds=(*file.deeds, deed)), desk, now)


def _settled(file: RecordFile, desk: Desk, now: datetime) -> Outcome[RecordFile]:
    settled = settle(file, desk.policies, now, now.astimezone(desk.zone).date(), desk.workdays)
    records = dict(settled.file.records)
    facts: list[Fact] = []
    for change in settled.changes:
        record = records[change.record.record_id]
        if change.release is not None:
            record = replace(record, pending=(*record.pending, pending_of(change)))
        if change.note is not None:
            facts.append(note_fact(change, now))
        records[record.record_id] = record
    after = replace(settled.file, records=records)
    return Outcome(
        states={file.subject: after},
        facts=tuple(facts),
        looks={file.subject: _looks(settled, after, desk, now)},
        extra=settled.changes,
    )


def _looks(settled: Settled, file: RecordFile, desk: Desk, now: datetime) -> tuple[Look, ...]:
    looks: list[Look] = []
    if any(record.pending for record in file.records.values()):
        looks.append(Look(READ_BACK, now))
    ends = [s.until_on for s in settled.standings.values() if s.state == "public" and s.until_on is not None]
    if ends:
        looks.append(Look(EXPIRY, ends_at(min(ends), desk.zone)))
    return tuple(looks)


def _read_back(file: RecordFile, desk: Desk, now: datetime) -> tuple[RecordFile, list[Fact]]:
    """Tells of each pending release; the portal channel is verified when a visitor is really shown its content."""
    records: dict[str, Record] = dict(file.records)
    facts: list[Fact] = []
    for identity, record in file.records.items():
        seen = desk.shown.get(identity)
        digest = None if seen is None else digest_of(seen)
        for pending in record.pending:
            current = pending.release == record.release
            verified = current and pending.digest == digest
            facts.append(release_fact(pending, digest if current else pending.digest, now if verified else None))
        records[identity] = replace(record, pending=())
    return replace(file, records=records), facts
