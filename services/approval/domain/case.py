"""The view of a case: everything that the acts, the calendar and the region say, without a present instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.events.codes import CaseKind, SubmitChannel
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import SealedParty, ServicePoint
from libs.common.kernel.events.quality import SourceProfile
from services.approval.domain import procedure as acts
from services.approval.domain.acts import Case
from services.approval.domain.case_clock import CaseClock
from services.approval.domain.clocks import Clocks, build_clocks
from services.approval.domain.lights import LightPlan, plan_lights
from services.approval.domain.procedure import NO_PROFILES, Procedure, read_procedure
from services.approval.domain.quality import Issue, quality_issues
from services.approval.domain.timeline import Entry, build_timeline

OPEN_STATES = ("received", "supplement", "accepted", "paused")
STATES = (*OPEN_STATES, "completed", "delivered", "refused", "withdrawn", "lapsed", "transferred")


@dataclass(frozen=True, slots=True)
class Common:
    """What every fact about the case repeats; what the hall never sent stays None.

    `party_event_id` is the event that carries the party: its seals are bound to it.
    """

    case_no: str
    source: str
    org_code: str
    region_code: str
    item_code: str | None
    item_name: str | None
    item_version: str | int | None
    org_name: str | None
    project_name: str | None
    service_point: ServicePoint | None
    by_proxy: bool | None
    submit_channel: SubmitChannel | None
    case_kind: CaseKind | None
    party: SealedParty | None
    party_event_id: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the law sees it.

    Args:
        case: the acts that were read.
        profiles: by source, what it cannot send.
    """

    case: Case
    profiles: Mapping[str, SourceProfile]
    common: Common
    procedure: Procedure
    clocks: Clocks
    lights: LightPlan

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What is wrong with the record, pauses and extensions that count for nothing included.

        Searched when somebody asks: a fold does not, and the search costs as much as all clocks together.
        """
        return (
            *quality_issues(self.case, self.procedure, self.profiles),
            *(Issue("EXTENSION_VOID", void.event_id, detail=void.why) for void in self.clocks.void_extensions),
            *(
                Issue("PAUSE_NOT_LAWFUL", s.event_id, detail=s.fault or "")
                for s in self.procedure.specials
                if not s.is_lawful
            ),
        )

    @property
    def timeline(self) -> tuple[Entry, ...]:
        """Every act that stands, oldest first."""
        return build_timeline(self.procedure)

    @property
    def received_at(self) -> datetime:
        """The first thing that happened."""
        return self.procedure.events[0].time

    @property
    def accepted_on(self) -> date | None:
        """The event day of the case clock (decision 6)."""
        start = self.procedure.case_clock_from
        return self.procedure.day(start) if start is not None else None

    @property
    def state(self) -> str:
        """One of `STATES`; `paused` = a lawful special procedure is open."""
        procedure = self.procedure
        if procedure.ending is not None:
            return _end_state(procedure)
        if procedure.accepted is not None:
            return "paused" if any(s.is_lawful and s.ended_at is None for s in procedure.specials) else "accepted"
        return "supplement" if procedure.open_supplement is not None else "received"

    @property
    def is_open(self) -> bool:
        """Whether the authority or the applicant still has something to do before the end."""
        return self.procedure.ending is None

    @property
    def next_clock(self) -> CaseClock | None:
        """The clock that tells what is due next: acceptance, then promise or legal, then delivery."""
        kinds = ("promise", "legal", "acceptance") if self.is_open else ("delivery",)
        found = (self.clocks.of(kind) for kind in kinds)
        return next((clock for clock in found if clock is not None and clock.is_open), None)

    @property
    def due_moment(self) -> datetime | None:
        """The end of the next due day in the region's time zone, or the due instant of an hour limit."""
        clock = self.next_clock
        if clock is None or clock.due_at is not None or clock.due_on is None:
            return clock.due_at if clock is not None else None
        return datetime.combine(clock.due_on + timedelta(days=1), time(), self.procedure.zone)

    @property
    def last_step(self) -> Event | None:
        """The step that was completed last."""
        return next((e for e in reversed(self.procedure.leg) if e.type == acts.STEP), None)


def view_case(
    case: Case, calendar: WorkingCalendar, zone: ZoneInfo, profiles: Mapping[str, SourceProfile] = NO_PROFILES
) -> CaseView | None:
    """The view; None while not one act stands (all voided). `profiles`: by source, what it cannot send."""
    procedure = read_procedure(case, zone, profiles)
    if not procedure.events:
        return None
    clocks = build_clocks(procedure, calendar)
    return CaseView(
        case=case,
        profiles=profiles,
        common=_common(case.case_no, procedure),
        procedure=procedure,
        clocks=clocks,
        lights=plan_lights(procedure, clocks, calendar),
    )


def region_of(case: Case) -> str | None:
    """The division whose calendar and time zone rule the case: the acceptance's, else the first act's (decision 5)."""
    placed = [e for act in case.acts.values() if getattr((e := act.event).data, "region_code", None)]
    first = min(placed, key=lambda e: (e.type != acts.ACCEPTED, e.time, e.id), default=None)
    return first.data.region_code if first is not None else None


def _end_state(procedure: Procedure) -> str:
    ending = procedure.ending
    assert ending is not None, "only an ended case has an end state"
    if ending.type != acts.COMPLETED:
        return {
            acts.REFUSED: "refused",
            acts.WITHDRAWN: "withdrawn",
            acts.SUPPLEMENT_LAPSED: "lapsed",
            acts.TRANSFERRED: "transferred",
        }[ending.type]
    if ending.data.result == "not_accepted":
        return "refused"
    if ending.data.result == "lapsed":
        return "lapsed"
    return "delivered" if procedure.delivered_at is not None else "completed"


def _common(case_no: str, procedure: Procedure) -> Common:
    leg = procedure.leg or procedure.events
    base = procedure.accepted or leg[0]
    # The acceptance freezes what it says; what it leaves out comes from the other acts, the newest first.
    said = [base, *reversed(procedure.events)]
    org_code = base.data.org_code
    told = _party_event(said)
    return Common(
        case_no=case_no,
        source=base.source,
        org_code=org_code,
        region_code=base.data.region_code,
        item_code=_first(said, "item_code"),
        item_name=_first(said, "item_name"),
        item_version=_first(said, "item_version"),
        org_name=_first([e for e in said if e.data.org_code == org_code], "org_name"),
        project_name=_first(said, "project_name"),
        service_point=_first(said, "service_point"),
        by_proxy=_first(said, "by_proxy"),
        submit_channel=_first(said, "submit_channel"),
        case_kind=_first(said, "case_kind"),
        party=told.data.party if told is not None else None,
        party_event_id=told.id if told is not None else None,
    )


def _party_event(said: Sequence[Event]) -> Event | None:
    """The act that tells most of the party: one that says what it is before one that only names it (GD kind 2)."""
    found = [e for e in said if getattr(e.data, "party", None) is not None]
    return next((e for e in found if e.data.party.type is not None), found[0] if found else None)


def _first(events: Sequence[Event], name: str) -> Any:
    """The first thing that one of the events says under a name."""
    return next((value for e in events if (value := getattr(e.data, name, None)) is not None), None)
