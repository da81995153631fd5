"""咨询 and 诉求: what people ask and complain about, and how the county answers. Texts are invented and name nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

from libs.ops.simulate import proportions as share
from libs.ops.simulate.acts import Coming, common, office_instant, wire_event
from libs.ops.simulate.county import County, Organisation
from libs.ops.simulate.working_days import WorkingDays

SUBJECTS = (
    ("办事效率", "办理进度查询困难", "提交申请后一直不知道办到哪一步，希望能告知进度。"),
    ("服务态度", "窗口解释不清", "去窗口问需要哪些材料，几次答复不一致，希望一次说清。"),
    ("政策执行", "对收费标准有疑问", "希望说明该事项的收费依据和标准。"),
    ("环境设施", "便民服务室开门晚", "早上九点到便民服务室，门还没有开，希望按公示时间开门。"),
)
QUESTIONS = ("材料清单", "办理流程", "办理时限", "收费标准", "政策解读")


@dataclass(frozen=True, slots=True)
class ComplaintPlan:
    """One complaint; `_days` are working days after it was opened, None = it does not happen.

    Args:
        arrived_after_days, replied_after_days: when the authority got it, and answered it.
        bounces: how often the authority sent it back (退单).
        extended_until: the day that an extension states.
        stars: given at the end; 1 and 2 lead to a meeting (约谈).
    """

    number: str
    organisation: Organisation
    channel: str
    opened_at: datetime
    subject: int
    arrived_after_days: int | None = 0
    accepted_after_days: int | None = 0
    replied_after_days: int | None = 3
    bounces: int = 0
    due_on: date | None = None
    extended_until: date | None = None
    stars: int = 5
    is_met: bool = False


def draw_complaint(
    random: Random, county: County, days: WorkingDays, day: date, number: int, series: str
) -> ComplaintPlan:
    """A believable complaint about an authority that has cases; all are answered in time (R21)."""
    item = county.draw_item(random)
    channel = random.choices(share.COMPLAINT_CHANNELS, cum_weights=share.COMPLAINT_WEIGHTS)[0]
    opened_at = datetime.combine(day, time(8, 0), county.timezone) + timedelta(minutes=random.randrange(720))
    later = 1 if day not in days or opened_at.time() > time(16, 0) else 0
    return ComplaintPlan(
        number=f"TS{day:%Y%m%d}{series}{number:05d}",
        organisation=item.organisation,
        channel=channel,
        opened_at=opened_at,
        subject=random.randrange(len(SUBJECTS)),
        arrived_after_days=later,
        accepted_after_days=later,
        replied_after_days=random.randrange(1 + later, 5),
        bounces=1 if random.random() < share.RETURNED_TICKETS else 0,
        stars=random.choices(share.STARS, cum_weights=share.STAR_WEIGHTS)[0],
        is_met=random.random() < share.MET,
    )


def schedule_complaint(county: County, days: WorkingDays, random: Random, plan: ComplaintPlan) -> list[Coming]:
    """Every event of the complaint; in no order."""
    category, title, text = SUBJECTS[plan.subject]
    opened: dict[str, Any] = {"category": category, "title": title, "text": text, "to_org_code": plan.organisation.code}
    if plan.due_on is not None:
        opened["due"] = plan.due_on.isoformat()
    coming = [_complaint(county, plan, "opened", plan.opened_at, opened)]

    def then(what: str, after_days: int | None, body: dict[str, Any], seqno: int = 1) -> None:
        if after_days is None:
            return
        last_at = max(at for at, _ in coming)
        at = office_instant(random, days.plus(plan.opened_at.date(), after_days), county, after=last_at)
        if what == "arrived":
            body["arrived_at"] = at.isoformat()
        coming.append(_complaint(county, plan, what, at, body, seqno))

    then("arrived", plan.arrived_after_days, {})
    for seqno in range(1, plan.bounces + 1):
        then("returned", plan.arrived_after_days, {"reason": "非本单位职责，退回重新派单"}, seqno)
    then("accepted", plan.accepted_after_days, {"to_org_code": plan.organisation.code})
    if plan.extended_until is not None:
        body = {"due": plan.extended_until.isoformat(), "reason": "情况复杂，经审批延期"}
        then("extended", plan.accepted_after_days, body)
    reply = {"reply_text": "已联系您说明情况，并督促相关窗口改进。", "resolved": True}
    then("replied", plan.replied_after_days, reply)
    if plan.replied_after_days is not None:
        if plan.is_met:
            then("met", plan.replied_after_days + 1, {"reason": "约谈当事窗口负责人"})
        satisfied = {"satisfied": plan.stars > 2, "stars": plan.stars, "resolved": True}
        then("closed", plan.replied_after_days + 2, satisfied)
    return coming


def _complaint(
    county: County, plan: ComplaintPlan, what: str, at: datetime, body: dict[str, Any], seqno: int = 1
) -> Coming:
    return at, partial(_complaint_written, county, plan, f"hall.complaint.{what}", at, body, seqno)


def _complaint_written(
    county: County, plan: ComplaintPlan, kind: str, at: datetime, body: dict[str, Any], seqno: int
) -> dict[str, Any]:
    data = {
        "complaint_no": plan.number,
        "channel": plan.channel,
        **common(county, plan.organisation),
        **body,
    }
    return wire_event(county.hotline, kind, plan.number, at, data, seqno)


@dataclass(frozen=True, slots=True)
class ConsultationPlan:
    """One question; answered after so many working days, None = never."""

    number: str
    organisation: Organisation
    channel: str
    opened_at: datetime
    question: str
    answered_after_days: int | None = 0


def draw_consultation(
    random: Random, county: County, days: WorkingDays, day: date, number: int, series: str
) -> ConsultationPlan:
    """A believable question, answered within the day or two."""
    channel = random.choices(share.CONSULTATION_CHANNELS, cum_weights=share.CONSULTATION_WEIGHTS)[0]
    opened_at = office_instant(random, day if day in days else days.plus(day, 1), county)
    return ConsultationPlan(
        number=f"ZX{day:%Y%m%d}{series}{number:05d}",
        organisation=county.draw_item(random).organisation,
        channel=channel,
        opened_at=opened_at,
        question=random.choice(QUESTIONS),
        answered_after_days=random.choices((0, 1, 2), (80, 15, 5))[0] if channel == "online" else 0,
    )


def schedule_consultation(county: County, days: WorkingDays, random: Random, plan: ConsultationPlan) -> list[Coming]:
    """The question and its answer."""
    coming = [_consultation(county, plan, "opened", plan.opened_at, _question(plan))]
    if plan.answered_after_days is not None:
        day = days.plus(plan.opened_at.date(), plan.answered_after_days)
        at = office_instant(random, day, county, after=plan.opened_at)
        coming.append(_consultation(county, plan, "answered", at, {"answer_class": "已解答"}))
    return coming


def _question(plan: ConsultationPlan) -> dict[str, Any]:
    return {"question_class": plan.question, "channel": plan.channel}


def _consultation(county: County, plan: ConsultationPlan, what: str, at: datetime, body: dict[str, Any]) -> Coming:
    return at, partial(_consultation_written, county, plan, f"hall.consultation.{what}", at, body)


def _consultation_written(
    county: County, plan: ConsultationPlan, kind: str, at: datetime, body: dict[str, Any]
) -> dict[str, Any]:
    data = {"consultation_no": plan.number, **common(county, plan.organisation), **body}
    return wire_event(county.hotline, kind, plan.number, at, data)
