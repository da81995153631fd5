"""行政处罚 from filing to fulfilment, with legal review and collective discussion where the penalty is major."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from libs.ops.simulate import proportions as share
from libs.ops.simulate.acts import Coming, common, document_no, office_instant, wire_event
from libs.ops.simulate.applicants import credit_code
from libs.ops.simulate.county import County, PenaltyKind
from libs.ops.simulate.working_days import WorkingDays

ITEM_CODE = "990200000001"


@dataclass(frozen=True, slots=True)
class PenaltyPlan:
    """One penalty; `_days` are working days after the filing, and after the decision for what follows it.

    Args:
        major: flagged as major by the authority itself (重大行政处罚).
        reviewed, discussed, noticed: 法制审核, 集体讨论 and 告知 before the decision.
        fulfilled, revoked, changed: after so many working days, None = never.
    """

    case_no: str
    kind: PenaltyKind
    filed_on: date
    number: int
    series: str
    party_name: str
    party_no: str
    decided_after_days: int | None
    decided_on: date | None = None
    limit_days: int | None = None
    major: bool = False
    reviewed: bool = True
    discussed: bool = True
    noticed: bool = True
    fulfilled_after_days: int | None = None
    revoked_after_days: int | None = None
    changed_after_days: int | None = None


def draw_penalty(random: Random, county: County, filed_on: date, number: int, series: str) -> PenaltyPlan:
    """A believable penalty; the party is an enterprise that does not exist."""
    kind = random.choice(county.penalties)
    fate = random.random()
    brand = random.choice(county.people.brands) + random.choice(county.people.trades)
    return PenaltyPlan(
        case_no=f"CF{filed_on:%Y%m%d}{series}{number:05d}",
        kind=kind,
        filed_on=filed_on,
        number=number + 1,
        series=series,
        party_name=f"临澜{brand}",
        party_no=credit_code("9", "1", "110101", random.randrange(10**6)),
        decided_after_days=random.randrange(2, 6) if kind.gravity == "minor" else random.randrange(8, 40),
        major=kind.gravity == "serious",
        fulfilled_after_days=random.randrange(1, 11) if fate < share.FULFILLED and "fine" in kind.kinds else None,
        revoked_after_days=12 if fate > 1 - share.REVOKED else None,
        changed_after_days=12 if 1 - share.REVOKED - share.CHANGED < fate <= 1 - share.REVOKED else None,
    )


def schedule_penalty(county: County, days: WorkingDays, random: Random, plan: PenaltyPlan) -> list[Coming]:
    """Every event of the penalty; in no order."""
    filed_at = office_instant(random, plan.filed_on, county)
    filed: dict[str, Any] = {"cause": plan.kind.cause}
    if plan.major:
        filed["major"] = True
    if plan.limit_days is not None:
        filed["limit"] = {"value": plan.limit_days, "unit": "calendar_day"}
    coming = [_act(county, plan, "filed", filed_at, filed)]
    decided_on = plan.decided_on or (
        days.plus(plan.filed_on, plan.decided_after_days) if plan.decided_after_days is not None else None
    )
    if decided_on is None:
        return coming
    if plan.kind.gravity != "minor":
        coming += _before(county, days, random, plan, filed_at)
    last_at = max(at for at, _ in coming)
    decided_at = office_instant(random, decided_on, county, after=last_at)
    coming.append((decided_at, partial(_decided, county, plan, decided_at)))
    after: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
        ("fulfilled", plan.fulfilled_after_days, {"how": "已缴纳罚款"}),
        ("revoked", plan.revoked_after_days, {"reason": "复查发现主要事实不清，自行撤销"}),
        ("changed", plan.changed_after_days, {"reason": "复查后变更", "new": {"content": "给予警告"}}),
    )
    for what, later, body in after:
        if later is not None:
            at = office_instant(random, days.plus(decided_on, later), county)
            body["decision_no"] = decision_no(plan, decided_at)
            coming.append(_act(county, plan, what, at, body))
    return coming


def decision_no(plan: PenaltyPlan, decided_at: datetime) -> str:
    """处罚决定书文号."""
    return document_no(plan.kind.organisation, "罚决", plan.series, decided_at.year, plan.number)


def _before(county: County, days: WorkingDays, random: Random, plan: PenaltyPlan, filed_at: datetime) -> list[Coming]:
    """告知, and for a serious one legal review and collective discussion, each on a later day than the one before."""
    found = []
    on = plan.filed_on
    key = plan.kind.organisation.key
    acts: list[tuple[str, bool, dict[str, Any]]] = [("noticed", plan.noticed, {})]
    if plan.kind.gravity == "serious":
        acts.append(("legal_reviewed", plan.reviewed, {"reviewer": {"no": f"{key}-L1", "qualified": True}}))
        acts.append(("discussed", plan.discussed, {"attendees": [f"{key}-A1", f"{key}-A2", f"{key}-A3"]}))
    for what, is_done, body in acts:
        on = days.plus(on, 1)
        if is_done:
            at = office_instant(random, on, county, after=filed_at)
            found.append(_act(county, plan, what, at, {"served_at": at.isoformat()} if what == "noticed" else body))
    return found


def _act(county: County, plan: PenaltyPlan, what: str, at: datetime, body: dict[str, Any]) -> Coming:
    return at, partial(_written, county, plan, f"hall.penalty.{what}", at, body)


def _written(county: County, plan: PenaltyPlan, kind: str, at: datetime, body: dict[str, Any]) -> dict[str, Any]:
    organisation = plan.kind.organisation
    data = {"case_no": plan.case_no, "item_code": ITEM_CODE, **common(county, organisation), **body}
    return wire_event(county.source_of(organisation, None), kind, plan.case_no, at, data)


def _decided(county: County, plan: PenaltyPlan, at: datetime) -> dict[str, Any]:
    kind = plan.kind
    fined = "fine" in kind.kinds
    body: dict[str, Any] = {
        "decision": {"no": decision_no(plan, at), "name": "行政处罚决定书", "decided_on": at.date().isoformat()},
        "party": {"type": "enterprise", "name": plan.party_name, "id_type": "uscc", "id_no": plan.party_no},
        "violation": kind.cause,
        "facts": f"经查，当事人存在{kind.cause}的行为。",
        "basis": kind.basis,
        "kinds": list(kind.kinds),
        "content": f"给予行政处罚：罚款 {kind.fine} 元" if fined else "给予警告",
        "valid_until": (at.date() + timedelta(days=365)).isoformat(),
        "gravity": kind.gravity,
        "simple_procedure": kind.gravity == "minor",
        "minor_person": False,
        "source_org": {"name": kind.organisation.name, "code": kind.organisation.code},
    }
    if fined:
        body["fine"] = kind.fine
    return _written(county, plan, "hall.penalty.decided", at, body)
