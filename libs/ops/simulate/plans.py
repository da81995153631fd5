"""What will happen to a case, decided before it happens: a plan is drawn from a seed, then told as events.

Planting a breach is changing a plan; so a breach, its lawful twin and its boundary day differ in one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from libs.ops.simulate.applicants import Applicant, draw_applicant
from libs.ops.simulate.county import County, Item, ServicePoint
from libs.ops.simulate.working_days import WorkingDays

LAWFUL_PAUSES = ("hearing", "inspection", "testing", "quarantine", "appraisal", "expert_review")
CHANNELS = ("window", "online", "mobile", "kiosk", "mail", "agent")
CHANNEL_WEIGHTS = (55, 22, 14, 4, 2, 3)
MORNING, EVENING = time(8, 30), time(17, 30)
LUNCH_STARTS, LUNCH_ENDS = time(12, 0), time(14, 0)


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
class CasePlan:
    """One case from filing to delivery; all `_days` are working days."""

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


def office_instant(random: Random, day: date, county: County, *, after: datetime | None = None) -> datetime:
    """An instant of that day inside office hours, outside the lunch break, and later than `after` on the same day."""
    minutes = random.randrange(0, 420)
    at = datetime.combine(day, MORNING, county.timezone) + timedelta(minutes=minutes, seconds=random.randrange(60))
    if at.time() >= LUNCH_STARTS:
        at += timedelta(hours=2)
    if after is not None and at <= after:
        at = min(
            after + timedelta(minutes=1 + random.randrange(20)), datetime.combine(day, time(23, 59), county.timezone)
        )
    return at


def draw_plan(random: Random, county: County, days: WorkingDays, day: date, number: int) -> CasePlan:
    """A believable case filed on `day`.

    About 1 in 60 passes its promise and 1 in 250 the law; 1 in 12 needs a supplement; 1 in 40 is refused.
    """
    item = random.choices(county.items, [row.weight for row in county.items])[0]
    point = random.choices(county.points, [row.weight for row in county.points])[0]
    channel = random.choices(CHANNELS, CHANNEL_WEIGHTS)[0]
    if day not in days:
        channel = random.choice(("online", "mobile"))
    applicant = draw_applicant(
        random, county.people, natural="personal" in item.traits, shop=item.kind == "instant" or random.random() < 0.3
    )
    submitted_at = _submission_instant(random, county, days, day, channel)
    refused = random.random() < 0.025
    supplemented = not refused and item.kind != "instant" and random.random() < 0.08
    return CasePlan(
        case_no=f"LL{day:%Y%m%d}{number:06d}",
        item=item,
        point=point,
        channel=channel,
        by_proxy=point.level in ("village", "township") and random.random() < 0.35,
        applicant=applicant,
        submitted_at=submitted_at,
        accept_after_days=0 if item.kind == "instant" else random.choices((0, 1, 2, 3), (60, 25, 10, 5))[0],
        supplement_after_days=random.randrange(0, 4) if supplemented else None,
        supplement_returns_days=random.randrange(1, 12),
        refusal=random.choice(("not_required", "not_competent", "not_accepted")) if refused else None,
        pause=_draw_pause(random, item),
        extension=ExtensionPlan(10, item.legal_days - 2) if random.random() < 0.006 else None,
        withdrawn_after_days=1 if random.random() < 0.008 else None,
        result="denied" if random.random() < 0.02 else "granted",
        used_days=_draw_used_days(random, item),
        collected_after_days=random.choices((0, 1, 2, 4, 8), (30, 30, 20, 15, 5))[0],
        grade=random.choices((1, 2, 3, 4, 5), (86, 9, 4, 0.6, 0.4))[0] if random.random() < 0.4 else None,
        secrecy=random.random() < 0.004,
    )


def _submission_instant(random: Random, county: County, days: WorkingDays, day: date, channel: str) -> datetime:
    if channel in ("online", "mobile"):
        return datetime.combine(day, time(7, 0), county.timezone) + timedelta(minutes=random.randrange(0, 900))
    return office_instant(random, day if day in days else days.plus(day, 1), county)


def _draw_pause(random: Random, item: Item) -> PausePlan | None:
    kinds = [kind for kind in LAWFUL_PAUSES if kind in item.traits]
    if not kinds or random.random() > 0.35:
        return None
    length = random.randrange(2, 9)
    return PausePlan(random.choice(kinds), random.randrange(1, max(2, item.promise_days - 1)), length, length + 1)


def _draw_used_days(random: Random, item: Item) -> int:
    roll = random.random()
    if item.kind == "instant":
        return 0
    if roll < 0.004:
        return item.legal_days + random.randrange(1, 6)
    if roll < 0.017:
        return min(item.promise_days + random.randrange(1, 4), item.legal_days)
    if roll < 0.08:
        return item.promise_days
    return random.randrange(1, max(2, item.promise_days))
