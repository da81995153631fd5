"""Cases for the supervision's tests: plans of the simulated county, told as events and judged at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.events.codec import encode, parse_intake
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Outcome, Received
from libs.common.runtime.calendars import load_calendars
from libs.ops.simulate.county import load_county
from libs.ops.simulate.plans import CasePlan, draw_plan
from libs.ops.simulate.stream import Season, tell_plans, working_days_of
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.sources import Source
from services.monitoring.handlers import supervise
from services.monitoring.ports import Office
from services.monitoring.store.presets import load_presets
from services.monitoring.store.rulebook import load_rules

ZONE = ZoneInfo("Asia/Shanghai")
RULES, PRESETS = load_rules(), load_presets()
COUNTY = load_county()
CALENDARS = load_calendars()
SEASON = Season(cases=1, first_on=date(2026, 1, 5), last_on=date(2026, 6, 30), seed=1)
DAYS = working_days_of(CALENDARS.of("990101").is_working_day, SEASON, date(2026, 12, 31))
MARCH_2 = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)


def at(text: str) -> datetime:
    """An instant of Shanghai: `2026-03-17`, or `2026-03-17 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def plan(**changes: Any) -> CasePlan:
    """A land permit accepted on Monday 2 March 2026: promise 10 working days (16 March), law 20 (30 March)."""
    drawn = draw_plan(Random(3), COUNTY, DAYS, date(2026, 3, 2), 1)
    item = next(row for row in COUNTY.items if row.key == "land")
    plain = replace(
        drawn,
        item=item,
        channel="window",
        submitted_at=MARCH_2,
        accept_after_days=0,
        supplement_after_days=None,
        refusal=None,
        pause=None,
        extension=None,
        withdrawn_after_days=None,
        result="granted",
        used_days=None,
        collected_after_days=1,
        grade=None,
        secrecy=False,
    )
    return replace(plain, **changes)


def parse(event: dict[str, Any]) -> Event:
    """An event in wire form, read as the intake reads it."""
    found = parse_intake(event)
    assert isinstance(found, Event), found
    return found


def events_of(*plans: CasePlan) -> list[Event]:
    """The plans as typed events, in order of time."""
    return [parse(event) for _, event in tell_plans(COUNTY, DAYS, list(plans), seed=5)]


def office(
    now: datetime, *, virtual: bool = True, sources: Mapping[str, Source] | None = None, proven: datetime | None = None
) -> Office:
    """The office; on a virtual clock everything is proven up to now unless said otherwise."""
    return Office(
        zone=ZONE,
        calendars=CALENDARS,
        presets=PRESETS,
        rules=RULES,
        processed_up_to=now,
        sources=sources or {},
        is_virtual=virtual,
        barrier=lambda _: proven or (now if virtual else None),
    )


def received(events: Iterable[Event]) -> tuple[Received, ...]:
    return tuple(Received(event, encode(event), "hall.events.v1", 0, n, event.time) for n, event in enumerate(events))


class Desk:
    """A supervision in memory: takes events and looks, keeps files, and notes what was told."""

    def __init__(self, around: Callable[..., Office] = office) -> None:
        self.around = around
        self.files: dict[str, CaseFile] = {}
        self.due: dict[str, datetime] = {}
        self.told: list[Event] = []

    def take(self, events: Iterable[Event], now: datetime, **how: Any) -> Outcome[CaseFile]:
        """One batch at `now`."""
        return self._keep(Batch(self.files, self.around(now, **how), received(events), (), now))

    def look(self, now: datetime, **how: Any) -> None:
        """Works off what is due up to `now`, each moment as of its own instant."""
        while ready := sorted((moment, key) for key, moment in self.due.items() if moment <= now):
            moment, key = ready[0]
            del self.due[key]
            self._keep(Batch(self.files, self.around(moment, **how), (), ((key, "clock"),), moment))

    def cards(self, *, live: bool = True) -> list[tuple[str, str, str]]:
        """(rule, severity, day on which it became true) of cards, in order."""
        found = [card for file in self.files.values() for card in file.cards.values() if card.live or not live]
        return sorted((c.rule_id, c.severity, c.became_true_at.astimezone(ZONE).date().isoformat()) for c in found)

    def _keep(self, batch: Batch[CaseFile, Office]) -> Outcome[CaseFile]:
        outcome = supervise(batch)
        self.files.update(outcome.states)
        self.told += [fact.event for fact in outcome.facts]
        for key, looks in outcome.looks.items():
            self.due.pop(key, None)
            for look in looks:
                # whoever waits for a source sleeps until somebody releases it
                if look.waits_for is None:
                    self.due[key] = look.due_at
        return outcome


def play(events: list[Event], until: datetime) -> Desk:
    """Lives the events one by one in order of time, with every look at its own moment, until an instant."""
    desk = Desk()
    for event in events:
        if event.time > until:
            break
        desk.look(event.time)
        desk.take([event], event.time)
    desk.look(until)
    return desk


def day_later(moment: datetime) -> datetime:
    return moment + timedelta(days=1)
