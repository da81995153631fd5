"""What an authority decided, read from approval's events: the input of a judgement, one per record.

Bodies are plain JSON values here (the wire names of contract/events.md): a record file keeps them for ever, so a field
that a later policy names is found in old decisions too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

CASE_DECIDED = "approval.case.decided"
PENALTY_DECIDED = "approval.penalty.decided"
PENALTY_CHANGED = "approval.penalty.changed"
PENALTY_REVOKED = "approval.penalty.revoked"
PENALTY_FULFILLED = "approval.penalty.fulfilled"
WANTED = frozenset({CASE_DECIDED, PENALTY_DECIDED, PENALTY_CHANGED, PENALTY_REVOKED, PENALTY_FULFILLED})
RECORDS = uuid5(NAMESPACE_URL, "urn:sunlit:records")
Json = Mapping[str, Any]
# what a change of a penalty may change (the fields of hall.penalty.decided that say what was decided)
CHANGEABLE = frozenset(
    {
        "decision",
        "violation",
        "facts",
        "basis",
        "benchmark",
        "kinds",
        "content",
        "fine",
        "confiscated",
        "licence_affected",
        "valid_until",
        "gravity",
        "minor_person",
    }
)


@dataclass(frozen=True, slots=True)
class Act:
    """One event of approval, as the record file keeps it.

    Identity is (source, type, seqno) within a subject. Of two versions the higher `rank` stands, whatever the order of
    arrival: dataversion first, then the instant as of which approval folded, then the event id.
    """

    source: str
    type: str
    seqno: int
    dataversion: int
    id: str
    at: datetime
    as_of: datetime
    data: Json

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.source, self.type, self.seqno)

    @property
    def rank(self) -> tuple[int, datetime, str]:
        return (self.dataversion, self.as_of, self.id)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change or the end of a penalty: `kind` ∈ changed · revoked; `new` holds the changed fields."""

    kind: str
    on: date
    reason: str
    new: Json
    decision_hash: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision that may become one public record.

    Args:
        raw: every field that a policy could name, by its public name, before masking.
        party: `party_public` of the event (type, display_name, code?), None if the authority sent no party.
        secrecy: flags of the hall and of the item; None = not reviewed by the hall.
        amendments: changes and revocations in their legal order.
    """

    record_id: str
    kind: str
    case_no: str
    decision_no: str | None
    org_code: str
    org_name: str
    result: str
    decided_on: date
    decision_hash: str
    raw: Json
    party: Json | None
    secrecy: Json | None
    minor_person: bool = False
    amendments: tuple[Amendment, ...] = field(default=())


def record_id(number: str, kind: str, licence: str) -> str:
    """Decision 15: uuid5 of (case_no or decision number, kind, licence)."""
    return str(uuid5(RECORDS, "\x1f".join((number, kind, licence))))


def is_record_id(text: str) -> bool:
    """Whether a path segment can be a record's identity at all."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def permits_of(act: Act, known: Sequence[str] = ()) -> tuple[Decision, ...]:
    """The permits of one decided case: one record per licence, or one for the decision that grants none.

    Args:
        known: records of this case; a decision that names no licence (voided, denied) speaks of all of them.
    """
    data, number = act.data, str(act.data["case_no"])
    licences: Sequence[Json] = data.get("licences") or ({},)
    found: dict[str, Decision] = {}
    if known and not data.get("licences"):
        common = _common(data, act.at.date())
        fields = common.pop("raw") | _permit_fields({})
        return tuple(
            Decision(record_id=i, kind="permit", result=str(data.get("result")), raw=fields, **common) for i in known
        )
    for position, licence in enumerate(licences):
        name = str(licence.get("no") or licence.get("name") or (position or ""))
        identity = record_id(number, "permit", name)
        if identity not in found:
            common = _common(data, act.at.date())
            found[identity] = Decision(
                record_id=identity,
                kind="permit",
                result=str(data.get("result")),
                raw=common.pop("raw") | _permit_fields(licence),
                **common,
            )
    return tuple(found.values())


