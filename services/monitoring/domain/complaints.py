"""A complaint (民心网、阳光热线、12345、信箱) folded from its acts, whoever entered them (decision 22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.common.kernel.events.envelope import Event

# which act is lawful in which state
STEPS = {
    "accepted": ("opened", "returned"),
    "arrived": ("opened", "accepted", "returned"),
    "returned": ("opened", "accepted", "arrived"),
    "extended": ("opened", "accepted", "arrived"),
    "replied": ("accepted", "arrived", "met"),
    "met": ("replied",),
    "closed": ("replied", "met"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it stands; the text of it is the desk's and stands on no public page.

    Args:
        first_arrived_at: when it first reached an authority: the limit counts from here, whoever has it later.
        returns: how often it was sent back.
    """

    complaint_no: str
    channel: str
    category: str
    title: str
    org_code: str
    state: str
    opened_at: datetime
    first_arrived_at: datetime | None = None
    returns: int = 0
    due: str | None = None
    resolved: bool | None = None
    satisfied: bool | None = None
    stars: int | None = None
    acts: tuple[tuple[str, datetime, str], ...] = ()


def fold(number: str, events: Sequence[Event]) -> Complaint | None:
    """The complaint after its acts in order of time; None before it was opened."""
    acts = [(event.type.rpartition(".")[2], event) for event in events if ".complaint." in event.type]
    if not acts:
        return None
    first = acts[0][1].data
    arrivals = [e.data.arrived_at or e.time for name, e in acts if name in ("arrived", "accepted")]
    last = {name: value for _, e in acts for name in ("due", "resolved", "satisfied", "stars")
            if (value := getattr(e.data, name)) is not None}  # fmt: skip
    given = [e.data.to_org_code for _, e in acts if e.data.to_org_code]
    state = [name for name, _ in acts if name != "extended"][-1]
    return Complaint(
        complaint_no=number,
        channel=first.channel or "",
        category=first.category or "",
        title=first.title or "",
        org_code=given[-1] if given else first.org_code,
        state=state,
        opened_at=acts[0][1].time,
        first_arrived_at=min(arrivals, default=None),
        returns=len([name for name, _ in acts if name == "returned"]),
        due=last.get("due"),
        resolved=last.get("resolved"),
        satisfied=last.get("satisfied"),
        stars=last.get("stars"),
        acts=tuple((name, e.time, e.data.reply_text or e.data.reason or e.data.title or "") for name, e in acts),
    )
