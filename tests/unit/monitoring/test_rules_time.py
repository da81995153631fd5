"""Limits of cases, pauses and steps: each breach fires, its twin does not, and the boundary day is known."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.kernel.events.envelope import Event
from tests.unit.monitoring.story import (
    Found,
    accepted,
    act,
    completed,
    days,
    extended,
    item,
    judged,
    paused,
    resumed,
    served,
    step,
    submitted,
)

FILED = submitted()
JOINT = {
    "joint": {
        "group_no": "G1",
        "lead_org_code": "11990101XXXX00019H",
        "parts": [{"org_code": "P1", "limit": days(5)}],
    }
}
RENEWAL = {"renewal_of": {"licence_no": "L0", "valid_until": "2026-03-10"}}


def opined(when: str) -> Event:
    return act("joint.opined", when, org_code="P1", group_no="G1", opinion="agree")


TABLE: list[Any] = [
    # S04: a step of 2 working days that began on 2 March ends on the 4th
    (
        "S04",
        [FILED, accepted(), step("handle", 1, "2026-03-02 11:00", "2026-03-04 23:00", limit=days(2))],
        "2026-03-06",
        [],
    ),
    (
        "S04",
        [FILED, accepted(), step("handle", 1, "2026-03-02 11:00", "2026-03-05 00:30", limit=days(2))],
        "2026-03-06",
        [("yellow", "2026-03-05")],
    ),
    (
        "S04",
        [
            FILED,
            accepted(),
            # muted: the promise has passed on 17 March, the step's own limit only on the 18th
            step("handle", 1, "2026-03-02 11:00", "2026-03-20 09:00", limit=days(11)),
            completed("2026-04-02 09:00"),
            served("2026-04-02 10:00"),
        ],
        "2026-04-30",
        [],
    ),
    # S05: filed on 2 March, five working days end on the 9th
    ("S05", [FILED], "2026-03-06 00:00", [("notice", "2026-03-06")]),
    ("S05", [FILED], "2026-03-09 23:59", [("notice", "2026-03-06")]),
    ("S05", [FILED], "2026-03-10 00:00", [("notice", "2026-03-06"), ("red", "2026-03-10")]),
    ("S05", [FILED, accepted("2026-03-09 23:00")], "2026-04-30", [("notice", "2026-03-06")]),
    (
        "S05",
        [FILED, act("supplement.requested", "2026-03-10 08:00", materials=[], reason="缺图")],
        "2026-03-12",
        [("notice", "2026-03-06"), ("red", "2026-03-10")],
    ),
    ("S05", [FILED, accepted("2026-03-05 10:00")], "2026-04-30", []),
    # S10 instead of S05 where the checklist is in order
    (
        "S10",
        [FILED, accepted("2026-03-11 10:00", checklist=[{"code": "1", "ok": True}])],
        "2026-03-12",
        [("red", "2026-03-10")],
    ),
    ("S10", [FILED, accepted("2026-03-09 10:00", checklist=[{"code": "1", "ok": True}])], "2026-03-12", []),
    (
        "S05",
        [FILED, accepted("2026-03-11 10:00", checklist=[{"code": "1", "ok": True}])],
        "2026-03-12",
        [("notice", "2026-03-06")],
    ),
    # S11: ten days at most, by the deadline, once, approved
    ("S11", [FILED, accepted(), extended("2026-03-30 10:00", 10)], "2026-04-01", []),
    ("S11", [FILED, accepted(), extended("2026-03-31 10:00", 10)], "2026-04-01", [("red", "2026-03-31")]),
    ("S11", [FILED, accepted(), extended("2026-03-20 10:00", 11)], "2026-04-01", [("red", "2026-03-20")]),
    (
        "S11",
        [FILED, accepted(), extended("2026-03-20 10:00", 5), extended("2026-03-24 10:00", 5, seqno=10)],
        "2026-04-01",
        [("red", "2026-03-24")],
    ),
    ("S11", [FILED, accepted(), extended("2026-03-20 10:00", 5, approver=None)], "2026-04-01", [("red", "2026-03-20")]),
    # S12: the extension stands, its reasons were not told
    (
        "S12",
        [FILED, accepted(), extended("2026-03-20 10:00", 5, notice=None)],
        "2026-04-01",
        [("yellow", "2026-03-20")],
    ),
    ("S12", [FILED, accepted(), extended("2026-03-20 10:00", 5)], "2026-04-01", []),
    # S15: told 5 working days from 4 March: until the 11th
    (
        "S15",
        [FILED, accepted(), paused("2026-03-04 10:00"), resumed("2026-03-11 17:00")],
        "2026-04-30",
        [("notice", "2026-03-10")],
    ),
    (
        "S15",
        [FILED, accepted(), paused("2026-03-04 10:00"), resumed("2026-03-12 09:00")],
        "2026-04-30",
        [("notice", "2026-03-10"), ("yellow", "2026-03-12")],
    ),
    (
        "S15",
        [FILED, accepted(), paused("2026-03-04 10:00")],
        "2026-03-18 00:00",
        [("notice", "2026-03-10"), ("red", "2026-03-18"), ("yellow", "2026-03-12")],
    ),
    ("S15", [FILED, accepted(), paused("2026-03-04 10:00"), resumed("2026-03-09 17:00")], "2026-04-30", []),
    # S17: decided on 9 March, ten working days end on the 23rd
    ("S17", [FILED, accepted(), completed(), served("2026-03-23 23:00")], "2026-04-30", [("notice", "2026-03-20")]),
    ("S17", [FILED, accepted(), completed()], "2026-03-24 00:00", [("notice", "2026-03-20"), ("red", "2026-03-24")]),
    ("S17", [FILED, accepted(), completed(), served()], "2026-04-30", []),
    ("S17", [FILED, accepted(), completed(result="denied")], "2026-04-30", []),
    # S48: the licence expires on 10 March
    ("S48", [FILED, accepted(**RENEWAL), completed("2026-03-10 20:00"), served("2026-03-11 10:00")], "2026-03-12", []),
    ("S48", [FILED, accepted(**RENEWAL)], "2026-03-11 00:00", [("red", "2026-03-11")]),
    # S52: the lead's total and each authority's share (5 working days: 9 March)
    ("S52", [FILED, accepted(promise=40, legal=45, **JOINT), opined("2026-03-09 23:00")], "2026-03-12", []),
    (
        "S52",
        [FILED, accepted(promise=40, legal=45, **JOINT), opined("2026-03-10 09:00")],
        "2026-03-12",
        [("yellow", "2026-03-10")],
    ),
    (
        "S52",
        [FILED, accepted(promise=None, legal=45, **JOINT), opined("2026-03-09 09:00")],
        "2026-05-09 00:00",
        [("red", "2026-05-09")],
    ),
    ("S03", [FILED, accepted(promise=None, legal=45, **JOINT), opined("2026-03-09 09:00")], "2026-05-20", []),
    # S53: on line, two working days: until 4 March
    ("S53", [submitted(submit_channel="online"), accepted("2026-03-04 22:00")], "2026-04-30", []),
    ("S53", [submitted(submit_channel="online")], "2026-03-05 00:00", [("notice", "2026-03-05")]),
    (
        "S53",
        [submitted(submit_channel="online")],
        "2026-03-10 00:00",
        [("notice", "2026-03-05"), ("yellow", "2026-03-10")],
    ),
    (
        "S53",
        [submitted(submit_channel="online")],
        "2026-03-12 00:00",
        [("notice", "2026-03-05"), ("red", "2026-03-12"), ("yellow", "2026-03-10")],
    ),
    ("S53", [submitted()], "2026-04-30", []),
    # S57: promise 0
    ("S57", [FILED, accepted(promise=0), completed("2026-03-02 23:30"), served("2026-03-03 09:00")], "2026-03-05", []),
    (
        "S57",
        [FILED, accepted(promise=0), completed("2026-03-03 00:10"), served("2026-03-03 09:00")],
        "2026-03-05",
        [("yellow", "2026-03-03")],
    ),
    # S58: first review, 20 working days: 30 March
    (
        "S58",
        [FILED, accepted(case_kind="forwarded"), act("case.passed_up", "2026-03-30 20:00", to_org_code="UP")],
        "2026-04-30",
        [("notice", "2026-03-27")],
    ),
    (
        "S58",
        [FILED, accepted(case_kind="forwarded")],
        "2026-03-31 00:00",
        [("notice", "2026-03-27"), ("yellow", "2026-03-31")],
    ),
]


@pytest.mark.parametrize(("rule", "events", "until", "expected"), TABLE)
def test_a_limit_fires_on_its_day(rule: str, events: list[Event], until: str, expected: Found) -> None:
    """To the minute: nothing before, the card at the first moment after the due day."""
    assert judged(events, until, rule=rule) == expected


def test_an_item_that_is_decided_on_the_spot_needs_no_promise() -> None:
    """S57 also by the catalogue's word; Hunan does not watch instant items."""
    events = [FILED, accepted(), completed("2026-03-03 09:00"), served("2026-03-03 10:00")]
    spot = item(on_the_spot=True)
    assert judged(events, "2026-03-05", rule="S57", knows=spot) == [("yellow", "2026-03-03")]
    assert judged(events, "2026-03-05", rule="S57", knows=spot, preset="hunan") == []


