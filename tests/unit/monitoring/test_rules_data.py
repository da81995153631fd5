"""What the data show: edited dates, late entry, contradictions, odd hours, and another reading than approval's."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.kernel.events import approval
from libs.common.kernel.events.clocks import Clock
from libs.common.kernel.events.envelope import Event
from tests.unit.monitoring.story import (
    ORG,
    Found,
    accepted,
    act,
    at,
    completed,
    judged,
    ours,
    roster,
    served,
    submitted,
)

FILED, TAKEN, DONE, SERVED = submitted(), accepted(), completed(), served()


def told(
    due: str, as_of: str = "2026-03-02 10:00", promise: str = "2026-03-16", accepted_on: str = "2026-03-02"
) -> Event:
    clocks = tuple(
        Clock(clock_id=kind, kind=kind, state="running", due_on=at(day).date())
        for kind, day in (("legal", due), ("promise", promise))
    )
    body = {"case_no": "C1", "org_code": ORG, "region_code": "990101", "as_of": at(as_of), "clocks": clocks,
            "accepted_on": at(accepted_on).date()}  # fmt: skip
    return ours("approval.case.accepted", approval.CaseAccepted, as_of, **body)


TABLE: list[Any] = [
    # S49: a re-report that moves the legal date, and one that does not
    (
        "S49",
        [FILED, TAKEN, act("case.accepted", "2026-03-05 10:00", version=2, received="2026-03-06 09:00")],
        "2026-03-09",
        [("red", "2026-03-06")],
    ),
    (
        "S49",
        [FILED, TAKEN, act("case.accepted", "2026-03-02 11:00", version=2, received="2026-03-06 09:00")],
        "2026-03-09",
        [],
    ),
    # entered more than a working day after it happened, where both times are sent
    (
        "S49",
        [FILED, TAKEN, act("case.withdrawn", "2026-03-03 10:00", recorded="2026-03-05 10:00")],
        "2026-03-09",
        [("red", "2026-03-05")],
    ),
    ("S49", [FILED, TAKEN, act("case.withdrawn", "2026-03-03 10:00", recorded="2026-03-04 23:00")], "2026-03-09", []),
    # S69: one version with two contents; a gap between versions
    (
        "S69",
        [FILED, TAKEN, act("case.accepted", "2026-03-02 10:30", received="2026-03-03 10:00", event_id="other")],
        "2026-03-09",
        [("yellow", "2026-03-03")],
    ),
    (
        "S69",
        [FILED, TAKEN, act("case.accepted", "2026-03-02 10:00", version=3, received="2026-03-03 10:00")],
        "2026-03-09",
        [("yellow", "2026-03-03")],
    ),
    (
        "S69",
        [FILED, TAKEN, act("case.accepted", "2026-03-02 10:00", version=2, received="2026-03-03 10:00")],
        "2026-03-09",
        [],
    ),
    # S66: what the contract wants and the event lacks
    ("S66", [FILED, TAKEN, completed(licences=None), SERVED], "2026-03-12", [("notice", "2026-03-09")]),
    ("S66", [FILED, TAKEN, DONE, SERVED], "2026-03-12", []),
    # S71: Saturday, night; a worked Saturday (28 February) is a working day; an applicant files at any hour
    ("S71", [FILED, accepted("2026-03-07 10:00")], "2026-03-09", [("notice", "2026-03-07")]),
    ("S71", [FILED, accepted("2026-03-03 22:00")], "2026-03-09", [("notice", "2026-03-03")]),
    ("S71", [FILED, accepted("2026-03-03 21:59")], "2026-03-09", []),
    ("S71", [submitted("2026-02-28 09:00"), accepted("2026-02-28 10:00")], "2026-03-02", []),
    ("S71", [submitted("2026-03-01 23:30", submit_channel="online"), TAKEN], "2026-03-03", []),
    # S74: the same due days, another legal day, another start, and an answer that is on its way
    ("S74", [FILED, TAKEN, told("2026-03-30")], "2026-03-04", []),
    ("S74", [FILED, TAKEN, told("2026-03-31")], "2026-03-02 10:09", []),
    ("S74", [FILED, TAKEN, told("2026-03-31")], "2026-03-02 10:10", [("red", "2026-03-02")]),
    ("S74", [FILED, TAKEN, told("2026-03-30", accepted_on="2026-03-03")], "2026-03-04", [("red", "2026-03-02")]),
    (
        "S74",
        [
            FILED,
            TAKEN,
            told("2026-03-31"),
            act("special.started", "2026-03-02 10:05", special_kind="hearing", reason="r"),
        ],
        "2026-03-04",
        [],
    ),
]


@pytest.mark.parametrize(("rule", "events", "until", "expected"), TABLE)
def test_the_data_themselves_are_watched(rule: str, events: list[Event], until: str, expected: Found) -> None:
    """A card names the events that contradict each other."""
    assert judged(events, until, rule=rule) == expected


def test_a_handler_whom_the_roster_does_not_know() -> None:
    """S49 judges the handler only with a roster loaded (decision 52)."""
    events = [FILED, accepted(handler={"no": "X7"})]
    assert judged(events, "2026-03-04", rule="S49", handlers=roster("X1", "X7")) == []
    assert judged(events, "2026-03-04", rule="S49", handlers=roster("X1")) == [("red", "2026-03-02")]
    assert judged(events, "2026-03-04", rule="S49") == []
