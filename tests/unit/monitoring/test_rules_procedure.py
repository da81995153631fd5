"""Procedure, hearings, endings and anti-gaming of a case: each breach fires, its twin does not."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.quality import SourceProfile
from services.monitoring.ports import Across
from tests.unit.monitoring.story import (
    HALL,
    PAPER,
    Found,
    accepted,
    act,
    at,
    completed,
    item,
    judged,
    paused,
    resumed,
    served,
    step,
    submitted,
)

FILED, TAKEN, DONE, SERVED = submitted(), accepted(), completed(), served()
OPEN = [FILED, TAKEN]


def asked(when: str, seqno: int = 1, **more: Any) -> Event:
    return act("supplement.requested", when, seqno, **{"materials": [], "reason": "缺图", "notice": PAPER, **more})


def refused(**more: Any) -> Event:
    body = {"refusal": "not_competent", "reason": "不属于本机关职权", "remedy_told": True, "doc": PAPER, **more}
    return act("case.refused", "2026-03-03 10:00", **body)


def handled_by(*numbers: str) -> list[Event]:
    codes = ("handle", "review", "approve")
    return [
        step(code, n, f"2026-03-0{n + 2} 09:00", f"2026-03-0{n + 2} 11:00", handler={"no": no})
        for n, (code, no) in enumerate(zip(codes, numbers, strict=True), start=1)
    ]


def hearing(**more: Any) -> Event:
    return act("hearing.held", "2026-03-20 09:00", **{"chair": {"no": "9"}, "record_no": "1", **more})


def noticed(when: str) -> Event:
    return act("hearing.noticed", when, hearing_at=at("2026-03-20 09:00").isoformat(), place="二楼")


INFORMED = act("hearing.informed", "2026-03-03 10:00", duty="asked", served_at=at("2026-03-03 10:00").isoformat())
BY_LAW = act("hearing.informed", "2026-03-03 10:00", duty="law", served_at=at("2026-03-03 10:00").isoformat())


PERIOD = act("notice_period.started", "2026-03-04 09:00", days=10, place="网站")


def requested(when: str) -> Event:
    return act("hearing.requested", when, requested_by="利害关系人")


TABLE: list[Any] = [
    # S06 a second and a third list
    ("S06", [FILED, asked("2026-03-03 10:00")], "2026-03-05", []),
    ("S06", [FILED, asked("2026-03-03 10:00"), asked("2026-03-04 10:00", 2)], "2026-03-05", [("yellow", "2026-03-04")]),
    ("S06", [FILED, *(asked(f"2026-03-0{d} 10:00", d) for d in (3, 4, 5))], "2026-03-06",
     [("red", "2026-03-05"), ("yellow", "2026-03-04")]),
    # S07 after the acceptance
    ("S07", [*OPEN, asked("2026-03-04 10:00")], "2026-03-05", [("red", "2026-03-04")]),
    ("S07", [FILED, asked("2026-03-02 09:30"), TAKEN], "2026-03-05", []),
    # S08 the paper under the seal
    ("S08", OPEN, "2026-03-05", []),
    ("S08", [FILED, accepted(accept_doc=None)], "2026-03-05", [("yellow", "2026-03-02")]),
    ("S08", [FILED, accepted(accept_doc={**PAPER, "sealed": False})], "2026-03-05", [("yellow", "2026-03-02")]),
    ("S08", [FILED, refused(doc=None)], "2026-03-05", [("yellow", "2026-03-03")]),
    # S09 reason and remedy
    ("S09", [FILED, refused()], "2026-03-05", []),
    ("S09", [FILED, refused(reason=" ")], "2026-03-05", [("red", "2026-03-03")]),
    ("S09", [FILED, refused(remedy_told=False)], "2026-03-05", [("red", "2026-03-03")]),
    ("S09", [*OPEN, completed(result="denied")], "2026-03-12", []),
    ("S09", [*OPEN, completed(result="denied", reason=None)], "2026-03-12", [("red", "2026-03-09")]),
    # S16 pauses: too many, too long, on the last day
    ("S16", [*OPEN, *(e for n in (1, 2) for e in (paused(f"2026-03-0{2 * n + 1} 09:00", told=1, seqno=n),
                                                  resumed(f"2026-03-0{2 * n + 1} 17:00", n)))], "2026-03-09", []),
    ("S16", [*OPEN, *(e for n in (1, 2, 3) for e in (paused(f"2026-03-0{n + 2} 09:00", told=1, seqno=n),
                                                     resumed(f"2026-03-0{n + 2} 17:00", n)))], "2026-03-09",
     [("yellow", "2026-03-05")]),
    ("S16", [*OPEN, paused("2026-03-03 09:00"), resumed("2026-03-05 09:00"), DONE, SERVED], "2026-03-12",
     [("yellow", "2026-03-09")]),
    ("S16", [*OPEN, paused("2026-03-03 09:00"), resumed("2026-03-04 09:00"), DONE, SERVED], "2026-03-12", []),
    ("S16", [*OPEN, paused("2026-03-16 09:00"), resumed("2026-03-17 09:00")], "2026-03-18", [("notice", "2026-03-16")]),
    ("S16", [*OPEN, paused("2026-03-13 09:00"), resumed("2026-03-17 09:00")], "2026-03-18", []),
    # S18 asked on 3 March: held by the 31st
    ("S18", [*OPEN, requested("2026-03-03 10:00")], "2026-03-31 23:59", []),
    ("S18", [*OPEN, requested("2026-03-03 10:00")], "2026-04-01 00:00", [("yellow", "2026-04-01")]),
    ("S18", [*OPEN, requested("2026-03-03 10:00"), hearing()], "2026-04-30", []),
    # S19 seven working days: 11 March is the last day for a hearing on the 20th
    ("S19", [*OPEN, noticed("2026-03-11 10:00"), hearing()], "2026-03-21", []),
    ("S19", [*OPEN, noticed("2026-03-12 10:00"), hearing()], "2026-03-21", [("yellow", "2026-03-12")]),
    # S20 owed by law, or asked within five working days of being told (10 March)
    ("S20", [*OPEN, BY_LAW, completed("2026-03-24 10:00")], "2026-03-25", [("red", "2026-03-24")]),
    ("S20", [*OPEN, BY_LAW, hearing(), completed("2026-03-24 10:00")], "2026-03-25", []),
    ("S20", [*OPEN, INFORMED, requested("2026-03-10 10:00"), completed("2026-03-24 10:00")], "2026-03-25",
     [("red", "2026-03-24")]),
    ("S20", [*OPEN, INFORMED, requested("2026-03-11 10:00"), completed("2026-03-24 10:00")], "2026-03-25", []),
    # S21 the reviewer in the chair
    ("S21", [*OPEN, *handled_by("1", "2", "3"), hearing(chair={"no": "2"})], "2026-03-21", [("red", "2026-03-20")]),
    ("S21", [*OPEN, *handled_by("1", "2", "3"), hearing()], "2026-03-21", []),
    # S29 two of the staff
    ("S29", [*OPEN, act("inspection.held", "2026-03-04 10:00", inspectors=[{"no": "1"}], result="合格")], "2026-03-05",
     [("yellow", "2026-03-04")]),
    ("S29", [*OPEN, act("inspection.held", "2026-03-04 10:00", inspectors=[{"no": "1"}, {"no": "2"}], result="合格")],
     "2026-03-05", []),
    # S30 one person
    ("S30", [*OPEN, *handled_by("1", "1", "1")], "2026-03-06", [("yellow", "2026-03-05")]),
    ("S30", [*OPEN, *handled_by("1", "1", "2")], "2026-03-06", []),
    # S63 open at the end, overlapping
    ("S63", [*OPEN, paused("2026-03-04 09:00"), DONE, SERVED], "2026-03-12", [("yellow", "2026-03-09")]),
    ("S63", [*OPEN, paused("2026-03-04 09:00"), resumed("2026-03-05 09:00"), DONE, SERVED], "2026-03-12", []),
    ("S63", [*OPEN, paused("2026-03-04 09:00"), paused("2026-03-05 09:00", seqno=2), resumed("2026-03-06 09:00"),
             resumed("2026-03-06 10:00", 2)], "2026-03-12", [("yellow", "2026-03-05")]),
    # S64 returned without a reason
    ("S64", [*OPEN, completed(result="returned")], "2026-03-12", [("yellow", "2026-03-09")]),
    ("S64", [*OPEN, completed(result="returned", reason="申请人放弃")], "2026-03-12", []),
    # S65 nothing before the end, and S70 does not blame the same act
    ("S65", [DONE, SERVED], "2026-03-12", [("yellow", "2026-03-09")]),
    ("S65", [*OPEN, DONE, SERVED], "2026-03-12", []),
    ("S70", [DONE, SERVED], "2026-03-12", []),
    # S70 approved without being handled or reviewed; a gap; before the acceptance
    ("S70", [*OPEN, handled_by("1", "2", "3")[2]], "2026-03-12", [("yellow", "2026-03-05")]),
    ("S70", [*OPEN, *handled_by("1", "2", "3")], "2026-03-12", []),
    ("S70", [*OPEN, handled_by("1", "2", "3")[0], handled_by("1", "2", "3")[2], DONE, SERVED], "2026-03-12",
     [("yellow", "2026-03-09")]),
    # S59 the notice period of ten days from 4 March
    ("S59", [*OPEN, PERIOD, completed("2026-03-13 10:00")],
     "2026-03-14", [("yellow", "2026-03-13")]),
    ("S59", [*OPEN, PERIOD, completed("2026-03-16 10:00")],
     "2026-03-18", []),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "events", "until", "expected"), TABLE)
def test_a_breach_of_procedure_fires_and_its_twin_does_not(
    rule: str, events: list[Event], until: str, expected: Found
) -> None:
    """The card says on which day the breach became true."""
    assert judged(events, until, rule=rule) == expected


def test_what_a_source_cannot_send_is_not_blamed_on_the_hall() -> None:
    """Decision 13: a flavour without the field is silent on S08, S09, S12 and S14."""
    events = [FILED, accepted(accept_doc=None), paused("2026-03-04 09:00", told=None)]
    cannot = {("hall.case.accepted", "accept_doc"), ("hall.special.started", "notice")}
    silent = {HALL: SourceProfile(frozenset(cannot))}
    for rule in ("S08", "S14"):
        assert judged(events, "2026-03-05", rule=rule) != []
        assert judged(events, "2026-03-05", rule=rule, profiles=silent) == []


def test_a_pause_whose_proof_cannot_be_sent_stops_the_clock() -> None:
    """Decision 47: the Guangdong flavour sends no proof of notice; the law's clock stands still all the same."""
    events = [FILED, TAKEN, paused("2026-03-04 09:00", told=None), resumed("2026-03-20 09:00")]
    silent = {HALL: SourceProfile(frozenset({("hall.special.started", "notice")}))}
    assert judged(events, "2026-03-31 00:00", rule="S03") == [("red", "2026-03-31")]
    assert judged(events, "2026-03-31 00:00", rule="S03", profiles=silent) == []


