"""How cases end, and the steps before: S09, S17, S26, S28, S30–S32, S34, S51, S59, S64, S65, S67, S70, S72."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from libs.ops.simulate.acts import Act
from libs.ops.simulate.bodies import PAY_CHANNEL
from libs.ops.simulate.plants.ground import Ground, day_of, instant_of, moved, of, without, working
from libs.ops.simulate.plants.sheet import Plant


def no_reason(g: Ground) -> Plant:
    """S09: denied without a reason."""
    plan = g.case(g.item(), g.start(6), result="denied")
    acts = g.tell(plan)
    done = of(acts, "case.completed")
    if g.kind == "fires":
        del done["data"]["reason"]
    elif g.kind == "boundary":
        done["data"]["reason"] = "  "
    why = {
        "fires": "不予许可未说明理由",
        "boundary": "理由一栏只有空格，等于没有理由",
        "twin": "不予许可说明理由并告知救济",
    }[g.kind]
    return g.plant(acts, plan, why, "red", instant_of(done), fires=g.kind != "twin", also=["S66"])


def not_delivered(g: Ground) -> Plant:
    """S17: the licence was delivered on the eleventh working day."""
    later = {"fires": 11, "boundary": 10, "twin": None}[g.kind]
    result = "denied" if g.kind == "twin" else "granted"
    plan = g.case(g.item(), g.start(17), result=result, collected_after_days=later)
    acts = g.tell(plan)
    decided_on = day_of(acts, "case.completed")
    due_on = g.on(decided_on, 10)
    why = {
        "fires": "作出决定后第十一个工作日才送达证件",
        "boundary": "第十个工作日送达",
        "twin": "不予许可，没有证件可送达",
    }[g.kind]
    return g.plant(acts, plan, why, "red", g.over(due_on), due_on=due_on, count=working(decided_on, 10))


def unlisted_ground(g: Ground) -> Plant:
    """S26: denied on a ground that is no condition of the item."""
    plan = g.case(g.item(), g.start(6), result="denied")
    acts = g.tell(plan)
    done = of(acts, "case.completed")
    if g.kind == "fires":
        done["data"]["grounds"] = [{"condition_code": "C99", "text": "本地企业优先"}]
    why = "以实施清单条件之外的理由不予许可" if g.kind == "fires" else "理由是清单内的条件"
    return g.plant(acts, plan, why, "red", instant_of(done))


def without_power(g: Ground) -> Plant:
    """S28: the decision was signed by a post without that power."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    done = of(acts, "case.completed")
    post = "window_clerk" if g.kind == "fires" else "head"
    done["data"]["decision"]["decided_by"] = {"no": g.teller.hand(plan, "A"), "post": post}
    why = "由没有决定权的窗口岗位作出决定" if g.kind == "fires" else "由负责人岗位作出决定"
    return g.plant(acts, plan, why, "red", instant_of(done))


def fee_off_list(g: Ground) -> Plant:
    """S31: a fee that is not the listed one; a waiver with its ground is lawful."""
    plan = g.case(g.item(fits=lambda one: one.fee != "0.00" and one.weight > 0), g.start(6))
    acts = g.tell(plan)
    charged = of(acts, "fee.charged")
    said: dict[str, Any] = {
        "fires": {"amount": f"{float(plan.item.fee) + 20:.2f}"},
        "boundary": {"amount": "0.00", "exempt_reason": "小微企业免征"},
    }.get(g.kind, {})
    charged["data"].update(said)
    of(acts, "case.completed")["data"]["fee"].update(said)
    why = {
        "fires": "收费高于公布的标准二十元",
        "boundary": "依规免征并写明依据",
        "twin": "按公布的标准收费",
    }[g.kind]
    return g.plant(acts, plan, why, "red", instant_of(charged))


def wrong_channel(g: Ground) -> Plant:
    """S32: paid in cash at the window."""
    plan = g.case(g.item(fits=lambda one: one.fee != "0.00" and one.weight > 0), g.start(6))
    acts = g.tell(plan)
    charged = of(acts, "fee.charged")
    charged["data"]["pay_channel"] = "窗口现金" if g.kind == "fires" else PAY_CHANNEL
    why = "收费未走公布的渠道" if g.kind == "fires" else "经统一公共支付平台收费"
    return g.plant(acts, plan, why, "red", instant_of(charged))


def unpublished(g: Ground) -> Plant:
    """S34: a grant that waits for a secrecy review which nobody makes."""
    item = g.item(
        fits=lambda one: (
            one.category == "行政许可"
            and one.kind == "committed"
            and one.weight > 0
            and not one.traits & {"joint", "quantity"}
        )
    )
    plan = g.case(item, g.start(13), secrecy=g.kind == "fires")
    acts = g.tell(plan)
    decided_on = day_of(acts, "case.completed")
    due_on = g.on(decided_on, 7)
    why = {
        "fires": "标注商业秘密待审，若七个工作日内无人审查即未公示（公示台有人处理则不出牌）",
    }.get(g.kind, "未标注保密，平台自动公示")
    return g.plant(acts, plan, why, "yellow", g.over(due_on), due_on=due_on, count=working(decided_on, 7))


def jumped_the_queue(g: Ground) -> Plant:
    """S51: of two acceptances of a limited item the later was decided first."""
    item = g.item(fits=lambda one: "quantity" in one.traits)
    start = g.start(9)
    first_days, second_days = {"fires": (6, 3), "boundary": (3, 3), "twin": (3, 6)}[g.kind]
    first = g.case(item, start, used_days=first_days)
    second = g.case(item, g.on(start, 1), used_days=second_days)
    earlier, later = g.tell(first), g.tell(second)
    done = instant_of(of(later, "case.completed"))
    why = {
        "fires": "有数量限制的事项，后受理者先得到决定",
        "boundary": "先受理者的决定先一个工作日作出",
        "twin": "按受理先后决定",
    }[g.kind]
    return g.plant([*earlier, *later], second, why, "yellow", done)


