"""What a rule looks at, and small things that every rule needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.events.quality import ABLE, SourceProfile
from libs.common.kernel.events.reference import ItemPublished, RosterPublished
from libs.common.kernel.statutory_clock import KIND_OF_UNIT, DeadlineQuery, Pause, due, legal_date
from services.monitoring.domain.case_file import CaseFile
from services.monitoring.domain.counting import Clocks
from services.monitoring.domain.findings import Hit, Severity
from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.domain.rules.rule import Parameters as Parameters

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reference data as versioned evidence (decision 20), and what the case's sources cannot send (decision 13).

    Args:
        item: the catalogue's version that held at the acceptance; None = no catalogue is loaded for it.
        roster: the handlers of the organisation; None = none is loaded.
        profiles: what each source cannot send.
        original_ended_on: when the case that this one files again was returned (S72).
        overtaken: earlier acceptances of a quantity-limited item that were still open when this case was decided (S51).
    """

    item: ItemPublished | None = None
    roster: RosterPublished | None = None
    profiles: Mapping[str, SourceProfile] = field(default_factory=dict)
    original_ended_on: date | None = None
    overtaken: tuple[str, ...] = ()


NOTHING_KNOWN = Evidence()


@dataclass(frozen=True, slots=True)
class Subject:
    """A case before the rules: its course, its clocks, the calendar that counts, its file and the evidence beside
    it."""

    proceeding: Proceeding
    clocks: Clocks | None
    calendar: WorkingCalendar
    file: CaseFile
    evidence: Evidence = NOTHING_KNOWN

    def midnight(self, day: date) -> datetime:
        """The first instant of a legal date in the region's zone: the moment at which the day before has ended."""
        return datetime.combine(day, time(0), self.proceeding.zone)

    def passed_at(self, due_on: date) -> datetime:
        """The moment at which a due day has ended (rules.md §14.15)."""
        return self.midnight(due_on + ONE_DAY)

    def day(self, at: datetime) -> date:
        """The legal date of an instant in the region's zone."""
        return legal_date(at, self.proceeding.zone)

    def was_open_on(self, day: date) -> bool:
        """Whether the case had not ended before that date began (an end on the day itself is not before it)."""
        ended_on = self.proceeding.ended_on
        return ended_on is None or ended_on >= day

    def acts(self, *kinds: str) -> list[Event]:
        """The standing acts of these wire types, in order; `hall.x` without its prefix is enough."""
        wanted = {kind if kind.startswith(_PREFIXES) else f"hall.{kind}" for kind in kinds}
        seen = self.proceeding
        both = (*seen.events, *seen.services) if seen.services else seen.events
        return [event for event in both if event.type in wanted]

    def sends(self, event: Event, path: str) -> bool:
        """Whether the event's source is able to send this field; what it cannot send is not blamed on the hall."""
        return not self.evidence.profiles.get(event.source, ABLE).excuses(event.type, path)

    def ends_on(self, start: date, limit: Limit, pauses: Iterable[Pause] = ()) -> date | None:
        """Last day of a limit that begins with the event day `start` (C2, C3, C6, C7); None past the calendar."""
        if limit.due_on is not None:
            return limit.due_on
        if not limit.value:
            return None
        unit = limit.unit or "working_day"
        if unit == "hour":
            return start + timedelta(hours=limit.value)
        query = DeadlineQuery(
            kind=KIND_OF_UNIT[unit], start=start, n=limit.value, pauses=tuple(pauses), roll=unit != "working_day"
        )
        answer = due(query, self.calendar)
        return None if isinstance(answer, Problem) else answer.deadline

    def nth(self, start: date, n: int) -> date | None:
        """The n-th working day after `start` (C2, C3)."""
        return self.calendar.nth_after(start, n)

    def left_on(self, due_on: date, days: int) -> date | None:
        """The first date on which at most `days` working days are left up to `due_on`."""
        return self.calendar.nth_before(due_on + ONE_DAY, days + 1)

    def working_days(self, after: date, until: date) -> int:
        """Working days in (after, until]; calendar days where the calendar does not reach."""
        found = self.calendar.count(after, until)
        return (until - after).days if found is None else found

    def hit(self, severity: Severity, cause: Event, text: str, text_en: str, **more: Any) -> Hit:
        """What an act shows, true from the act on; `at`, `evidence` and everything else may be said."""
        values: dict[str, Any] = {"at": cause.time, "evidence": (cause.id,), "occurrence": str(cause.seqno), **more}
        return Hit(severity=severity, text=text, text_en=text_en, **values)


_PREFIXES = ("hall.", "disclosure.", "approval.", "supervision.")


def missed(done_on: date | None, due_on: date) -> bool:
    """Whether a duty with this last day was not done in time: late on any later date, rest day or not."""
    return done_on is None or done_on > due_on


def chinese_day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
