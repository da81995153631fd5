"""Limits of the case and its steps: S01–S05, S10, S48, S52, S53, S57, S58."""

from __future__ import annotations

from dataclasses import replace

from libs.ops.simulate.plans import ExtensionPlan, JointPlan, PartPlan, PausePlan
from libs.ops.simulate.plants.ground import Ground, day_of, moved, of, working
from libs.ops.simulate.plants.sheet import Count, Plant


def due_soon(g: Ground) -> Plant:
    """S01: one working day of the promise is left."""
    item = g.item()
    promise = item.promise_days
    used = {"fires": promise, "boundary": promise - 1, "twin": promise - 2}[g.kind]
    plan = g.case(item, g.start(promise + 1), used_days=used)
    acts = g.tell(plan)
    start = day_of(acts, "case.accepted")
    notice_at = g.at(g.on(start, promise - 1), 0)
    why = {
        "fires": "承诺期满当日办结，前一工作日应提示",
        "boundary": "提示当日办结：零时提示，办结后自行销号",
        "twin": "提示日的前一工作日已办结，不提示",
    }[g.kind]
    return g.plant(
        acts, plan, why, "notice", notice_at, fires=g.kind != "twin",
        due_on=g.on(start, promise), count=working(start, promise),
    )  # fmt: skip


def promise_passed(g: Ground) -> Plant:
    """S02: decided on the working day after the promise's due day; the twin has a lawful pause."""
    item = g.item()
    promise = item.promise_days
    paused = g.kind == "twin"
    used = promise + 1 if g.kind == "fires" else promise
    pause = PausePlan("expert_review", 2, 3, 4) if paused else None
    plan = g.case(item, g.start(promise + 5), used_days=used, pause=pause)
    acts = g.tell(plan)
    start = day_of(acts, "case.accepted")
    due_on = g.on(start, promise)
    why = {
        "fires": "承诺期满后一个工作日才办结",
        "boundary": "承诺期限最后一日办结，不超期（C3）",
        "twin": "专家评审依法扣除三个工作日，扣除后在承诺期内办结",
    }[g.kind]
    return g.plant(
        acts, plan, why, "yellow", g.over(due_on),
        due_on=None if paused else due_on, count=None if paused else working(start, promise), also=["S01"],
    )  # fmt: skip


def law_passed(g: Ground) -> Plant:
    """S03: decided on the working day after the legal due day; the twin was lawfully extended."""
    item = g.item(least_promise=10)
    legal = item.legal_days
    used = {"fires": legal + 1, "boundary": legal, "twin": legal + 5}[g.kind]
    extension = ExtensionPlan(10, item.promise_days - 1) if g.kind == "twin" else None
    plan = g.case(item, g.start(legal + 7), used_days=used, extension=extension)
    acts = g.tell(plan)
    start = day_of(acts, "case.accepted")
    why = {
        "fires": "法定二十个工作日期满后才办结",
        "boundary": "法定期限最后一日办结，不超法定期限（承诺期已过，另有黄牌）",
        "twin": "经负责人批准延长十个工作日并告知理由，延长期内办结",
    }[g.kind]
    n = legal + (10 if g.kind == "twin" else 0)
    due_on = g.on(start, n)
    return g.plant(acts, plan, why, "red", g.over(due_on), due_on=due_on, count=working(start, n), also=["S01", "S02"])


def step_late(g: Ground) -> Plant:
    """S04: a review longer than its own two days in a case that is in time."""
    plan = g.case(g.item(), g.start(9), used_days=7)
    acts = g.tell(plan)
    start = day_of(acts, "case.accepted")
    begun_on = g.on(start, 1)
    used = 2 if g.kind == "boundary" else 3
    ended_at = g.at(g.on(begun_on, used), 15)
    limit = {} if g.kind == "twin" else {"limit": {"value": 2, "unit": "working_day"}}
    acts = moved(
        acts, "step.completed", ended_at, 2,
        started_at=g.at(begun_on, 10).isoformat(), ended_at=ended_at.isoformat(), **limit,
    )  # fmt: skip
    due_on = g.on(begun_on, 2)
    why = {
        "fires": "审核环节限时二日，用了三日，全件未超期",
        "boundary": "审核环节在限时最后一日完成",
        "twin": "审核用了三日，但该环节没有规定时限",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(begun_on, 2))


def not_answered(g: Ground) -> Plant:
    """S05: accepted on the sixth working day after the filing."""
    changes: dict[str, object] = {"accept_after_days": {"fires": 6, "boundary": 5}.get(g.kind, 0)}
    if g.kind == "twin":
        changes = {"supplement_after_days": 5, "supplement_returns_days": 2}
    plan = g.case(g.item(), g.start(12), **changes)
    filed_on = plan.submitted_at.date()
    due_on = g.on(filed_on, 5)
    why = {
        "fires": "收件后第六个工作日才受理，第五日届满即视为受理",
        "boundary": "第五个工作日受理，未逾期",
        "twin": "第五个工作日一次告知补正，未逾期",
    }[g.kind]
    return g.plant(g.tell(plan), plan, why, "red", g.over(due_on), due_on=due_on, count=working(filed_on, 5))


