"""What the world must know of a case: `approval.case.*`, each carrying all that a reader needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.events import approval
from libs.common.kernel.events.parts import PublicParty, Secrecy
from services.approval.domain.acts import Told
from services.approval.domain.case import CaseView, Common
from services.approval.domain.case_clock import CaseClock
from services.approval.domain.procedure import COLLECTED, DECISIONS
from services.approval.domain.telling import Telling, digest_of

OPENED, CLOCKS, DECIDED = "opened", "clocks", "decided"


def case_tellings(
    view: CaseView,
    told: Mapping[str, Told],
    now: datetime,
    *,
    party: PublicParty | None,
    item_secrecy: Secrecy | None,
) -> Iterator[Telling]:
    """Everything that is true of the case at `now`, in the order in which it is told.

    Args:
        party: the party as the public may see it (decision 26).
        item_secrecy: the item's own flags (decision 33).
    """
    yield from _clock_tellings(view, told, now)
    yield from _decision_tellings(view, told, now, party, item_secrecy)
    yield from _end_tellings(view, now)


def _common(common: Common, now: datetime) -> dict[str, Any]:
    return {
        "case_no": common.case_no,
        "item_code": common.item_code,
        "item_name": common.item_name,
        "item_version": common.item_version,
        "org_code": common.org_code,
        "org_name": common.org_name,
        "region_code": common.region_code,
        "service_point": common.service_point,
        "by_proxy": common.by_proxy,
        "submit_channel": common.submit_channel,
        "case_kind": common.case_kind,
        "as_of": now,
    }


def _clock_tellings(view: CaseView, told: Mapping[str, Told], now: datetime) -> Iterator[Telling]:
    """One of opened, accepted and clock_changed says how the clocks stand; a light that turns says nothing."""
    procedure = view.procedure
    body = {
        **_common(view.common, now),
        "clocks": tuple(clock.published(now, procedure.day(now)) for clock in view.clocks.all),
        "accepted_on": view.accepted_on,
    }
    content = [digest_of([_lasting(clock) for clock in view.clocks.all]), str(view.accepted_on)]
    if OPENED not in told:
        opened = approval.CaseOpened(**body)
        yield Telling(OPENED, "approval.case.opened", view.received_at, opened, once=True, says=(CLOCKS, content))
    if procedure.accepted is not None and "accepted" not in told:
        accepted = approval.CaseAccepted(**body)
        at = procedure.accepted.time
        yield Telling("accepted", "approval.case.accepted", at, accepted, once=True, says=(CLOCKS, content))
    changed = approval.CaseClockChanged(**body)
    newest = max(event.time for event in procedure.events)
    yield Telling(CLOCKS, "approval.case.clock_changed", newest, changed, content=content)


def _lasting(clock: CaseClock) -> object:
    """What a clock says apart from the present instant: running and passed are one until it ends."""
    said = msgspec.to_builtins(clock.published(clock.started_at, clock.start_on))
    said["state"] = clock.is_stopped if clock.ended_at is None else said["state"]
    return said


def _decision_tellings(
    view: CaseView,
    told: Mapping[str, Told],
    now: datetime,
    party: PublicParty | None,
    item_secrecy: Secrecy | None,
) -> Iterator[Telling]:
    completed = view.procedure.completed
    if completed is not None and completed.data.result in DECISIONS:
        data = completed.data
        essence = {
            "result": data.result,
            "decision": data.decision,
            "licences": data.all_licences,
            "org_code": view.common.org_code,
            "item_code": view.common.item_code,
            "party": party,
        }
        body = approval.CaseDecided(
            **_common(view.common, now),
            result=data.result,
            decision_hash=digest_of(essence),
            decision=data.decision,
            licences=data.all_licences,
            party_public=party,
            party_sealed=view.common.party,
            secrecy=merged_secrecy(data.secrecy, item_secrecy),
            reason=data.reason,
            accepted_on=view.accepted_on,
        )
        yield Telling(DECIDED, "approval.case.decided", completed.time, body)
    elif DECIDED in told:
        # The decision was told and its record is void now (误报作废): readers must take it back.
        body = approval.CaseDecided(
            **_common(view.common, now),
            result="voided",
            decision_hash=digest_of({"result": "voided", "case_no": view.common.case_no}),
            reason="原决定记录已作废",
        )
        yield Telling(DECIDED, "approval.case.decided", max(e.time for e in view.procedure.events), body)


def _end_tellings(view: CaseView, now: datetime) -> Iterator[Telling]:
    procedure = view.procedure
    ending = procedure.ending
    if ending is None:
        return
    collected = next((e for e in procedure.leg if e.type == COLLECTED), None)
    way = collected.data.way if collected is not None else None
    result: Any = procedure.result
    if procedure.delivered_at is not None:
        body = approval.CaseDelivered(
            **_common(view.common, now), served_at=procedure.delivered_at, way=way, result=result
        )
        yield Telling("delivered", "approval.case.delivered", procedure.delivered_at, body)
    if result != "granted" or procedure.delivered_at is not None:
        closed = approval.CaseClosed(
            **_common(view.common, now),
            result=result,
            state=view.state,
            served_at=procedure.delivered_at,
            way=way,
            reason=getattr(ending.data, "reason", None),
        )
        yield Telling("closed", "approval.case.closed", max(ending.time, procedure.delivered_at or ending.time), closed)


def merged_secrecy(hall: Secrecy | None, item: Secrecy | None) -> Secrecy | None:
    """The hall's flags and the item's: what either raises is raised; None = nobody reviewed it (decision 33)."""
    if hall is None or item is None:
        return hall if hall is not None else item
    flags = ("state_secret", "trade_secret", "personal_privacy", "third_party", "internal")
    raised = {name: _either(getattr(hall, name), getattr(item, name)) for name in flags}
    return Secrecy(**raised, note=hall.note or item.note)


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one is None or other is None:
        return one if one is not None else other
    return one or other
