"""A case as the supervision reads it from the raw events: start, limits, pauses, extension, end. Its own reading.

It looks at nothing that the approval service concluded; decisions 6 and 51 say what starts and what ends a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.events.quality import ABLE, SourceProfile
from libs.common.kernel.statutory_clock import Pause, legal_date
from services.monitoring.domain.case_file import CaseFile, of_type, standing

# 行政许可法第四十五条: "行政机关作出行政许可决定，依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，
# 所需时间不计算在本节规定的期限内。行政机关应当将所需时间书面告知申请人。"
LAWFUL_KINDS = frozenset(
    {"hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"}
)
# acts of other organisations on a case: they do not make it theirs
OTHERS_ACTS = frozenset({"hall.joint.opined", "hall.joint.met", "hall.evaluation.submitted", "hall.evaluation.handled"})
ENDS = {
    "hall.case.completed": None,
    "hall.case.withdrawn": "withdrawn",
    "hall.case.refused": "refused",
    "hall.case.passed_up": "forwarded",
    "hall.case.transferred": "transferred",
    "hall.supplement.lapsed": "lapsed",
}


@dataclass(frozen=True, slots=True)
class Special:
    """One special procedure other than an extension."""

    event: Event
    kind: str
    started_on: date
    ended_on: date | None
    told: Limit | None
    has_notice: bool
    end: Event | None = None
    ended_at: datetime | None = None
    proof_is_sent: bool = True

    @property
    def is_lawful_kind(self) -> bool:
        return self.kind in LAWFUL_KINDS

    @property
    def stops_legal_clock(self) -> bool:
        """Only one of the eight kinds, and only when the needed time was told in writing (S13, S14); a source that
        cannot
        send the proof is believed (decision 47)."""
        return self.is_lawful_kind and (self.has_notice or not self.proof_is_sent)


@dataclass(frozen=True, slots=True)
class Asked:
    """An extension as the hall reported it."""

    event: Event
    days: int
    unit: str
    decided_on: date
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the authority's clock ended."""

    event: Event
    result: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proceeding:
    """The course of one case.

    Args:
        opened_at: the first that is known of it.
        start_on: event day of the case clock (decision 6); None before acceptance.
        legal_limit, promise_limit: as frozen in the acceptance.
        granted: the completion with a grant, if any.
    """

    case_no: str
    zone: ZoneInfo
    events: tuple[Event, ...]
    org_code: str
    org_name: str
    region_code: str
    item_code: str | None
    item_name: str | None
    opened_at: datetime
    accepted: Event | None = None
    start_on: date | None = None
    legal_limit: Limit | None = None
    promise_limit: Limit | None = None
    specials: tuple[Special, ...] = ()
    extensions: tuple[Asked, ...] = ()
    ending: Ending | None = None
    submit_channel: str | None = None
    service_point: tuple[str, str, str] | None = None
    by_proxy: bool = False
    case_kind: str | None = None
    is_joint: bool = False
    granted: Event | None = None
    penalty_decided: Event | None = None
    services: tuple[Event, ...] = field(default=())
    original_case_no: str | None = None
    is_limited: bool = False

    @property
    def ended_on(self) -> date | None:
        """The legal date of the end, in the region's zone."""
        return legal_date(self.ending.at, self.zone) if self.ending else None


def read(file: CaseFile, zone: ZoneInfo, profiles: Mapping[str, SourceProfile] | None = None) -> Proceeding | None:
    """The course of the matter; None while no hall has said anything of a case.

    Args:
        profiles: what each source cannot send (decision 13).
    """
    acts = standing(file)
    hall = [event for event in acts if event.type.startswith("hall.")]
    if file.kind != "case":
        return _matter(file, acts, zone)
    if not hall:
        return None
    services = tuple(event for event in acts if not event.type.startswith("hall."))
    accepted = _last(of_type(hall, "hall.case.accepted"))
    submitted = _last(of_type(hall, "hall.application.submitted"))
    newest = (accepted or next((e for e in reversed(hall) if e.type not in OTHERS_ACTS), hall[-1])).data
    ending = _ending(hall)
    data = accepted.data if accepted else None
    point = _service_point(hall)
    return Proceeding(
        case_no=file.case_no,
        zone=zone,
        events=tuple(hall),
        org_code=newest.org_code,
        org_name=newest.org_name or newest.org_code,
        region_code=newest.region_code,
        item_code=getattr(newest, "item_code", None),
        item_name=submitted.data.item_name if submitted else None,
        opened_at=hall[0].time,
        accepted=accepted,
        start_on=_start_on(hall, accepted, zone),
        legal_limit=data.legal_limit if data else None,
        promise_limit=data.promise_limit if data else None,
        specials=_specials(hall, zone, ending, profiles or {}),
        extensions=_extensions(hall, zone),
        ending=ending,
        submit_channel=submitted.data.submit_channel if submitted else None,
        service_point=point,
        by_proxy=bool(submitted and submitted.data.by_proxy),
        case_kind=data.case_kind if data else None,
        is_joint=bool(data and data.joint),
        granted=_granted(hall),
        penalty_decided=_last(of_type(hall, "hall.penalty.decided")),
        services=services,
        original_case_no=submitted.data.original_case_no if submitted else None,
        is_limited=bool(data and data.quantity_limited),
    )


