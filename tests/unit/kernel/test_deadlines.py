"""Due days by the conventions C2–C10: the worked examples of the law table and their neighbours."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock import RULES, Answer, DeadlineQuery, Pause, deadline, due

D = date.fromisoformat


def ask(rule: str, start: str, **more: object) -> DeadlineQuery:
    """A question by the rule's own number and kind; `pause` is "from..to" or "from.." for an open one."""
    known = RULES[rule]
    pauses = []
    for span in str(more.pop("pause", "")).split():
        begins, _, ends = span.partition("..")
        pauses.append(Pause(D(begins), D(ends) if ends else None))
    fields = {"kind": known.kind, "n": known.n, "rule": rule, "start": D(start), "pauses": tuple(pauses), **more}
    return DeadlineQuery(**fields)  # type: ignore[arg-type]


def outcome(found: Answer | Problem) -> str:
    return found.code if isinstance(found, Problem) else str(found.deadline)


WORKED_EXAMPLES = [
    ("LIC-42 plain", "LIC-42", "2026-03-02", {}, "2026-03-30"),
    ("LIC-42 Spring Festival", "LIC-42", "2026-02-02", {}, "2026-03-06"),
    ("LIC-42 event on a worked Saturday", "LIC-42", "2026-02-14", {}, "2026-03-20"),
    ("LIC-42 event in the holiday", "LIC-42", "2026-02-18", {}, "2026-03-20"),
    ("LIC-42 National Day 2025", "LIC-42", "2025-09-25", {}, "2025-10-29"),
    ("five days from the eve of the holiday", "LIC-42", "2025-09-30", {"n": 5}, "2025-10-14"),
    ("five days from its first day", "LIC-42", "2025-10-01", {"n": 5}, "2025-10-14"),
    ("five days from its last day", "LIC-42", "2025-10-08", {"n": 5}, "2025-10-14"),
    ("LIC-42 Spring Festival 2025", "LIC-42", "2025-01-20", {}, "2025-02-21"),
    ("LIC-42 over New Year, Sunday worked", "LIC-42", "2025-12-22", {}, "2026-01-20"),
    ("LIC-42 Labour Day", "LIC-42", "2026-04-20", {}, "2026-05-20"),
    ("LIC-42 two festivals", "LIC-42", "2026-09-14", {}, "2026-10-16"),
    ("LIC-32 supplement notice", "LIC-32", "2026-02-12", {}, "2026-02-26"),
    ("one day that is a worked Sunday", "LIC-42", "2026-01-03", {"n": 1}, "2026-01-04"),
    ("LIC-44 delivery", "LIC-44", "2026-09-18", {}, "2026-10-09"),
    ("LIC-42-2 joint", "LIC-42-2", "2026-03-02", {}, "2026-05-08"),
    ("LIC-42-2 joint, extended", "LIC-42-2", "2026-03-02", {"extension": 15}, "2026-05-28"),
    ("PUB-7", "PUB-7", "2026-09-30", {}, "2026-10-15"),
    ("PEN-48 ends on a worked Saturday", "PEN-48", "2026-09-30", {}, "2026-10-10"),
    ("FOI-33", "FOI-33", "2026-09-16", {}, "2026-10-20"),
    ("FOI-33 extended", "FOI-33", "2026-09-16", {"extension": 20}, "2026-11-17"),
    ("LIC-42 extended", "LIC-42", "2026-03-02", {"extension": 10}, "2026-04-14"),
    ("extension a day late is void", "LIC-42", "2026-03-02",
     {"extension": 10, "extension_decided_on": D("2026-03-31")}, "2026-03-30"),
    ("extension on the last day holds", "LIC-42", "2026-03-02",
     {"extension": 10, "extension_decided_on": D("2026-03-30")}, "2026-04-14"),
    ("expert review", "LIC-45", "2026-03-02", {"pause": "2026-03-09..2026-03-20"}, "2026-04-14"),
    ("inspection over the festival", "LIC-45", "2026-02-02", {"pause": "2026-02-10..2026-02-26"}, "2026-03-18"),
    ("overlap counts once", "LIC-45", "2026-03-02",
     {"pause": "2026-03-04..2026-03-12 2026-03-10..2026-03-18"}, "2026-04-15"),
    ("paused on the last day", "LIC-45", "2026-03-02", {"pause": "2026-03-30..2026-04-10"}, "2026-04-13"),
    ("paused a day too late", "LIC-45", "2026-03-02", {"pause": "2026-03-31..2026-04-10"}, "2026-03-30"),
    ("FOI third party", "FOI-33", "2026-09-16", {"pause": "2026-09-21..2026-10-14"}, "2026-11-06"),
    ("PEN-60 rolls out of a festival", "PEN-60", "2026-01-05", {}, "2026-04-07"),
    ("PEN-67 rolls out of a festival", "PEN-67", "2026-09-18", {}, "2026-10-08"),
    ("no 30 February", "CRE-3M", "2026-11-30", {}, "2027-02-28"),
    ("LIC-50 renewal", "LIC-50", "2026-12-31", {}, "2026-12-01"),
    ("past the horizon", "LIC-42", "2026-12-10", {}, "CALENDAR_UNAVAILABLE"),
]  # fmt: skip