def notice_period_short(g: Ground) -> Plant:
    """S59: decided before the notice period of seven days had ended."""
    item = g.item(fits=lambda one: "public_notice" in one.traits)
    start = g.start(14)
    begun_on = g.on(start, 1)
    last_on = begun_on + timedelta(days=7)
    last_used = g.days.between(start, g.on(last_on, 0))
    if g.kind != "fires":
        used = last_used if g.kind == "boundary" else last_used + 2
        plan = g.case(item, start, public_notice_days=7, used_days=used)
        acts = g.tell(plan)
        why = "公示期满当日、公示结束之后作出决定" if g.kind == "boundary" else "公示期满后作出决定"
        return g.plant(acts, plan, why, "yellow", instant_of(of(acts, "case.completed")))
    plan = g.case(item, start, used_days=3)
    body = {"days": 7, "place": "县政府门户网站"}
    acts = g.tell(plan, g.teller.act(plan, "hall.notice_period.started", g.at(begun_on, 9, 30), body))
    return g.plant(acts, plan, "公示七日未满即作出决定", "yellow", instant_of(of(acts, "case.completed")))


def ended_without_reason(g: Ground) -> Plant:
    """S64: returned without a reason."""
    plan = g.case(g.item(), g.start(6), result="returned")
    acts = g.tell(plan)
    done = of(acts, "case.completed")
    if g.kind == "fires":
        del done["data"]["reason"]
    elif g.kind == "boundary":
        done["data"]["reason"] = " "
    why = {"fires": "退件未说明理由", "boundary": "理由一栏只有空格", "twin": "退件说明理由"}[g.kind]
    return g.plant(acts, plan, why, "yellow", instant_of(done), fires=g.kind != "twin", also=["S66"])


def done_off_line(g: Ground) -> Plant:
    """S65: nothing is known of the case before its completion."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    kept = {"fires": (), "boundary": ("application.submitted",)}.get(g.kind)
    done = ("case.completed", "result.collected")
    if kept is not None:
        acts = [act for act in acts if act[1]["type"].removeprefix("hall.") in (*kept, *done)]
    why = {
        "fires": "只有办结记录（先办后录）",
        "boundary": "只报了申请即办结：有先前记录，不属本规则",
        "twin": "全过程记录完整",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", instant_of(of(acts, "case.completed")))


def filed_again(g: Ground) -> Plant:
    """S72: returned and filed again within five working days: the clock was set back."""
    item = g.item()
    start = g.start(14)
    first = g.case(item, start, result="returned")
    returned = g.tell(first)
    later = {"fires": 3, "boundary": 5, "twin": 6}[g.kind]
    again_on = g.on(day_of(returned, "case.completed"), later)
    second = g.case(item, again_on, applicant=first.applicant, original_case_no=first.case_no)
    why = f"退件后第 {later} 个工作日以同一事项重新申请，时限重新起算"
    acts = [*returned, *g.tell(second)]
    return g.plant(acts, second, why, "notice", second.submitted_at, fires=g.kind != "twin")


def one_person(g: Ground) -> Plant:
    """S30: one person handled, reviewed and approved."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    if g.kind == "fires":
        for number in (1, 2, 3):
            of(acts, "step.completed", number)["data"]["handler"] = {"no": g.teller.hand(plan, "H")}
    why = "承办、审核、批准由同一人完成" if g.kind == "fires" else "三个环节由不同的人完成"
    return g.plant(acts, plan, why, "yellow", instant_of(of(acts, "step.completed", 3)))


def skipped_step(g: Ground) -> Plant:
    """S70: approved without having been handled or reviewed."""
    plan = g.case(g.item(), g.start(6))
    acts = g.tell(plan)
    approved = of(acts, "step.completed", 3)
    for number in {"fires": (1, 2), "boundary": (1,)}.get(g.kind, ()):
        acts = without(acts, "step.completed", number)
    why = {
        "fires": "未经承办、审核即批准",
        "boundary": "缺承办，但经过审核：不属未审即批",
        "twin": "承办、审核、批准齐全",
    }[g.kind]
    return g.plant(acts, plan, why, "yellow", instant_of(approved))


def invented_steps(g: Ground) -> Plant:
    """S67: in three cases of a month all steps lie within a minute: invented steps are a pattern of the authority."""
    item = g.quiet_item()
    cases = 2 if g.kind == "twin" else 3
    span_seconds = 61 if g.kind == "boundary" else 40
    start = g.month_start(2 + cases)
    acts: list[Act] = []
    done_at = g.at(start, 9)
    for number in range(cases):
        plan = g.case(item, g.on(start, number) if number else start, used_days=1)
        told = g.tell(plan)
        done_at = instant_of(of(told, "case.completed"))
        begun_at = done_at - timedelta(seconds=span_seconds + 5)
        marks = [begun_at + timedelta(seconds=span_seconds * part / 3) for part in range(4)]
        for step in (1, 2, 3):
            started, ended = marks[step - 1], marks[step]
            told = moved(
                told, "step.completed", ended, step, started_at=started.isoformat(), ended_at=ended.isoformat()
            )
        acts += told
    why = {
        "fires": "同一单位一月内三件的全部环节在一分钟之内（疑似补造）",
        "boundary": "三件的环节跨度都是 61 秒，超过一分钟",
        "twin": "一月内只有两件，未成规律",
    }[g.kind]
    return g.plant(acts, None, why, "yellow", done_at, org_code=item.organisation.code)
