"""What only some cases go through: joint approvals, hearings, inspections, notice periods, renewals, returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from libs.ops.simulate import proportions as share
from libs.ops.simulate.county import County
from libs.ops.simulate.plans import (
    BY_NET,
    CasePlan,
    ExtensionPlan,
    HearingPlan,
    JointPlan,
    PartPlan,
    PausePlan,
    RatingPlan,
    draw_plan,
)
from libs.ops.simulate.working_days import WorkingDays

# who is asked for an opinion when the housing authority leads, and with which of its items
JOINT_PARTS = (("ecology", "discharge"), ("planning", "land"), ("city", "advert"))
PART_LIMIT_DAYS = 8
HEARING_DAYS = 10
BAD = 4


def draw_life(random: Random, county: County, days: WorkingDays, day: date, number: int, series: str) -> CasePlan:
    """A believable case filed on `day`, with everything that may happen to it."""
    plan = draw_plan(random, county, days, day, number, series)
    # what a case of this item may go through is drawn in a fixed order, so that one seed tells one life
    plan = replace(
        plan,
        lapses=plan.supplement_after_days is not None and random.random() < share.LAPSED,
        prereviewed_after_days=_prereview(plan),
        rating=_rating(random, plan),
    )
    traits, used = plan.item.traits, plan.used_days or 0
    if used == 0:
        return plan
    if random.random() < share.RETURNED and plan.result == "granted":
        return replace(plan, result="returned")
    if "joint" in traits and random.random() < share.JOINT:
        return replace(plan, joint=_joint(random, county), used_days=random.randrange(9, 20), pause=None)
    if {"inspection", "on_site"} & traits and random.random() < share.INSPECTED and used > 1:
        plan = replace(plan, inspected_after_days=random.randrange(1, used))
    if "public_notice" in traits and random.random() < share.PUBLIC_NOTICE:
        return replace(plan, public_notice_days=7, used_days=max(used, 8))
    if "hearing" in traits and used >= 9 and random.random() < share.HEARD:
        # told on day 1, noticed at once, held on the last day of the pause
        pause = PausePlan("hearing", 1, HEARING_DAYS, HEARING_DAYS + 2)
        hearing = HearingPlan(informed_after_days=1, noticed_after_days=1, held_after_days=HEARING_DAYS)
        return replace(plan, pause=pause, hearing=hearing, used_days=max(used, HEARING_DAYS + 1))
    if used < plan.item.promise_days and random.random() < share.EXTENDED:
        late = min(plan.item.promise_days + random.randrange(1, 9), plan.item.legal_days + 9)
        return replace(plan, extension=ExtensionPlan(10, max(1, plan.item.promise_days - 1)), used_days=late)
    if random.random() < share.RENEWED:
        return replace(plan, renewal_until=plan.submitted_at.date() + timedelta(days=60))
    return plan


def _prereview(plan: CasePlan) -> int | None:
    """A filing by net is looked at before the window takes it, within two working days (S53)."""
    if plan.channel not in BY_NET or plan.item.kind == "instant" or plan.refusal:
        return None
    return min(plan.accept_after_days, 1) if plan.supplement_after_days is None else 0


def _rating(random: Random, plan: CasePlan) -> RatingPlan | None:
    if plan.grade is None:
        return None
    bad = plan.grade >= BAD
    return RatingPlan(plan.grade, random.random() < share.NAMED, 1 if bad else None, 4 if bad else None)


def _joint(random: Random, county: County) -> JointPlan:
    parts = tuple(
        PartPlan(
            county.organisations[organisation],
            county.item(item).code,
            PART_LIMIT_DAYS,
            None if random.random() < share.SILENT_PARTS else random.randrange(2, PART_LIMIT_DAYS + 1),
        )
        for organisation, item in JOINT_PARTS
    )
    return JointPlan(parts, met_after_days=random.randrange(3, 9) if random.random() < share.JOINT_MEETING else None)
