"""Filing, supplements and papers: S06–S08, S22–S25, S27, S33, S71."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from libs.ops.simulate.bodies import FLOOR_PLAN
from libs.ops.simulate.plants.ground import Ground, day_of, instant_of, moved, of, renumbered
from libs.ops.simulate.plants.sheet import Plant


def asked_again(g: Ground) -> Plant:
    """S06: a second list of supplements (yellow), a third (red)."""
    asked = {"fires": 2, "boundary": 3, "twin": 1}[g.kind]
    plan = g.case(g.item(), g.start(16), supplement_after_days=2 * asked, supplement_returns_days=1)
    start = plan.submitted_at.date()
    acts = g.tell(plan)
    last = [act for act in acts if act[1]["type"].startswith("hall.supplement.")]
    acts = [act for act in acts if act not in last] + [renumbered(act, asked) for act in last]
    for number in range(1, asked):
        asked_at = g.at(g.on(start, 2 * number), 10, 5)
        back = g.teller.supplement_returned(plan, g.at(g.on(start, 2 * number + 1), 10, 5), number)
        acts += [(at, tell()) for at, tell in (g.teller.supplement_asked(plan, asked_at, number), back)]
    cause = of(acts, "supplement.requested", asked)
    why = {
        "fires": "第二次告知补正（应一次告知）",
        "boundary": "第三次告知补正，升为红牌",
        "twin": "只告知一次补正",
    }[g.kind]
    severity = "red" if g.kind == "boundary" else "yellow"
    return g.plant(acts, plan, why, severity, instant_of(cause), fires=g.kind != "twin")


def asked_after_acceptance(g: Ground) -> Plant:
    """S07: a supplement after the acceptance; on the boundary day everything happens before it, on one morning."""
    before = {
        "boundary": {"supplement_after_days": 0, "supplement_returns_days": 0},
        "twin": {"supplement_after_days": 1},
    }
    plan = g.case(g.item(), g.start(10), used_days=6, **before.get(g.kind, {}))
    acts = g.tell(plan)
    at = plan.submitted_at
    if g.kind == "fires":
        start = day_of(acts, "case.accepted")
        at = g.at(g.on(start, 2), 10)
        later = (g.teller.supplement_asked(plan, at), g.teller.supplement_returned(plan, g.at(g.on(start, 3), 10)))
        acts += [(when, tell()) for when, tell in later]
    why = {
        "fires": "受理后又要求补正，法定时钟照走",
        "boundary": "受理当日、受理之前告知并补齐",
        "twin": "受理前一次告知补正",
    }[g.kind]
    return g.plant(acts, plan, why, "red", at)


def no_paper(g: Ground) -> Plant:
    """S08: accepted without a paper, or with one that bears no seal."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    accepted = of(acts, "case.accepted")
    if g.kind == "fires":
        del accepted["data"]["accept_doc"]
    elif g.kind == "boundary":
        accepted["data"]["accept_doc"]["sealed"] = False
    why = {
        "fires": "受理未出具书面凭证",
        "boundary": "受理通知书未加盖专用印章，同样不合格",
        "twin": "受理通知书盖章并注明日期",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", instant_of(accepted), fires=g.kind != "twin")


def _asking(
    g: Ground, severity: str, fires: tuple[str, Mapping[str, Any]], twin: tuple[str, Mapping[str, Any]]
) -> Plant:
    """A supplement that asks for something it may not; `fires` and `twin` are the words and what the notice says."""
    why, changes = fires if g.kind == "fires" else twin
    plan = g.case(g.item(), g.start(10), supplement_after_days=1)
    acts = g.tell(plan)
    asked = of(acts, "supplement.requested")
    asked["data"].update(changes)
    return g.plant(acts, plan, why, severity, instant_of(asked))


def unlisted_material(g: Ground) -> Plant:
    """S22: a material that the published list does not name."""
    wrong = {"materials": [{"code": "M99", "name": "近三年财务审计报告", "required": True}]}
    return _asking(g, "red", ("要求提交清单之外的材料", wrong), ("只要求清单内的材料", {}))


def shared_material(g: Ground) -> Plant:
    """S23: a material that shared data give."""
    asked = {"code": "M04", "name": "纳税信用信息", "required": True}
    return _asking(
        g, "yellow",
        ("可由数据共享取得的材料仍要求申请人提交纸质", {"materials": [{**asked, "got_by": "paper"}]}),
        ("该材料由数据共享取得", {"materials": [{**asked, "got_by": "shared_data"}]}),
    )  # fmt: skip


def unlisted_proof(g: Ground) -> Plant:
    """S24: a proof outside the list of proofs that are kept."""
    return _asking(
        g, "red",
        ("索要证明事项清单之外的证明", {"materials": [{"code": "M05", "name": "无违法记录证明", "required": True}]}),
        ("索要清单内的证明", {"materials": [{"code": "M06", "name": "场地使用证明", "required": True}]}),
    )  # fmt: skip


def sent_up_again(g: Ground) -> Plant:
    """S25: the upper authority asks for what the lower one has sent up."""
    return _asking(
        g, "yellow",
        ("重复要求下级已经报送的材料", {"materials": [{**FLOOR_PLAN, "already_sent_up": True}]}),
        ("要求的材料下级没有报送过", {"materials": [{**FLOOR_PLAN, "already_sent_up": False}]}),
    )  # fmt: skip


def intermediary(g: Ground) -> Plant:
    """S33: an intermediary service that no law requires."""
    return _asking(
        g, "red",
        ("要求没有法定依据的中介服务", {"intermediary": {"name": "临澜安评技术服务有限公司", "statutory": False}}),
        ("要求的中介服务有法定依据", {"intermediary": {"name": "法定检测机构均可", "statutory": True}}),
    )  # fmt: skip


def item_repealed(g: Ground) -> Plant:
    """S27: an item was accepted that had been cancelled."""
    wanted = "repealed" if g.kind == "fires" else None
    item = g.item(fits=lambda one: one.key == wanted) if wanted else g.item()
    plan = g.case(item, g.start(6))
    acts = g.tell(plan)
    why = "受理已经取消的事项" if wanted else "受理的事项在清单内并有效"
    return g.plant(acts, plan, why, "red", instant_of(of(acts, "case.accepted")))


def odd_hours(g: Ground) -> Plant:
    """S71: an act stamped at night; filings by net may come at any hour."""
    late = g.kind == "twin"
    start = g.start(7)
    changes: dict[str, Any] = {"channel": "online", "submitted_at": g.at(start, 22, 30)} if late else {}
    plan = g.case(g.item(), start, **changes)
    acts = g.tell(plan)
    at = plan.submitted_at
    if not late:
        at = g.at(start, 22, 30) if g.kind == "fires" else g.at(start, 21, 59)
        acts = moved(acts, "step.completed", at, ended_at=at.isoformat())
        review = of(acts, "step.completed", 2)["data"]
        review["started_at"] = (at + timedelta(minutes=1)).isoformat()
    why = {
        "fires": "承办环节记录在 22:30（夜间）",
        "boundary": "承办环节记录在 21:59，夜间从 22:00 起算",
        "twin": "申请人 22:30 网上申请，不属大厅夜间办理",
    }[g.kind]
    return g.plant(acts, plan, why, "notice", at)
