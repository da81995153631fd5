"""Duty rosters: who is on duty at an instant, with a rota of its own for days of rest and swaps for single days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import WorkingCalendar
from services.notify.domain.escalation import is_worked


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes turns, and where to reach them; contacts are shown to nobody but the channel."""

    name: str
    email: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    wecom: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Roster:
    """A post's rota.

    Args:
        post: the post that it fills (`supervision/duty`).
        people: they take turns, from `start_on` on, a day or a week each.
        rest_people: who takes turns on days of rest, a day each; empty = the same rota goes on.
        handover: the hour at which a turn begins; before it the turn of the day before still runs.
        swaps: day → name, for single days.
    """

    post: str
    people: tuple[Person, ...]
    start_on: date
    turn: Literal["day", "week"] = "week"
    handover: time = time(8, 30)
    location: str = "Asia/Shanghai"
    rest_people: tuple[Person, ...] = ()
    swaps: Mapping[date, str] = field(default_factory=dict)

    def day_of(self, at: datetime) -> date:
        """The day of duty that an instant belongs to."""
        here = at.astimezone(ZoneInfo(self.location))
        return here.date() if here.time() >= self.handover else here.date() - timedelta(days=1)

    def on_duty(self, at: datetime, calendar: WorkingCalendar | None = None) -> Person:
        """Who is on duty; without a calendar for the day, Saturday and Sunday rest."""
        day = self.day_of(at)
        everybody = (*self.people, *self.rest_people)
        swapped = self.swaps.get(day)
        if swapped is not None:
            return next(person for person in everybody if person.name == swapped)
        if self.rest_people and not is_worked(day, calendar):
            # counted by days of rest would need the whole calendar; by days it stays predictable
            return self.rest_people[(day - self.start_on).days % len(self.rest_people)]
        turns = (day - self.start_on).days // (7 if self.turn == "week" else 1)
        return self.people[turns % len(self.people)]


def contact(person: Person, channel: str) -> str:
    """The person's address on a channel; empty = none is known."""
    return {"email": person.email, "sms": person.mobile, "wechat": person.wecom}.get(channel, "")
