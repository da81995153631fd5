"""What disclosure tells the others about a record (topic disclosure.records.v1)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from libs.common.kernel.events.disclosure import (
    RecordBody,
    RecordCorrected,
    RecordExpired,
    RecordHeld,
    RecordPublished,
    RecordWithdrawn,
    RecordWithheld,
    Review,
)
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Fact
from services.disclosure.domain.record_file import Pending, Standing
from services.disclosure.domain.release import PUBLIC_STATUS, Release, digest_of
from services.disclosure.domain.settlement import Change

TOPIC = "disclosure.records.v1"
SOURCE = "//sunlit/disclosure"
PORTAL = "portal"
NAME_CHARS = 500
BODIES: dict[str, type[RecordBody]] = {
    "disclosure.record.published": RecordPublished,
    "disclosure.record.held": RecordHeld,
    "disclosure.record.withheld": RecordWithheld,
    "disclosure.record.corrected": RecordCorrected,
    "disclosure.record.withdrawn": RecordWithdrawn,
    "disclosure.record.expired": RecordExpired,
}
_DIGEST = re.compile(r"[0-9a-fA-F]{64}\Z")


def pending_of(change: Change) -> Pending:
    """A release as it waits for its read-back: the event is complete but for the channels."""
    release = change.release
    assert release is not None, "only a release is read back"
    name = f"disclosure.record.{PUBLIC_STATUS[release.action]}"
    body = _body(BODIES[name], change.standing, release.release, release.judgement, change.due_on, release.at, release)
    return Pending(name, release.release, release.at, change.record.digest, msgspec.to_builtins(body))


def release_fact(pending: Pending, shown_digest: str | None, verified_at: datetime | None) -> Fact:
    """The event of a release after a visitor's view of it was looked at.

    Args:
        shown_digest: of what a visitor is shown now; differs from the released one where somebody changed the row.
        verified_at: instant of the read-back, None when a visitor is shown something else.
    """
    portal = {"name": PORTAL, "published_at": pending.at, "verified_at": verified_at}
    body = {**pending.body, "published_hash": shown_digest, "channels": [portal]}
    data = msgspec.convert(body, BODIES[pending.type])
    return _fact(pending.type, data, pending.at, pending.release)


def note_fact(change: Change, now: datetime) -> Fact:
    """The event of a record that is held or withheld."""
    assert change.note is not None, "nothing was noted"
    name = f"disclosure.record.{change.note}"
    judgement = "hold" if change.note == "held" else "withhold"
    body = _body(BODIES[name], change.standing, change.record.release, judgement, change.due_on, now, None)
    return _fact(name, body, now, change.record.notes)


def _body(
    kind: type[RecordBody],
    standing: Standing,
    number: int,
    judgement: str,
    due_on: date | None,
    now: datetime,
    release: Release | None,
) -> RecordBody:
    decision = standing.decision
    persons = standing.persons or None
    identity = standing.review or str(uuid5(UUID(decision.record_id), f"rule\x1f{standing.policy_version}"))
    rule = None if persons else standing.policy_version
    fields: dict[str, Any] = {
        "record_id": decision.record_id,
        "kind": decision.kind,
        "release": number,
        "org_code": decision.org_code,
        "judgement": judgement,
        "ground": release.ground if release else standing.ground,
        "policy_version": standing.policy_version,
        "region_code": decision.raw.get("region_code"),
        "case_no": decision.case_no,
        "decision_no": decision.decision_no,
        "item_code": decision.raw.get("item_code"),
        "org_name": decision.org_name,
        "title": str(standing.fields.get("title") or "")[:NAME_CHARS] or None,
        "review": Review(id=identity, by_rule_version=rule, persons=persons),
        "decision_hash": decision.decision_hash if _DIGEST.match(decision.decision_hash) else None,
        "published_hash": digest_of(standing.fields) if release else None,
        "due_on": due_on,
        "reason": release.reason if release else standing.reason,
        "as_of": now,
    }
    return kind(**fields)


def _fact(name: str, data: RecordBody, at: datetime, seqno: int) -> Fact:
    identity = uuid5(NAMESPACE_URL, f"{SOURCE}\x1f{name}\x1f{data.record_id}\x1f{seqno}")
    event = Event(
        id=str(identity),
        source=SOURCE,
        type=name,
        subject=data.record_id,
        time=at,
        data=data,
        seqno=seqno,
        regioncode=data.region_code,
        orgcode=data.org_code,
    )
    return Fact(TOPIC, event)
