"""Which dates the clocks of a case do not count: special procedures as pauses (rules.md §2, C4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock import KIND_OF_UNIT, DeadlineQuery, Pause, due
from services.approval.domain.case_clock import WORKING_DAY, NamedPause
from services.approval.domain.procedure import Procedure, Special, says_something


def _special_span(special: Special, procedure: Procedure) -> Pause:
    """C4: from the day the pause takes effect to the day its cause ends, both uncounted.

    A pause that was still open when the case ended is over with it (S63 blames that).
    """
    ended_at = special.ended_at
    if ended_at is None and procedure.ending is not None:
        ended_at = max(procedure.ending.time, special.started_at)
    return Pause(procedure.day(special.started_at), procedure.day(ended_at) if ended_at is not None else None)


def legal_pauses(procedure: Procedure) -> list[NamedPause]:
    """The pauses that stop the legal clock: one of the eight kinds of Art. 45, told in writing (S13, S14)."""
    return [NamedPause(_special_span(s, procedure), s.kind) for s in procedure.specials if s.is_lawful]


def promise_pauses(procedure: Procedure, calendar: WorkingCalendar) -> list[NamedPause]:
    """[started, min(ended, n-th working day after the start)], of lawful kinds and what the item allows."""
    found: list[NamedPause] = []
    for special in procedure.specials:
        if not (special.is_lawful or special.kind == "other_local"):
            continue
        granted = _granted_until(special, procedure, calendar)
        if granted is None:
            continue
        span = _special_span(special, procedure)
        end_on = granted if span.end_on is None else min(span.end_on, granted)
        found.append(NamedPause(Pause(span.start_on, max(end_on, span.start_on)), special.kind))
    return found


def _granted_until(special: Special, procedure: Procedure, calendar: WorkingCalendar) -> date | None:
    """The last day of the time that was told to the applicant: "a limit like any other" (C2, C3); None = none told."""
    limit = special.limit
    if not says_something(limit):
        return None
    start_on = procedure.day(special.started_at)
    if limit.due_on is not None:
        return max(limit.due_on, start_on)
    told = limit.value or 0
    if limit.unit == "hour":
        return procedure.day(special.started_at + timedelta(hours=told))
    query = DeadlineQuery(kind=KIND_OF_UNIT[limit.unit or WORKING_DAY], start=start_on, n=told, allow_provisional=True)
    answer = due(query, calendar)
    return None if isinstance(answer, Problem) else answer.on


def clipped(pauses: Sequence[NamedPause], start_on: date) -> list[NamedPause]:
    """Pauses as the clock meets them: what lies before the event day cannot stop it (C4 wants from >= start)."""
    return [
        replace(pause, span=Pause(max(pause.span.start_on, start_on), pause.span.end_on))
        for pause in pauses
        if pause.span.end_on is None or pause.span.end_on >= start_on
    ]
