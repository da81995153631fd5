"""A case as the measures count it, from the supervision's own reading: for the worker's columns and for the recount."""

from __future__ import annotations

from libs.common.kernel.statutory_clock import used
from services.monitoring.domain.case_file import of_type
from services.monitoring.domain.counting import Clocks, Counted
from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.domain.rules.subject import Subject
from services.monitoring.domain.statistics import CaseRow


def case_row(proceeding: Proceeding, clocks: Clocks | None, subject: Subject) -> CaseRow:
    """The row of one case."""
    ending, accepted = proceeding.ending, proceeding.accepted
    ratings = of_type(proceeding.events, "hall.evaluation.submitted")
    rating = ratings[0].data if ratings else None
    point = proceeding.service_point or ("", "", "")
    promise, legal = (clocks.promise, clocks.legal) if clocks else (None, None)
    due = promise if promise is not None and promise.due_on is not None else legal
    return CaseRow(
        case_no=proceeding.case_no,
        org=proceeding.org_code,
        item=proceeding.item_code or "",
        kind=proceeding.case_kind or "",
        channel=proceeding.submit_channel or "",
        level=point[0],
        service_point=point[1],
        is_proxy=proceeding.by_proxy,
        opened_at=proceeding.opened_at,
        accepted_at=accepted.time if accepted else None,
        accepted_on=proceeding.start_on,
        ended_at=ending.at if ending else None,
        ended_on=proceeding.ended_on,
        result=ending.result if ending else None,
        due_on=due.due_on if due else None,
        used_days=_used(proceeding, clocks, subject),
        promise_days=_working_days(promise),
        legal_days=_working_days(legal),
        grade=rating.grade if rating else None,
        is_default=bool(rating and rating.by_default),
    )


def _used(proceeding: Proceeding, clocks: Clocks | None, subject: Subject) -> int | None:
    if clocks is None or proceeding.start_on is None or proceeding.ended_on is None:
        return None
    if proceeding.ended_on < proceeding.start_on:
        return 0
    return used(proceeding.start_on, proceeding.ended_on, clocks.pauses, subject.calendar)


def _working_days(clock: Counted | None) -> int | None:
    if clock is None or clock.query is None or clock.query.kind != "workdays":
        return None
    return clock.query.n