@pytest.mark.parametrize(
    ("preset", "rule", "expected"),
    [
        pytest.param("hunan", "S01", [("notice", "2026-03-12")], id="Hunan: two working days left"),
        pytest.param(
            "hunan",
            "S03",
            [("notice", "2026-03-26"), ("red", "2026-03-31")],
            id="Hunan: notice before the law",
        ),
        pytest.param("default", "S03", [("red", "2026-03-31")], id="default: no notice before the law"),
        pytest.param("guangdong_old", "S01", [("notice", "2026-03-09")], id="former Guangdong: half of the promise"),
        pytest.param("fujian", "S01", [("notice", "2026-03-13")], id="Fujian: one working day left"),
    ],
)
def test_the_preset_of_the_region_counts(preset: str, rule: str, expected: Found) -> None:
    """Decision 32: parameters follow the organisation's region."""
    assert judged([FILED, accepted()], "2026-03-31 00:00", rule=rule, preset=preset) == expected


def test_delivery_that_is_promised_is_only_yellow_in_guangdong() -> None:
    """Five calendar days from 9 March end on Saturday the 14th and roll to the 16th (C6)."""
    events = [FILED, accepted(), completed()]
    expected = [("notice", "2026-03-13"), ("yellow", "2026-03-17")]
    assert judged(events, "2026-03-20", rule="S17", preset="guangdong") == expected


