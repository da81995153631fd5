"""The supervision's reading of a case in two sentences, one for each clock: how late, or how much is left."""

from __future__ import annotations

from datetime import date

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import over
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from services.monitoring.domain.counting import Clocks, Counted
from services.monitoring.domain.proceeding import Proceeding

# A breach by itself: the promise turns yellow, the law red.
PASSED = {"promise": "yellow", "legal": "red"}
Said = tuple[str, str]


def answers(
    proceeding: Proceeding,
    clocks: Clocks | None,
    today: date,
    calendar: WorkingCalendar,
    t: Texts,
    formats: Formats,
    *,
    unproven: bool,
) -> list[dict[str, str]]:
    """For each clock its light, how it stands, and by when; a case whose source is silent has a grey light."""
    if clocks is None:
        return []
    found = []
    for clock in (clocks.promise, clocks.legal):
        if clock is None:
            continue
        is_near = clock.kind == "promise" and clocks.turns.notice_on is not None and today >= clocks.turns.notice_on
        light, sentence = _stands(clock, proceeding.ended_on, today, calendar, t, is_near=is_near)
        if unproven and proceeding.ended_on is None:
            light = "grey"
        found.append(
            {
                "title": t(f"supervision.clock.{clock.kind}_short"),
                "light": light,
                "sentence": sentence,
                "text": _by_when(clock, t, formats),
            }
        )
    return found


def _stands(
    clock: Counted, ended_on: date | None, today: date, calendar: WorkingCalendar, t: Texts, *, is_near: bool
) -> Said:
    """Light and sentence; first what ended, then what is paused, then what is counted."""
    due_on = clock.due_on
    if ended_on is not None:
        if due_on is None or ended_on <= due_on:
            return "green", t("supervision.says.met" if due_on else "supervision.says.ended")
        return PASSED[clock.kind], _late("ended_late", over(due_on, ended_on, calendar), t)
    if any(pause.holds(today) for pause in clock.pauses):
        return "paused", t("supervision.says.paused")
    if due_on is None:
        return "grey", t("supervision.says.unknown")
    if today > due_on:
        return PASSED[clock.kind], _late("over", over(due_on, today, calendar), t)
    light, left = "notice" if is_near else "green", calendar.count(today, due_on)
    if left is None:
        return light, t("supervision.says.in_time")
    return light, t("supervision.says.left", n=left) if left else t("supervision.says.today")


def _late(key: str, days: int | None, t: Texts) -> str:
    """How many working days over; past the calendar only that it is over."""
    return t(f"supervision.says.{key}", n=days) if days else t(f"supervision.says.{key}_unknown")


def _by_when(clock: Counted, t: Texts, formats: Formats) -> str:
    if clock.due_on is None:
        return t.or_code("supervision.problem", clock.problem or "NONE")
    key = "claimed" if clock.is_claimed else "counted"
    return t(f"supervision.says.{key}", day=formats.date_long(clock.due_on))
