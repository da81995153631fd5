"""Ratings, tickets, questions and penalties: S44–S47, S54, S56."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from libs.ops.simulate.acts import Act, Coming, written
from libs.ops.simulate.desks import ComplaintPlan, ConsultationPlan, schedule_complaint, schedule_consultation
from libs.ops.simulate.penalties import PenaltyPlan, draw_penalty, schedule_penalty
from libs.ops.simulate.plans import RatingPlan
from libs.ops.simulate.plants.ground import Ground, day_of, instant_of, of, working
from libs.ops.simulate.plants.sheet import Count, Plant


def bad_rating(g: Ground) -> Plant:
    """S46: nobody called back within a working day after a named bad rating."""
    contacted, rectified = {"fires": (2, 4), "boundary": (1, 5), "twin": (None, None)}[g.kind]
    rating = RatingPlan(5, g.kind != "twin", contacted, rectified)
    plan = g.case(g.item(), g.start(12), collected_after_days=1, rating=rating)
    acts = g.tell(plan)
    rated_on = day_of(acts, "evaluation.submitted")
    due_on = g.on(rated_on, 1)
    why = {
        "fires": "实名差评第二个工作日才联系",
        "boundary": "次一工作日联系，第五个工作日整改完毕",
        "twin": "匿名差评，无法回访",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(rated_on, 1))


def ticket_late(g: Ground) -> Plant:
    """S47: a hotline ticket answered on the sixth working day after its first arrival."""
    start = g.start(11)
    replied = {"fires": 6, "boundary": 5, "twin": 7}[g.kind]
    extended_until = g.on(start, 8) if g.kind == "twin" else None
    plan = _ticket(g, start_at=g.at(start, 10), channel="hotline", replied=replied)
    due_on = g.on(start, 5)
    why = {
        "fires": "热线工单第六个工作日才答复",
        "boundary": "第五个工作日答复",
        "twin": "经批准延期，在延期内答复",
    }[g.kind]
    return _complaint(g, replace(plan, extended_until=extended_until), why, due_on, working(start, 5))


def complaint_late(g: Ground) -> Plant:
    """S56: nobody decided within five working days whether to take the complaint."""
    start = g.start(11)
    taken = {"fires": 6, "boundary": 5, "twin": 1}[g.kind]
    plan = _ticket(g, start_at=g.at(start, 10), channel="portal", replied=8, accepted=taken)
    due_on = g.on(start, 5)
    why = {
        "fires": "投诉第六个工作日才决定受理",
        "boundary": "第五个工作日决定受理",
        "twin": "次日受理并按期答复",
    }[g.kind]
    return _complaint(g, plan, why, due_on, working(start, 5))


def _ticket(g: Ground, *, start_at: datetime, channel: str, replied: int, accepted: int = 0) -> ComplaintPlan:
    number = f"TS{start_at:%Y%m%d}{g.series}{g.number():06d}"
    return ComplaintPlan(
        number, g.item().organisation, channel, start_at, 0,
        accepted_after_days=accepted, replied_after_days=replied,
    )  # fmt: skip


def _complaint(g: Ground, plan: ComplaintPlan, why: str, due_on: Any, count: Count) -> Plant:
    acts = _told(schedule_complaint(g.county, g.days, g.random, plan))
    return g.plant(
        acts, None, why, "yellow", g.over(due_on), due_on=due_on, count=count,
        subject=plan.number, org_code=plan.organisation.code,
    )  # fmt: skip


def consultation_late(g: Ground) -> Plant:
    """S54: a question answered on the fourth working day."""
    start = g.start(6)
    number = f"ZX{start:%Y%m%d}{g.series}{g.number():06d}"
    answered = {"fires": 4, "boundary": 3, "twin": 0}[g.kind]
    plan = ConsultationPlan(number, g.item().organisation, "online", g.at(start, 10), "办理流程", answered)
    due_on = g.on(start, 3)
    why = {"fires": "咨询第四个工作日才答复", "boundary": "第三个工作日答复", "twin": "当日答复"}[g.kind]
    return g.plant(
        _told(schedule_consultation(g.county, g.days, g.random, plan)), None, why, "yellow", g.over(due_on),
        due_on=due_on, count=working(start, 3), subject=number, org_code=plan.organisation.code,
    )  # fmt: skip


def penalty_late(g: Ground) -> Plant:
    """S44: no decision within ninety days of the filing."""
    start = g.start(1, calendar_days=103)
    due_on = g.on(start + timedelta(days=90), 0)
    decided_on = due_on if g.kind == "boundary" else g.on(due_on, 1)
    plan = replace(_penalty(g, start, "general"), decided_on=decided_on, limit_days=180 if g.kind == "twin" else None)
    why = {
        "fires": "立案九十日后才作出处罚决定",
        "boundary": "第九十日（遇休息日顺延）作出决定",
        "twin": "特别法规定一百八十日，期内作出决定",
    }[g.kind]
    return _punished(g, plan, why, g.over(due_on), due_on=due_on, count=Count(start, 90, "calendar_day"))


def penalty_unreviewed(g: Ground) -> Plant:
    """S45: a major penalty without collective discussion; one that is not major needs none."""
    gravity = "general" if g.kind == "boundary" else "serious"
    plan = replace(
        _penalty(g, g.start(12), gravity), decided_after_days=9, major=gravity == "serious", discussed=g.kind == "twin"
    )
    why = {
        "fires": "重大行政处罚未经集体讨论",
        "boundary": "一般处罚，不必法制审核和集体讨论",
        "twin": "告知、法制审核、集体讨论齐全",
    }[g.kind]
    return _punished(g, plan, why, None)


def _penalty(g: Ground, start: Any, gravity: str) -> PenaltyPlan:
    plan = draw_penalty(Random(g.number()), g.county, start, g.number(), g.series)  # noqa: S311 repeatable, not secret
    kind = next(one for one in g.county.penalties if one.gravity == gravity and "fine" in one.kinds)
    return replace(plan, kind=kind, fulfilled_after_days=None, revoked_after_days=None, changed_after_days=None)


def _punished(g: Ground, plan: PenaltyPlan, why: str, at: datetime | None, **more: Any) -> Plant:
    acts = _told(schedule_penalty(g.county, g.days, g.random, plan))
    decided_at = instant_of(of(acts, "penalty.decided"))
    org = plan.kind.organisation.code
    return g.plant(acts, None, why, "red", at or decided_at, subject=plan.case_no, org_code=org, **more)


def _told(coming: list[Coming]) -> list[Act]:
    return list(written(coming))
