"""Desks, penalties and disclosure: complaints, consultations, ratings, requests, records, reports."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from libs.common.kernel.events import approval, disclosure, supervision
from libs.common.kernel.events.clocks import Clock, ClockExtension
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.disclosure import Channel, Review
from libs.common.kernel.events.envelope import Event
from tests.unit.monitoring.story import ORG, Found, accepted, act, at, completed, judged, ours, served, submitted

FILED, TAKEN = submitted(), accepted()
DIGEST, OTHER = "a" * 64, "b" * 64


def complaint(name: str, when: str, seqno: int = 1, **more: Any) -> Event:
    return act(f"complaint.{name}", when, seqno, subject="T1", complaint_no="T1", **more)


def opened(channel: str = "hotline", when: str = "2026-03-02 09:00", **more: Any) -> Event:
    return complaint("opened", when, channel=channel, category="办事", title="慢", text="慢", **more)


def rated(grade: int = 5, named: bool = True, when: str = "2026-03-10 10:00") -> Event:
    return act("evaluation.submitted", when, grade=grade, named=named, channel="window", service_no="N1")


def handled(step: str, when: str, seqno: int = 1) -> Event:
    return act("evaluation.handled", when, seqno, step=step, service_no="N1")


def penalty(name: str, when: str, **more: Any) -> Event:
    return act(f"penalty.{name}", when, **more)


def decided(when: str = "2026-03-20 10:00", **more: Any) -> Event:
    body = {"decision": {"no": "罚1", "decided_on": when[:10]}, "violation": "v", "facts": "f", "basis": "b",
            "kinds": ["fine"], "content": "罚款", "gravity": "serious", "valid_until": "2027-03-20"}  # fmt: skip
    return penalty("decided", when, **{**body, **more})


def record(kind: str, when: str, digest: str = DIGEST, **more: Any) -> Event:
    struct = {"published": disclosure.RecordPublished, "withdrawn": disclosure.RecordWithdrawn}[kind]
    body = {
        "record_id": "r1", "kind": "permit", "release": 1, "org_code": ORG, "judgement": "publish", "ground": "40",
        "policy_version": "1", "case_no": "C1", "decision_hash": digest, "review": Review(id="v1", by_rule_version="1"),
        "channels": (Channel(name="portal", published_at=at(when), verified_at=at(when)),), **more,
    }  # fmt: skip
    return ours(f"disclosure.record.{kind}", struct, when, "r1", **body)


def told(digest: str) -> Event:
    body = {"case_no": "C1", "org_code": ORG, "region_code": "990101", "as_of": at("2026-03-09 15:00")}
    return ours(
        "approval.case.decided",
        approval.CaseDecided,
        "2026-03-09 15:00",
        result="granted",
        decision_hash=digest,
        **body,
    )


def request(name: str, when: str, **more: Any) -> Event:
    struct = {"received": disclosure.RequestReceived, "answered": disclosure.RequestAnswered,
              "clock_changed": disclosure.RequestClockChanged}[name]  # fmt: skip
    body = {"request_no": "Q1", "org_code": ORG, "received_on": date(2026, 3, 2), **more}
    return ours(f"disclosure.request.{name}", struct, when, "Q1", **body)


def answer_clock(extension: int = 0) -> tuple[Clock, ...]:
    more = ClockExtension(value=extension, unit="working_day") if extension else None
    return (Clock(clock_id="a", kind="answer", state="running", start_on=date(2026, 3, 2), extension=more),)


def order(name: str, when: str) -> Event:
    struct = {"issued": supervision.OrderIssued, "replied": supervision.OrderReplied}[name]
    body = struct(order_no="D1", to=ORG, text="请说明", due_on=date(2026, 3, 9))
    return new_event(
        f"supervision.order.{name}",
        f"org:{ORG}",
        body,
        time=at(when),
        source="//sunlit/monitoring",
        org=ORG,
        region="990101",
    )


def report(when: str, checks: bool = True, kind: str = "department") -> Event:
    body = {"year": 2025, "kind": kind, "org_code": ORG, "checks_passed": checks}
    return ours("disclosure.report.filed", disclosure.ReportFiled, when, ORG, **body)


DONE, SERVED = completed(), served()
ASKED = request("received", "2026-03-02 10:00")
TABLE: list[Any] = [
    # S46: contact by 11 March, rectify by the 17th, hard cap on the 31st
    ("S46", [FILED, TAKEN, DONE, SERVED, rated()], "2026-03-12 00:00", [("yellow", "2026-03-12")]),
    (
        "S46",
        [
            FILED,
            TAKEN,
            DONE,
            SERVED,
            rated(),
            handled("contacted", "2026-03-11 20:00"),
            handled("rectified", "2026-03-17 20:00", 2),
        ],
        "2026-04-30",
        [],
    ),
    (
        "S46",
        [FILED, TAKEN, DONE, SERVED, rated(), handled("contacted", "2026-03-11 20:00")],
        "2026-04-01 00:00",
        [("red", "2026-04-01"), ("yellow", "2026-03-18")],
    ),
    ("S46", [FILED, TAKEN, DONE, SERVED, rated(3)], "2026-04-30", []),
    ("S46", [FILED, TAKEN, DONE, SERVED, rated(named=False)], "2026-04-30", []),
    # S47: five working days from the first arrival, not from the second
    (
        "S47",
        [opened(), complaint("arrived", "2026-03-03 09:00", arrived_at=at("2026-03-03 09:00").isoformat())],
        "2026-03-11 00:00",
        [("yellow", "2026-03-11")],
    ),
    (
        "S47",
        [
            opened(),
            complaint("arrived", "2026-03-03 09:00", arrived_at=at("2026-03-03 09:00").isoformat()),
            complaint("replied", "2026-03-10 22:00", reply_text="已办"),
        ],
        "2026-03-31",
        [],
    ),
    (
        "S47",
        [
            opened(),
            complaint("returned", "2026-03-03 09:00"),
            complaint("returned", "2026-03-04 09:00", 2),
            complaint("replied", "2026-03-05 09:00", reply_text="已办"),
        ],
        "2026-03-06",
        [("yellow", "2026-03-04")],
    ),
    (
        "S47",
        [
            opened(),
            complaint("returned", "2026-03-03 09:00"),
            complaint("replied", "2026-03-05 09:00", reply_text="好"),
        ],
        "2026-03-31",
        [],
    ),
    # S56: other complaints are decided in five working days (9 March); hotline tickets are S47
    (
        "S56",
        [opened("letter")],
        "2026-03-11 00:00",
        [("notice", "2026-03-05"), ("red", "2026-03-11"), ("yellow", "2026-03-10")],
    ),
    ("S56", [opened("letter"), complaint("accepted", "2026-03-09 22:00")], "2026-03-31", [("notice", "2026-03-05")]),
    (
        "S56",
        [
            opened("letter", due="2026-03-12"),
            complaint("accepted", "2026-03-03 09:00"),
            complaint("closed", "2026-03-13 09:00"),
        ],
        "2026-03-31",
        [("notice", "2026-03-10"), ("yellow", "2026-03-13")],
    ),
    ("S56", [opened()], "2026-03-31", []),
    # S54: three working days: 5 March
    (
        "S54",
        [
            act(
                "consultation.opened",
                "2026-03-02 09:00",
                subject="K1",
                consultation_no="K1",
                channel="phone",
                question_class="材料",
            )
        ],
        "2026-03-06 00:00",
        [("notice", "2026-03-03"), ("yellow", "2026-03-06")],
    ),
    (
        "S54",
        [
            act(
                "consultation.opened",
                "2026-03-02 09:00",
                subject="K1",
                consultation_no="K1",
                channel="phone",
                question_class="材料",
            ),
            act("consultation.answered", "2026-03-05 20:00", subject="K1", consultation_no="K1", answer_class="书面"),
        ],
        "2026-03-31",
        [("notice", "2026-03-03")],
    ),
    # S44: ninety days from 5 January end on Sunday 5 April, 清明: 7 April
    ("S44", [penalty("filed", "2026-01-05 10:00", cause="c")], "2026-04-07 23:59", []),
    ("S44", [penalty("filed", "2026-01-05 10:00", cause="c")], "2026-04-08 00:00", [("red", "2026-04-08")]),
    (
        "S44",
        [penalty("filed", "2026-01-05 10:00", cause="c"), decided("2026-04-07 10:00", gravity="minor")],
        "2026-04-30",
        [],
    ),
    # S45: a fine of a serious gravity
    ("S45", [penalty("filed", "2026-03-02 10:00", cause="c"), decided()], "2026-03-21", [("red", "2026-03-20")]),
    (
        "S45",
        [
            penalty("filed", "2026-03-02 10:00", cause="c"),
            penalty("noticed", "2026-03-05 10:00", served_at=at("2026-03-05 10:00").isoformat()),
            penalty("legal_reviewed", "2026-03-06 10:00", reviewer={"no": "1", "qualified": True}),
            penalty("discussed", "2026-03-09 10:00", attendees=["甲", "乙"]),
            decided(),
        ],
        "2026-03-21",
        [],
    ),
    ("S45", [penalty("filed", "2026-03-02 10:00", cause="c"), decided(gravity="general")], "2026-03-21", []),
    # S37: revoked on 24 March: withdrawn by the 27th
    (
        "S37",
        [
            decided(),
            record("published", "2026-03-23 10:00"),
            penalty("revoked", "2026-03-24 10:00", decision_no="罚1", reason="r"),
        ],
        "2026-03-28 00:00",
        [("red", "2026-03-28")],
    ),
    (
        "S37",
        [
            decided(),
            record("published", "2026-03-23 10:00"),
            penalty("revoked", "2026-03-24 10:00", decision_no="罚1", reason="r"),
            record("withdrawn", "2026-03-27 20:00", release=2),
        ],
        "2026-04-30",
        [],
    ),
    # S35, S36, S39
    (
        "S35",
        [FILED, TAKEN, DONE, told(DIGEST), record("published", "2026-03-10 10:00", OTHER)],
        "2026-03-12",
        [("red", "2026-03-10")],
    ),
    ("S35", [FILED, TAKEN, DONE, told(DIGEST), record("published", "2026-03-10 10:00")], "2026-03-12", []),
    (
        "S36",
        [
            ours(
                "disclosure.leak.found",
                disclosure.LeakFound,
                "2026-03-10 10:00",
                "r1",
                record_id="r1",
                channel="portal",
                kind="resident_id",
                org_code=ORG,
            )
        ],
        "2026-03-12",
        [("red", "2026-03-10")],
    ),
    (
        "S39",
        [record("published", "2026-03-10 10:00", case_no=None, review=None)],
        "2026-03-12",
        [("red", "2026-03-10")],
    ),
    ("S39", [record("published", "2026-03-10 10:00", case_no=None)], "2026-03-12", []),
    # S38: formed on 2 March: public by the 30th
    (
        "S38",
        [
            ours(
                "disclosure.information.registered",
                disclosure.InformationRegistered,
                "2026-03-02 10:00",
                "I1",
                information_no="I1",
                kind="notice",
                org_code=ORG,
                formed_on=date(2026, 3, 2),
            )
        ],
        "2026-03-31 00:00",
        [("yellow", "2026-03-31")],
    ),
    (
        "S38",
        [
            ours(
                "disclosure.information.registered",
                disclosure.InformationRegistered,
                "2026-03-02 10:00",
                "I1",
                information_no="I1",
                kind="notice",
                org_code=ORG,
                formed_on=date(2026, 3, 2),
            )
        ],
        "2026-03-30 23:59",
        [],
    ),
    # S40: received on 2 March: answered by the 30th, extended to 28 April; supplement asked by the 11th
    ("S40", [ASKED], "2026-03-31 00:00", [("red", "2026-03-31")]),
    ("S40", [ASKED, request("answered", "2026-03-30 22:00", outcome="granted")], "2026-04-30", []),
    ("S40", [ASKED, request("clock_changed", "2026-03-20 10:00", clocks=answer_clock(20))], "2026-04-28 23:59", []),
    (
        "S40",
        [ASKED, request("clock_changed", "2026-03-20 10:00", clocks=answer_clock(20))],
        "2026-04-29 00:00",
        [("red", "2026-04-29")],
    ),
    (
        "S40",
        [request("received", "2026-03-02 10:00", supplement_asked_on=date(2026, 3, 12))],
        "2026-03-20",
        [("yellow", "2026-03-12")],
    ),
    ("S40", [request("received", "2026-03-02 10:00", supplement_asked_on=date(2026, 3, 11))], "2026-03-20", []),
    # S41, S42
    (
        "S41",
        [ASKED, request("answered", "2026-03-20 10:00", outcome="granted", third_party_flag=True)],
        "2026-03-21",
        [("red", "2026-03-20")],
    ),
    ("S41", [ASKED, request("answered", "2026-03-20 10:00", outcome="granted")], "2026-03-21", []),
    (
        "S42",
        [ASKED, request("answered", "2026-03-20 10:00", outcome="internal", remedy_told=True)],
        "2026-03-21",
        [("yellow", "2026-03-20")],
    ),
    (
        "S42",
        [ASKED, request("answered", "2026-03-20 10:00", outcome="internal", articles=("第十六条",), remedy_told=True)],
        "2026-03-21",
        [],
    ),
    # S62: issued on 2 March, to be answered by the 9th
    (
        "S62",
        [order("issued", "2026-03-02 10:00")],
        "2026-03-10 00:00",
        [("notice", "2026-03-06"), ("yellow", "2026-03-10")],
    ),
    (
        "S62",
        [order("issued", "2026-03-02 10:00")],
        "2026-03-16 00:00",
        [("notice", "2026-03-06"), ("red", "2026-03-16"), ("yellow", "2026-03-10")],
    ),
    (
        "S62",
        [order("issued", "2026-03-02 10:00"), order("replied", "2026-03-09 20:00")],
        "2026-03-31",
        [("notice", "2026-03-06")],
    ),
    # S43: 31 January without roll-over (a Saturday in 2026), 31 March for the government
    ("S43", [report("2026-01-31 23:00")], "2026-02-10", []),
    ("S43", [report("2026-02-01 00:10")], "2026-02-10", [("red", "2026-02-01")]),
    ("S43", [report("2026-03-31 10:00", kind="government")], "2026-04-10", []),
    ("S43", [report("2026-01-30 10:00", checks=False)], "2026-02-10", [("yellow", "2026-01-30")]),
]


@pytest.mark.parametrize(("rule", "events", "until", "expected"), TABLE)
def test_a_desk_a_penalty_or_a_record(rule: str, events: list[Event], until: str, expected: Found) -> None:
    """Breach, twin and boundary day of what is watched beside the cases of the halls."""
    assert judged(events, until, rule=rule) == expected
