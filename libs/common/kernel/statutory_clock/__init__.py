"""The statutory clock: pure counting of limits by the conventions C1–C10, with a trace that a person can count again.

pauses → walk → rules → trace → deadline → instants, lights; each file needs only those before it.
"""

from libs.common.kernel.statutory_clock.deadline import (
    EXTENSION_LATE,
    EXTENSION_TOO_LONG,
    INVALID_N,
    RULE_UNKNOWN,
    Answer,
    DeadlineQuery,
    add_months,
    deadline,
    due,
)
from libs.common.kernel.statutory_clock.instants import due_at, is_late, legal_date, passed_at
from libs.common.kernel.statutory_clock.lights import (
    CaseClock,
    DueDays,
    Light,
    LightAnswer,
    Thresholds,
    check_clock,
    light,
    light_by_days,
    over,
    promise_pause,
    thresholds,
    thresholds_by_days,
    used,
)
from libs.common.kernel.statutory_clock.pauses import PAUSE_BEFORE_START, PAUSE_REVERSED, Pause, union
from libs.common.kernel.statutory_clock.rules import KIND_OF_UNIT, RULES, Kind, LimitRule
from libs.common.kernel.statutory_clock.trace import TraceDay
from libs.common.kernel.statutory_clock.walk import PAUSED

__all__ = [
    "EXTENSION_LATE",
    "EXTENSION_TOO_LONG",
    "INVALID_N",
    "KIND_OF_UNIT",
    "PAUSED",
    "PAUSE_BEFORE_START",
    "PAUSE_REVERSED",
    "RULES",
    "RULE_UNKNOWN",
    "Answer",
    "CaseClock",
    "DeadlineQuery",
    "DueDays",
    "Kind",
    "Light",
    "LightAnswer",
    "LimitRule",
    "Pause",
    "Thresholds",
    "TraceDay",
    "add_months",
    "check_clock",
    "deadline",
    "due",
    "due_at",
    "is_late",
    "legal_date",
    "light",
    "light_by_days",
    "over",
    "passed_at",
    "promise_pause",
    "thresholds",
    "thresholds_by_days",
    "union",
    "used",
]
