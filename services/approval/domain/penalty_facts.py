"""What the world must know of a penalty: `approval.penalty.*`, with the party in its public and its sealed shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.events import approval
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import PublicParty, SealedParty
from services.approval.domain.acts import VOIDED, Case, Told
from services.approval.domain.penalty import DECIDED, PenaltyView
from services.approval.domain.telling import Telling, digest_of

_BODIES: Mapping[str, type[Any]] = {
    "hall.penalty.changed": approval.PenaltyChanged,
    "hall.penalty.revoked": approval.PenaltyRevoked,
    "hall.penalty.fulfilled": approval.PenaltyFulfilled,
}
# What a penalty fact repeats of the hall's decision under the same name.
_SAME = tuple(
    field.name
    for field in msgspec.structs.fields(approval.PenaltyDecided)
    if field.name not in {"decision_hash", "party_public", "party_sealed"}
    and field.name not in {f.name for f in msgspec.structs.fields(approval.ApprovalBody)}
)


def penalty_tellings(
    case: Case, view: PenaltyView | None, now: datetime, parties: Mapping[str, PublicParty]
) -> Iterator[Telling]:
    """Everything that is true of the penalty at `now`.

    Args:
        parties: per event id of a decision the party as the public may see it (decision 26).
    """
    decided = view.decided if view is not None else ()
    for event in decided:
        public = parties.get(event.id)
        said = {name: getattr(event.data, name) for name in _SAME}
        body = approval.PenaltyDecided(
            **_common(event, now),
            **said,
            decision_hash=_decision_hash(event, public),
            party_public=public,
            party_sealed=event.data.party,
        )
        yield Telling(_name(event), "approval.penalty.decided", event.time, body, seqno=event.seqno)
    for event in view.after if view is not None else ():
        about = _about(event, decided)
        public = parties.get(about.id) if about is not None else None
        yield _after(event, now, public, about.data.party if about is not None else None)
    yield from _voided(case, view, now)


def _after(event: Event, now: datetime, public: PublicParty | None, sealed: SealedParty | None) -> Telling:
    data = event.data
    body = _BODIES[event.type](
        **_common(event, now),
        decision_hash=digest_of({"type": event.type, "decision_no": data.decision_no, "new": data.new}),
        decision_no=data.decision_no,
        reason=data.reason,
        new=data.new,
        how=data.how,
        party_public=public,
        party_sealed=sealed,
    )
    return Telling(_name(event), event.type.replace("hall.", "approval."), event.time, body, seqno=event.seqno)


def _voided(case: Case, view: PenaltyView | None, now: datetime) -> Iterator[Telling]:
    """A decision that was told and whose record is void now (误报作废) is revoked, so that readers take it back."""
    standing = {event.id for event in view.events} if view is not None else set()
    told: Mapping[str, Told] = case.told
    for act in case.acts.values():
        event = act.event
        if event.type != DECIDED or event.id in standing or _name(event) not in told:
            continue
        void = max((a.event for a in case.acts.values() if a.event.type == VOIDED), key=lambda e: (e.time, e.id))
        number = event.data.decision.no if event.data.decision is not None else None
        body = approval.PenaltyRevoked(
            **_common(event, now),
            decision_hash=digest_of({"type": VOIDED, "decision_no": number}),
            decision_no=number,
            reason=void.data.reason or "误报作废",
        )
        # Beyond the hall's own numbers, so that it never replaces a revocation that the hall reported.
        seqno = 1_000_000 + event.seqno
        yield Telling(f"{VOIDED}#{event.seqno}", "approval.penalty.revoked", void.time, body, seqno=seqno)


def _name(event: Event) -> str:
    return f"{event.type}#{event.seqno}"


def _about(event: Event, decided: tuple[Event, ...]) -> Event | None:
    """The decision that a later act speaks of: the one it names, else the last."""
    named = [e for e in decided if e.data.decision is not None and e.data.decision.no == event.data.decision_no]
    return next(reversed(named or list(decided)), None)


def _common(event: Event, now: datetime) -> dict[str, Any]:
    data = event.data
    return {
        "case_no": data.case_no,
        "item_code": data.item_code,
        "item_version": data.item_version,
        "org_code": data.org_code,
        "org_name": data.org_name,
        "region_code": data.region_code,
        "service_point": data.service_point,
        "as_of": now,
    }


def _decision_hash(event: Event, public: PublicParty | None) -> str:
    names = ("decision", "violation", "basis", "kinds", "content", "fine", "confiscated", "org_code")
    return digest_of({"party": public, **{name: getattr(event.data, name) for name in names}})
