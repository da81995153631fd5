"""Clocks of a case: starts, limits, pauses, extension, ends (C2–C7, decision 6, rules.md §2)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.runtime.calendars import load_calendars
from services.approval.domain.case import CaseView, view_case
from services.approval.domain.lights import light_at
from tests.unit.approval.builders import (
    SHANGHAI,
    Wire,
    accepted,
    case_of,
    completed,
    extension,
    local,
    special,
    special_ended,
    submitted,
    wire,
    working_days,
)


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return load_calendars().default


def view(calendar: WorkingCalendar, *events: Wire) -> CaseView:
    found = view_case(case_of(*events), calendar, SHANGHAI)
    assert found is not None
    return found


def due(found: CaseView, kind: str) -> str | None:
    clock = found.clocks.of(kind)
    assert clock is not None, f"there is a {kind} clock"
    return clock.due_on.isoformat() if clock.due_on is not None else None


def test_the_case_of_the_mock(calendar: WorkingCalendar) -> None:
    """Accepted 5 February, expert review told for 3 days and used for 5 dates: promise 10 March, law 18 March."""
    found = view(
        calendar,
        submitted("2026-02-03 15:18"),
        accepted("2026-02-05 10:42"),
        special("2026-03-02 09:05"),
        special_ended("2026-03-06 16:20"),
    )
    assert (due(found, "promise"), due(found, "legal")) == ("2026-03-10", "2026-03-18")
    lights = [light_at(found.lights, local(at)) for at in ("2026-03-06", "2026-03-09", "2026-03-11", "2026-03-19")]
    assert lights == ["paused", "notice", "yellow", "red"]


@pytest.mark.parametrize(
    ("accepted_on", "legal", "expected"),
    [
        ("2026-03-02", 20, "2026-03-30"),
        ("2026-02-02", 20, "2026-03-06"),
        ("2026-02-14", 20, "2026-03-20"),
        ("2026-02-18", 20, "2026-03-20"),
        ("2025-12-22", 20, "2026-01-20"),
        ("2026-01-03", 1, "2026-01-04"),
    ],
)
def test_the_legal_limit(calendar: WorkingCalendar, accepted_on: str, legal: int, expected: str) -> None:
    """Worked examples of law.md §9.3 through a case."""
    assert due(view(calendar, accepted(accepted_on, legal=legal)), "legal") == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ({"value": 20, "unit": "working_day"}, "2026-03-30"),
        ({"value": 20}, "2026-03-30"),
        ({"value": 5, "unit": "calendar_day"}, "2026-03-09"),
        ({"value": 1, "unit": "calendar_month"}, "2026-04-02"),
        ({"value": 48, "unit": "hour"}, "2026-03-04"),
        ({"due_on": "2026-05-05"}, "2026-05-05"),
        (None, "2026-03-30"),
        ({"value": 0, "unit": "working_day"}, "2026-03-30"),
    ],
)
def test_units_of_the_legal_limit(calendar: WorkingCalendar, limit: Any, expected: str) -> None:
    """Working days; calendar days and months that roll; hours; a claimed date; no limit = the general 20 days (42)."""
    found = view(calendar, accepted("2026-03-02", legal=None, legal_limit=limit))
    assert due(found, "legal") == expected


def test_an_hour_limit_is_late_after_its_instant(calendar: WorkingCalendar) -> None:
    """48 hours from 09:00 end at 09:00."""
    found = view(calendar, accepted("2026-03-02", legal=None, legal_limit={"value": 48, "unit": "hour"}, promise=None))
    assert light_at(found.lights, local("2026-03-04 08:59")) != "red"
    assert light_at(found.lights, local("2026-03-04 09:01")) == "red"


@pytest.mark.parametrize("promise", [{"value": 0, "unit": "working_day"}, None])
def test_without_a_promise_there_is_no_notice_and_no_yellow(calendar: WorkingCalendar, promise: Any) -> None:
    """Decision 32 and C10: only the law's red remains."""
    found = view(calendar, accepted("2026-03-02", promise=None, promise_limit=promise))
    assert found.clocks.of("promise") is None
    assert [light_at(found.lights, local(at)) for at in ("2026-03-30 23:59", "2026-03-31 00:00")] == ["green", "red"]


