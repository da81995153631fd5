"""The county lives as the founding documents count it; nobody in it is real, and no two seasons share a number."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import orjson
import pytest

from libs.common.kernel.events.codec import encode, parse_intake
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.calendars import load_calendars
from libs.ops.simulate.county import County, load_county
from libs.ops.simulate.desks import draw_complaint, draw_consultation
from libs.ops.simulate.mishaps import HEARTBEAT
from libs.ops.simulate.output import lines_of, write_lines
from libs.ops.simulate.plants.plan_file import everything
from libs.ops.simulate.story import Story, calm_story, full_story
from libs.ops.simulate.stream import Season
from services.approval.domain.acts import Case, merge
from services.approval.domain.intake import Owner, owner_after, ownership_problem
from services.approval.domain.procedure import read_procedure
from services.approval.domain.quality import quality_issues
from services.approval.feeds.gdbs.writing import kind_of

ROOT = Path(__file__).parents[3]
SEASON = Season(cases=2000, first_on=date(2026, 1, 5), last_on=date(2026, 4, 30), seed=21)
CALENDAR = load_calendars().of("990101")
# plants whose record is wrong on purpose
WRONG_RECORDS = {"S07", "S09", "S64", "S65", "S66", "S69"}


@pytest.fixture(scope="module")
def county() -> County:
    return load_county()


@pytest.fixture(scope="module")
def story(county: County) -> Story:
    return full_story(county, CALENDAR, SEASON, orders=everything(SEASON))


@pytest.fixture(scope="module")
def told(story: Story) -> list[tuple[datetime, dict[str, Any]]]:
    """Two thousand cases with every plant and mishap, as they reach the platform."""
    return list(story.acts())


@pytest.fixture(scope="module")
def life(county: County) -> list[dict[str, Any]]:
    """The same season without plants and mishaps."""
    return [event for _, event in calm_story(county, CALENDAR, SEASON).acts()]


def share(events: list[dict[str, Any]], kind: str, name: str, *values: Any) -> float:
    """How many of the events of a type say one of the values."""
    said = [event["data"].get(name) for event in events if event["type"] == kind]
    return sum(value in values for value in said) / len(said)


def test_cases_are_filed_where_the_documents_count_them(life: list[dict[str, Any]]) -> None:
    """R7: 14 652 cases at the halls of county and city, 161 394 at townships and villages."""
    levels = Counter(e["data"]["service_point"]["level"] for e in life if e["type"] == "hall.application.submitted")
    assert set(levels) == {"county", "city", "township", "village"}
    assert (levels["county"] + levels["city"]) / SEASON.cases == pytest.approx(14_652 / 176_046, abs=0.02)


def test_questions_and_complaints_come_by_the_counted_channels(county: County, story: Story) -> None:
    """R17: 8 000 by phone, 6 000 in person, 7 000 on line; R21: 1 823 by phone, 494 on line, 33 of 63 five stars."""
    random, day = Random(4), date(2026, 3, 2)
    asked = Counter(draw_consultation(random, county, story.days, day, n, "AAAAA").channel for n in range(2000))
    assert asked["phone"] / 2000 == pytest.approx(8 / 21, abs=0.03)
    assert asked["window"] / 2000 == pytest.approx(6 / 21, abs=0.03)
    complaints = [draw_complaint(random, county, story.days, day, n, "AAAAA") for n in range(2000)]
    assert Counter(one.channel for one in complaints)["hotline"] / 2000 == pytest.approx(1823 / 2317, abs=0.03)
    assert Counter(one.stars for one in complaints)[5] / 2000 == pytest.approx(33 / 63, abs=0.03)
    assert sum(one.is_met for one in complaints) / 2000 == pytest.approx(106 / 2963, abs=0.015)


def test_nearly_all_ratings_are_good(life: list[dict[str, Any]]) -> None:
    """R8: 99.8 % satisfied."""
    assert share(life, "hall.evaluation.submitted", "grade", 1, 2, 3) == pytest.approx(0.998, abs=0.006)


def test_most_cases_are_in_time_and_all_kinds_of_fate_occur(life: list[dict[str, Any]]) -> None:
    """R5, R6, R8: joint approvals with silent parts, meetings, hearings, notice periods, returns, lapses, renewals."""
    kinds = Counter(event["type"] for event in life)
    for kind in (
        "hall.joint.opined", "hall.joint.met", "hall.notice_period.ended", "hall.inspection.held", "hall.fee.charged",
        "hall.supplement.lapsed", "hall.case.withdrawn", "hall.application.prereviewed", "hall.complaint.closed",
        "hall.consultation.answered", "hall.penalty.legal_reviewed", "hall.penalty.discussed", "hall.penalty.fulfilled",
    ):  # fmt: skip
        assert kinds[kind] > 0, kind
    results = Counter(event["data"]["result"] for event in life if event["type"] == "hall.case.completed")
    assert results["granted"] / results.total() == pytest.approx(0.974, abs=0.015)
    assert {"denied", "returned"} <= set(results)
    categories = {item.category for item in load_county().items}
    assert len(categories) >= 9
    assert sum(item.weight > 0 for item in load_county().items) >= 19


def test_nobody_is_real(told: list[tuple[datetime, dict[str, Any]]]) -> None:
    """Births before 1913, credit codes with XX in their body, mobile numbers of no operator."""
    parties = [event["data"]["party"] for _, event in told if "party" in event["data"]]
    assert len(parties) > 2000
    for party in parties:
        number = party["id_no"]
        assert int(number[6:10]) < 1913 if party["id_type"] == "resident_id" else "XX" in number
        assert party.get("contact_mobile", "100").startswith("100")


def test_everything_comes_in_and_folds_cleanly(story: Story, told: list[tuple[datetime, dict[str, Any]]]) -> None:
    """The intake refuses nothing; what is wrong with a record was planted."""
    owners: dict[str, Owner] = {}
    folded: dict[str, Case] = {}
    seen: set[tuple[str, str]] = set()
    for at, wire in told:
        event = parse_intake(orjson.dumps(wire))
        assert isinstance(event, Event), (wire["id"], event)
        assert event.time <= at
        if (event.source, event.id) in seen or event.type.startswith(("hall.source.", "hall.co", "hall.penalty.")):
            continue
        seen.add((event.source, event.id))
        assert ownership_problem(event, owners.get(event.subject)) is None, wire["id"]
        owners[event.subject] = owner_after(owners.get(event.subject), event)
        stamped = msgspec.structs.replace(event, receivedtime=at)
        known = folded.get(event.subject, Case(event.subject))
        folded[event.subject] = merge(known, stamped, encode(stamped))
    wrong = {plant.subject for plant in story.plants if plant.rule in WRONG_RECORDS}
    issues = {
        number: found
        for number, case in folded.items()
        if number not in wrong and (found := quality_issues(case, read_procedure(case, story.county.timezone)))
    }
    assert issues == {}
    assert len(folded) > SEASON.cases


def test_reports_come_late_doubled_and_mended(told: list[tuple[datetime, dict[str, Any]]]) -> None:
    """A few are said later than they happened, a few twice, a few again under the next version; nothing is lost."""
    keys = Counter((event["source"], event["id"]) for _, event in told)
    assert sum(number - 1 for number in keys.values()) > 10
    assert sum(event["dataversion"] > 1 for _, event in told) > 10
    assert sum("senttime" in event for _, event in told) > 100
    instants = [at for at, _ in told]
    assert instants == sorted(instants)


def test_a_silent_source_says_nothing_and_then_all(story: Story, told: list[tuple[datetime, dict[str, Any]]]) -> None:
    """During a silence neither events nor heartbeats of the source; at its end everything that happened in it."""
    assert story.mishaps.silences
    for silence in story.mishaps.silences:
        said = [at for at, event in told if event["source"] == silence.source and silence.from_at <= at < silence.to_at]
        assert said == []
        released = [event for at, event in told if at == silence.to_at and event["source"] == silence.source]
        assert len(released) > 3
        assert all(datetime.fromisoformat(event["time"]) < silence.to_at for event in released)
    beats = [at for at, event in told if event["type"] == HEARTBEAT]
    assert max(later - earlier for earlier, later in pairwise(beats)) > timedelta(hours=28)


def test_two_seasons_share_no_number(county: County) -> None:
    """Another seed, other days or another size: no case number, no id and no paper's number is used twice."""
    season = replace(SEASON, cases=300, last_on=date(2026, 1, 30))
    seasons = (season, replace(season, seed=22), replace(season, cases=299), replace(season, last_on=date(2026, 1, 29)))
    known: set[str] = set()
    for one in seasons:
        events = [event for _, event in calm_story(county, CALENDAR, one).acts()]
        numbers = {event["subject"] for event in events} | {event["id"] for event in events}
        numbers |= {event["data"]["decision"]["no"] for event in events if "decision" in event["data"]}
        assert known.isdisjoint(numbers)
        known |= numbers


