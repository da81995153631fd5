"""Record files under their row lock, and everything that one settling writes: records, releases, reviews, leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from libs.common.kernel.errors import ContractBroken
from libs.common.kernel.spine import Outcome
from libs.common.runtime.database import Tx
from services.disclosure.domain.decision import Act
from services.disclosure.domain.page import page_columns, texts_of
from services.disclosure.domain.policy import Policies
from services.disclosure.domain.record_file import Record, RecordFile
from services.disclosure.domain.release import PUBLIC_STATUS
from services.disclosure.domain.review import Deed
from services.disclosure.domain.search import grams
from services.disclosure.domain.settlement import Change, Workdays
from services.disclosure.ports import Desk
from services.disclosure.store.log import TransparencyLog
from services.disclosure.store.tables import public_record, record, record_file, review

OPEN_STATES = ("open", "seconding", "escalated")
_SAVE_FILES = sa.text(
    """
    INSERT INTO record_file (subject, acts, deeds, records, version, touched_at)
    SELECT subject, acts::jsonb, deeds::jsonb, records::jsonb, version, :now
      FROM unnest(CAST(:subjects AS text[]), CAST(:acts AS text[]), CAST(:deeds AS text[]),
                  CAST(:records AS text[]), CAST(:versions AS bigint[]))
           AS file (subject, acts, deeds, records, version)
        ON CONFLICT (subject) DO UPDATE
       SET acts = excluded.acts, deeds = excluded.deeds, records = excluded.records,
           version = excluded.version, touched_at = excluded.touched_at
     WHERE record_file.version = excluded.version - 1
    """
)


class RecordFiles:
    """The state store of disclosure's line; also used by the API for acts of people.

    Args:
        workdays: loads the working-day function of the moment (the calendars may change).
    """

    def __init__(self, policies: Policies, log: TransparencyLog, workdays: Workdays, zone: ZoneInfo) -> None:
        self._policies = policies
        self._log = log
        self._workdays = workdays
        self._zone = zone

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, RecordFile], Desk]:
        """The files of `keys`, locked in key order, and the desk's context with what the public sees of them."""
        query = (
            sa.select(record_file)
            .where(record_file.c.subject.in_(sorted(set(keys))))
            .order_by(record_file.c.subject)
            .with_for_update()
        )
        files = {row.subject: _file(row) for row in await tx.execute(query)}
        identities = [identity for file in files.values() for identity in file.records]
        return files, Desk(self._policies, self._workdays, self._zone, await _shown(tx, identities))

    async def save(self, tx: Tx, outcome: Outcome[RecordFile], now: datetime) -> None:
        """Writes files, records, reviews and releases; `extra` holds the Change of each record."""
        changes: tuple[Change, ...] = outcome.extra
        await _save_files(tx, outcome.states, now)
        if not changes:
            return
        await _save_records(tx, outcome.states, changes)
        await _save_reviews(tx, changes, now)
        releases = [change.release for change in changes if change.release is not None]
        if releases:
            await self._log.append(tx, releases)

    async def subject_of(self, tx: Tx, record_id: str) -> str | None:
        """The file that holds a record."""
        query = sa.select(record.c.subject).where(record.c.record_id == record_id)
        return (await tx.execute(query)).scalar_one_or_none()