NEIGHBOURS = [
    ("C2 Saturday and Sunday have one day 1", "LIC-42", "2026-03-07", {"n": 1}, "2026-03-09"),
    ("C2 Sunday", "LIC-42", "2026-03-08", {"n": 1}, "2026-03-09"),
    ("C2 Friday before a worked Saturday", "LIC-42", "2026-02-13", {"n": 1}, "2026-02-14"),
    ("last day of the calendar", "LIC-42", "2026-12-03", {}, "2026-12-31"),
    ("one day after it", "LIC-42", "2026-12-04", {}, "CALENDAR_UNAVAILABLE"),
    ("event on the last day of the calendar", "LIC-42", "2026-12-31", {"n": 1}, "CALENDAR_UNAVAILABLE"),
    ("event on the day before the calendar", "LIC-42", "2003-12-31", {"n": 1}, "2004-01-02"),
    ("event before the calendar", "LIC-42", "2003-12-30", {"n": 1}, "CALENDAR_UNAVAILABLE"),
    ("days inside a pause need no calendar, before", "LIC-42", "2003-12-01",
     {"n": 1, "pause": "2003-12-01..2004-01-01"}, "2004-01-02"),
    ("an open pause before the horizon", "LIC-42", "2026-12-10", {"pause": "2026-12-11.."}, "PAUSED"),
    ("the horizon before an open pause", "LIC-42", "2026-12-10", {"pause": "2027-01-05.."}, "CALENDAR_UNAVAILABLE"),
    ("a pause over the horizon", "LIC-42", "2026-12-10",
     {"pause": "2026-12-20..2027-01-10"}, "CALENDAR_UNAVAILABLE"),
    ("open pause after the limit was full", "LIC-42", "2026-03-02", {"pause": "2026-03-31.."}, "2026-03-30"),
    ("open pause on the last day", "LIC-42", "2026-03-02", {"pause": "2026-03-30.."}, "PAUSED"),
    ("extension meets an open pause", "LIC-42", "2026-03-02", {"extension": 10, "pause": "2026-04-01.."}, "PAUSED"),
    ("void extension is not stopped by it", "LIC-42", "2026-03-02",
     {"extension": 10, "extension_decided_on": D("2026-03-31"), "pause": "2026-04-01.."}, "2026-03-30"),
    ("pause that counts within the extension", "LIC-42", "2026-03-02",
     {"extension": 10, "pause": "2026-04-01..2026-04-03"}, "2026-04-17"),
    ("adjacent pauses", "LIC-45", "2026-03-02",
     {"pause": "2026-03-09..2026-03-13 2026-03-14..2026-03-20"}, "2026-04-14"),
    ("pause inside a pause", "LIC-45", "2026-03-02",
     {"pause": "2026-03-09..2026-03-20 2026-03-11..2026-03-12"}, "2026-04-14"),
    ("order of pauses", "LIC-45", "2026-03-02",
     {"pause": "2026-03-10..2026-03-18 2026-03-04..2026-03-12"}, "2026-04-15"),
    ("a closed pause inside an open one", "LIC-45", "2026-03-02",
     {"pause": "2026-03-05.. 2026-03-09..2026-03-20"}, "PAUSED"),
    ("pause of one day", "LIC-45", "2026-03-02", {"pause": "2026-03-09..2026-03-09"}, "2026-03-31"),
    ("pause on the event day alone", "LIC-45", "2026-03-02", {"pause": "2026-03-02..2026-03-02"}, "2026-03-30"),
    ("C10 nought", "LIC-42", "2026-03-02", {"n": 0}, "INVALID_N"),
    ("C10 negative", "LIC-42", "2026-03-02", {"n": -1}, "INVALID_N"),
    ("C10 negative extension", "LIC-42", "2026-03-02", {"extension": -1}, "INVALID_N"),
    ("INVALID_N before EXTENSION_TOO_LONG", "LIC-42", "2026-03-02", {"n": 0, "extension": 11}, "INVALID_N"),
    ("EXTENSION_TOO_LONG before a wrong pause", "LIC-42", "2026-03-02",
     {"extension": 11, "pause": "2026-03-01..2026-03-05"}, "EXTENSION_TOO_LONG"),
    ("first pause wrong first", "LIC-42", "2026-03-02",
     {"pause": "2026-03-09..2026-03-08 2026-03-01..2026-03-05"}, "PAUSE_REVERSED"),
    ("before start wins in one pause", "LIC-42", "2026-03-02",
     {"pause": "2026-03-01..2026-02-01"}, "PAUSE_BEFORE_START"),
    ("a wrong pause before PAUSED", "LIC-42", "2026-03-02",
     {"pause": "2026-03-03.. 2026-03-01..2026-03-05"}, "PAUSE_BEFORE_START"),
    ("cap of LIC-42", "LIC-42", "2026-03-02", {"extension": 11}, "EXTENSION_TOO_LONG"),
    ("cap of LIC-45", "LIC-45", "2026-03-02", {"extension": 11}, "EXTENSION_TOO_LONG"),
    ("cap of LIC-42-2", "LIC-42-2", "2026-03-02", {"extension": 16}, "EXTENSION_TOO_LONG"),
    ("cap of FOI-33", "FOI-33", "2026-03-02", {"extension": 21}, "EXTENSION_TOO_LONG"),
    ("cap of ENF-25", "ENF-25", "2026-03-02", {"extension": 31}, "EXTENSION_TOO_LONG"),
    ("cap of REV-62", "REV-62", "2026-03-02", {"extension": 31}, "EXTENSION_TOO_LONG"),
    ("C6 a worked Saturday needs no roll", "FEE-30", "2026-01-15", {}, "2026-02-14"),
    ("C6 roll needs the calendar", "PEN-60", "2026-11-20", {}, "CALENDAR_UNAVAILABLE"),
    ("C6 without roll needs none", "PEN-60", "2026-11-20", {"roll": False}, "2027-02-18"),
    ("C6 extension before rolling", "ENF-25", "2026-04-01", {"extension": 2, "roll": True}, "2026-05-06"),
    ("C6 pause pushes by its dates", "ENF-25", "2026-04-01", {"pause": "2026-04-06..2026-04-10"}, "2026-05-06"),
    ("C6 pause past the last day", "ENF-25", "2026-04-01", {"pause": "2026-05-02..2026-05-09"}, "2026-05-01"),
    ("C6 open pause", "ENF-25", "2026-04-01", {"pause": "2026-04-06.."}, "PAUSED"),
    ("C6 extension decided on the rolled day holds", "PEN-67", "2026-09-18",
     {"extension": 5, "extension_decided_on": D("2026-10-08")}, "2026-10-08"),
    ("C7 month end", "CRE-3M", "2026-08-31", {}, "2026-11-30"),
    ("C7 leap day", "CRE-1Y", "2024-02-29", {}, "2025-02-28"),
    ("C7 roll", "LIT-46", "2026-04-03", {}, "2026-10-08"),
    ("C7 pause pushes by its dates", "CRE-3M", "2026-04-30", {"pause": "2026-05-01..2026-05-10"}, "2026-08-09"),
    ("C7 years later needs no calendar", "CRE-3Y", "2026-04-01", {}, "2029-04-01"),
    ("C8 lands on a Sunday and stays", "LIC-50", "2026-03-31", {}, "2026-03-01"),
    ("C8 needs no calendar", "LIC-50", "2031-01-15", {}, "2030-12-16"),
    ("dates beyond what can be written", "ENF-25", "2026-03-02", {"n": 9_999_999}, "CALENDAR_UNAVAILABLE"),
    ("months beyond what can be written", "CRE-3M", "2026-03-02", {"n": 999_999}, "CALENDAR_UNAVAILABLE"),
    ("a time before dates began", "LIC-50", "2026-03-02", {"n": 999_999}, "CALENDAR_UNAVAILABLE"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "start", "more", "expected"),
    [case[1:] for case in WORKED_EXAMPLES + NEIGHBOURS],
    ids=[case[0] for case in WORKED_EXAMPLES + NEIGHBOURS],
)
def test_due_days(calendar: WorkingCalendar, rule: str, start: str, more: dict[str, object], expected: str) -> None:
    """The due day, or the code of the refusal, is the one of the table, with and without a trace."""
    query = ask(rule, start, **more)
    assert outcome(deadline(query, calendar)) == expected
    assert outcome(due(query, calendar)) == expected


