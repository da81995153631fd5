"""The ground on which plants stand: lawful cases of the county's own hall, told by the same teller as all others.

A planter takes a lawful case, changes one number of its plan or one word of its acts, and says what has to be found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from libs.ops.simulate.acts import Act, Coming, day_start, written
from libs.ops.simulate.applicants import draw_applicant
from libs.ops.simulate.county import County, Item
from libs.ops.simulate.plans import CasePlan
from libs.ops.simulate.plants.sheet import Count, Kind, Plant
from libs.ops.simulate.stream import Season
from libs.ops.simulate.telling import Teller
from libs.ops.simulate.working_days import WorkingDays

FILED = time(9, 10)
QUIET = {"fires": "archives", "boundary": "lightning", "twin": "swimming"}
SPECIAL = frozenset({"joint", "quantity", "public_notice", "personal"})


class NoRoomError(Exception):
    """A plant does not fit into the season, or the wished item does not fit the rule; says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the plan wishes for one rule; None = anything.

    Args:
        first_on, last_on: in which the planted matter begins.
    """

    first_on: date
    last_on: date
    org: str | None = None
    item: str | None = None


class Ground:
    """Where one plant is planted."""

    def __init__(self, county: County, days: WorkingDays, season: Season, series: str, random: Random) -> None:
        self.county, self.days, self.season, self.random = county, days, season, random
        self.teller = Teller(county, days, random)
        self.series = series
        self._numbers = count(season.cases)
        self.wish = Wish(season.first_on, season.last_on)
        self.rule: str = ""
        self.kind: Kind = "fires"

    # -- where and when

    def item(self, least_promise: int = 8, fits: Callable[[Item], bool] | None = None) -> Item:
        """An item on which the breach can be shown: committed, of one authority, without a fee.

        Raises:
            NoRoomError: the wished item or organisation has none.
        """

        def plain(item: Item) -> bool:
            return (
                item.kind == "committed"
                and item.weight > 0
                and item.promise_days >= least_promise
                and item.legal_days == 20
                and not SPECIAL & item.traits
                and item.fee == "0.00"
            )

        wish = self.wish
        known = [
            item
            for item in self.county.items
            if wish.item in (None, item.key, item.code)
            and wish.org in (None, item.organisation.key, item.organisation.code)
            and (fits or plain)(item)
        ]
        if not known:
            asked = wish.item or wish.org or "the county"
            raise NoRoomError(f"{asked} has no item on which {self.rule} can be shown")
        return self.random.choice(known)

    def quiet_item(self) -> Item:
        """An item of an authority that has no cases of its own, another for each kind of plant; a wish goes first."""
        if self.wish.item or self.wish.org:
            return self.item()
        return self.county.item(QUIET[self.kind])

    def start(self, span_days: int, *, calendar_days: int = 0) -> date:
        """A working day after which the season has `span_days` working days left, and so many calendar days.

        Raises:
            NoRoomError: there is none in the wished range.
        """
        season, wish = self.season, self.wish
        able = [
            day
            for day in self.days.days
            if max(season.first_on, wish.first_on) <= day <= min(season.last_on, wish.last_on)
            and self.days.plus(day, span_days) <= season.last_on
            and self.days.plus(day, span_days) < self.days.days[-1]
            and day + timedelta(days=calendar_days) <= season.last_on
        ]
        if not able:
            raise NoRoomError(
                f"{self.rule} needs {max(span_days, calendar_days)} days from its first act to its card, and "
                f"{wish.first_on} to {wish.last_on} leaves no room before {season.last_on}"
            )
        return self.random.choice(able)

    def month_start(self, span_days: int) -> date:
        """A working day from which `span_days` working days stay in its month, and the month ends in the season.

        Raises:
            NoRoomError: there is none.
        """
        able = []
        for day in self.days.days:
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            is_inside = max(self.season.first_on, self.wish.first_on) <= day <= self.wish.last_on
            if is_inside and self.days.plus(day, span_days) < following <= self.season.last_on:
                able.append(day)
        if not able:
            raise NoRoomError(f"{self.rule} needs a month that ends before {self.season.last_on}")
        return self.random.choice(able)

    def on(self, start: date, after_days: int) -> date:
        """The n-th working day after a day."""
        return self.days.plus(start, after_days)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant of a day, in the county's time."""
        return datetime.combine(day, time(hour, minute), self.county.timezone)

    def over(self, due_on: date) -> datetime:
        """The moment at which a due day has ended (rules.md §14.15)."""
        return day_start(due_on + timedelta(days=1), self.county)

    # -- cases and their acts

    def case(self, item: Item, start: date, **changes: Any) -> CasePlan:
        """A lawful case filed at the county's window on that morning, accepted on the day and decided on the third."""
        number = next(self._numbers)
        values: dict[str, Any] = {
            "case_no": f"LL{start:%Y%m%d}{self.series}{number:06d}",
            "item": item,
            "point": self.county.points[0],
            "channel": "window",
            "by_proxy": False,
            "applicant": draw_applicant(self.random, self.county.people, natural=False, shop=False),
            "submitted_at": datetime.combine(start, FILED, self.county.timezone),
            "used_days": 3,
            "series": self.series,
            "number": number + 1,
        }
        return CasePlan(**{**values, **changes})

    def number(self) -> int:
        """One more number of this series."""
        return next(self._numbers)

    def tell(self, plan: CasePlan, *more: Coming) -> list[Act]:
        """The plan's acts in order of time, and others beside them."""
        return list(written([*self.teller.schedule(plan), *more]))

    def plant(
        self,
        acts: Iterable[Act],
        about: CasePlan | None,
        why: str,
        severity: str,
        became_true_at: datetime,
        *,
        fires: bool | None = None,
        **more: Any,
    ) -> Plant:
        """What was planted, with its answer; by default `fires` alone expects a card."""
        values: dict[str, Any] = {
            "subject": about.case_no if about is not None else None,
            "org_code": about.item.organisation.code if about is not None else "",
            "item_code": about.item.code if about is not None else None,
            **more,
        }
        return Plant(
            rule=self.rule,
            kind=self.kind,
            acts=tuple(sorted(acts, key=lambda act: act[0])),
            expects_card=self.kind == "fires" if fires is None else fires,
            severity=severity,
            why=why,
            became_true_at=became_true_at,
            **values,
        )


