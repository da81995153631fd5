"""What will happen to a case, decided before it happens: a plan is drawn from a seed, then told as events.

Planting a breach is changing a plan or the acts it is told by; so a breach, its lawful twin and its boundary day differ
in one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from libs.ops.simulate import proportions as share
from libs.ops.simulate.acts import office_instant
from libs.ops.simulate.applicants import Applicant, draw_applicant
from libs.ops.simulate.county import County, Item, Organisation, ServicePoint
from libs.ops.simulate.working_days import WorkingDays

LAWFUL_PAUSES = ("hearing", "inspection", "testing", "quarantine", "appraisal", "expert_review")
BY_NET = ("online", "mobile")
# who files by net after this hour is answered on the next working day
CLOSING = time(16, 40)
# the series word of plans that nobody drew for a season
NO_SERIES = "AAAA"


@dataclass(frozen=True, slots=True)
class PausePlan:
    """A special procedure: begins after `after_used_days`, runs `length_days`, was told to take `told_days`."""

    kind: str
    after_used_days: int
    length_days: int
    told_days: int
    with_notice: bool = True


@dataclass(frozen=True, slots=True)
class ExtensionPlan:
    """An extension of `days`, decided after `after_used_days`."""

    days: int
    after_used_days: int


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One authority's share of a joint approval; opined after so many working days, None = silence (超时默许)."""

    organisation: Organisation
    item_code: str
    limit_days: int
    opined_after_days: int | None


@dataclass(frozen=True, slots=True)
class JointPlan:
    """并联审批: the lead accepts, the parts opine; met = the day of the joint meeting after acceptance."""

    parts: tuple[PartPlan, ...]
    legal_days: int = 45
    promise_days: int = 20
    met_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class HearingPlan:
    """听证, in working days after acceptance; `noticed` days lie before `held`."""

    duty: str = "law"
    informed_after_days: int = 1
    requested_after_days: int | None = None
    noticed_after_days: int | None = 2
    held_after_days: int | None = 10
    chair: str | None = None


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """好差评 after delivery; a bad one is contacted and rectified after so many working days, None = never."""

    grade: int
    named: bool
    contacted_after_days: int | None = None
    rectified_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class CasePlan:
    """One case from filing to delivery; all `_days` are working days.

    Args:
        series, number: keep the numbers of papers of two seasons, and of two cases, apart.
        prereviewed_after_days: 网上预受理, None = the window takes it itself.
        lapses: the asked supplement never comes (补正不来).
        inspected_after_days, inspectors: 现场核查 and by how many of the staff.
        public_notice_days: calendar days of 公示 before the decision; it begins after one used day.
        renewal_until: the licence to be renewed ends on that day (许可法 50).
        passed_up_after_days: forwarded to the upper authority instead of being decided (转报).
        original_case_no: the case that is filed again.
    """

    case_no: str
    item: Item
    point: ServicePoint
    channel: str
    by_proxy: bool
    applicant: Applicant
    submitted_at: datetime
    accept_after_days: int = 0
    supplement_after_days: int | None = None
    supplement_returns_days: int = 3
    refusal: str | None = None
    pause: PausePlan | None = None
    extension: ExtensionPlan | None = None
    withdrawn_after_days: int | None = None
    result: str = "granted"
    used_days: int | None = 0
    collected_after_days: int | None = 1
    grade: int | None = None
    secrecy: bool = False
    series: str = NO_SERIES
    number: int = 1
    prereviewed_after_days: int | None = None
    lapses: bool = False
    joint: JointPlan | None = None
    hearing: HearingPlan | None = None
    inspected_after_days: int | None = None
    inspectors: int = 2
    public_notice_days: int | None = None
    renewal_until: date | None = None
    passed_up_after_days: int | None = None
    rating: RatingPlan | None = None
    original_case_no: str | None = None


def draw_plan(
    random: Random, county: County, days: WorkingDays, day: date, number: int, series: str = NO_SERIES
) -> CasePlan:
    """A plain believable case filed on `day`; `lives.draw_life` adds what only some cases go through.

    About 1 in 60 passes its promise and 1 in 250 the law; 1 in 12 needs a supplement; 1 in 40 is refused.
    """
    item = county.draw_item(random)
    point = county.draw_point(random)
    channel = random.choices(share.CHANNELS, cum_weights=share.CHANNEL_WEIGHTS)[0]
    if day not in days:
        channel = random.choice(BY_NET)
    applicant = draw_applicant(
        random, county.people, natural="personal" in item.traits, shop=item.kind == "instant" or random.random() < 0.3
    )
    submitted_at = _submission_instant(random, county, days, day, channel)
    refused = random.random() < share.REFUSED
    supplemented = not refused and item.kind != "instant" and random.random() < share.SUPPLEMENTED
    used_days = _draw_used_days(random, item)
    return CasePlan(
        case_no=f"LL{day:%Y%m%d}{series}{number:06d}",
        item=item,
        point=point,
        channel=channel,
        by_proxy=point.level in ("village", "township") and random.random() < share.BY_PROXY,
        applicant=applicant,
        submitted_at=submitted_at,
        accept_after_days=0 if item.kind == "instant" else random.choices((0, 1, 2, 3), share.ACCEPTED_AFTER)[0],
        supplement_after_days=random.randrange(0, 4) if supplemented else None,
        supplement_returns_days=random.randrange(1, 12),
        refusal=random.choice(("not_required", "not_competent", "not_accepted")) if refused else None,
        pause=_draw_pause(random, item, used_days),
        withdrawn_after_days=1 if random.random() < share.WITHDRAWN else None,
        result="denied" if random.random() < share.DENIED else "granted",
        used_days=used_days,
        collected_after_days=random.choices((0, 1, 2, 4, 8), share.COLLECTED_AFTER)[0],
        grade=random.choices((1, 2, 3, 4, 5), share.GRADES)[0] if random.random() < share.RATED else None,
        secrecy=random.random() < share.SECRECY,
        series=series,
        number=number + 1,
    )


def _submission_instant(random: Random, county: County, days: WorkingDays, day: date, channel: str) -> datetime:
    if channel in BY_NET:
        return datetime.combine(day, time(7, 0), county.timezone) + timedelta(minutes=random.randrange(0, 900))
    return office_instant(random, day if day in days else days.plus(day, 1), county)


def _draw_pause(random: Random, item: Item, used_days: int) -> PausePlan | None:
    kinds = [kind for kind in LAWFUL_PAUSES if kind in item.traits and kind != "hearing"]
    if not kinds or random.random() > share.PAUSED or used_days < 3:
        return None
    # a lawful pause lasts no longer than the work beside it
    length = random.randrange(1, min(used_days, 8))
    begins = random.randrange(1, min(used_days, max(2, item.promise_days - 1)))
    return PausePlan(random.choice(kinds), begins, length, length + 1)


def _draw_used_days(random: Random, item: Item) -> int:
    roll = random.random()
    if item.kind == "instant":
        return 0
    if roll < share.LATE_BY_LAW:
        return item.legal_days + random.randrange(1, 6)
    if roll < share.LATE_BY_LAW + share.LATE_BY_PROMISE:
        return min(item.promise_days + random.randrange(1, 4), item.legal_days)
    if roll < share.LATE_BY_LAW + share.LATE_BY_PROMISE + share.ON_LAST_DAY:
        return item.promise_days
    return random.randrange(1, max(2, item.promise_days))
