"""Clocks as they travel in events: the state of a limit at the moment of the event."""

from __future__ import annotations

from datetime import date
from typing import Literal

from libs.common.kernel.events.codes import Count, Instant, Key, LimitUnit, Name, Text
from libs.common.kernel.events.parts import Limit, Part


class ClockPause(Part, frozen=True, kw_only=True):
    """A closed interval of days that a clock does not count (C4); `end_on` None = still open."""

    start_on: date
    end_on: date | None = None
    kind: Name | None = None
    ground: Text | None = None


class ClockExtension(Part, frozen=True, kw_only=True):
    """延长: further days, who decided them and when."""

    value: Count
    unit: LimitUnit
    decided_on: date | None = None
    ground: Text | None = None


class Clock(Part, frozen=True, kw_only=True):
    """One clock of a case as it stood at `as_of`.

    Args:
        start_on: the event day, which itself is never counted (C2).
        due_on: last day of the limit; None past the calendar's horizon (then `provisional_due_on`).
        due_at: the instant of an hour limit.
    """

    clock_id: Key
    kind: Literal[
        "acceptance",
        "promise",
        "legal",
        "step",
        "delivery",
        "joint",
        "part",
        "hearing",
        "renewal",
        "penalty",
        "evaluation",
        "supplement",
        "special",
        "complaint",
        "consultation",
        "answer",
        "third_party",
    ]
    state: Literal["running", "paused", "met", "passed", "void"]
    ground: Text | None = None
    start_on: date | None = None
    start_at: Instant | None = None
    limit: Limit | None = None
    extension: ClockExtension | None = None
    pauses: tuple[ClockPause, ...] = ()
    due_on: date | None = None
    due_at: Instant | None = None
    provisional_due_on: date | None = None
    met_on: date | None = None
