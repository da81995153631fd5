"""S34: a granted permit or a penalty that is not public in time (双公示, 7 working days from the decision)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.statutory_clock import RULES, legal_date
from services.monitoring.domain.findings import Hit, Severity
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

PUBLICATION_DAYS = RULES["PUB-7"].n
# what disclosure says when the record stands in public, or lawfully does not
PUBLIC = ("disclosure.record.published", "disclosure.record.corrected")
WITHHELD = "disclosure.record.withheld"


def publication_overdue(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S34: notice on the last day, yellow after 7 working days, red after 15; a held record keeps its clock running."""
    decision = subject.proceeding.granted or subject.proceeding.penalty_decided
    if decision is None:
        return
    decided_on = _decided_on(decision, subject)
    settled_at = _settled_at(subject.proceeding.services, _records_of(decision))
    due_on = subject.calendar.nth_after(decided_on, PUBLICATION_DAYS)
    worst_on = subject.calendar.nth_after(decided_on, parameters.get("red_days", 15))
    if due_on is not None:
        notice_on = subject.calendar.nth_before(due_on, parameters.get("notice_days", 1))
        if notice_on is not None and _open_at(settled_at, subject.midnight(notice_on)):
            yield _finding(
                subject,
                decision,
                "notice",
                max(subject.midnight(notice_on), decision.time),
                due_on,
                is_over=settled_at is not None,
            )
        yield from _if_passed(subject, decision, settled_at, "yellow", due_on, due_on)
    if worst_on is not None and due_on is not None:
        yield from _if_passed(subject, decision, settled_at, "red", worst_on, due_on)


def _decided_on(decision: Event, subject: Subject) -> date:
    said = getattr(decision.data, "decision", None)
    own = said.decided_on if said is not None else None
    return own or legal_date(decision.time, subject.proceeding.zone)


def _records_of(decision: Event) -> int:
    """How many records the decision makes: one for each licence, at least one."""
    return max(1, len(getattr(decision.data, "all_licences", ())))


def _settled_at(services: tuple[Event, ...], records: int) -> datetime | None:
    """When the last of the decision's records was public and read back on every channel, or withheld with a ground."""
    settled: dict[str, datetime] = {}
    for event in services:
        if event.type == WITHHELD:
            return event.time
        if event.type in PUBLIC and event.data.channels and all(c.verified_at for c in event.data.channels):
            settled.setdefault(event.data.record_id, event.time)
    return sorted(settled.values())[records - 1] if len(settled) >= records else None


def _open_at(settled_at: datetime | None, at: datetime) -> bool:
    return settled_at is None or settled_at >= at


def _if_passed(
    subject: Subject, decision: Event, settled_at: datetime | None, severity: Severity, last_on: date, due_on: date
) -> Iterator[Hit]:
    passed_at = subject.midnight(date.fromordinal(last_on.toordinal() + 1))
    if _open_at(settled_at, passed_at):
        yield _finding(subject, decision, severity, passed_at, due_on, mended_at=settled_at)


def _finding(
    subject: Subject,
    decision: Event,
    severity: Severity,
    at: datetime,
    due_on: date,
    *,
    is_over: bool = False,
    mended_at: datetime | None = None,
) -> Hit:
    words = {
        "notice": ("公示期限将到", "the publication limit nears"),
        "yellow": ("决定满 7 个工作日仍未公示", "not public 7 working days after the decision"),
        "red": ("决定满 15 个工作日仍未公示", "not public 15 working days after the decision"),
    }[severity]
    return Hit(
        severity=severity,
        at=at,
        evidence=(decision.id,),
        due_on=due_on,
        text=f"{words[0]}，应于 {chinese_day(due_on)} 前公示",
        text_en=f"{words[1]}; due on {due_on.isoformat()}",
        is_over=is_over,
        mended_at=mended_at,
    )
