"""What the reports themselves show: S49, S50, S66, S68, S69."""

from __future__ import annotations

from datetime import timedelta

from libs.ops.simulate.acts import Act
from libs.ops.simulate.plants.ground import Ground, instant_of, moved, of, sent, version, without
from libs.ops.simulate.plants.sheet import Plant


def wrong_times(g: Ground) -> Plant:
    """S49: the day of the acceptance was changed after the fact; an entry one working day late is still in time."""
    plan = g.case(g.item(), g.start(8), used_days=5)
    acts = g.tell(plan)
    accepted = of(acts, "case.accepted")
    at = instant_of(accepted)
    next_on = g.on(at.date(), 1)
    if g.kind == "boundary":
        late = (at, accepted)
        acts = [*without(acts, "case.accepted"), sent(late, g.at(next_on, 9), recorded=True)]
        why = "受理次一个工作日补录，未超过一个工作日"
        return g.plant(acts, plan, why, "red", at, also=["S50"])
    said_at = g.at(next_on, 9, 20)
    if g.kind == "fires":
        fresh = version(accepted, 2, time=g.at(next_on, 9).isoformat(), senttime=said_at.isoformat())
        handled_at = g.at(next_on, 10)
        acts = moved(
            acts, "step.completed", handled_at, started_at=said_at.isoformat(), ended_at=handled_at.isoformat()
        )
    else:
        said_at = at + timedelta(minutes=8)
        fresh = version(accepted, 2, time=(at + timedelta(minutes=1)).isoformat(), senttime=said_at.isoformat())
    why = "受理日期事后由前一日改为次日" if g.kind == "fires" else "更正版本只改了时分，日期未变"
    return g.plant([*acts, (said_at, fresh)], plan, why, "red", said_at)


def reported_late(g: Ground) -> Plant:
    """S50: what happened was received two working days later; a card of the authority, its source and the day."""
    plan = g.case(g.item(), g.start(8), used_days=5)
    acts = g.tell(plan)
    step = of(acts, "step.completed")
    at = instant_of(step)
    sent_at = {
        "fires": g.at(g.on(at.date(), 2), 9),
        "boundary": g.at(g.on(at.date(), 1), 16),
        "twin": at + timedelta(minutes=90),
    }[g.kind]
    acts = [*without(acts, "step.completed", 1), sent((at, step), sent_at)]
    why = {
        "fires": "承办环节两个工作日后才报到平台",
        "boundary": "次一个工作日报到：超过十二小时，只提示",
        "twin": "当日报到",
    }[g.kind]
    severity = "notice" if g.kind == "boundary" else "yellow"
    return g.plant(acts, plan, why, severity, sent_at, fires=g.kind != "twin", subject=None)


def incomplete(g: Ground) -> Plant:
    """S66: a mandatory field of the filing is missing."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    filed = of(acts, "application.submitted")
    if g.kind == "fires":
        del filed["data"]["item_name"]
    elif g.kind == "boundary":
        filed["data"]["item_name"] = " "
    why = {"fires": "申请缺事项名称", "boundary": "事项名称只有空格", "twin": "必填项齐全"}[g.kind]
    return g.plant(acts, plan, why, "notice", instant_of(filed), fires=g.kind != "twin")


def reported_after_the_end(g: Ground) -> Plant:
    """S68: of a month's cases more than half were first reported after their completion (事后批量补报)."""
    item = g.quiet_item()
    cases = 9 if g.kind == "twin" else 10
    late = 5 if g.kind == "boundary" else cases
    start = g.month_start(3)
    acts: list[Act] = []
    for number in range(cases):
        # decided on the next day: what is told in time is known before it is decided, however coarsely it is taken in
        plan = g.case(item, start, used_days=1, collected_after_days=0)
        told = g.tell(plan)
        if number < late:
            sent_at = max(at for at, _ in told) + timedelta(minutes=30)
            told = [sent(act, sent_at) for act in told]
        acts += told
    following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    why = {
        "fires": "当月十件全部在办结之后才首次报送",
        "boundary": "当月十件中五件事后报送，未超过一半",
        "twin": "当月只有九件，不足十件不评",
    }[g.kind]
    return g.plant(acts, None, why, "yellow", g.at(following, 0), org_code=item.organisation.code, also=["S50"])


def contradiction(g: Ground) -> Plant:
    """S69: one act and version with two contents; or a version left out."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    step = of(acts, "step.completed", 2)
    sent_at = instant_of(step) + timedelta(minutes=1)
    number = {"fires": 1, "boundary": 3, "twin": 2}[g.kind]
    mark = "b" if g.kind == "fires" else ""
    fresh = version(step, number, mark, senttime=sent_at.isoformat(), data={"opinion": "同意，请补充说明"})
    why = {
        "fires": "同一环节同一版本报送两种内容",
        "boundary": "版本由 1 跳到 3",
        "twin": "以下一版本更正",
    }[g.kind]
    return g.plant([*acts, (sent_at, fresh)], plan, why, "yellow", sent_at, fires=g.kind != "twin")
