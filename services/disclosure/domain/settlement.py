"""Bringing the chain of releases to where it should stand: what is published, corrected, taken down, held, withheld."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.disclosure.domain.policy import Policies
from services.disclosure.domain.record_file import Record, RecordFile, Standing, standings_of
from services.disclosure.domain.release import SHOWING, Release, content_of, digest_of, tombstone_of

# (region code, start, n) -> the n-th working day after start; None where the calendar does not reach that far
Workdays = Callable[[str | None, date, int], date | None]

CORRECTED = ("决定机关更正了原决定", "the authority corrected its decision", "政府信息公开条例第四十一条")
UNDONE = ("原决定已作废或者变更", "the decision was voided or changed", "政府信息公开条例第四十一条")
# the public reads why its page is gone, not what the desk suspects
TAKEN_DOWN: Mapping[str, tuple[str, str, str]] = {
    "held": ("正在重新审查，暂停公开", "taken down while it is reviewed again", "政府信息公开条例第十七条"),
    "withheld": ("经审查不予公开", "not to be published after review", "政府信息公开条例第十七条"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one record.

    Args:
        release: a new entry of the chain, None when the step only holds or withholds.
        due_on: the last day on which the law wants this step, None if the calendar does not reach that far.
        note: `held` or `withheld` when that must be told, None when the release tells it.
    """

    record: Record
    standing: Standing
    release: Release | None
    note: str | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The file after settling, and the steps that were made."""

    file: RecordFile
    changes: tuple[Change, ...]
    standings: Mapping[str, Standing]


def settle(file: RecordFile, policies: Policies, now: datetime, today: date, workdays: Workdays) -> Settled:
    """Adds to each chain what its standing asks for on `today`; settling twice changes nothing."""
    standings = standings_of(file, policies, today)
    records, changes = dict(file.records), []
    for identity, standing in standings.items():
        record = records.get(identity, Record(identity, standing.decision.kind))
        due_on = workdays(standing.decision.raw.get("region_code"), standing.counted_from, standing.limit_workdays)
        change = _step(file.subject, record, standing, now, due_on)
        if change is not None:
            records[identity] = change.record
            changes.append(change)
    for identity, record in file.records.items():
        if identity not in standings and record.action in SHOWING:
            change = _superseded(file.subject, record, standings, now)
            records[identity] = change.record
            changes.append(change)
    return Settled(replace(file, records=records), tuple(changes), standings)


def _step(subject: str, record: Record, standing: Standing, now: datetime, due_on: date | None) -> Change | None:
    showing = record.action in SHOWING
    match standing.state:
        case "public":
            if showing and record.digest == digest_of(standing.fields):
                return None
            if not showing:
                return _released(subject, record, standing, "publish", now, due_on, "public")
            if not standing.persons and not standing.decision.amendments:
                reason, reason_en, ground = CORRECTED
                standing = replace(standing, reason=reason, reason_en=reason_en, ground=ground)
            return _released(subject, record, standing, "correct", now, due_on, "public")
        case "withdrawn" | "expired":
            action = "withdraw" if standing.state == "withdrawn" else "expire"
            if record.release == 0 and action == "expire":
                return _noted(record, replace(standing, state="withheld"), "withheld", due_on)
            if record.release > 0 and not showing:
                return None
            return _released(subject, record, standing, action, now, due_on, standing.state)
        case state:
            if not showing:
                return _noted(record, standing, state, due_on)
            reason, reason_en, ground = (
                TAKEN_DOWN[state] if standing.decision.result in ("granted", "imposed") else UNDONE
            )
            stone = replace(
                standing, fields=tombstone_of(record.fields), reason=reason, reason_en=reason_en, ground=ground
            )
            change = _released(subject, record, stone, "withdraw", now, due_on, state)
            after = replace(change.record, noted=_note_digest(standing, state), notes=record.notes + 1)
            return replace(change, record=after, standing=standing, note=state)


def _noted(record: Record, standing: Standing, state: str, due_on: date | None) -> Change | None:
    noted = _note_digest(standing, state)
    if record.noted == noted and record.state == state:
        return None
    return Change(replace(record, state=state, noted=noted, notes=record.notes + 1), standing, None, state, due_on)


def _note_digest(standing: Standing, state: str) -> str:
    return digest_of(
        {
            "state": state,
            "hash": standing.decision.decision_hash,
            "reason": standing.reason,
            "verdict": standing.verdict.state,
            "persons": list(standing.persons),
            "fields": digest_of(standing.fields),
        }
    )


def _released(
    subject: str,
    record: Record,
    standing: Standing,
    action: str,
    now: datetime,
    due_on: date | None,
    state: str,
) -> Change:
    number = record.release + 1
    release = Release(
        record_id=record.record_id,
        subject=subject,
        kind=record.kind,
        release=number,
        action=action,
        at=now,
        content=content_of(record.record_id, number, action, standing.fields, standing.reason, standing.ground),
        reason=standing.reason,
        reason_en=standing.reason_en,
        ground=standing.ground,
        judgement=standing.judgement,
        decision_hash=standing.decision.decision_hash,
        policy_version=standing.policy_version,
        due_on=due_on,
        hides_earlier=standing.hides_earlier or action in ("withdraw", "expire"),
        by=standing.persons,
    )
    after = replace(
        record,
        state=state,
        release=number,
        action=action,
        digest=digest_of(standing.fields),
        fields=dict(standing.fields),
        reason=standing.reason,
        reason_en=standing.reason_en,
        ground=standing.ground,
        first_released_at=record.first_released_at or now,
        released_at=now,
        noted="",
    )
    return Change(after, standing, release, None, due_on)


def _superseded(subject: str, record: Record, standings: Mapping[str, Standing], now: datetime) -> Change:
    """The authority corrected the number of the decision or of the licence: the old record points nowhere any more."""
    heir = next(iter(standings.values()))
    standing = replace(
        heir,
        state="withdrawn",
        fields=tombstone_of(record.fields),
        reason="原决定或者证照的编号已更正，请查看更正后的记录",
        reason_en="the number of the decision or licence was corrected: see the record under its new number",
        ground="政府信息公开条例第四十一条",
        judgement="withhold",
        persons=(),
        hides_earlier=True,
    )
    return _released(subject, record, standing, "withdraw", now, None, "withdrawn")
