"""Extensions (延长审批): which one counts and why another is void (C5, S11, decision 51)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.events.clocks import ClockExtension
from libs.common.kernel.statutory_clock import RULES, DeadlineQuery, Pause, due
from services.approval.domain.case_clock import WORKING_DAY, CaseClock, counted
from services.approval.domain.procedure import ExtensionAsked, Procedure


@dataclass(frozen=True, slots=True)
class VoidExtension:
    """An extension that counts for nothing.

    Args:
        why: second · no_approver · no_limit · unit_differs · late · too_long.
    """

    event_id: str
    why: str


def valid_extension(
    procedure: Procedure, legal: CaseClock, rule: str, calendar: WorkingCalendar
) -> tuple[ClockExtension | None, tuple[VoidExtension, ...]]:
    """The one extension that counts, and those that are void.

    行政许可法第四十二条: "二十日内不能作出决定的，经本行政机关负责人批准，可以延长十日，
    并应当将延长期限的理由告知申请人".
    Without reasons told the extension stands (S12 blames it); it is void only by S11 (decision 51).
    """
    valid: ClockExtension | None = None
    void: list[VoidExtension] = []
    for asked in procedure.extensions:
        why = "second" if valid is not None else _why_void(asked, procedure, legal, rule, calendar)
        if why is not None:
            void.append(VoidExtension(asked.event_id, why))
        elif asked.limit is not None and asked.limit.value is not None:
            valid = ClockExtension(
                value=asked.limit.value,
                unit=asked.limit.unit or WORKING_DAY,
                decided_on=asked.decided_on,
                ground=RULES[rule].basis,
            )
    return valid, tuple(void)


def _why_void(
    asked: ExtensionAsked, procedure: Procedure, legal: CaseClock, rule: str, calendar: WorkingCalendar
) -> str | None:
    # Art. 42¶2: a joint case is extended by the head of the government, not of the unit.
    if not asked.has_approver or (procedure.is_joint and asked.approver_level != "government_head"):
        return "no_approver"
    if asked.limit is None or not asked.limit.value:
        return "no_limit"
    unit = legal.limit.unit or WORKING_DAY
    if legal.query is None or (asked.limit.unit or WORKING_DAY) != unit:
        return "unit_differs"
    query = DeadlineQuery(
        kind=legal.query.kind,
        start=legal.query.start,
        n=legal.query.n,
        # An open pause tells no running deadline; up to the day of the decision it is over with that day.
        pauses=tuple(Pause(p.start_on, p.end_on or max(asked.decided_on, p.start_on)) for p in legal.query.pauses),
        extension=asked.limit.value,
        extension_decided_on=asked.decided_on,
        rule=rule,
        roll=legal.query.roll,
        allow_provisional=True,
    )
    answer = due(query, calendar)
    if isinstance(answer, Problem):
        return "too_long" if answer.code == "EXTENSION_TOO_LONG" else None
    return "late" if "EXTENSION_LATE" in answer.warnings else None


def extended(clock: CaseClock, extension: ClockExtension | None, calendar: WorkingCalendar) -> CaseClock:
    """The clock with the valid extension; a limit in another unit or a claimed date is not moved (C5: same unit)."""
    if extension is None or clock.query is None or (clock.limit.unit or WORKING_DAY) != extension.unit:
        return clock
    query = DeadlineQuery(
        kind=clock.query.kind,
        start=clock.query.start,
        n=clock.query.n + extension.value,
        pauses=clock.query.pauses,
        roll=clock.query.roll,
        allow_provisional=True,
    )
    return counted(replace(clock, query=query, extension=extension), calendar)
