"""A penalty (行政处罚) read from its acts: the decisions with their changes, revocation and fulfilment."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.kernel.events.envelope import Event
from services.approval.domain.acts import Case, standing

PENALTY = "hall.penalty."
DECIDED = "hall.penalty.decided"
AFTER = ("hall.penalty.changed", "hall.penalty.revoked", "hall.penalty.fulfilled")
STATES = ("filed", "decided", "revoked", "fulfilled")


@dataclass(frozen=True, slots=True)
class PenaltyView:
    """One penalty case.

    Args:
        events: every act that stands, oldest first.
        decided: the decisions, oldest first.
        after: changes, revocations and fulfilments, oldest first.
    """

    case_no: str
    events: tuple[Event, ...]
    decided: tuple[Event, ...]
    after: tuple[Event, ...]

    @property
    def state(self) -> str:
        """One of `STATES`."""
        types = {event.type for event in self.after}
        if "hall.penalty.revoked" in types:
            return "revoked"
        if "hall.penalty.fulfilled" in types:
            return "fulfilled"
        return "decided" if self.decided else "filed"


def is_penalty(case: Case) -> bool:
    """Whether the acts of a number are those of a penalty."""
    return any(act.event.type.startswith(PENALTY) for act in case.acts.values())


def view_penalty(case: Case) -> PenaltyView | None:
    """The view; None while not one act stands."""
    events = standing(case)
    if not events:
        return None
    return PenaltyView(
        case_no=case.case_no,
        events=events,
        decided=tuple(e for e in events if e.type == DECIDED),
        after=tuple(e for e in events if e.type in AFTER),
    )