def test_a_limit_in_hours_ends_at_its_instant_and_honours_pauses() -> None:
    """24 hours from 2 March 10:00; a lawful pause of the 2nd and 3rd gives no hours."""
    hours = accepted(promise=None, legal=None, legal_limit={"value": 24, "unit": "hour"})
    assert judged([FILED, hours], "2026-03-03 09:59", rule="S03") == []
    assert judged([FILED, hours], "2026-03-03 10:00", rule="S03") == [("red", "2026-03-03")]
    broken = [FILED, hours, paused("2026-03-03 08:00", told=1), resumed("2026-03-03 18:00")]
    assert judged(broken, "2026-03-04 09:00", rule="S03") == []
    assert judged(broken, "2026-03-04 11:00", rule="S03") == [("red", "2026-03-04")]


def test_the_paper_is_handed_over_in_time_where_the_hall_has_times() -> None:
    """S60, off by default: accepted at 10:00, the paper is due at noon."""
    events = [FILED, accepted()]
    late = [
        *events,
        act("paper.handed_over", "2026-03-02 13:00", to_org_code="D", arrived_at="2026-03-02T13:00:00+08:00"),
    ]
    kept = [
        *events,
        act("paper.handed_over", "2026-03-02 11:50", to_org_code="D", arrived_at="2026-03-02T11:50:00+08:00"),
    ]
    assert judged(late, "2026-03-04", rule="S60") == []
    assert judged(late, "2026-03-04", rule="S60", preset="guangdong") == [("yellow", "2026-03-02")]
    assert judged(kept, "2026-03-04", rule="S60", preset="guangdong") == []
