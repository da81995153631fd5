"""What happened in a case, read from its acts: no limit, no calendar, no light yet.

A transfer (转办) that another organisation answers by acting on the case begins a new leg; the procedure of a case is
its last leg. What the hall left out stays None here and is told by `quality.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeGuard
from zoneinfo import ZoneInfo

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Limit
from libs.common.kernel.events.quality import ABLE, SourceProfile
from services.approval.domain.acts import Case, standing

SUBMITTED = "hall.application.submitted"
PREREVIEWED = "hall.application.prereviewed"
ACCEPTED = "hall.case.accepted"
REFUSED = "hall.case.refused"
SUPPLEMENT_REQUESTED = "hall.supplement.requested"
SUPPLEMENT_RECEIVED = "hall.supplement.received"
SUPPLEMENT_LAPSED = "hall.supplement.lapsed"
STEP = "hall.step.completed"
SPECIAL_STARTED = "hall.special.started"
SPECIAL_ENDED = "hall.special.ended"
WITHDRAWN = "hall.case.withdrawn"
TRANSFERRED = "hall.case.transferred"
COMPLETED = "hall.case.completed"
COLLECTED = "hall.result.collected"

ENDINGS = frozenset({COMPLETED, REFUSED, WITHDRAWN, TRANSFERRED, SUPPLEMENT_LAPSED})
DECISIONS = frozenset({"granted", "denied"})
EXTENSION = "extension"
# 行政许可法第四十五条: "依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，
# 所需时间不计算在本节规定的期限内。行政机关应当将所需时间书面告知申请人。"
LAWFUL_PAUSES = frozenset(
    {"hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"}
)
NO_PROFILES: Mapping[str, SourceProfile] = MappingProxyType({})
_HANDLING = frozenset({ACCEPTED, REFUSED, SUPPLEMENT_REQUESTED, STEP, SPECIAL_STARTED, COMPLETED})


@dataclass(frozen=True, slots=True)
class Special:
    """A special procedure (特别程序) that is no extension.

    Args:
        ended_at: None while it is open.
        limit: the time told to the applicant, if any.
        is_lawful: one of the eight kinds of Art. 45 and the needed time told in writing: it stops the legal clock.
        fault: why it is not lawful (`kind` S13, `notice` S14), else None.
    """

    seqno: int
    kind: str
    started_at: datetime
    ended_at: datetime | None
    limit: Limit | None
    is_lawful: bool
    fault: str | None
    event_id: str


@dataclass(frozen=True, slots=True)
class ExtensionAsked:
    """An extension (延长审批) as the hall reported it; `clocks.py` judges it by C5."""

    seqno: int
    decided_at: datetime
    decided_on: date
    limit: Limit | None
    approver_level: str | None
    has_approver: bool
    event_id: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """The last leg of a case in words of the law; every field may be missing.

    Args:
        zone: the legal time zone of the region; all `_on` dates are in it.
        receipts: instants at which material came in, each opening a 5-day acceptance clock (Art. 32): the submission
            and every completing supplement before acceptance.
        answers: instants of acceptance, refusal and supplement notices, in order.
        case_clock_from: the instant whose day is the event day of the case clock (decision 6).
    """

    case_no: str
    zone: ZoneInfo
    events: tuple[Event, ...]
    leg: tuple[Event, ...]
    submitted: Event | None
    accepted: Event | None
    completed: Event | None
    ending: Event | None
    delivered_at: datetime | None
    receipts: tuple[datetime, ...]
    answers: tuple[datetime, ...]
    open_supplement: Event | None
    specials: tuple[Special, ...]
    extensions: tuple[ExtensionAsked, ...]
    case_clock_from: datetime | None

    def day(self, at: datetime) -> date:
        """The legal date of an instant in the region's time zone."""
        return at.astimezone(self.zone).date()

    @property
    def is_joint(self) -> bool:
        """Whether several departments handle the case under Art. 26¶2."""
        return self.accepted is not None and (
            self.accepted.data.joint is not None or self.accepted.data.case_kind == "joint"
        )

    @property
    def result(self) -> str | None:
        """The result code of the ending; None while the case is open or ended without one."""
        if self.ending is None:
            return None
        if self.ending.type == COMPLETED:
            return str(self.ending.data.result) if self.ending.data.result is not None else None
        return {REFUSED: "not_accepted", SUPPLEMENT_LAPSED: "lapsed"}.get(self.ending.type)


def read_procedure(case: Case, zone: ZoneInfo, profiles: Mapping[str, SourceProfile] = NO_PROFILES) -> Procedure:
    """The procedure that the acts of a case tell; pure, the same for every order of arrival.

    Args:
        profiles: by source, what it cannot send: a proof that a format has no place for is not missed (decision 47).
    """
    events = standing(case)
    leg = events[_leg_start(events) :]
    submitted = next((e for e in events if e.type == SUBMITTED), None)
    accepted = next((e for e in leg if e.type == ACCEPTED), None)
    ending = _ending(leg)
    receipts = _receipts(events, leg, accepted)
    return Procedure(
        case_no=case.case_no,
        zone=zone,
        events=events,
        leg=leg,
        submitted=submitted,
        accepted=accepted,
        completed=ending if ending is not None and ending.type == COMPLETED else None,
        ending=ending,
        delivered_at=_delivered_at(leg, ending),
        receipts=receipts,
        answers=tuple(e.time for e in leg if e.type in (ACCEPTED, REFUSED, SUPPLEMENT_REQUESTED)),
        open_supplement=_open_supplement(leg, accepted),
        specials=tuple(_specials(leg, profiles)),
        extensions=tuple(_extensions(leg, zone)),
        case_clock_from=_case_clock_from(leg, accepted, zone),
    )


