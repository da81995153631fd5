"""The clocks of a case: acceptance, promise, legal, delivery. Limits are those that the acceptance froze (decision 5).

| clock | event day (never counted, C2) | ends with | limit |
|---|---|---|---|
| acceptance | receipt of the application or of the last supplement | acceptance, refusal, supplement notice | LIC-32 |
| promise | acceptance (decision 6) | ending of the case | promise_limit of the acceptance |
| legal | acceptance (decision 6) | ending of the case | legal_limit of the acceptance, else LIC-42 / LIC-42-2 |
| delivery | decision to grant | delivery | LIC-44 |

Everything is computed without the present instant; `CaseClock.state` alone looks at one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.statutory_clock import KIND_OF_UNIT, RULES, DeadlineQuery
from services.approval.domain.case_clock import WORKING_DAY, CaseClock, NamedPause, counted, counted_hours, ground
from services.approval.domain.extension import VoidExtension, extended, valid_extension
from services.approval.domain.pauses import clipped, legal_pauses, promise_pauses
from services.approval.domain.procedure import DECISIONS, Procedure, says_something

ACCEPTANCE_DAYS = RULES["LIC-32"].n
DELIVERY_DAYS = RULES["LIC-44"].n
PROMISE_GROUND = "承诺办结时限"
CLAIMED_GROUND = "大厅所报到期日"
# Results that answer the application: an ending with one of them is judged against the limit, others void the clock.
_ANSWERS = DECISIONS | {"completed_plain", "forwarded"}


@dataclass(frozen=True, slots=True)
class Clocks:
    """All clocks of a case, in the order in which they start, and the extensions that were void."""

    all: tuple[CaseClock, ...]
    void_extensions: tuple[VoidExtension, ...] = ()

    def of(self, kind: str) -> CaseClock | None:
        """The last clock of a kind."""
        return next((clock for clock in reversed(self.all) if clock.kind == kind), None)


def build_clocks(procedure: Procedure, calendar: WorkingCalendar) -> Clocks:
    """Every clock that the procedure has started."""
    case_clocks, void = _case_clocks(procedure, calendar)
    delivery = _delivery_clock(procedure, calendar)
    return Clocks((*_acceptance_clocks(procedure, calendar), *case_clocks, *delivery), void)


def _acceptance_clocks(procedure: Procedure, calendar: WorkingCalendar) -> list[CaseClock]:
    """行政许可法第三十二条第一款第四项: "应当当场或者在五日内一次告知申请人需要补正的全部内容，
    逾期不告知的，自收到申请材料之日起即为受理"."""
    found: list[CaseClock] = []
    for number, received_at in enumerate(procedure.receipts, 1):
        answer = next((at for at in procedure.answers if at >= received_at), None)
        ending = procedure.ending.time if procedure.ending is not None else None
        ended_at = answer or (ending if ending is not None and ending >= received_at else None)
        blank = CaseClock(
            clock_id=f"acceptance-{number}",
            kind="acceptance",
            ground=ground("LIC-32"),
            started_at=received_at,
            start_on=procedure.day(received_at),
            limit=Limit(value=ACCEPTANCE_DAYS, unit=WORKING_DAY),
            query=DeadlineQuery(
                kind="workdays", start=procedure.day(received_at), n=ACCEPTANCE_DAYS, allow_provisional=True
            ),
        )
        found.append(_ended(counted(blank, calendar), procedure, ended_at, answered=answer is not None))
    return found


def _case_clocks(procedure: Procedure, calendar: WorkingCalendar) -> tuple[list[CaseClock], tuple[VoidExtension, ...]]:
    start_at = procedure.case_clock_from
    if start_at is None or procedure.accepted is None:
        return [], ()
    accepted = procedure.accepted.data
    rule = RULES["LIC-42-2" if procedure.is_joint else "LIC-42"]
    legal_limit = accepted.legal_limit
    if not says_something(legal_limit):
        # 行政许可法第四十二条: without a limit of its own the item has the general one.
        legal_limit = Limit(value=rule.n, unit=WORKING_DAY)
    legal = _case_clock(procedure, "legal", ground(rule.code), start_at, legal_limit, legal_pauses(procedure), calendar)
    extension, void = valid_extension(procedure, legal, rule.code, calendar)
    clocks = [extended(legal, extension, calendar)]
    if says_something(accepted.promise_limit):
        pauses = promise_pauses(procedure, calendar)
        promise = _case_clock(procedure, "promise", PROMISE_GROUND, start_at, accepted.promise_limit, pauses, calendar)
        # rules.md §14.12: a valid extension moves promise and legal limit alike.
        clocks.insert(0, extended(promise, extension, calendar))
    ended_at = procedure.ending.time if procedure.ending is not None else None
    return [_ended(clock, procedure, ended_at, answered=procedure.result in _ANSWERS) for clock in clocks], void


def _case_clock(
    procedure: Procedure,
    kind: str,
    ground: str,
    start_at: datetime,
    limit: Limit,
    pauses: Sequence[NamedPause],
    calendar: WorkingCalendar,
) -> CaseClock:
    start_on = procedure.day(start_at)
    if limit.due_on is not None:
        # A hall that states only the date: the claim is taken as it stands and marked.
        claimed = Limit(due_on=limit.due_on, claimed=True)
        return CaseClock(kind, kind, CLAIMED_GROUND, start_at, start_on, claimed, due_on=limit.due_on)
    unit = limit.unit or WORKING_DAY
    within = tuple(clipped(pauses, start_on))
    query = None
    if unit != "hour":
        query = DeadlineQuery(
            kind=KIND_OF_UNIT[unit],
            start=start_on,
            n=limit.value or 0,
            pauses=tuple(pause.span for pause in within),
            # rules.md §2: limits of an authority in calendar days or months roll (C6, C7); working days need none (C3).
            roll=unit != WORKING_DAY,
            allow_provisional=True,
        )
    frozen = Limit(value=limit.value, unit=unit)
    blank = CaseClock(kind, kind, ground, start_at, start_on, frozen, pauses=within, query=query)
    return counted(blank, calendar) if query is not None else counted_hours(blank, procedure.zone)


def _ended(clock: CaseClock, procedure: Procedure, ended_at: datetime | None, *, answered: bool) -> CaseClock:
    if ended_at is None:
        return clock
    return replace(clock, ended_at=ended_at, ended_on=procedure.day(ended_at), answered=answered)


def _delivery_clock(procedure: Procedure, calendar: WorkingCalendar) -> list[CaseClock]:
    """行政许可法第四十四条: "应当自作出决定之日起十日内向申请人颁发、送达行政许可证件"."""
    completed = procedure.completed
    if completed is None or completed.data.result != "granted":
        return []
    start_on = procedure.day(completed.time)
    blank = CaseClock(
        clock_id="delivery",
        kind="delivery",
        ground=ground("LIC-44"),
        started_at=completed.time,
        start_on=start_on,
        limit=Limit(value=DELIVERY_DAYS, unit=WORKING_DAY),
        query=DeadlineQuery(kind="workdays", start=start_on, n=DELIVERY_DAYS, allow_provisional=True),
    )
    delivered_at = procedure.delivered_at
    ended_at = max(delivered_at, completed.time) if delivered_at is not None else None
    return [_ended(counted(blank, calendar), procedure, ended_at, answered=True)]
