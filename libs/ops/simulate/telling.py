"""A plan told as hall events. Everything that is drawn (minutes) is drawn when the plan is told, nothing when it is
written down; so acts of open cases can wait as a few words each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from libs.ops.simulate import bodies
from libs.ops.simulate.acts import Act, Coming, common, office_instant, place, wire_event, written
from libs.ops.simulate.bodies import FLOOR_PLAN, group_of
from libs.ops.simulate.county import County, Organisation
from libs.ops.simulate.plans import BY_NET, CLOSING, CasePlan
from libs.ops.simulate.working_days import WorkingDays

HANDS = 8
# 市级主管部门, to which first reviews are passed up; it reports to another platform
UPPER_ORG = "11990100XXXX00019M"
Body = Mapping[str, Any] | Callable[[], dict[str, Any]]


class Teller:
    """Tells the plans of one county."""

    def __init__(self, county: County, days: WorkingDays, random: Random) -> None:
        self.county, self.days, self.random = county, days, random

    def tell(self, plan: CasePlan) -> Iterator[Act]:
        """Every event of the plan, in order of time."""
        return written(self.schedule(plan))

    def schedule(self, plan: CasePlan) -> list[Coming]:
        """Every event of the plan, each with its instant, not yet written down; in no order."""
        coming = [
            self.act(plan, "hall.application.submitted", plan.submitted_at, partial(bodies.application, plan), hand="W")
        ]
        if plan.prereviewed_after_days is not None:
            at = self._answered_at(plan, plan.prereviewed_after_days)
            coming.append(self.act(plan, "hall.application.prereviewed", at, {"state": "passed"}, hand="W"))
        if plan.refusal:
            coming.append(self._refusal(plan))
            return coming
        accepted_at = self._acceptance_instant(plan, coming)
        if accepted_at is None:
            return coming
        body = partial(bodies.acceptance, plan, accepted_at)
        coming.append(self.act(plan, "hall.case.accepted", accepted_at, body, hand="W"))
        if plan.withdrawn_after_days is not None:
            at = self.instant(self.days.plus(accepted_at.date(), plan.withdrawn_after_days), after=accepted_at)
            coming.append(self.act(plan, "hall.case.withdrawn", at, {"reason": "申请人撤回申请"}))
        elif plan.passed_up_after_days is not None:
            at = self.instant(self.days.plus(accepted_at.date(), plan.passed_up_after_days), after=accepted_at)
            up = {"to_org_code": UPPER_ORG, "materials": bodies.MATERIALS, "reason": "初审完毕，报上级决定"}
            coming.append(self.act(plan, "hall.case.passed_up", at, up, hand="A"))
        else:
            self._procedure(plan, accepted_at, coming)
        return coming

    def _acceptance_instant(self, plan: CasePlan, coming: list[Coming]) -> datetime | None:
        """When the case is accepted, with the supplement that may come before; None when it never came."""
        if plan.supplement_after_days is None:
            return self._answered_at(plan, plan.accept_after_days)
        asked_at = self._answered_at(plan, plan.supplement_after_days)
        coming.append(self.supplement_asked(plan, asked_at))
        if plan.lapses:
            at = self.instant(self.days.plus(asked_at.date(), 16))
            coming.append(self.act(plan, "hall.supplement.lapsed", at, {"reason": "逾期未补正，视为放弃申请"}))
            return None
        returned_at = self.instant(self.days.plus(asked_at.date(), plan.supplement_returns_days), after=asked_at)
        coming.append(self.supplement_returned(plan, returned_at))
        # accepted by the act that completed the papers (许可法 32(5))
        return returned_at + timedelta(minutes=5)

    def _answered_at(self, plan: CasePlan, after_days: int) -> datetime:
        """When the window answers a filing: by net after closing time that is the next working day at the earliest."""
        filed_at = plan.submitted_at
        late = plan.channel in BY_NET and filed_at.time() >= CLOSING
        return self.instant(self.days.plus(filed_at.date(), max(after_days, 1 if late else 0)), after=filed_at)

    def _procedure(self, plan: CasePlan, accepted_at: datetime, coming: list[Coming]) -> None:
        start_on = accepted_at.date()
        handled_at = self.instant(self.days.plus(start_on, 0), after=accepted_at)
        coming.append(self.step(plan, 1, accepted_at, handled_at))
        last_at, paused_days = handled_at, 0
        if plan.pause and _comes_before(plan.pause.after_used_days, plan.used_days):
            started_at, ended_at = self._pause_instants(plan, accepted_at)
            coming.append(self.pause_starts(plan, started_at))
            coming.append(self.act(plan, "hall.special.ended", ended_at, {"result": "已完成"}))
            paused_days = self.days.between(started_at.date() - timedelta(days=1), ended_at.date())
            last_at = max(last_at, ended_at)
        if plan.extension and _comes_before(plan.extension.after_used_days, plan.used_days):
            at = self.instant(self.days.plus(start_on, plan.extension.after_used_days + paused_days), after=accepted_at)
            coming.append(self.extension(plan, at))
        last_at = max(last_at, *(at for at, _ in self._beside(plan, accepted_at, coming)), handled_at)
        if plan.used_days is None:
            return
        # the decision falls on the working day on which exactly `used_days` are used, pauses left out (C2, C4)
        decided_on = self.days.plus(start_on, plan.used_days + paused_days)
        decided_at = self.instant(decided_on, after=max(last_at, accepted_at) + timedelta(minutes=10))
        coming.append(self.step(plan, 2, handled_at, decided_at - timedelta(minutes=6)))
        coming.append(self.step(plan, 3, decided_at - timedelta(minutes=6), decided_at - timedelta(minutes=2)))
        self._decision(plan, decided_at, coming)

    def _beside(self, plan: CasePlan, accepted_at: datetime, coming: list[Coming]) -> list[Coming]:
        """Inspection, hearing, notice period and joint opinions: what goes on beside the steps before the decision."""
        found: list[Coming] = []
        on = partial(self._after, accepted_at)
        if plan.inspected_after_days is not None and _comes_before(plan.inspected_after_days, plan.used_days):
            staff = [{"no": self.hand(plan, "I", place=n)} for n in range(plan.inspectors)]
            body = {"inspectors": staff, "result": "现场与申请材料一致"}
            found.append(self.act(plan, "hall.inspection.held", on(plan.inspected_after_days), body))
        if plan.public_notice_days is not None:
            found += self._public_notice(plan, on(1))
        if plan.hearing is not None:
            found += self._hearing(plan, accepted_at)
        coming += found
        if plan.joint is None:
            return found
        coming += self._joint(plan, accepted_at)
        return found

    def _after(self, accepted_at: datetime, after_days: int) -> datetime:
        return self.instant(self.days.plus(accepted_at.date(), after_days), after=accepted_at)

    def _public_notice(self, plan: CasePlan, started_at: datetime) -> list[Coming]:
        body = {"days": plan.public_notice_days, "place": "县政府门户网站"}
        last_on = started_at.date() + timedelta(days=plan.public_notice_days or 0)
        ended_at = self.instant(self.days.plus(last_on, 0), after=started_at)
        return [
            self.act(plan, "hall.notice_period.started", started_at, body),
            self.act(plan, "hall.notice_period.ended", ended_at, body),
        ]

    def _hearing(self, plan: CasePlan, accepted_at: datetime) -> list[Coming]:
        said = plan.hearing
        assert said is not None
        on = partial(self._after, accepted_at)
        informed_at = on(said.informed_after_days)
        body: dict[str, Any] = {"duty": said.duty, "served_at": informed_at.isoformat()}
        found = [self.act(plan, "hall.hearing.informed", informed_at, body)]
        if said.requested_after_days is not None:
            at = max(on(said.requested_after_days), informed_at + timedelta(minutes=5))
            found.append(self.act(plan, "hall.hearing.requested", at, {"requested_by": "申请人"}))
        if said.held_after_days is None:
            return found
        held_at = on(said.held_after_days)
        if said.noticed_after_days is not None:
            body = {"hearing_at": held_at.isoformat(), "place": "县政务服务中心三楼听证室"}
            found.append(self.act(plan, "hall.hearing.noticed", on(said.noticed_after_days), body))
        body = {"chair": {"no": said.chair or self.hand(plan, "C")}, "record_no": f"听证笔录{plan.series}{plan.number}"}
        return [*found, self.act(plan, "hall.hearing.held", held_at, body)]

    def _joint(self, plan: CasePlan, accepted_at: datetime) -> list[Coming]:
        said, found = plan.joint, []
        assert said is not None
        group_no = group_of(plan)
        for place_, part in enumerate(said.parts, start=1):
            if part.opined_after_days is not None:
                at = self._after(accepted_at, part.opined_after_days)
                body = {**common(self.county, part.organisation), "group_no": group_no, "opinion": "agree"}
                found.append(self.act(plan, "hall.joint.opined", at, body, place_, of=part.organisation))
        if said.met_after_days is not None:
            at = self._after(accepted_at, said.met_after_days)
            there = [part.organisation.code for part in said.parts if part.opined_after_days is not None]
            away = [part.organisation.code for part in said.parts if part.opined_after_days is None]
            body = {"group_no": group_no, "convened_at": at.isoformat(), "attendees": there, "absent": away}
            found.append(self.act(plan, "hall.joint.met", at, body))
        return found

    def _decision(self, plan: CasePlan, decided_at: datetime, coming: list[Coming]) -> None:
        granted = plan.result == "granted"
        if granted and plan.item.fee != "0.00":
            at = decided_at - timedelta(minutes=1)
            coming.append(self.act(plan, "hall.fee.charged", at, partial(bodies.fee, plan), hand="W"))
        coming.append(
            self.act(plan, "hall.case.completed", decided_at, partial(bodies.completion, plan, decided_at), hand="A")
        )
        if not granted or plan.collected_after_days is None:
            return
        at = self.instant(self.days.plus(decided_at.date(), plan.collected_after_days), after=decided_at)
        way = "courier" if plan.channel in BY_NET else "window"
        body = {"way": way, "served_at": at.isoformat()}
        coming.append(self.act(plan, "hall.result.collected", at, body, hand="W"))
        self._rated(plan, at + timedelta(minutes=3), coming)

    def _rated(self, plan: CasePlan, at: datetime, coming: list[Coming]) -> None:
        rating = plan.rating
        grade = rating.grade if rating else plan.grade
        if not grade:
            return
        body: dict[str, Any] = {
            "grade": grade,
            "channel": plan.channel,
            "named": rating.named if rating else plan.number % 2 == 0,
            "service_no": f"{plan.case_no}-1",
        }
        coming.append(self.act(plan, "hall.evaluation.submitted", at, body))
        after = (
            (("contacted", rating.contacted_after_days), ("rectified", rating.rectified_after_days)) if rating else ()
        )
        for seqno, (step, days) in enumerate(after, start=1):
            if days is not None:
                done_at = self.instant(self.days.plus(at.date(), days), after=at)
                handled: dict[str, Any] = {"step": step, "service_no": f"{plan.case_no}-1", "note": "已电话回访"}
                if step == "rectified":
                    handled |= {"satisfied": True, "note": "已整改并回访，评价人满意"}
                coming.append(self.act(plan, "hall.evaluation.handled", done_at, handled, seqno, hand="W"))

    def _refusal(self, plan: CasePlan) -> Coming:
        at = self._answered_at(plan, 1)
        body = partial(bodies.refusal, plan, at)
        return self.act(plan, "hall.case.refused", at, body, hand="W")

    def supplement_asked(self, plan: CasePlan, at: datetime, seqno: int = 1) -> Coming:
        """补正告知: one more drawing is asked for."""
        body = {
            "materials": [FLOOR_PLAN],
            "reason": "缺少场所平面图",
            "reply_within": {"value": 15, "unit": "working_day"},
            "notice": bodies.paper(plan, "补", "补正告知书", at),
        }
        return self.act(plan, "hall.supplement.requested", at, body, seqno, hand="W")

    def supplement_returned(self, plan: CasePlan, at: datetime, seqno: int = 1) -> Coming:
        """补正受理: the drawing is there and nothing is missing."""
        body = {"materials": [{**FLOOR_PLAN, "got_by": "electronic"}], "complete": True}
        return self.act(plan, "hall.supplement.received", at, body, seqno, hand="W")

    def _pause_instants(self, plan: CasePlan, accepted_at: datetime) -> tuple[datetime, datetime]:
        assert plan.pause is not None
        started_on = self.days.plus(accepted_at.date(), plan.pause.after_used_days)
        started_at = self.instant(started_on, after=accepted_at)
        ended_on = self.days.plus(started_on, max(plan.pause.length_days - 1, 0))
        return started_at, self.instant(ended_on, after=started_at)

    def pause_starts(self, plan: CasePlan, at: datetime, seqno: int = 1) -> Coming:
        """特别程序 begins, with the written notice of the needed time when the plan says so."""
        assert plan.pause is not None
        body: dict[str, Any] = {"special_kind": plan.pause.kind, "reason": "依法需要，所需时间不计入办理期限"}
        if plan.pause.with_notice:
            body["limit"] = {"value": plan.pause.told_days, "unit": "working_day"}
            body["notice"] = bodies.paper(plan, "告", "特别程序所需时间告知书", at)
        return self.act(plan, "hall.special.started", at, body, seqno)

    def extension(self, plan: CasePlan, at: datetime, seqno: int = 2) -> Coming:
        """延长审批, approved by the head of the authority."""
        assert plan.extension is not None
        approver = {"name": "局长", "title": "局长", "org_code": plan.item.organisation.code, "level": "unit_head"}
        body = {
            "special_kind": "extension",
            "reason": "案情复杂，经本机关负责人批准延长办理期限",
            "decided_on": at.date().isoformat(),
            "approver": approver,
            "limit": {"value": plan.extension.days, "unit": "working_day"},
            "notice": bodies.paper(plan, "延", "延长办理期限告知书", at),
        }
        return self.act(plan, "hall.special.started", at, body, seqno, hand="A")

    def step(self, plan: CasePlan, seqno: int, started: datetime, ended: datetime) -> Coming:
        """承办, 审核 or 批准, each by another hand."""
        code, name, hand = (("handle", "承办", "H"), ("review", "审核", "R"), ("approve", "批准", "A"))[seqno - 1]
        body = {
            "step_code": code,
            "step_name": name,
            "outcome": "agreed",
            "opinion": "同意",
            "started_at": started.isoformat(),
            "ended_at": ended.isoformat(),
        }
        return self.act(plan, "hall.step.completed", ended, body, seqno, hand=hand)

    def instant(self, day: date, after: datetime | None = None) -> datetime:
        """An office instant of that day."""
        return office_instant(self.random, day, self.county, after=after)

    def hand(self, plan: CasePlan, role: str, place: int = 0) -> str:
        """Who of the authority acts on this case: H handles, R reviews, A approves, W sits at the window."""
        return f"{plan.item.organisation.key}-{role}{(plan.number + place) % HANDS + 1}"

    def act(
        self,
        plan: CasePlan,
        kind: str,
        at: datetime,
        body: Body,
        seqno: int = 1,
        *,
        hand: str = "H",
        of: Organisation | None = None,
    ) -> Coming:
        """One act of the case, by its own authority or, with `of`, by another."""
        return at, partial(self._written, plan, kind, at, body, seqno, hand, of)

    def _written(
        self,
        plan: CasePlan,
        kind: str,
        at: datetime,
        body: Body,
        seqno: int,
        hand: str,
        of: Organisation | None,
    ) -> dict[str, Any]:
        organisation = of or plan.item.organisation
        data = {
            "case_no": plan.case_no,
            "item_code": plan.item.code,
            "item_version": "1",
            **common(self.county, organisation),
            "service_point": place(plan.point),
            "handler": {"no": self.hand(plan, hand) if of is None else f"{of.key}-{hand}1"},
            **(body() if callable(body) else body),
        }
        return wire_event(self.county.source_of(organisation, plan.point), kind, plan.case_no, at, data, seqno)


def _comes_before(after_used_days: int, used_days: int | None) -> bool:
    """Whether an act planned for that day happens before the decision does (a case without one stays open)."""
    return used_days is None or after_used_days < used_days
