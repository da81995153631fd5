"""The simulated county: repeatable, in order of time, inside office hours, and lawful unless a plan says otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, time
from random import Random
from typing import Any

import orjson
import pytest

from libs.common.kernel.events.codec import parse_intake
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.calendars import load_calendars
from libs.ops.simulate.applicants import credit_code, resident_id
from libs.ops.simulate.county import County, load_county
from libs.ops.simulate.plans import ExtensionPlan, PausePlan, draw_plan
from libs.ops.simulate.stream import Season, cases_per_day, stream_events, tell_plans, working_days_of
from libs.ops.simulate.working_days import WorkingDays

SEASON = Season(cases=400, first_on=date(2026, 1, 5), last_on=date(2026, 3, 6), seed=11)


@pytest.fixture(scope="module")
def county() -> County:
    return load_county()


@pytest.fixture(scope="module")
def days() -> WorkingDays:
    calendar = load_calendars().of("990101")
    return working_days_of(calendar.is_working_day, SEASON, date(2026, 12, 31))


@pytest.fixture(scope="module")
def events(county: County, days: WorkingDays) -> list[dict[str, Any]]:
    return [event for _, event in stream_events(county, days, SEASON)]


def test_two_runs_of_one_seed_are_equal(county: County, days: WorkingDays, events: list[dict[str, Any]]) -> None:
    """The same seed tells the same life, byte by byte; another seed another one."""
    again = [event for _, event in stream_events(county, days, SEASON)]
    assert orjson.dumps(again) == orjson.dumps(events)
    other = [event for _, event in stream_events(county, days, replace(SEASON, seed=12))]
    assert orjson.dumps(other) != orjson.dumps(events)


def test_events_come_in_order_of_time_and_once(events: list[dict[str, Any]]) -> None:
    """A stream can be replayed as it is: no step back in time, no id twice."""
    instants = [datetime.fromisoformat(event["time"]) for event in events]
    assert instants == sorted(instants)
    assert max(Counter((e["source"], e["id"]) for e in events).values()) == 1


def test_every_event_is_one_that_the_intake_takes(events: list[dict[str, Any]]) -> None:
    """What the county says follows the contract to the letter."""
    refused = [judged for judged in map(parse_intake, events) if not isinstance(judged, Event)]
    assert refused == []


def test_the_asked_number_of_cases_is_filed(days: WorkingDays, events: list[dict[str, Any]]) -> None:
    """The days' shares add up to exactly the number asked for."""
    assert sum(n for _, n in cases_per_day(SEASON, days)) == SEASON.cases
    assert sum(e["type"] == "hall.application.submitted" for e in events) == SEASON.cases


def test_the_hall_acts_in_office_hours_on_working_days(days: WorkingDays, events: list[dict[str, Any]]) -> None:
    """Windows are closed at lunch, in the evening and on rest days; make-up Saturdays are worked."""
    acts = ("hall.case.accepted", "hall.case.completed", "hall.special.started", "hall.case.refused")
    at = [datetime.fromisoformat(e["time"]) for e in events if e["type"] in acts]
    assert all(instant.date() in days for instant in at)
    assert all(time(8, 30) <= instant.time() for instant in at)
    assert date(2026, 2, 28) in days
    assert date(2026, 2, 17) not in days


def test_a_county_sees_every_kind_of_ending(events: list[dict[str, Any]]) -> None:
    """Grants, denials, refusals, pauses, supplements, penalties and ratings all happen."""
    kinds = Counter(e["type"] for e in events)
    for kind in ("hall.case.refused", "hall.special.ended", "hall.supplement.received", "hall.penalty.decided"):
        assert kinds[kind] > 0, kind
    results = Counter(e["data"]["result"] for e in events if e["type"] == "hall.case.completed")
    assert results["granted"] > 10 * results["denied"] > 0


def test_acts_of_a_case_keep_their_order(events: list[dict[str, Any]]) -> None:
    """Submitted, accepted, completed, collected: never the other way round."""
    rank = {
        "hall.application.submitted": 0,
        "hall.case.accepted": 1,
        "hall.case.completed": 2,
        "hall.result.collected": 3,
        "hall.evaluation.submitted": 4,
    }
    seen: dict[str, int] = defaultdict(lambda: -1)
    for event in events:
        step = rank.get(event["type"])
        if step is not None:
            assert step > seen[event["subject"]]
            seen[event["subject"]] = step


@pytest.mark.parametrize(
    ("used_days", "decided_on"),
    [
        pytest.param(10, "2026-03-16", id="on the promise's due day"),
        pytest.param(11, "2026-03-17", id="one day past the promise"),
        pytest.param(20, "2026-03-30", id="on the law's due day"),
        pytest.param(21, "2026-03-31", id="one day past the law"),
    ],
)
def test_a_plan_is_told_to_the_day(county: County, days: WorkingDays, used_days: int, decided_on: str) -> None:
    """Accepted on Monday 2 March 2026: the planned number of working days leads to the planned date."""
    plan = _plain_plan(county, days, used_days)
    told = tell_plans(county, days, [plan], seed=1)
    (completed,) = [e for _, e in told if e["type"] == "hall.case.completed"]
    assert completed["data"]["decision"]["decided_on"] == decided_on


def test_a_pause_takes_its_days_out(county: County, days: WorkingDays) -> None:
    """Twenty used days around a pause of five working days end five working days later."""
    plan = replace(_plain_plan(county, days, 20), pause=PausePlan("hearing", 3, 5, 6))
    told = tell_plans(county, days, [plan], seed=1)
    (completed,) = [e for _, e in told if e["type"] == "hall.case.completed"]
    assert completed["data"]["decision"]["decided_on"] == "2026-04-07"


def test_nothing_is_planned_after_the_decision(county: County, days: WorkingDays) -> None:
    """A pause or an extension whose day never comes is not told."""
    plan = replace(_plain_plan(county, days, 2), pause=PausePlan("hearing", 3, 5, 6), extension=ExtensionPlan(10, 18))
    told = tell_plans(county, days, [plan], seed=1)
    assert "hall.special.started" not in {event["type"] for _, event in told}


def test_invented_people_have_right_check_characters() -> None:
    """Numbers pass their checks and belong to nobody: births before 1913, bodies with XX."""
    for seed in range(50):
        number = resident_id(Random(seed))
        assert int(number[6:10]) < 1913
        code = credit_code("9", "1", "110101", seed)
        assert "XX" in code
        assert len(code) == 18


def _plain_plan(county: County, days: WorkingDays, used_days: int) -> Any:
    plan = draw_plan(Random(3), county, days, date(2026, 3, 2), 1)
    item = next(row for row in county.items if row.key == "land")
    return replace(
        plan,
        item=item,
        channel="window",
        submitted_at=datetime(2026, 3, 2, 9, 0, tzinfo=county.timezone),
        accept_after_days=0,
        supplement_after_days=None,
        refusal=None,
        pause=None,
        extension=None,
        withdrawn_after_days=None,
        used_days=used_days,
    )