def test_filed_again_within_five_days_of_being_returned() -> None:
    """S72: returned on 25 February, filed again on Monday 2 March (3 working days later)."""
    again = [submitted(original_case_no="C0")]
    ended = {"2026-02-25": [("notice", "2026-03-02")], "2026-02-24": [("notice", "2026-03-02")], "2026-02-14": []}
    for day, expected in ended.items():
        across = Across(original_ended_on=at(day).date())
        assert judged(again, "2026-03-03", rule="S72", across=across) == expected
    assert judged(again, "2026-03-03", rule="S72") == []


def test_a_limited_item_is_decided_in_the_order_of_acceptance() -> None:
    """S51 names whom the decision overtook."""
    events = [FILED, accepted(quantity_limited=True), DONE, SERVED]
    assert judged(events, "2026-03-12", rule="S51", across=Across(overtaken=("C0",))) == [("yellow", "2026-03-09")]
    assert judged(events, "2026-03-12", rule="S51") == []


def test_the_notice_period_that_the_item_owes() -> None:
    """S59 also where no period was told at all."""
    owed = item(extra={"notice_period_days": 5})
    assert judged([*OPEN, DONE, SERVED], "2026-03-12", rule="S59", knows=owed) == [("yellow", "2026-03-09")]
    assert judged([*OPEN, DONE, SERVED], "2026-03-12", rule="S59", knows=item()) == []
