"""What is wrong with the record of a case: nothing here is ever dropped, all of it is told (decisions 11 and 13).

What an event lacks by itself `kernel.events.quality` says; the order of acts follows hall-events.md §1.5:
0 申办 → 1 预受理 → 2 受理 → (7 补正告知 → 8 补正受理)* → 3 环节* → (5 特别程序 → 6 结束)* → 4 办结 → 9 领取.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from libs.common.kernel.events import quality as event_quality
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.quality import ABLE, SourceProfile
from services.approval.domain import procedure as acts
from services.approval.domain.acts import Case, contradictions, version_gaps
from services.approval.domain.procedure import NO_PROFILES, Procedure

_AFTER_END = frozenset({acts.ACCEPTED, acts.STEP, acts.SPECIAL_STARTED, acts.SUPPLEMENT_REQUESTED, acts.COMPLETED})
_NEEDS_ACCEPTANCE = frozenset({acts.STEP, acts.SPECIAL_STARTED})


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with the record.

    Args:
        code: upper snake case; MISSING_MANDATORY, TIME_AHEAD, SEQUENCE, CONTRADICTION, …
        event_id: the event that shows it; None when it is the whole case.
        pointer: JSON pointer into that event, empty for the whole of it.
        detail: a machine word that says which (`special_ended_without_start`).
    """

    code: str
    event_id: str | None
    pointer: str = ""
    detail: str = ""


def quality_issues(
    case: Case, procedure: Procedure, profiles: Mapping[str, SourceProfile] = NO_PROFILES
) -> tuple[Issue, ...]:
    """Everything that is wrong, in a fixed order; what a source cannot send is not missed (decision 13)."""
    found = [
        *(
            Issue(defect.code, event.id, defect.pointer)
            for event in procedure.events
            for defect in event_quality.quality_issues(event, profiles.get(event.source, ABLE))
        ),
        *(
            Issue("MISSING_COLUMN", event.id, "/data/extra/missing_columns", str(column))
            for event in procedure.events
            for column in (getattr(event.data, "extra", None) or {}).get("missing_columns", ())
        ),
        *(
            Issue("TIME_AHEAD", event.id, "/time")
            for event in procedure.events
            if event.receivedtime is not None and event.time > event.receivedtime
        ),
        *_dates(procedure),
        *_limits(procedure),
        *(Issue("SEQUENCE", event_id, detail=detail) for event_id, detail in sequence_violations(procedure)),
        *(Issue("CONTRADICTION", event.id, detail=" ".join(rivals)) for event, rivals in contradictions(case)),
        *(
            Issue("VERSION_GAP", event.id, "/dataversion", " ".join(map(str, absent)))
            for event, absent in version_gaps(case)
            if not profiles.get(event.source, ABLE).excuses(event.type, "dataversion")
        ),
    ]
    return tuple(dict.fromkeys(found))


def _dates(procedure: Procedure) -> Iterator[Issue]:
    accepted, start = procedure.accepted, procedure.case_clock_from
    if accepted is not None and start is not None and procedure.day(accepted.time) != procedure.day(start):
        # 行政许可法 32(5): accepted on the day of the last supplement; the hall says another day (decision 6).
        yield Issue("ACCEPTED_ON_DIFFERS", accepted.id, "/time", procedure.day(start).isoformat())


def _limits(procedure: Procedure) -> Iterator[Issue]:
    accepted = procedure.accepted
    if accepted is None:
        return
    legal, promise = accepted.data.legal_limit, accepted.data.promise_limit
    for name, limit in (("legal_limit", legal), ("promise_limit", promise)):
        if limit is not None and limit.due_on is not None:
            yield Issue("LIMIT_CLAIMED", accepted.id, f"/data/{name}/due_on")
        elif limit is not None and (limit.value is None or limit.value < (0 if name == "promise_limit" else 1)):
            yield Issue("LIMIT_INVALID", accepted.id, f"/data/{name}/value")
    if (
        legal is not None
        and promise is not None
        and legal.value is not None
        and promise.value is not None
        and legal.unit == promise.unit
        and promise.value > legal.value
    ):
        yield Issue("PROMISE_OVER_LEGAL", accepted.id, "/data/promise_limit/value")


def sequence_violations(procedure: Procedure) -> tuple[tuple[str, str], ...]:
    """(event id, what is out of order) of every act that breaks the legal sequence; taken all the same."""
    return (*_early(procedure), *_late(procedure), *_unpaired(procedure))


def _early(procedure: Procedure) -> Iterator[tuple[str, str]]:
    accepted = procedure.accepted
    for event in procedure.leg:
        before = accepted is None or event.time < accepted.time
        if event.type in _NEEDS_ACCEPTANCE and before:
            yield event.id, "before_acceptance"
        if event.type == acts.COMPLETED and event.data.result in acts.DECISIONS and before:
            yield event.id, "decided_without_acceptance"
        if event.type == acts.COLLECTED and procedure.ending is None:
            yield event.id, "collected_before_end"
        if event.type == acts.SUBMITTED and accepted is not None and event.time > accepted.time:
            yield event.id, "submitted_after_acceptance"


def _late(procedure: Procedure) -> Iterator[tuple[str, str]]:
    ending, accepted = procedure.ending, procedure.accepted
    for event in procedure.leg:
        if accepted is not None and event.type == acts.ACCEPTED and event is not accepted:
            yield event.id, "accepted_twice"
        elif accepted is not None and event.type == acts.SUPPLEMENT_REQUESTED and event.time > accepted.time:
            yield event.id, "supplement_after_acceptance"
        elif ending is not None and event is not ending and event.type in _AFTER_END and event.time > ending.time:
            if not _repeats(event, ending):
                yield event.id, "after_end"
        elif ending is not None and _ends_before(event, ending) and not _repeats(event, ending):
            yield event.id, "ended_twice"


def _ends_before(event: Event, ending: Event) -> bool:
    return event is not ending and event.type in acts.ENDINGS and event.time <= ending.time


def _repeats(event: Event, ending: Event) -> bool:
    """不受理 / 不予受理 sent as a refusal and as a completion is one fact; the same for a lapse."""
    pairs = {
        (acts.REFUSED, "not_accepted"),
        (acts.REFUSED, "returned"),  # the Guangdong exchange has no code for a refusal among its results
        (acts.SUPPLEMENT_LAPSED, "lapsed"),
        (acts.WITHDRAWN, "returned"),
    }
    return event.type == acts.COMPLETED and (ending.type, event.data.result) in pairs


def _unpaired(procedure: Procedure) -> Iterator[tuple[str, str]]:
    started = {(e.source, e.seqno): e.time for e in procedure.leg if e.type == acts.SPECIAL_STARTED}
    asked = [e.time for e in procedure.leg if e.type == acts.SUPPLEMENT_REQUESTED]
    for event in procedure.leg:
        if event.type == acts.SPECIAL_ENDED:
            start = started.get((event.source, event.seqno))
            if start is None:
                yield event.id, "special_ended_without_start"
            elif event.time < start:
                yield event.id, "special_ended_before_start"
        if event.type == acts.SUPPLEMENT_RECEIVED and not any(at <= event.time for at in asked):
            yield event.id, "supplement_received_unasked"
