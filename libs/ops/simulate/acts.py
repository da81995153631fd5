"""A plan told as hall events, in CloudEvents wire form, each with the instant at which it happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from libs.ops.simulate.applicants import credit_code
from libs.ops.simulate.county import County, PenaltyKind, ServicePoint
from libs.ops.simulate.plans import CasePlan, office_instant
from libs.ops.simulate.working_days import WorkingDays

Act = tuple[datetime, dict[str, Any]]
MATERIALS = (
    {"code": "M01", "name": "申请表", "required": True, "got_by": "electronic"},
    {"code": "M02", "name": "营业执照", "required": True, "got_by": "licence_library"},
)


class Teller:
    """Tells plans of one county; draws only what does not matter to the law (minutes, handlers)."""

    def __init__(self, county: County, days: WorkingDays, random: Random) -> None:
        self.county, self.days, self.random = county, days, random

    def tell(self, plan: CasePlan) -> Iterator[Act]:
        """Every event of the plan, in order of time."""
        yield self._act(plan, "hall.application.submitted", plan.submitted_at, self._application(plan))
        received_on = plan.submitted_at.date()
        if plan.refusal:
            yield self._refusal(plan, received_on)
            return
        if plan.supplement_after_days is not None:
            asked, returned = self._supplement(plan, received_on)
            yield asked
            yield returned
            received_on = returned[0].date()
        accepted_at = self._instant(self.days.plus(received_on, plan.accept_after_days), after=plan.submitted_at)
        if plan.supplement_after_days is not None:
            # accepted by the act that completed the papers (许可法 32(5))
            accepted_at = returned[0] + timedelta(minutes=5)
        yield self._act(plan, "hall.case.accepted", accepted_at, self._acceptance(plan, accepted_at))
        if plan.withdrawn_after_days is not None:
            at = self._instant(self.days.plus(accepted_at.date(), plan.withdrawn_after_days), after=accepted_at)
            yield self._act(plan, "hall.case.withdrawn", at, {"reason": "申请人撤回申请"})
            return
        yield from self._procedure(plan, accepted_at)

    def _procedure(self, plan: CasePlan, accepted_at: datetime) -> Iterator[Act]:
        last_at = self._instant(self.days.plus(accepted_at.date(), 0), after=accepted_at)
        yield self._step(plan, 1, "handle", "承办", accepted_at, last_at)
        paused_days = 0
        if plan.pause and _comes_before(plan.pause.after_used_days, plan.used_days):
            started_at, ended_at = self._pause_instants(plan, accepted_at)
            yield self._pause_starts(plan, started_at)
            yield self._act(plan, "hall.special.ended", ended_at, {"result": "已完成"})
            paused_days = self._uncounted(started_at.date(), ended_at.date())
            last_at = max(last_at, ended_at)
        if plan.extension and _comes_before(plan.extension.after_used_days, plan.used_days):
            yield self._extension(plan, accepted_at)
        if plan.used_days is None:
            return
        # the decision falls on the working day on which exactly `used_days` are used, pauses left out
        decided_on = self.days.plus(accepted_at.date(), plan.used_days + paused_days)
        decided_at = self._instant(decided_on, after=max(last_at, accepted_at) + timedelta(minutes=10))
        yield self._step(plan, 2, "review", "审核", last_at, decided_at - timedelta(minutes=6))
        yield self._step(plan, 3, "approve", "批准", last_at, decided_at - timedelta(minutes=2))
        yield self._completion(plan, decided_at)
        if plan.result == "granted" and plan.collected_after_days is not None:
            at = self._instant(self.days.plus(decided_at.date(), plan.collected_after_days), after=decided_at)
            way = "courier" if plan.channel in ("online", "mobile") else "window"
            yield self._act(plan, "hall.result.collected", at, {"way": way, "served_at": at.isoformat()})
            if plan.grade:
                yield self._rating(plan, at + timedelta(minutes=3))

    def _uncounted(self, first: date, last: date) -> int:
        """Working days inside the closed interval [first, last] (C4)."""
        return self.days.between(first - timedelta(days=1), last)

    def _instant(self, day: date, after: datetime | None = None) -> datetime:
        return office_instant(self.random, day, self.county, after=after)

    def _act(self, plan: CasePlan, kind: str, at: datetime, body: dict[str, Any], seqno: int = 1) -> Act:
        organisation = plan.item.organisation
        data = {
            "case_no": plan.case_no,
            "item_code": plan.item.code,
            "item_version": "1",
            "org_code": organisation.code,
            "org_name": organisation.name,
            "region_code": self.county.region_code,
            "service_point": _point(plan.point),
            "handler": {"no": f"{organisation.key}-{self.random.randrange(1, 9)}"},
            **body,
        }
        source = self.county.source_of(organisation, plan.point)
        return at, wire_event(source, kind, plan.case_no, at, data, seqno)

    def _application(self, plan: CasePlan) -> dict[str, Any]:
        return {
            "item_name": plan.item.name,
            "project_name": f"{plan.applicant.name}{plan.item.name}"
            if plan.applicant.type != "natural_person"
            else plan.item.name,
            "submit_channel": plan.channel,
            "by_proxy": plan.by_proxy,
            "receipt_no": f"HZ{plan.case_no}",
            "query_code": f"{self.random.randrange(10**6):06d}",
            "materials": list(MATERIALS),
            "party": plan.applicant.body(),
        }

    def _acceptance(self, plan: CasePlan, at: datetime) -> dict[str, Any]:
        return {
            "accept_doc": self._document(plan, "受", "受理通知书", at),
            "case_kind": plan.item.kind,
            "legal_limit": {"value": plan.item.legal_days, "unit": "working_day"},
            "promise_limit": {"value": plan.item.promise_days, "unit": "working_day"},
            "fee_expected": plan.item.fee != "0.00",
            "materials": list(MATERIALS),
            "party": plan.applicant.body(),
        }

    def _refusal(self, plan: CasePlan, received_on: date) -> Act:
        at = self._instant(self.days.plus(received_on, 1), after=plan.submitted_at)
        body = {
            "refusal": plan.refusal,
            "reason": "申请事项不属于本机关职权范围" if plan.refusal == "not_competent" else "申请事项不符合受理条件",
            "remedy_told": True,
            "doc": self._document(plan, "不受", "不予受理决定书", at),
        }
        return self._act(plan, "hall.case.refused", at, body)

    def _supplement(self, plan: CasePlan, received_on: date) -> tuple[Act, Act]:
        asked_at = self._instant(self.days.plus(received_on, plan.supplement_after_days or 0), after=plan.submitted_at)
        asked = {
            "materials": [{"code": "M03", "name": "场所平面图", "required": True}],
            "reason": "缺少场所平面图",
            "reply_within": {"value": 15, "unit": "working_day"},
            "notice": self._document(plan, "补", "补正告知书", asked_at),
        }
        returned_at = self._instant(self.days.plus(asked_at.date(), plan.supplement_returns_days), after=asked_at)
        returned = {
            "materials": [{"code": "M03", "name": "场所平面图", "required": True, "got_by": "electronic"}],
            "complete": True,
        }
        return (
            self._act(plan, "hall.supplement.requested", asked_at, asked),
            self._act(plan, "hall.supplement.received", returned_at, returned),
        )

    def _pause_instants(self, plan: CasePlan, accepted_at: datetime) -> tuple[datetime, datetime]:
        assert plan.pause is not None
        started_on = self.days.plus(accepted_at.date(), plan.pause.after_used_days)
        started_at = self._instant(started_on, after=accepted_at)
        ended_on = self.days.plus(started_on, max(plan.pause.length_days - 1, 0))
        return started_at, self._instant(ended_on, after=started_at)

    def _pause_starts(self, plan: CasePlan, at: datetime) -> Act:
        assert plan.pause is not None
        body: dict[str, Any] = {"special_kind": plan.pause.kind, "reason": "依法需要，所需时间不计入办理期限"}
        if plan.pause.with_notice:
            body["limit"] = {"value": plan.pause.told_days, "unit": "working_day"}
            body["notice"] = self._document(plan, "告", "特别程序所需时间告知书", at)
        return self._act(plan, "hall.special.started", at, body)

    def _extension(self, plan: CasePlan, accepted_at: datetime) -> Act:
        assert plan.extension is not None
        at = self._instant(self.days.plus(accepted_at.date(), plan.extension.after_used_days), after=accepted_at)
        organisation = plan.item.organisation
        body = {
            "special_kind": "extension",
            "reason": "案情复杂，经本机关负责人批准延长办理期限",
            "decided_on": at.date().isoformat(),
            "approver": {
                "name": "局长",
                "title": "局长",
                "org_code": organisation.code,
                "level": "unit_head",
            },
            "limit": {"value": plan.extension.days, "unit": "working_day"},
            "notice": self._document(plan, "延", "延长办理期限告知书", at),
        }
        return self._act(plan, "hall.special.started", at, body, seqno=2)

    def _step(self, plan: CasePlan, seqno: int, code: str, name: str, started: datetime, ended: datetime) -> Act:
        body = {
            "step_code": code,
            "step_name": name,
            "outcome": "agreed",
            "opinion": "同意",
            "started_at": started.isoformat(),
            "ended_at": ended.isoformat(),
        }
        return self._act(plan, "hall.step.completed", ended, body, seqno)

    def _completion(self, plan: CasePlan, at: datetime) -> Act:
        granted = plan.result == "granted"
        decision_no = f"临{plan.item.key[:2].upper()}许〔{at.year}〕{int(plan.case_no[-6:]) + 1}号"
        body: dict[str, Any] = {
            "result": plan.result,
            "remedy_told": True,
            "decision": {
                "no": decision_no,
                "name": "准予行政许可决定书" if granted else "不予行政许可决定书",
                "decided_on": at.date().isoformat(),
            },
            "fee": {"amount": plan.item.fee, "standard": plan.item.fee},
        }
        if not granted:
            body["reason"] = "不符合法定条件：场所不符合要求"
        else:
            body["licences"] = [self._licence(plan, at)]
        if plan.secrecy:
            body["secrecy"] = {
                "state_secret": False,
                "trade_secret": True,
                "personal_privacy": False,
                "third_party": False,
                "internal": False,
                "note": "含商业秘密，请审查",
            }
        return self._act(plan, "hall.case.completed", at, body)

    def _licence(self, plan: CasePlan, at: datetime) -> dict[str, Any]:
        organisation = plan.item.organisation
        return {
            "type": plan.item.licence,
            "name": plan.item.licence,
            "no": f"{plan.item.key.upper()}{plan.case_no[2:]}",
            "content": f"准予{plan.item.name}",
            "valid_from": at.date().isoformat(),
            "valid_until": date(at.year + 5, at.month, min(at.day, 28)).isoformat(),
            "issuer": organisation.name,
            "issuer_code": organisation.code,
        }

    def _rating(self, plan: CasePlan, at: datetime) -> Act:
        body = {
            "grade": plan.grade,
            "channel": plan.channel,
            "named": self.random.random() < 0.5,
            "service_no": f"{plan.case_no}-1",
        }
        return self._act(plan, "hall.evaluation.submitted", at, body)

    def _document(self, plan: CasePlan, word: str, name: str, at: datetime) -> dict[str, Any]:
        return {
            "no": f"临{word}〔{at.year}〕{int(plan.case_no[-6:]) + 1}号",
            "name": name,
            "sealed": True,
            "served_at": at.isoformat(),
            "served_how": "electronic",
        }


def _comes_before(after_used_days: int, used_days: int | None) -> bool:
    """Whether an act planned for that day happens before the decision does (a case without one stays open)."""
    return used_days is None or after_used_days < used_days


def tell_penalty(county: County, random: Random, kind: PenaltyKind, filed_on: date, number: int) -> Iterator[Act]:
    """A penalty from filing (立案) to decision; the party is an enterprise or a shop that does not exist."""
    code = f"CF{filed_on:%Y%m%d}{number:05d}"
    source = county.source_of(kind.organisation, None)
    filed_at = office_instant(random, filed_on, county)
    decided_at = office_instant(random, filed_on + timedelta(days=random.randrange(5, 40)), county)
    if decided_at.weekday() >= 5:
        decided_at += timedelta(days=2)
    common = {
        "case_no": code,
        "item_code": "990200000001",
        "org_code": kind.organisation.code,
        "org_name": kind.organisation.name,
        "region_code": county.region_code,
    }
    number_words = random.choice(county.people.brands) + random.choice(county.people.trades)
    party = {"type": "enterprise", "name": f"临澜{number_words}", "id_type": "uscc", "id_no": _company(random)}
    yield filed_at, wire_event(source, "hall.penalty.filed", code, filed_at, {**common, "cause": kind.cause})
    decided = {
        **common,
        "decision": {
            "no": f"临罚决〔{decided_at.year}〕{number + 1}号",
            "name": "行政处罚决定书",
            "decided_on": decided_at.date().isoformat(),
        },
        "party": party,
        "violation": kind.cause,
        "facts": f"经查，当事人存在{kind.cause}的行为。",
        "basis": kind.basis,
        "kinds": list(kind.kinds),
        "content": f"给予行政处罚：罚款 {kind.fine} 元" if "fine" in kind.kinds else "给予警告",
        "valid_until": date(decided_at.year + 1, decided_at.month, min(decided_at.day, 28)).isoformat(),
        "gravity": kind.gravity,
        "simple_procedure": kind.gravity == "minor",
        "minor_person": False,
        "source_org": {"name": kind.organisation.name, "code": kind.organisation.code},
    }
    if "fine" in kind.kinds:
        decided["fine"] = kind.fine
    yield decided_at, wire_event(source, "hall.penalty.decided", code, decided_at, decided)


def _company(random: Random) -> str:
    return credit_code("9", "1", "110101", random.randrange(10**6))


def _point(point: ServicePoint) -> dict[str, str]:
    return {"level": point.level, "code": point.code, "name": point.name}


def heartbeat(source: str, county: County, at: datetime) -> Act:
    """The source says that it has sent everything up to `at`."""
    data = {"complete_up_to": at.isoformat()}
    event = wire_event(source, "hall.source.heartbeat", source, at, data)
    event["id"] = f"heartbeat-{at.isoformat()}"
    event["regioncode"] = county.region_code
    return at, event


def day_start(day: date, county: County) -> datetime:
    return datetime.combine(day, time(0), county.timezone)


def wire_event(
    source: str, kind: str, subject: str, at: datetime, data: dict[str, Any], seqno: int = 1
) -> dict[str, Any]:
    """One CloudEvent; its id is readable and the same in every run of one seed."""
    return {
        "specversion": "1.0",
        "id": f"{subject}/{kind.removeprefix('hall.')}/{seqno}/1",
        "source": source,
        "type": kind,
        "subject": subject,
        "time": at.isoformat(),
        "dataversion": 1,
        "seqno": seqno,
        "regioncode": data.get("region_code"),
        "orgcode": data.get("org_code"),
        "datacontenttype": "application/json",
        "data": data,
    }
