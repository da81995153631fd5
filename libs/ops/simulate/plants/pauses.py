"""Pauses, extensions, hearings and inspections: S11–S16, S18–S21, S29, S63."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from libs.ops.simulate.acts import Act
from libs.ops.simulate.plans import CasePlan, ExtensionPlan, HearingPlan, PausePlan
from libs.ops.simulate.plants.ground import Ground, day_of, instant_of, longer, moved, of, without, working
from libs.ops.simulate.plants.sheet import Plant


def void_extension(g: Ground) -> Plant:
    """S11: an extension that no head approved; on the boundary day it is decided on the running deadline."""
    item = g.item(least_promise=15 if g.kind == "boundary" else 10)
    if g.kind == "boundary":
        asked_on, used = item.legal_days, item.legal_days + 2
    else:
        asked_on, used = item.promise_days - 2, item.promise_days - 1
    plan = g.case(item, g.start(used + 3), extension=ExtensionPlan(10, asked_on), used_days=used)
    acts = g.tell(plan)
    asked = of(acts, "special.started", 2)
    if g.kind == "fires":
        del asked["data"]["approver"]
    why = {
        "fires": "延长未经本机关负责人批准，延长无效",
        "boundary": "法定期限最后一日批准延长，有效（C5）",
        "twin": "期限内经负责人批准并告知，有效",
    }[g.kind]
    also = ["S01", "S02"] if g.kind == "boundary" else []
    return g.plant(acts, plan, why, "red", instant_of(asked), also=also)


def untold_extension(g: Ground) -> Plant:
    """S12: an extension whose reasons were not told; it stands (decision 51)."""
    item = g.item(least_promise=10)
    plan = g.case(
        item, g.start(item.promise_days + 6), extension=ExtensionPlan(10, item.promise_days - 2),
        used_days=item.promise_days + 2,
    )  # fmt: skip
    acts = g.tell(plan)
    asked = of(acts, "special.started", 2)
    if g.kind == "fires":
        del asked["data"]["notice"]
    why = "延长未将理由告知申请人（延长仍有效）" if g.kind == "fires" else "延长并书面告知理由"
    return g.plant(acts, plan, why, "yellow", instant_of(asked))


def unlawful_kind(g: Ground) -> Plant:
    """S13: a pause that is none of the eight kinds; an inspection beside the running clock is none at all."""
    pause = PausePlan("other_local" if g.kind == "fires" else "expert_review", 2, 2, 3)
    inspected = g.kind == "boundary"
    plan = g.case(
        g.item(), g.start(10), used_days=6, pause=None if inspected else pause,
        inspected_after_days=2 if inspected else None,
    )  # fmt: skip
    acts = g.tell(plan)
    at = plan.submitted_at if inspected else instant_of(of(acts, "special.started"))
    why = {
        "fires": "以法定八种之外的名义暂停计时",
        "boundary": "现场核查不停时钟，不是特别程序",
        "twin": "专家评审属法定八种，并书面告知",
    }[g.kind]
    return g.plant(acts, plan, why, "red", at)


def untold_pause(g: Ground) -> Plant:
    """S14: one of the eight kinds without a written notice of the needed time, or with a time of 0."""
    pause = PausePlan("testing", 2, 2, 0 if g.kind == "boundary" else 3, with_notice=g.kind != "fires")
    plan = g.case(g.item(), g.start(10), used_days=6, pause=pause)
    acts = g.tell(plan)
    why = {
        "fires": "检测未书面告知所需时间，时钟照走",
        "boundary": "告知书载明时间为 0，等于没有告知",
        "twin": "检测并书面告知三个工作日",
    }[g.kind]
    return g.plant(acts, plan, why, "red", instant_of(of(acts, "special.started")), fires=g.kind != "twin")


def pause_overrun(g: Ground) -> Plant:
    """S15: the special procedure lasted longer than was told."""
    length = {"fires": 5, "boundary": 4, "twin": 3}[g.kind]
    plan = g.case(g.item(least_promise=9), g.start(14), used_days=7, pause=PausePlan("expert_review", 2, length, 3))
    acts = g.tell(plan)
    started_on = day_of(acts, "special.started")
    due_on = g.on(started_on, 3)
    why = {
        "fires": "告知三个工作日，第四个工作日才结束",
        "boundary": "在告知的最后一日结束",
        "twin": "提前结束",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(started_on, 3))


def _short_pause(g: Ground, plan: CasePlan, on: date, until: date, number: int) -> list[Act]:
    """A lawful pause told beside the plan: from a morning to an afternoon."""
    at, tell = g.teller.pause_starts(plan, g.at(on, 11, 5), number)
    ended_at = g.at(until, 16, 5)
    _, end = g.teller.act(plan, "hall.special.ended", ended_at, {"result": "已完成"}, number)
    return [(at, tell()), (ended_at, end())]


def too_many_pauses(g: Ground) -> Plant:
    """S16: a third pause; on the boundary day one begins on the last day of the promise (lawful, only flagged)."""
    pause = PausePlan("appraisal", 0, 1, 2)
    item = g.item()
    promise = item.promise_days
    start = g.start(promise + 5)
    if g.kind == "boundary":
        plan = g.case(item, start, used_days=promise + 2)
        acts = g.tell(plan)
        on = g.on(day_of(acts, "case.accepted"), promise)
        acts += _short_pause(g, replace(plan, pause=pause), on, g.on(on, 1), 1)
        cause = of(acts, "special.started")
        why = "承诺期限最后一日启动特别程序：合法，但提示"
        return g.plant(acts, plan, why, "notice", instant_of(cause), fires=True, also=["S01"])
    pauses = 3 if g.kind == "fires" else 2
    plan = g.case(item, start, used_days=4 + pauses)
    acts = g.tell(plan)
    begun = day_of(acts, "case.accepted")
    for number in range(1, pauses + 1):
        on = g.on(begun, 2 * number - 1)
        acts += _short_pause(g, replace(plan, pause=pause), on, on, number)
    why = "同一办件第三次暂停计时" if g.kind == "fires" else "两次短暂停，未超过次数和比例"
    return g.plant(acts, plan, why, "yellow", instant_of(of(acts, "special.started", pauses)))


def open_at_completion(g: Ground) -> Plant:
    """S63: completed while the special procedure was open."""
    plan = g.case(g.item(), g.start(11), used_days=7, pause=PausePlan("expert_review", 5, 1, 9))
    acts = g.tell(plan)
    completed = instant_of(of(acts, "case.completed"))
    if g.kind == "fires":
        acts = without(acts, "special.ended")
    elif g.kind == "boundary":
        acts = moved(acts, "special.ended", completed - timedelta(minutes=30))
    why = {
        "fires": "特别程序未结束即办结",
        "boundary": "特别程序在办结当日、办结之前结束",
        "twin": "特别程序结束后办结",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", completed)


def _heard(g: Ground, hearing: HearingPlan, used_days: int) -> CasePlan:
    """A case whose own statute gives it 45 days, so that a hearing fits in without a pause."""
    return g.case(longer(g.item(), 45, 40), g.start(used_days + 4), used_days=used_days, hearing=hearing)


def hearing_late(g: Ground) -> Plant:
    """S18: the hearing that was asked for was held after its twenty days."""
    held = {"fires": 23, "boundary": 22, "twin": 12}[g.kind]
    plan = _heard(g, HearingPlan("asked", 1, 2, held - 9, held), 26)
    acts = g.tell(plan)
    asked_on = day_of(acts, "hearing.requested")
    due_on = g.on(asked_on, 20)
    why = {
        "fires": "申请听证满二十个工作日后才组织听证",
        "boundary": "第二十个工作日组织听证",
        "twin": "期限内组织听证",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(asked_on, 20))


def notice_short(g: Ground) -> Plant:
    """S19: the hearing was told less than seven working days before."""
    noticed = {"fires": 6, "boundary": 5, "twin": 2}[g.kind]
    plan = _heard(g, HearingPlan("law", 1, None, noticed, 12), 15)
    acts = g.tell(plan)
    why = {
        "fires": "听证前六个工作日才通知",
        "boundary": "听证前恰好七个工作日通知",
        "twin": "听证前十个工作日通知",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", instant_of(of(acts, "hearing.noticed")))


def hearing_not_held(g: Ground) -> Plant:
    """S20: decided without the hearing that was owed; who asks on the sixth day has asked too late."""
    duty, asked = {"fires": ("law", None), "boundary": ("asked", 7), "twin": ("asked", None)}[g.kind]
    plan = _heard(g, HearingPlan(duty, 1, asked, None, None), 12)
    acts = g.tell(plan)
    why = {
        "fires": "依法应当听证而未听证即作出决定",
        "boundary": "告知听证权利后第六个工作日才提出，逾期，不必听证",
        "twin": "告知听证权利，无人提出",
    }[g.kind]
    return g.plant(acts, plan, why, "red", instant_of(of(acts, "case.completed")))


def chair_reviewed(g: Ground) -> Plant:
    """S21: the chair of the hearing had reviewed the application."""
    plan = _heard(g, HearingPlan("law", 1, None, 2, 12), 15)
    acts = g.tell(plan)
    role = {"fires": "R", "boundary": "A", "twin": "C"}[g.kind]
    held = of(acts, "hearing.held")
    held["data"]["chair"] = {"no": g.teller.hand(plan, role)}
    why = {
        "fires": "听证主持人就是审核人",
        "boundary": "主持人是批准人，不是审查人员",
        "twin": "主持人未参与审查",
    }[g.kind]
    return g.plant(acts, plan, why, "red", instant_of(held))


def too_few_inspectors(g: Ground) -> Plant:
    """S29: an inspection by one of the staff."""
    staff = {"fires": 1, "boundary": 2, "twin": 3}[g.kind]
    plan = g.case(g.item(), g.start(7), used_days=4, inspected_after_days=2, inspectors=staff)
    acts = g.tell(plan)
    return g.plant(acts, plan, f"现场核查人员 {staff} 名", "yellow", instant_of(of(acts, "inspection.held")))