def complete_but_late(g: Ground) -> Plant:
    """S10: everything on the checklist was in order, and still nobody accepted it in five days."""
    plan = g.case(g.item(), g.start(12), accept_after_days=5 if g.kind == "boundary" else 6)
    acts = g.tell(plan)
    checks = [{"code": "M01", "ok": True}, {"code": "M02", "ok": g.kind != "twin"}]
    of(acts, "case.accepted")["data"]["checklist"] = checks
    filed_on = plan.submitted_at.date()
    due_on = g.on(filed_on, 5)
    why = {
        "fires": "材料清单全部齐全，第六个工作日才受理",
        "boundary": "材料齐全，第五个工作日受理",
        "twin": "清单中一项不合格，逾期属未一次告知（S05），不属本规则",
    }[g.kind]
    also = ["S05"] if g.kind == "twin" else []
    return g.plant(acts, plan, why, "red", g.over(due_on), due_on=due_on, count=working(filed_on, 5), also=also)


def renewal_undecided(g: Ground) -> Plant:
    """S48: the licence expired while its renewal was open."""
    item = g.item(least_promise=15)
    start = g.start(14)
    until = g.on(start, 40 if g.kind == "twin" else 8)
    plan = g.case(item, start, renewal_until=until, used_days=8 if g.kind == "boundary" else 9)
    why = {
        "fires": "原证有效期届满后才作出延续决定，届满次日视为准予延续",
        "boundary": "原证有效期最后一日作出延续决定",
        "twin": "原证有效期尚远，期内作出决定",
    }[g.kind]
    return g.plant(g.tell(plan), plan, why, "red", g.over(until), due_on=until, count=Count(until, 0, "day_of_expiry"))


def share_late(g: Ground) -> Plant:
    """S52: one authority's opinion came after its share of the joint approval."""
    item = g.item(fits=lambda one: "joint" in one.traits)
    after = {"fires": 7, "boundary": 6, "twin": 3}[g.kind]
    parts = (("ecology", "discharge", after), ("planning", "land", 2))
    joint = JointPlan(
        tuple(PartPlan(g.county.organisations[org], g.county.item(key).code, 6, opined) for org, key, opined in parts)
    )
    plan = g.case(item, g.start(12), joint=joint, used_days=10)
    acts = g.tell(plan)
    start = day_of(acts, "case.accepted")
    due_on = g.on(start, 6)
    why = {
        "fires": "并联审批中一个单位的意见超过其六日时限",
        "boundary": "意见在时限最后一日提出",
        "twin": "意见在时限内提出",
    }[g.kind]
    return g.plant(
        acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(start, 6),
        org_code=g.county.organisations["ecology"].code,
    )  # fmt: skip


def not_prereviewed(g: Ground) -> Plant:
    """S53: a filing by net that nobody looked at in two working days."""
    online = g.kind != "twin"
    plan = g.case(
        g.item(), g.start(8), channel="online" if online else "window", accept_after_days=3,
        prereviewed_after_days=2 if g.kind == "boundary" else None,
    )  # fmt: skip
    filed_on = plan.submitted_at.date()
    due_on = g.on(filed_on, 2)
    why = {
        "fires": "网上申请两个工作日内未预受理",
        "boundary": "第二个工作日预受理",
        "twin": "窗口申请，无网上预受理时限",
    }[g.kind]
    return g.plant(g.tell(plan), plan, why, "notice", g.over(due_on), due_on=due_on, count=working(filed_on, 2))


def not_on_the_spot(g: Ground) -> Plant:
    """S57: an instant item with a promise of 0 that was decided on the next day."""
    item = replace(g.item(), kind="instant", legal_days=5, promise_days=1 if g.kind == "twin" else 0)
    plan = g.case(item, g.start(4), used_days=0 if g.kind == "boundary" else 1)
    acts = g.tell(plan)
    due_on = day_of(acts, "case.accepted")
    why = {
        "fires": "承诺当场办结的即办件次日才办结",
        "boundary": "当日办结",
        "twin": "承诺时限为一个工作日，次日办结在期内",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", g.over(due_on), due_on=due_on)


def first_review_late(g: Ground) -> Plant:
    """S58: a first review that was not passed up within its twenty days."""
    item = replace(g.item(), kind="forwarded", promise_days=20)
    used = {"fires": 21, "boundary": 20, "twin": 10}[g.kind]
    plan = g.case(item, g.start(23), passed_up_after_days=used)
    acts = g.tell(plan)
    start = day_of(acts, "case.accepted")
    due_on = g.on(start, 20)
    why = {
        "fires": "初审满二十个工作日后才报送上级",
        "boundary": "初审最后一日报送",
        "twin": "初审期内报送",
    }[g.kind]
    return g.plant(
        acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(start, 20), also=["S01", "S03"]
    )