async def _shown(tx: Tx, identities: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    if not identities:
        return {}
    query = sa.select(public_record.c.record_id, public_record.c.fields).where(
        public_record.c.record_id.in_(identities)
    )
    return {row.record_id: row.fields for row in await tx.execute(query)}


def _file(row: sa.Row[Any]) -> RecordFile:
    acts = msgspec.convert(row.acts, tuple[Act, ...])
    return RecordFile(
        subject=row.subject,
        acts={act.key: act for act in acts},
        deeds=msgspec.convert(row.deeds, tuple[Deed, ...]),
        records=msgspec.convert(row.records, dict[str, Record]),
        version=row.version,
    )


async def _save_files(tx: Tx, files: Mapping[str, RecordFile], now: datetime) -> None:
    ordered = [files[subject] for subject in sorted(files)]
    if not ordered:
        return
    done = await tx.execute(
        _SAVE_FILES,
        {
            "subjects": [f.subject for f in ordered],
            "acts": [_json(list(f.acts.values())) for f in ordered],
            "deeds": [_json(f.deeds) for f in ordered],
            "records": [_json(f.records) for f in ordered],
            "versions": [f.version + 1 for f in ordered],
            "now": now,
        },
    )
    if done.rowcount != len(ordered):
        raise ContractBroken("a record file changed under its lock: the batch is judged again from what is stored now")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def _save_records(tx: Tx, files: Mapping[str, RecordFile], changes: Sequence[Change]) -> None:
    latest = {
        change.record.record_id: (change, file.subject)
        for file in files.values()
        for change in changes
        if change.record.record_id in file.records
    }
    rows = [_record_row(*latest[identity]) for identity in sorted(latest)]
    statement = insert(record).values(
        {c.name: sa.bindparam(c.name, type_=c.type) for c in record.c if c.name != "grams"}
        | {"grams": sa.func.array_to_tsvector(sa.bindparam("gram_list", type_=ARRAY(sa.Text)))}
    )
    changed = {c.name: statement.excluded[c.name] for c in record.c if not c.primary_key}
    await tx.execute(statement.on_conflict_do_update(index_elements=[record.c.record_id], set_=changed), rows)


def _record_row(change: Change, subject: str) -> dict[str, Any]:
    state, standing = change.record, change.standing
    decision = standing.decision
    told = state if state.release else standing
    return {
        "record_id": state.record_id,
        "subject": subject,
        "kind": state.kind,
        "state": state.state,
        "status": PUBLIC_STATUS.get(state.action, ""),
        "release": state.release,
        "fields": dict(state.fields),
        "decided_on": decision.decided_on,
        "org_code": decision.org_code,
        "org_name": decision.org_name,
        "judgement": standing.judgement,
        "reason": told.reason,
        "reason_en": told.reason_en,
        "ground": told.ground,
        "decision_hash": decision.decision_hash,
        "policy_version": standing.policy_version,
        "due_on": change.due_on,
        "first_published_at": state.first_released_at,
        "published_at": state.released_at,
        "gram_list": grams(" ".join(texts_of(state.fields))),
        **page_columns(state.kind, state.fields),
    }


async def _save_reviews(tx: Tx, changes: Sequence[Change], now: datetime) -> None:
    """A review that nobody needs any more is superseded; each held copy has its own."""
    records = [change.record.record_id for change in changes]
    current = [change.standing.review for change in changes if change.standing.review is not None]
    await tx.execute(
        sa.update(review)
        .where(review.c.record_id == sa.any_(sa.literal(records, ARRAY(sa.Text))), review.c.state.in_(OPEN_STATES))
        .where(review.c.review_id != sa.all_(sa.literal(current, ARRAY(sa.Text))))
        .values(state="superseded", settled_at=now)
    )
    for change in changes:
        if change.standing.review is not None:
            await _save_review(tx, change.standing.review, change, now)


async def _save_review(tx: Tx, identity: str, change: Change, now: datetime) -> None:
    standing, decision = change.standing, change.standing.decision
    state = "superseded" if standing.state == "withdrawn" else standing.verdict.state
    party = decision.party or {}
    original = {name: value for name, value in decision.raw.items() if value is not None} | {
        "party_name": party.get("display_name"),
        "party_type": party.get("type"),
        "party_code": party.get("code"),
    }
    row: dict[str, Any] = {
        "review_id": identity,
        "record_id": change.record.record_id,
        "subject": decision.case_no,
        "kind": decision.kind,
        "state": state,
        "org_code": decision.org_code,
        "org_name": decision.org_name,
        "title": str(standing.fields.get("title", "")),
        "reason": standing.reason,
        "reason_en": standing.reason_en,
        "ground": standing.ground,
        "original": original,
        "public": dict(standing.fields),
        "masked": [{"field": m.field, "kind": m.kind, "count": m.count} for m in standing.masked],
        "persons": list(standing.persons),
        "due_on": change.due_on,
        "held_at": now,
        "settled_at": None if state in OPEN_STATES else now,
    }
    kept = {"state": row["state"], "persons": row["persons"], "settled_at": row["settled_at"]}
    if state in OPEN_STATES:
        kept |= {"public": row["public"]}
    statement = insert(review).values(row)
    await tx.execute(statement.on_conflict_do_update(index_elements=[review.c.review_id], set_=kept))
