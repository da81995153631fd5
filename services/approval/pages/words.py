"""Views in words: timeline, sentences of a light, the next act, names of clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.events.parts import Limit
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from services.approval.domain.case import CaseView
from services.approval.domain.case_clock import WORKING_DAY, CaseClock
from services.approval.domain.reading import Reading, read_clock
from services.approval.domain.timeline import Entry, Word


def entry_text(entry: Entry, t: Texts, formats: Formats) -> str:
    """What happened, in one line."""
    values: dict[str, object] = {}
    for name, value in entry.values.items():
        if isinstance(value, Word):
            values[name] = t.or_code(f"approval.{value.prefix}", value.code)
        else:
            values[name] = formats.date_text(value) if isinstance(value, date) else value
    key = f"approval.timeline.{entry.key}"
    return t(key, **values) if t.has(key) else entry.type


def entry_words(view: CaseView, t: Texts, formats: Formats) -> Mapping[int, tuple[str, str]]:
    """Text and note of every line of a timeline, by place."""
    return {place: (entry_text(entry, t, formats), entry.note) for place, entry in enumerate(view.timeline)}


def limit_text(limit: Limit, t: Texts, formats: Formats) -> str:
    """A limit in words: 20 个工作日."""
    if limit.due_on is not None:
        return t("approval.case.limit_due_on", on=formats.date_text(limit.due_on))
    return t(f"approval.case.limit_{limit.unit or WORKING_DAY}", n=limit.value or 0)


def clock_name(clock: CaseClock, t: Texts, formats: Formats, words: str = "clock_kind") -> str:
    """A clock by its kind and limit: 法定时限 20 个工作日; with `clock_short` 法定 20 个工作日."""
    limit = limit_text(clock.limit, t, formats)
    if clock.extension is not None:
        limit = t("approval.case.extended", limit=limit, n=clock.extension.value)
    return t("approval.case.clock_name", kind=t.or_code(f"approval.{words}", clock.kind), limit=limit)


def clock_light(clock: CaseClock, reading: Reading, is_near: bool, *, passed: str) -> str:
    """The light of one clock by itself; `passed` is the colour of its breach."""
    if reading.state == "passed":
        return passed
    if reading.state == "paused":
        return "paused"
    return "notice" if is_near and reading.state == "running" else "green"


def clock_sentence(clock: CaseClock, reading: Reading, t: Texts) -> str:
    """How late, or how much is left: 已超 1 个工作日."""
    if reading.state in ("met", "void"):
        return t("approval.light_sentence.met" if reading.state == "met" else "approval.light_sentence.ended")
    if reading.state == "passed":
        if not clock.is_open:
            return t("approval.light_sentence.passed")
        over = reading.over_days
        return t("approval.light_sentence.over", n=over) if over else t("approval.light_sentence.over_by_date")
    if reading.state == "paused":
        return t("approval.light_sentence.paused")
    if reading.remaining is None:
        return t("approval.light_sentence.grey")
    if reading.remaining == 0:
        return t("approval.light_sentence.today")
    return t("approval.light_sentence.left", n=reading.remaining)


def clock_due_text(clock: CaseClock, t: Texts, formats: Formats) -> str:
    """By when, in one sentence."""
    if clock.due_at is not None:
        return t("approval.light_sentence.hours", at=formats.instant(clock.due_at))
    if clock.due_on is not None:
        on = formats.date_text(clock.due_on)
        if not clock.is_open:
            return t("approval.light_sentence.was_due", on=on)
        return t(f"approval.light_sentence.due_{'legal' if clock.kind == 'legal' else 'promise'}", on=on)
    if clock.provisional_due_on is not None:
        return t("approval.light_sentence.provisional", on=formats.date_long(clock.provisional_due_on))
    return t("approval.light_sentence.no_due")


def next_act(view: CaseView, light: str, now: datetime, calendar: WorkingCalendar) -> str:
    """The one thing to do next; a key below `approval.act`."""
    state = view.state
    if state in ("received", "supplement"):
        return "accept" if state == "received" else "supplement"
    if state == "paused":
        return "resume"
    if state == "accepted":
        if light in ("red", "yellow"):
            return "decide_late"
        clock = view.next_clock
        reading = read_clock(clock, now, view.procedure.day(now), calendar) if clock is not None else None
        return "decide_now" if reading is not None and reading.remaining == 0 else "decide"
    return "deliver" if state == "completed" and view.procedure.result == "granted" else "none"


def row_act(state: str, result: str | None, light: str, left: int | None) -> str:
    """The same for a row of the queue."""
    if state == "accepted":
        return "decide_late" if light in ("red", "yellow") else "decide_now" if left == 0 else "decide"
    if state == "completed":
        return "deliver" if result == "granted" else "none"
    return {"received": "accept", "supplement": "supplement", "paused": "resume"}.get(state, "none")