def test_a_late_extension_is_void_and_said(calendar: WorkingCalendar) -> None:
    """EXTENSION_LATE is a warning, one decided in time has none."""
    late = ask("LIC-42", "2026-03-02", extension=10, extension_decided_on=D("2026-03-31"))
    in_time = ask("LIC-42", "2026-03-02", extension=10, extension_decided_on=D("2026-03-30"))
    warned, silent = due(late, calendar), due(in_time, calendar)
    assert isinstance(warned, Answer) and warned.warnings == ("EXTENSION_LATE",)
    assert isinstance(silent, Answer) and silent.warnings == ()


def test_an_unknown_rule_is_said_and_rolls_nothing(calendar: WorkingCalendar) -> None:
    """Without a rule there is no cap and no roll (decision 32)."""
    query = DeadlineQuery(kind="calendar_days", start=D("2026-09-18"), n=15, rule="XYZ-1")
    found = due(query, calendar)
    assert isinstance(found, Answer) and (found.deadline, found.warnings) == (D("2026-10-03"), ("RULE_UNKNOWN",))


@pytest.mark.parametrize(
    ("rule", "start", "more", "expected"),
    [
        ("LIC-42", "2026-12-10", {}, "2027-01-08"),
        ("LIC-42", "2026-12-31", {"n": 1}, "2027-01-04"),
        ("PEN-60", "2026-11-09", {}, "2027-02-12"),
    ],
)
def test_a_provisional_date_is_never_the_deadline(
    calendar: WorkingCalendar, rule: str, start: str, more: dict[str, object], expected: str
) -> None:
    """Past the horizon `deadline` stays None and the reckoned date stands beside it (decision 5)."""
    found = deadline(ask(rule, start, allow_provisional=True, **more), calendar)
    assert isinstance(found, Answer)
    assert (found.deadline, found.provisional_deadline) == (None, D(expected))
    assert found.on == found.days[-1].on == D(expected)


