"""One clock of a case: what it counts, when it is full, and its state at an instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.events.clocks import Clock, ClockExtension, ClockPause
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.statutory_clock import RULES, DeadlineQuery, Pause, due, due_at, union

WORKING_DAY: Final = "working_day"


@dataclass(frozen=True, slots=True)
class NamedPause:
    """A pause of a clock and the special procedure it comes from."""

    span: Pause
    kind: str


@dataclass(frozen=True, slots=True)
class CaseClock:
    """One clock of a case, counted.

    Args:
        started_at: the instant of the event day.
        limit: as frozen; for a claimed limit only `due_on`.
        query: the question whose answer the due day is; None for hours and for claimed due days.
        due_on: last day of the limit; None while an open pause holds or past the calendar (then `provisional_due_on`).
        due_at: the instant of a limit in hours.
        ended_at: the instant at which the clock stopped for good.
        answered: whether that ending answers what the clock waits for; else the clock is void unless it had passed.
        is_stopped: an open pause holds the clock.
    """

    clock_id: str
    kind: str
    ground: str
    started_at: datetime
    start_on: date
    limit: Limit
    pauses: tuple[NamedPause, ...] = ()
    extension: ClockExtension | None = None
    query: DeadlineQuery | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    provisional_due_on: date | None = None
    ended_at: datetime | None = None
    ended_on: date | None = None
    answered: bool = True
    is_stopped: bool = False
    calendar_version: str = ""

    @property
    def spans(self) -> tuple[Pause, ...]:
        """The dates that are not counted."""
        return union([pause.span for pause in self.pauses])

    @property
    def is_open(self) -> bool:
        """Whether it still runs or is paused."""
        return self.ended_at is None

    def is_late(self, at: datetime, on: date) -> bool:
        """Whether the limit was full before the instant `at`, whose legal date is `on`."""
        if self.due_at is not None:
            return at > self.due_at
        return self.due_on is not None and on > self.due_on

    def state(self, now: datetime, today: date) -> str:
        """running · paused · met · passed · void, at the instant `now` with the legal date `today`."""
        if self.ended_at is not None:
            assert self.ended_on is not None, "an ended clock knows the day"
            if self.is_late(self.ended_at, self.ended_on):
                return "passed"
            return "met" if self.answered else "void"
        if self.is_late(now, today):
            return "passed"
        return "paused" if any(span.holds(today) for span in self.spans) else "running"

    def published(self, now: datetime, today: date) -> Clock:
        """The clock as it travels in events."""
        return Clock(
            clock_id=self.clock_id,
            kind=self.kind,  # type: ignore[arg-type]  # one of the four kinds of this module
            ground=self.ground,
            start_on=self.start_on,
            start_at=self.started_at,
            limit=self.limit,
            extension=self.extension,
            pauses=tuple(ClockPause(start_on=p.span.start_on, end_on=p.span.end_on, kind=p.kind) for p in self.pauses),
            due_on=self.due_on,
            due_at=self.due_at,
            provisional_due_on=self.provisional_due_on,
            state=self.state(now, today),  # type: ignore[arg-type]  # the five words of the contract
            met_on=self.ended_on,
        )


def counted(clock: CaseClock, calendar: WorkingCalendar) -> CaseClock:
    """The clock with the due day of its question."""
    assert clock.query is not None, "only a question can be answered"
    answer = due(clock.query, calendar)
    if isinstance(answer, Problem):
        # PAUSED: no due day yet. CALENDAR_UNAVAILABLE even for a provisional date: none is shown.
        return replace(
            clock,
            due_on=None,
            provisional_due_on=None,
            is_stopped=answer.code == "PAUSED",
            calendar_version=calendar.version,
        )
    return replace(
        clock,
        due_on=answer.deadline,
        provisional_due_on=answer.provisional_deadline,
        is_stopped=False,
        calendar_version=answer.calendar_version,
    )


def counted_hours(clock: CaseClock, zone: ZoneInfo) -> CaseClock:
    """The clock with the due instant of a limit in elapsed hours."""
    further = clock.extension.value if clock.extension is not None else 0
    found = due_at(clock.started_at, clock.limit.value or 0, zone, clock.spans, extension_hours=further)
    if isinstance(found, Problem):
        return replace(clock, due_at=None, due_on=None, is_stopped=True)
    return replace(clock, due_at=found, due_on=found.date(), is_stopped=False)


def ground(rule: str) -> str:
    """The article of a rule, zh-CN, with its code."""
    return f"{RULES[rule].basis}（{rule}）"