def penalties_of(acts: Sequence[Act]) -> tuple[Decision, ...]:
    """The penalties of one file with their changes and revocations; nothing before the decision itself is known."""
    found: dict[str, Decision] = {}
    for act in sorted((a for a in acts if a.type == PENALTY_DECIDED), key=lambda a: (a.at, a.seqno)):
        decision_no = _text((act.data.get("decision") or {}).get("no"))
        identity = record_id(decision_no or str(act.data["case_no"]), "penalty", "")
        amendments = _amendments(acts, decision_no)
        data = dict(act.data)
        for amendment in amendments:
            data |= amendment.new
        common = _common(data, act.at.date())
        if amendments:
            common["decision_hash"] = amendments[-1].decision_hash
        found[identity] = Decision(
            record_id=identity,
            kind="penalty",
            result="imposed",
            raw=common.pop("raw") | _penalty_fields(data),
            minor_person=bool(data.get("minor_person")),
            amendments=amendments,
            **common,
        )
    return tuple(found.values())


def _amendments(acts: Sequence[Act], decision_no: str | None) -> tuple[Amendment, ...]:
    ours = [
        a
        for a in acts
        if a.type in (PENALTY_CHANGED, PENALTY_REVOKED) and _text(a.data.get("decision_no")) in (None, decision_no)
    ]
    return tuple(
        Amendment(
            kind="revoked" if a.type == PENALTY_REVOKED else "changed",
            on=a.at.date(),
            reason=str(a.data.get("reason") or ""),
            new=_new_fields(a.data),
            decision_hash=str(a.data.get("decision_hash") or ""),
        )
        # a revocation is the last word, also when its clerk dated it before a change
        for a in sorted(ours, key=lambda a: (a.type == PENALTY_REVOKED, a.at, a.seqno))
    )


def _new_fields(data: Json) -> Json:
    """The changed fields of a change: those that a decision has, and the party in its public shape only."""
    new = {name: value for name, value in (data.get("new") or {}).items() if name in CHANGEABLE and value is not None}
    return new | ({"party_public": data["party_public"]} if new and data.get("party_public") else {})


def _common(data: Json, happened_on: date) -> dict[str, Any]:
    document = data.get("decision") or {}
    decided_on = _day(document.get("decided_on")) or happened_on
    org_code = str(data.get("org_code") or "")
    raw: dict[str, Any] = {
        "decision_no": _text(document.get("no")),
        "decision_name": _text(document.get("name")),
        "decided_on": decided_on.isoformat(),
        "org_name": _text(data.get("org_name")),
        "org_code": org_code or None,
        "region_code": _text(data.get("region_code")),
        "item_code": _text(data.get("item_code")),
        "item_name": _text(data.get("item_name")),
    }
    return {
        "case_no": str(data["case_no"]),
        "decision_no": raw["decision_no"],
        "org_code": org_code,
        "org_name": str(data.get("org_name") or org_code),
        "decided_on": decided_on,
        "decision_hash": str(data.get("decision_hash") or ""),
        "raw": raw,
        "party": data.get("party_public"),
        "secrecy": data.get("secrecy"),
    }


def _permit_fields(licence: Json) -> dict[str, Any]:
    return {
        "licence_type": _text(licence.get("type")),
        "licence_name": _text(licence.get("name")),
        "licence_no": _text(licence.get("no")),
        "content": _text(licence.get("content")),
        "valid_from": _text(licence.get("valid_from")),
        "valid_until": _text(licence.get("valid_until")),
        "issuer": _text(licence.get("issuer")),
        "issuer_code": _text(licence.get("issuer_code")),
    }


def _penalty_fields(data: Json) -> dict[str, Any]:
    return {
        "violation": _text(data.get("violation")),
        "facts": _text(data.get("facts")),
        "basis": _text(data.get("basis")),
        "kinds": list(data.get("kinds") or ()) or None,
        "content": _text(data.get("content")),
        "fine": _text(data.get("fine")),
        "confiscated": _text(data.get("confiscated")),
        "licence_affected": _text(data.get("licence_affected")),
        "gravity": _text(data.get("gravity")),
        "valid_until": _text(data.get("valid_until")),
    }


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _day(value: object) -> date | None:
    text = _text(value)
    return date.fromisoformat(text[:10]) if text else None