def _matter(file: CaseFile, acts: Sequence[Event], zone: ZoneInfo) -> Proceeding | None:
    """What is no case: a complaint, a consultation, a request, a record. It has events, an organisation, no clocks."""
    told = [event for event in acts if not event.type.startswith("supervision.card.")]
    if not told:
        return None
    first = told[0].data
    point = getattr(first, "service_point", None)
    return Proceeding(
        case_no=file.case_no,
        zone=zone,
        events=tuple(told),
        org_code=_org_of(told),
        org_name=getattr(first, "org_name", None) or _org_of(told),
        region_code=next((code for e in told if (code := getattr(e.data, "region_code", None) or e.regioncode)), ""),
        item_code=getattr(first, "item_code", None),
        item_name=None,
        opened_at=told[0].time,
        service_point=(point.level or "", point.code or "", point.name or "") if point else None,
    )


def _org_of(told: Sequence[Event]) -> str:
    """The organisation that answers for the matter: the one to which it was last given."""
    given = [code for event in told if (code := getattr(event.data, "to_org_code", None))]
    named = next((code for e in told if (code := getattr(e.data, "org_code", None) or e.orgcode)), "")
    return str(given[-1] if given else named)


def _last(events: Sequence[Event]) -> Event | None:
    return events[-1] if events else None


def _start_on(hall: Sequence[Event], accepted: Event | None, zone: ZoneInfo) -> date | None:
    """Decision 6: after a supplement the day of the completing receipt, else the day of acceptance.

    行政许可法第三十二条第一款第五项: "申请人按照行政机关的要求提交全部补正申请材料的，应当受理行政许可申请".
    """
    if accepted is None:
        return None
    completing = [
        event
        for event in of_type(hall, "hall.supplement.received")
        # a receipt that does not say so is taken as complete, as the intake reads it
        if event.data.complete is not False and event.time <= accepted.time
    ]
    return legal_date(completing[-1].time if completing else accepted.time, zone)


def _ending(hall: Sequence[Event]) -> Ending | None:
    """What ended this authority's clock: the decision if there is one, else the last ending that no acceptance followed
    (a refusal, a lapse or a transfer after which somebody accepted has ended nothing)."""
    accepted = _last(of_type(hall, "hall.case.accepted"))
    found: Ending | None = None
    for event in hall:
        if event.type == "hall.case.completed":
            return Ending(event, event.data.result or "completed_plain", event.time)
        if event.type == "hall.penalty.decided":
            return Ending(event, "decided", event.time)
        followed = accepted is not None and accepted.time > event.time
        if event.type in ENDS and found is None and not followed:
            found = Ending(event, ENDS[event.type] or "", event.time)
    return found


def _granted(hall: Sequence[Event]) -> Event | None:
    done = [event for event in of_type(hall, "hall.case.completed") if event.data.result == "granted"]
    return _last(done)


def _service_point(hall: Sequence[Event]) -> tuple[str, str, str] | None:
    for event in reversed(hall):
        point = getattr(event.data, "service_point", None)
        if point is not None:
            return (point.level or "", point.code or "", point.name or "")
    return None


def _specials(
    hall: Sequence[Event], zone: ZoneInfo, ending: Ending | None, profiles: Mapping[str, SourceProfile]
) -> tuple[Special, ...]:
    ends = {(event.source, event.seqno): event for event in of_type(hall, "hall.special.ended")}
    found = []
    for event in of_type(hall, "hall.special.started"):
        kind = event.data.special_kind or ""
        if kind == "extension":
            continue
        end = ends.get((event.source, event.seqno))
        ended_at = end.time if end else ending.at if ending and ending.at >= event.time else None
        limit, notice = event.data.limit, event.data.notice
        # a notice without a time, or with a limit of 0, tells nothing (S14)
        tells = notice is not None and limit is not None and (bool(limit.value) or limit.due_on is not None)
        found.append(
            Special(
                event,
                kind,
                legal_date(event.time, zone),
                legal_date(ended_at, zone) if ended_at else None,
                limit,
                tells,
                end,
                ended_at,
                proof_is_sent=not profiles.get(event.source, ABLE).excuses(event.type, "notice"),
            )
        )
    return tuple(found)


def _extensions(hall: Sequence[Event], zone: ZoneInfo) -> tuple[Asked, ...]:
    found = []
    for event in of_type(hall, "hall.special.started"):
        if event.data.special_kind != "extension":
            continue
        limit, approver = event.data.limit, event.data.approver
        found.append(
            Asked(
                event,
                (limit.value or 0) if limit else 0,
                (limit.unit if limit else None) or "working_day",
                event.data.decided_on or legal_date(event.time, zone),
                (approver.level or "unit_head") if approver else None,
            )
        )
    return tuple(found)


def legal_pauses(proceeding: Proceeding) -> tuple[Pause, ...]:
    """Closed intervals that the legal clock does not count (C4)."""
    return tuple(
        Pause(special.started_on, special.ended_on) for special in proceeding.specials if special.stops_legal_clock
    )
