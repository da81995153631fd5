"""The record file: what is known of one case, and the public records that follow from it.

State is a set of acts (the highest version of each) and of deeds of people; merging is commutative, associative and
idempotent. What should be public, the *standing*, is a pure view of (file, policies, day), so the order of arrival
never matters: a revocation that comes before its decision ends in the same standing as one that comes after.
The chain of releases is what the public was really told; `settle` adds to it where it differs from the standing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from services.disclosure.domain.decision import (
    CASE_DECIDED,
    Act,
    Amendment,
    Decision,
    penalties_of,
    permits_of,
)
from services.disclosure.domain.judgement import (
    WORDS,
    Hold,
    Judgement,
    Masked,
    Publish,
    PublishMasked,
    Withhold,
    judge,
    scan,
    title_of,
)
from services.disclosure.domain.policy import Policies
from services.disclosure.domain.release import digest_of, tombstone_of
from services.disclosure.domain.review import Deed, Verdict, review_id, verdict_of

ActKey = tuple[str, str, int]
OPEN_REVIEW = Verdict("open", (), {}, False, "")


@dataclass(frozen=True, slots=True)
class Pending:
    """A release that the public page has not been checked for yet: the event to send and the fingerprint to find."""

    type: str
    release: int
    at: datetime
    digest: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What has been done about one record so far.

    Args:
        state: none · held · withheld · public · withdrawn · expired.
        release: number of its latest release, 0 = none yet.
        action: action of that release, empty = none.
        digest: of the fields that the latest release shows.
        pending: releases that wait to be read back and told on disclosure.records.v1, oldest first.
        noted: digest of the held or withheld standing that was told; `notes` counts them.
        fields: what the public sees of it now (of a tombstone: number, day, organisation).
        reason, reason_en, ground: of its latest release, as the public reads them.
        released_at: instant of the latest release.
    """

    record_id: str
    kind: str
    state: str = "none"
    release: int = 0
    action: str = ""
    digest: str = ""
    noted: str = ""
    notes: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    reason_en: str = ""
    ground: str = ""
    first_released_at: datetime | None = None
    released_at: datetime | None = None
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFile:
    """Everything disclosure knows of one case; `subject` is the key of the events, `version` counts the savings."""

    subject: str
    acts: Mapping[ActKey, Act] = field(default_factory=dict)
    deeds: tuple[Deed, ...] = ()
    records: Mapping[str, Record] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What should be true of one record on one day.

    Args:
        state: held · withheld · public · withdrawn · expired.
        fields: the public copy (of a held record: the copy that would go out; of a withdrawn one: its tombstone).
        limit_workdays: working days within which it must be so (PUB-7, PEN-48), counted from `counted_from`.
        until_on: the last day on which it may be public.
    """

    state: str
    decision: Decision
    fields: Mapping[str, Any]
    masked: tuple[Masked, ...]
    judgement: str
    reason: str
    reason_en: str
    ground: str
    policy_version: str
    limit_workdays: int
    counted_from: date
    until_on: date | None = None
    review: str | None = None
    verdict: Verdict = OPEN_REVIEW
    persons: tuple[str, ...] = ()
    hides_earlier: bool = False


def merge(file: RecordFile, act: Act) -> RecordFile:
    """Adds an act to the set; of two versions of one act the higher rank stands."""
    known = file.acts.get(act.key)
    if known is not None and known.rank >= act.rank:
        return file
    return replace(file, acts={**file.acts, act.key: act})


def decisions_of(file: RecordFile) -> dict[str, Decision]:
    """The decisions of the file by record."""
    acts = tuple(file.acts.values())
    known = tuple(identity for identity, record in file.records.items() if record.kind == "permit")
    found: dict[str, Decision] = {}
    for act in sorted((a for a in acts if a.type == CASE_DECIDED), key=lambda a: a.rank):
        found |= {d.record_id: d for d in permits_of(act, known)}
    return found | {d.record_id: d for d in penalties_of(acts)}


def standings_of(file: RecordFile, policies: Policies, today: date) -> dict[str, Standing]:
    """What should be public on `today`: the pure view of the file."""
    found: dict[str, Standing] = {}
    for identity, decision in decisions_of(file).items():
        deeds = tuple(d for d in file.deeds if d.record_id == identity)
        found[identity] = _standing(decision, deeds, policies, today)
    return found


def _standing(decision: Decision, deeds: tuple[Deed, ...], policies: Policies, today: date) -> Standing:
    policy = policies.policy_on(decision.kind, decision.decided_on)
    judged = _reviewed(_judged(decision, judge(decision, policies), policy.limit_workdays), deeds)
    if judged.state == "held" and _ending(decision.amendments) is not None:
        return replace(
            judged,
            state="withheld",
            judgement="withhold",
            reason="原决定在公开前已变更或者撤销",
            reason_en="the decision was changed or revoked before it was published",
            ground="行政处罚法第四十八条",
        )
    if judged.state != "public":
        return judged
    ended = _ended(judged, deeds)
    if ended is not None:
        return ended
    shown = _corrected(judged, deeds)
    if shown.until_on is not None and today > shown.until_on:
        return replace(
            shown,
            state="expired",
            fields=tombstone_of(shown.fields),
            reason="公示期已满",
            reason_en="the publication period is over",
            ground=policies.period_on(decision.decided_on).basis,
        )
    return shown


def _judged(decision: Decision, judgement: Judgement, limit_workdays: int) -> Standing:
    masked: tuple[Masked, ...] = () if isinstance(judgement, Publish | Withhold) else judgement.masked
    fields: Mapping[str, Any] = {} if isinstance(judgement, Withhold) else judgement.fields
    state = "public" if isinstance(judgement, Publish | PublishMasked) else "held"
    until = fields.get("publish_until")
    return Standing(
        state="withheld" if isinstance(judgement, Withhold) else state,
        decision=decision,
        fields=fields,
        masked=masked,
        judgement=WORDS[type(judgement)],
        reason=judgement.reason,
        reason_en=judgement.reason_en,
        ground=judgement.ground,
        policy_version=judgement.policy_version,
        limit_workdays=limit_workdays,
        counted_from=decision.decided_on,
        until_on=date.fromisoformat(until) if until else None,
        review=review_id(decision.record_id, decision.decision_hash, digest_of(fields))
        if isinstance(judgement, Hold)
        else None,
    )


def _reviewed(standing: Standing, deeds: tuple[Deed, ...]) -> Standing:
    """What the review desk has made of a held record."""
    if standing.review is None:
        return standing
    verdict = verdict_of([d for d in deeds if d.on == standing.review])
    if verdict.state == "withheld":
        return replace(standing, state="withheld", judgement="withhold", verdict=verdict, persons=verdict.persons)
    fields = _overlay(standing.decision.kind, standing.fields, verdict.redactions)
    if verdict.state != "approved":
        return replace(standing, fields=fields, verdict=verdict, persons=verdict.persons)
    return replace(
        standing,
        state="public",
        fields=fields,
        judgement="publish_masked" if standing.masked or verdict.redactions else "publish",
        reason="经两人审查同意公开",
        reason_en="released after review by two persons",
        ground="政府信息公开条例第十七条",
        verdict=verdict,
        persons=verdict.persons,
    )


def _ended(standing: Standing, deeds: tuple[Deed, ...]) -> Standing | None:
    """行政处罚法第四十八条: a changed or revoked penalty is withdrawn within 3 working days, reasons in public."""
    persons: tuple[str, ...] = ()
    withdrawn = [d for d in deeds if d.verb == "withdraw"]
    if withdrawn:
        deed = max(withdrawn, key=lambda d: (d.at, d.id))
        reason, ground, counted_from, persons = deed.reason, deed.ground, deed.at.date(), (deed.by,)
        english = "withdrawn by decision of the authority"
    else:
        last = _ending(standing.decision.amendments)
        if last is None:
            return None
        reason, ground, counted_from = public_reason(last.reason), "行政处罚法第四十八条", last.on
        english = "the decision was revoked" if last.kind == "revoked" else "the decision was changed"
    return replace(
        standing,
        state="withdrawn",
        fields=tombstone_of(standing.fields),
        reason=reason,
        reason_en=english,
        ground=ground or "政府信息公开条例第四十一条",
        limit_workdays=3,
        counted_from=counted_from,
        persons=persons,
        hides_earlier=True,
    )


def _ending(amendments: tuple[Amendment, ...]) -> Amendment | None:
    """The amendment that takes the record down: a revocation, or a change that does not say the new content."""
    last = amendments[-1] if amendments else None
    return last if last is not None and (last.kind == "revoked" or not last.new) else None


def _corrected(standing: Standing, deeds: tuple[Deed, ...]) -> Standing:
    """Corrections: by the authority's own change of the decision, and by persons on the version that they saw."""
    decision = standing.decision
    if decision.amendments:
        last = decision.amendments[-1]
        standing = replace(
            standing,
            reason=public_reason(last.reason),
            reason_en="the decision was changed",
            ground="行政处罚法第四十八条",
            limit_workdays=3,
            counted_from=last.on,
            hides_earlier=True,
        )
    ours = sorted(
        (d for d in deeds if d.verb == "correct" and d.on == decision.decision_hash), key=lambda d: (d.at, d.id)
    )
    for deed in ours:
        standing = replace(
            standing,
            fields=_overlay(decision.kind, standing.fields, deed.fields),
            reason=deed.reason,
            reason_en="corrected by decision of the authority",
            ground=deed.ground or "政府信息公开条例第四十一条",
            persons=(deed.by,),
            hides_earlier=standing.hides_earlier or deed.hides_earlier,
        )
    return standing


def _overlay(kind: str, fields: Mapping[str, Any], changes: Mapping[str, Any]) -> Mapping[str, Any]:
    if not changes:
        return fields
    shown = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    return shown if "title" in changes else {**shown, "title": title_of(kind, shown)}


def public_reason(reason: str) -> str:
    """A reason fit for the public: personal data masked, never empty."""
    return scan(reason.strip())[0] or "原决定已变更或者撤销"