def _leg_start(events: Sequence[Event]) -> int:
    start = 0
    for place, event in enumerate(events):
        if event.type == TRANSFERRED and any(
            later.type in _HANDLING and later.data.org_code != event.data.org_code for later in events[place + 1 :]
        ):
            start = place + 1
    return start


def _ending(leg: Sequence[Event]) -> Event | None:
    """What ended the case: a decision before all else, then a refusal, else the first ending.

    A refusal that an acceptance follows did not end it. A completion that only repeats a refusal or a lapse (GD kind 4
    beside kind 2, decision 47) changes nothing.
    """
    last_acceptance = max((place for place, e in enumerate(leg) if e.type == ACCEPTED), default=-1)
    found = [e for place, e in enumerate(leg) if e.type in ENDINGS and (e.type != REFUSED or place > last_acceptance)]
    decisions = [e for e in found if e.type == COMPLETED and e.data.result in DECISIONS]
    refusals = [e for e in found if e.type == REFUSED]
    return next(iter([*decisions, *refusals, *found]), None)


def _delivered_at(leg: Sequence[Event], ending: Event | None) -> datetime | None:
    if ending is None:
        return None
    return next((e.data.served_at or e.time for e in leg if e.type == COLLECTED), None)


def _completes(event: Event) -> bool:
    # A hall that does not say whether the supplement is complete is read in the applicant's favour: the clock runs.
    return event.type == SUPPLEMENT_RECEIVED and event.data.complete is not False


def _receipts(events: Sequence[Event], leg: Sequence[Event], accepted: Event | None) -> tuple[datetime, ...]:
    first = [e.time for e in leg if e.type == SUBMITTED]
    if not first and len(leg) < len(events):
        # After a transfer the material is in hand when the next organisation gets the case.
        first = [next(e.time for e in reversed(events[: len(events) - len(leg)]) if e.type == TRANSFERRED)]
    supplements = [e.time for e in leg if _completes(e) and (accepted is None or e.time <= accepted.time)]
    return tuple(first[:1] + supplements)


def _open_supplement(leg: Sequence[Event], accepted: Event | None) -> Event | None:
    if accepted is not None:
        return None
    steps = [e for e in leg if e.type == SUPPLEMENT_REQUESTED or _completes(e)]
    return steps[-1] if steps and steps[-1].type == SUPPLEMENT_REQUESTED else None


def _case_clock_from(leg: Sequence[Event], accepted: Event | None, zone: ZoneInfo) -> datetime | None:
    """Art. 32(5): accepted on the day on which the last supplement arrived, whatever the hall says (decision 6)."""
    if accepted is None:
        return None
    accepted_on = accepted.time.astimezone(zone).date()
    asked = any(e.type == SUPPLEMENT_REQUESTED and e.time <= accepted.time for e in leg)
    arrived = [e.time for e in leg if asked and _completes(e) and e.time.astimezone(zone).date() <= accepted_on]
    return arrived[-1] if arrived else accepted.time


def _specials(leg: Sequence[Event], profiles: Mapping[str, SourceProfile]) -> list[Special]:
    ends = {(e.source, e.seqno): e.time for e in leg if e.type == SPECIAL_ENDED}
    found: list[Special] = []
    for event in leg:
        if event.type != SPECIAL_STARTED or event.data.special_kind == EXTENSION:
            continue
        ended_at = ends.get((event.source, event.seqno))
        fault = _fault(event, profiles.get(event.source, ABLE))
        found.append(
            Special(
                seqno=event.seqno,
                kind=event.data.special_kind or "other_local",
                started_at=event.time,
                # An end before its start is marked by quality.py and read as an end on the spot.
                ended_at=max(ended_at, event.time) if ended_at is not None else None,
                limit=event.data.limit,
                is_lawful=fault is None,
                fault=fault,
                event_id=event.id,
            )
        )
    return found


def _fault(event: Event, profile: SourceProfile) -> str | None:
    if event.data.special_kind not in LAWFUL_PAUSES:
        return "kind"
    if profile.excuses(event.type, "notice"):
        # decision 47: the format carries no proof of notice, and the pause stops the clock; 0 days would do so for ever
        return "notice" if event.data.limit is not None and not says_something(event.data.limit) else None
    return None if event.data.notice is not None and says_something(event.data.limit) else "notice"


def says_something(limit: Limit | None) -> TypeGuard[Limit]:
    """Whether a limit holds a date or at least 1 unit: a promise of 0 has no clock (C10), an empty limit has none."""
    return limit is not None and (limit.due_on is not None or (limit.value or 0) >= 1)


def _extensions(leg: Sequence[Event], zone: ZoneInfo) -> list[ExtensionAsked]:
    found: list[ExtensionAsked] = []
    for event in leg:
        if event.type != SPECIAL_STARTED or event.data.special_kind != EXTENSION:
            continue
        approver = event.data.approver
        found.append(
            ExtensionAsked(
                seqno=event.seqno,
                decided_at=event.time,
                decided_on=event.data.decided_on or event.time.astimezone(zone).date(),
                limit=event.data.limit,
                approver_level=approver.level if approver is not None else None,
                has_approver=approver is not None,
                event_id=event.id,
            )
        )
    return sorted(found, key=lambda asked: (asked.decided_on, asked.decided_at, asked.seqno))