def of(acts: Iterable[Act], kind: str, seqno: int = 1) -> dict[str, Any]:
    """The event of that wire type (without `hall.`) and number."""
    return next(e for _, e in acts if e["type"] == f"hall.{kind}" and e["seqno"] == seqno)


def instant_of(event: dict[str, Any]) -> datetime:
    """When it happened."""
    return datetime.fromisoformat(event["time"])


def day_of(acts: Iterable[Act], kind: str, seqno: int = 1) -> date:
    """The date of that act."""
    return instant_of(of(acts, kind, seqno)).date()


def without(acts: Iterable[Act], kind: str, seqno: int | None = None) -> list[Act]:
    """The acts, but not those."""
    return [a for a in acts if a[1]["type"] != f"hall.{kind}" or seqno not in (None, a[1]["seqno"])]


def moved(acts: Iterable[Act], kind: str, at: datetime, seqno: int = 1, **data: Any) -> list[Act]:
    """The acts with one of them happening at another instant; `data` are fields that change with it."""
    found = of(acts, kind, seqno)
    fresh = {**found, "time": at.isoformat(), "data": {**found["data"], **data}}
    return [*without(acts, kind, seqno), (at, fresh)]


def sent(act: Act, at: datetime, *, recorded: bool = False) -> Act:
    """The act said later than it happened; `recorded` = and entered only then."""
    late = {**act[1], "senttime": at.isoformat()}
    return at, {**late, "recordedtime": at.isoformat()} if recorded else late


def version(event: dict[str, Any], number: int, mark: str = "", **changes: Any) -> dict[str, Any]:
    """The same act reported again as another version; `data` changes are under their names."""
    data = {**event["data"], **changes.pop("data", {})}
    head = event["id"].rpartition("/")[0]
    return {**event, "id": f"{head}/{number}{mark}", "dataversion": number, **changes, "data": data}


def renumbered(act: Act, seqno: int) -> Act:
    """The act under another number within its case and type."""
    subject, kind, _, number = act[1]["id"].rsplit("/", 3)
    return act[0], {**act[1], "seqno": seqno, "id": f"{subject}/{kind}/{seqno}/{number}"}


def longer(item: Item, legal_days: int, promise_days: int) -> Item:
    """The item with the longer limits that a special statute gives it (许可法 42 但书)."""
    return replace(item, legal_days=legal_days, promise_days=promise_days)


def working(start_on: date, n: int) -> Count:
    """So many working days from an event day."""
    return Count(start_on, n)