def test_allowing_provisional_dates_changes_no_announced_one(calendar: WorkingCalendar) -> None:
    """Inside the coverage the answer is the same; past the reckoned years it is refused."""
    found = due(ask("LIC-42", "2026-03-02", allow_provisional=True), calendar)
    assert isinstance(found, Answer) and (found.deadline, found.provisional_deadline) == (D("2026-03-30"), None)
    assert outcome(due(ask("LIC-42", "2099-03-02", allow_provisional=True), calendar)) == "CALENDAR_UNAVAILABLE"


def test_the_trace_tells_each_day_with_number_and_reason(calendar: WorkingCalendar) -> None:
    """Event day, counted day, week-end, pause, holiday, make-up day and the last day say what they are."""
    found = deadline(ask("LIC-42", "2026-02-10", n=5, pause="2026-02-12..2026-02-13"), calendar)
    assert isinstance(found, Answer)
    told = {str(day.on)[5:]: (day.kind, day.n, day.counted) for day in found.days}
    assert told["02-10"] == ("start", None, False)
    assert told["02-11"] == ("counted", 1, True)
    assert told["02-12"] == told["02-13"] == ("pause", None, False)
    assert told["02-14"] == ("make_up", 2, True)
    assert told["02-15"] == told["02-23"] == ("holiday", None, False)
    assert told["02-26"] == ("counted", 5, True)
    assert [day.on for day in found.days] == sorted(day.on for day in found.days)
    assert "期限届满" in found.days[-1].why and "民法典第二百零一条" in found.days[0].why