def test_after_a_supplement_the_case_clock_starts_on_its_arrival(calendar: WorkingCalendar) -> None:
    """许可法 32(5), decision 6: the day of the last supplement counts, an acceptance of another day is an issue."""
    events = (
        submitted("2026-02-25"),
        wire("supplement.requested", "2026-02-26", materials=[{"name": "平面图"}], reason="缺件"),
        wire("supplement.received", "2026-03-02", materials=[{"name": "平面图"}], complete=True),
        accepted("2026-03-05"),
    )
    found = view(calendar, *events)
    assert due(found, "legal") == "2026-03-30"
    assert [(i.code, i.detail) for i in found.issues if i.code == "ACCEPTED_ON_DIFFERS"] == [
        ("ACCEPTED_ON_DIFFERS", "2026-03-02")
    ]
    acceptance = [
        (c.clock_id, c.start_on.isoformat(), c.state(local("2026-03-09"), date(2026, 3, 9)))
        for c in found.clocks.all[:2]
    ]
    assert acceptance == [("acceptance-1", "2026-02-25", "met"), ("acceptance-2", "2026-03-02", "met")]


def test_a_supplement_asked_after_acceptance_moves_nothing(calendar: WorkingCalendar) -> None:
    """S07: it stops no clock and is marked."""
    found = view(
        calendar,
        accepted("2026-03-02"),
        wire("supplement.requested", "2026-03-05", materials=[{"name": "x"}], reason="缺件"),
        wire("supplement.received", "2026-03-12", materials=[{"name": "x"}], complete=True),
    )
    assert due(found, "legal") == "2026-03-30"
    assert "supplement_after_acceptance" in {i.detail for i in found.issues}


@pytest.mark.parametrize(
    ("kind", "notice", "days", "legal", "promise"),
    [
        ("expert_review", True, 3, "2026-04-14", "2026-03-27"),
        ("expert_review", False, 3, "2026-03-30", "2026-03-23"),
        ("expert_review", True, None, "2026-03-30", "2026-03-23"),
        ("other_local", True, 3, "2026-03-30", "2026-03-27"),
        ("other_local", True, None, "2026-03-30", "2026-03-23"),
    ],
)
def test_what_a_special_procedure_stops(
    calendar: WorkingCalendar, kind: str, notice: bool, days: int | None, legal: str, promise: str
) -> None:
    """The law stops for the eight kinds told in writing; the promise at most for the time told (rules.md §2)."""
    found = view(
        calendar,
        accepted("2026-03-02"),
        special("2026-03-09", kind, days=days, notice=notice),
        special_ended("2026-03-20"),
    )
    assert (due(found, "legal"), due(found, "promise")) == (legal, promise)


def test_an_open_pause_stops_the_law_and_not_the_promise_beyond_the_time_told(calendar: WorkingCalendar) -> None:
    """PAUSED has no due day; after the told days the promise runs by itself."""
    found = view(calendar, accepted("2026-03-02"), special("2026-03-09"))
    assert (found.state, due(found, "legal"), due(found, "promise")) == ("paused", None, "2026-03-27")
    assert light_at(found.lights, local("2026-05-01")) == "paused"


def test_a_pause_that_begins_after_the_due_day_revives_nothing(calendar: WorkingCalendar) -> None:
    """C4: the case stays overdue."""
    found = view(calendar, accepted("2026-03-02"), special("2026-03-31"), special_ended("2026-04-10"))
    assert due(found, "legal") == "2026-03-30"
    assert light_at(found.lights, local("2026-04-02")) == "red"


@pytest.mark.parametrize(
    ("asked", "legal", "promise", "void"),
    [
        (extension("2026-03-20"), "2026-04-14", "2026-04-07", []),
        (extension("2026-03-20", level=None), "2026-03-30", "2026-03-23", ["no_approver"]),
        (extension("2026-03-31"), "2026-03-30", "2026-03-23", ["late"]),
        (extension("2026-03-20", days=11), "2026-03-30", "2026-03-23", ["too_long"]),
        (extension("2026-03-20", days=0), "2026-03-30", "2026-03-23", ["no_limit"]),
        (extension("2026-03-20", notice=None), "2026-04-14", "2026-04-07", []),
    ],
)
def test_an_extension(calendar: WorkingCalendar, asked: Wire, legal: str, promise: str, void: list[str]) -> None:
    """C5, S11, decision 51: it counts for both clocks or for none; reasons not told do not void it."""
    found = view(calendar, accepted("2026-03-02"), asked)
    assert (due(found, "legal"), due(found, "promise")) == (legal, promise)
    assert [v.why for v in found.clocks.void_extensions] == void