def test_one_seed_gives_one_file_in_every_process(tmp_path: Path) -> None:
    """Byte by byte, breaches and answer sheet too, however the processes hash their words."""
    files = []
    for hash_seed in ("1", "4242"):
        out = tmp_path / f"{hash_seed}.jsonl"
        command = [sys.executable, "-m", "libs.ops.cli", "simulate", "--cases", "60", "--seed", "5", "--out", str(out)]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([*command, "--breaches", "all"], cwd=ROOT, env=environment, check=True, capture_output=True)
        files.append((out.read_bytes(), out.with_name(f"{out.name}.answers.jsonl").read_bytes()))
    assert files[0] == files[1]
    assert files[0][0].count(b"\n") > 500


def test_a_file_of_guangdong_messages_tells_the_same_acts(county: County, tmp_path: Path) -> None:
    """Every act that the exchange has a kind for is one message of its case; the rest is left out."""
    story = full_story(county, CALENDAR, replace(SEASON, cases=300, last_on=date(2026, 3, 6)))
    out = tmp_path / "county.jsonl"
    count = write_lines(out, lines_of(story.acts(), "gdbs", county.timezone), lambda *_: None)
    carried = [event["subject"] for _, event in story.acts() if kind_of(event) is not None]
    messages = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert count == len(messages) == len(carried) > 1000
    assert [message["sblsh"] for message in messages] == carried
    assert {message["sptype"] for message in messages} == set("0123456789")


def test_memory_follows_open_cases_and_not_told_ones(county: County) -> None:
    """A story is told as it goes: its first hundred events come without the rest being drawn."""
    acts = full_story(county, CALENDAR, Season(10**6, date(2026, 1, 1), date(2026, 11, 26), 1)).acts()
    first = [next(acts) for _ in range(100)]
    assert first[0][0] < first[-1][0] < datetime(2026, 1, 2, tzinfo=UTC)