def test_the_trace_goes_on_with_the_days_over(calendar: WorkingCalendar) -> None:
    """After the due day counted days are numbered as days over, rest days are not."""
    found = deadline(ask("LIC-42", "2026-03-02"), calendar, until=D("2026-04-07"))
    assert isinstance(found, Answer)
    after = [(str(day.on)[5:], day.kind, day.n) for day in found.days if day.on > D("2026-03-30")]
    assert after == [
        ("03-31", "over", 1),
        ("04-01", "over", 2),
        ("04-02", "over", 3),
        ("04-03", "over", 4),
        ("04-04", "holiday", None),
        ("04-05", "holiday", None),
        ("04-06", "holiday", None),
        ("04-07", "over", 5),
    ]


def test_a_rolled_day_says_why(calendar: WorkingCalendar) -> None:
    """Rest days between the last day and the next working day name 民法典 203; the rolled day bears the number."""
    found = deadline(ask("PEN-67", "2026-09-18"), calendar)
    assert isinstance(found, Answer)
    rolled = [day for day in found.days if "第二百零三条" in day.why]
    assert [str(day.on)[5:] for day in rolled] == ["10-03", "10-04", "10-05", "10-06", "10-07"]
    assert (found.days[-1].on, found.days[-1].n) == (D("2026-10-08"), 15)


def test_a_backward_trace_falls_towards_the_expiry(calendar: WorkingCalendar) -> None:
    """30 days before the expiry: the latest day has number 30, the day before the expiry 1."""
    found = deadline(ask("LIC-50", "2026-12-31"), calendar)
    assert isinstance(found, Answer)
    assert [(found.days[place].n, str(found.days[place].on)) for place in (0, -2, -1)] == [
        (30, "2026-12-01"),
        (1, "2026-12-30"),
        (None, "2026-12-31"),
    ]


def test_a_trace_too_long_to_read_is_left_out_and_said(calendar: WorkingCalendar) -> None:
    """A century of days is an answer without a strip."""
    found = deadline(ask("ENF-25", "2026-03-02", n=36_500), calendar)
    assert isinstance(found, Answer) and found.days == () and "TRACE_TOO_LONG" in found.warnings


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        (ask("LIC-42", "2026-03-02", n=0), "/n"),
        (ask("LIC-42", "2026-03-02", extension=11), "/extension"),
        (ask("LIC-42", "2026-03-02", pause="2026-03-09..2026-03-08"), "/pauses/0/1"),
        (ask("LIC-42", "2026-03-02", pause="2026-03-04..2026-03-05 2026-02-01..2026-03-08"), "/pauses/1/0"),
        (ask("LIC-42", "2026-03-02", pause="2026-03-04..2026-03-05 2026-03-09.."), "/pauses/1/1"),
    ],
)
def test_a_refusal_points_at_the_place(calendar: WorkingCalendar, query: DeadlineQuery, pointer: str) -> None:
    """The problem names the field and speaks both languages."""
    found = deadline(query, calendar)
    assert isinstance(found, Problem) and found.pointer == pointer and found.message and found.message_en


def test_the_wire_shape_is_the_contract_s(calendar: WorkingCalendar) -> None:
    """The body of `POST /deadlines:calculate` decodes into the query, the answer encodes into its reply."""
    body = b'{"rule":"LIC-42","kind":"workdays","start":"2026-03-02","n":20,"pauses":[["2026-03-09","2026-03-20"]]}'
    found = deadline(msgspec.json.decode(body, type=DeadlineQuery), calendar)
    reply = msgspec.json.decode(msgspec.json.encode(found))
    assert reply["deadline"] == "2026-04-14" and reply["warnings"] == []
    assert {"date", "counted", "why"} <= set(reply["days"][0])