def test_a_second_extension_is_void(calendar: WorkingCalendar) -> None:
    """Once, says Art. 42."""
    found = view(
        calendar, accepted("2026-03-02"), extension("2026-03-20", days=5), extension("2026-03-25", days=5, seqno=10)
    )
    assert due(found, "legal") == "2026-04-07"
    assert [v.why for v in found.clocks.void_extensions] == ["second"]


def test_a_joint_case_has_forty_five_days_and_needs_the_governments_head(calendar: WorkingCalendar) -> None:
    """Art. 42¶2: 45 days, 15 more by the head of the government."""
    joint = accepted("2026-03-02", legal=None, case_kind="joint")
    assert due(view(calendar, joint), "legal") == "2026-05-08"
    government = extension("2026-03-20", days=15, level="government_head")
    assert due(view(calendar, joint, government), "legal") == "2026-05-28"
    assert due(view(calendar, joint, extension("2026-03-20", days=15)), "legal") == "2026-05-08"


def test_past_the_calendar_only_a_provisional_day_is_known(calendar: WorkingCalendar) -> None:
    """C9, decision 5: no due day, but a light as long as today is covered."""
    found = view(calendar, accepted("2026-12-10"))
    clock = found.clocks.of("legal")
    assert clock is not None
    assert clock.due_on is None
    assert clock.provisional_due_on is not None
    assert clock.provisional_due_on.year == 2027
    assert light_at(found.lights, local("2026-12-20")) == "green"
    assert light_at(found.lights, local("2027-01-01")) == "grey"


@pytest.mark.parametrize(
    ("ended_at", "result", "legal", "promise", "light"),
    [
        ("2026-03-23 23:50", "granted", "met", "met", "green"),
        ("2026-03-24", "granted", "met", "passed", "yellow"),
        ("2026-03-31", "denied", "passed", "passed", "red"),
        ("2026-03-10", "returned", "void", "void", "green"),
        ("2026-03-31", "returned", "passed", "passed", "red"),
    ],
)
def test_how_clocks_end(
    calendar: WorkingCalendar, ended_at: str, result: str, legal: str, promise: str, light: str
) -> None:
    """In time to the end of the due day; without an answer void unless the limit had passed."""
    found = view(calendar, accepted("2026-03-02"), completed(ended_at, result))
    now = local("2026-06-01")
    states = [found.clocks.of(kind).state(now, now.date()) for kind in ("legal", "promise")]  # type: ignore[union-attr]
    assert (states, light_at(found.lights, now)) == ([legal, promise], light)


def test_the_acceptance_clock_and_its_light(calendar: WorkingCalendar) -> None:
    """S05: notice on working day 4, red after the fifth; a supplement notice answers it."""
    open_case = view(calendar, submitted("2026-03-02"))
    lights = [light_at(open_case.lights, local(at)) for at in ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10")]
    assert lights == ["green", "notice", "notice", "red"]
    asked = wire("supplement.requested", "2026-03-04", materials=[{"name": "x"}], reason="缺件")
    waiting = view(calendar, submitted("2026-03-02"), asked)
    assert (waiting.state, light_at(waiting.lights, local("2026-05-01"))) == ("supplement", "green")


def test_delivery_runs_from_the_grant(calendar: WorkingCalendar) -> None:
    """许可法 44: ten working days, met by the collection; a denial has no such clock."""
    granted = view(calendar, accepted("2026-09-01"), completed("2026-09-18"))
    assert due(granted, "delivery") == "2026-10-09"
    assert view(calendar, accepted("2026-09-01"), completed("2026-09-18", "denied")).clocks.of("delivery") is None


def test_the_zone_of_the_region_decides_the_day(calendar: WorkingCalendar) -> None:
    """One instant is two dates: 23:30 in Shanghai is the day itself there, not the day of UTC."""
    found = view(calendar, accepted("2026-03-02 23:30", legal=None, legal_limit=working_days(20)))
    clock = found.clocks.of("legal")
    assert clock is not None
    assert clock.start_on == date(2026, 3, 2)
