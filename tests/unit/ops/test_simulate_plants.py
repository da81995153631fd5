"""Planted breaches: the answer sheet is right by the statutory clock, and a plan that is wrong is told where."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import orjson
import pytest

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.statutory_clock import DeadlineQuery, Kind, due
from libs.common.runtime.calendars import load_calendars
from libs.ops.simulate.county import County, load_county
from libs.ops.simulate.items import item_body
from libs.ops.simulate.plants.catalogue import PLANTERS, UNPLANTABLE
from libs.ops.simulate.plants.plan_file import everything, read_plan
from libs.ops.simulate.plants.planting import plant_all
from libs.ops.simulate.plants.sheet import Plant, write_answers
from libs.ops.simulate.story import Story, full_story
from libs.ops.simulate.stream import Season, working_days_of
from services.approval.feeds.item_files import read_items

CALENDAR = load_calendars().of("990101")
SEASON = Season(cases=50, first_on=date(2026, 1, 1), last_on=date(2026, 6, 30), seed=8)
SHORT = Season(cases=50, first_on=date(2026, 3, 2), last_on=date(2026, 4, 30), seed=8)
DAYS = working_days_of(CALENDAR.is_working_day, SEASON, CALENDAR.last_day)
KINDS: dict[str, Kind] = {"working_day": "workdays", "calendar_day": "calendar_days"}


@pytest.fixture(scope="module")
def county() -> County:
    return load_county()


@pytest.fixture(scope="module")
def plants(county: County) -> tuple[Plant, ...]:
    return plant_all(county, DAYS, SEASON, everything(SEASON)).plants


def test_every_rule_is_planted_or_said_why_not() -> None:
    """S01 to S74: each has a planter, or a reason why no hall event can show it."""
    assert set(PLANTERS) | set(UNPLANTABLE) == {f"S{number:02d}" for number in range(1, 75)}
    assert set(PLANTERS).isdisjoint(UNPLANTABLE)


def test_the_catalogue_that_plants_lean_on_is_one_that_the_platform_takes(county: County) -> None:
    """Every item of the county passes the judgement of the import."""
    document = orjson.dumps({"items": [item_body(county, item) for item in county.items]})
    rows = read_items(document, "json")
    assert [row.problems for row in rows if row.problems] == []
    assert len(rows) == len(county.items)


def test_each_rule_is_planted_once_in_every_kind(plants: tuple[Plant, ...]) -> None:
    """Half a year holds all of them; a breach expects a card, its twin never."""
    planted = Counter((plant.rule, plant.kind) for plant in plants)
    assert planted == Counter((rule, kind) for rule, planter in PLANTERS.items() for kind in planter.kinds)
    assert all(plant.expects_card for plant in plants if plant.kind == "fires")
    assert not any(plant.expects_card for plant in plants if plant.kind == "twin")


def test_due_days_are_those_of_the_statutory_clock(plants: tuple[Plant, ...]) -> None:
    """Each limit is counted again by the kernel from an act of the case; the breach is true when that day has ended."""
    counted = 0
    for plant in plants:
        said = plant.count
        if said is None:
            continue
        due_on = said.start_on
        if said.unit != "day_of_expiry":
            # the event day is that of an act which the file tells, not what the planter thinks
            told = {event["time"] for _, event in plant.acts}
            told |= {event["data"]["started_at"] for _, event in plant.acts if "started_at" in event["data"]}
            assert said.start_on in {datetime.fromisoformat(instant).date() for instant in told}
            query = DeadlineQuery(kind=KINDS[said.unit], start=said.start_on, n=said.n, roll=said.unit != "working_day")
            answer = due(query, CALENDAR)
            assert not isinstance(answer, Problem)
            assert answer.deadline is not None
            due_on = answer.deadline
        assert plant.due_on == due_on, (plant.rule, plant.kind)
        if plant.rule != "S01":
            assert plant.became_true_at.date() == due_on + timedelta(days=1)
            assert plant.became_true_at.time() == time(0)
        counted += 1
    assert counted > 40


def test_a_breach_its_twin_and_its_boundary_day_are_other_cases(plants: tuple[Plant, ...]) -> None:
    """No two plants share a case, and every act of a plant is one of its own matters."""
    subjects = [{event["subject"] for _, event in plant.acts} for plant in plants]
    assert sum(map(len, subjects)) == len(set().union(*subjects))
    assert all(plant.subject in known for plant, known in zip(plants, subjects, strict=True) if plant.subject)


def test_plants_stay_inside_the_season_and_do_not_disturb_it(county: County) -> None:
    """What is lived beside them is the same as without; the sheet's breaches come true before the season ends."""
    bare = [event for _, event in full_story(county, CALENDAR, SHORT).acts()]
    story = full_story(county, CALENDAR, SHORT, orders=everything(SHORT))
    planted = {event["id"] for plant in story.plants for _, event in plant.acts}
    assert [event for _, event in story.acts() if event["id"] not in planted] == bare
    found = [plant for plant in story.plants if plant.expects_card]
    assert all(plant.became_true_at.date() <= SHORT.last_on + timedelta(days=1) for plant in found)
    assert any("S44" in reason for reason in story.left_out)


def planned(text: str, tmp_path: Path, county: County, suffix: str = ".toml", season: Season = SHORT) -> Story:
    path = tmp_path / f"plan{suffix}"
    path.write_text(text, encoding="utf-8")
    return full_story(county, CALENDAR, season, orders=read_plan(path, county, season))


def test_a_plan_says_how_many_where_and_when(tmp_path: Path, county: County) -> None:
    """Counts by kind, an organisation, an item, days in which the planted cases begin; TOML and YAML say the same."""
    toml = '[S02]\nfires = 3\ntwin = 2\norg = "planning"\nitem = "land"\nfrom = 2026-03-09\nto = "2026-03-20"\n'
    story = planned(toml, tmp_path, county)
    assert Counter(plant.kind for plant in story.plants) == {"fires": 3, "twin": 2}
    for plant in story.plants:
        assert plant.org_code == county.organisations["planning"].code
        assert plant.item_code == county.item("land").code
        assert date(2026, 3, 9) <= plant.acts[0][0].date() <= date(2026, 3, 20)
    yaml = "S02: {fires: 3, twin: 2, org: planning, item: land, from: 2026-03-09, to: 2026-03-20}\n"
    assert planned(yaml, tmp_path, county, ".yaml").plants == story.plants


def test_all_is_the_rest(tmp_path: Path, county: County) -> None:
    """A rule's own table goes before `all`; a rule alone is planted once in every kind."""
    story = planned("[all]\ncount = 1\n[S01]\ncount = 0\n[S08]\ntwin = 4\n", tmp_path, county)
    found = Counter((plant.rule, plant.kind) for plant in story.plants)
    assert found["S01", "fires"] == 0
    assert (found["S08", "fires"], found["S08", "twin"], found["S09", "fires"]) == (1, 4, 1)
    assert Counter(plant.kind for plant in planned("[S03]\n", tmp_path, county).plants).total() == 3


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        pytest.param("[S03]\nfires = -1", {"/S03/fires": "NOT_A_COUNT"}, id="a negative count"),
        pytest.param("[S03]\nfires = true", {"/S03/fires": "NOT_A_COUNT"}, id="no count"),
        pytest.param("[S99]\nfires = 1", {"/S99": "RULE_UNKNOWN"}, id="an unknown rule"),
        pytest.param("[S36]\nfires = 1", {"/S36": "RULE_NOT_PLANTABLE"}, id="a rule that no hall event shows"),
        pytest.param("[S12]\nboundary = 1", {"/S12/boundary": "KIND_MISSING"}, id="a rule without an edge"),
        pytest.param("[S03]\nfired = 1", {"/S03/fired": "KEY_UNKNOWN"}, id="an unknown key"),
        pytest.param('[S03]\norg = "nobody"', {"/S03/org": "ORG_UNKNOWN"}, id="an unknown organisation"),
        pytest.param('[S03]\nitem = "nothing"', {"/S03/item": "ITEM_UNKNOWN"}, id="an unknown item"),
        pytest.param("[S03]\nfrom = 2027-01-01", {"/S03/from": "DAY_OUTSIDE"}, id="a day outside"),
        pytest.param('[S03]\nto = "soon"', {"/S03/to": "DAY_OUTSIDE"}, id="no day"),
        pytest.param(
            "[S03]\nfrom = 2026-03-20\nto = 2026-03-09", {"/S03/to": "DAYS_REVERSED"}, id="days in the wrong order"
        ),
        pytest.param("S03 = 3", {"/S03": "PLAN_SHAPE"}, id="no table"),
        pytest.param("", {"": "PLAN_SHAPE"}, id="empty"),
        pytest.param("[S03", {"": "PLAN_UNREADABLE"}, id="no TOML"),
        pytest.param("[S44]\nfires = 1", {"/S44/fires": "NO_ROOM"}, id="ninety days in a season of sixty"),
        pytest.param(
            '[S52]\nitem = "food"', {f"/S52/{k}": "NO_ROOM" for k in ("fires", "twin", "boundary")}, id="misfit"
        ),
        pytest.param(
            "[S03]\nfires = -1\nfired = 1\n[S99]\n",
            {"/S03/fires": "NOT_A_COUNT", "/S03/fired": "KEY_UNKNOWN", "/S99": "RULE_UNKNOWN"},
            id="everything at once",
        ),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_where(
    text: str, pointers: dict[str, str], tmp_path: Path, county: County
) -> None:
    """Each problem has its place in the plan and says in both languages what to write."""
    with pytest.raises(DataError) as told:
        planned(text, tmp_path, county)
    assert {problem.pointer: problem.code for problem in told.value.problems} == pointers
    assert all(problem.message and problem.message_en for problem in told.value.problems)


def test_the_sheet_says_what_has_to_be_found(plants: tuple[Plant, ...], tmp_path: Path) -> None:
    """One line per plant: rule, kind, number, what comes and when, and why in Chinese."""
    path = tmp_path / "answers.jsonl"
    assert write_answers(path, plants) == len(plants)
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    for row in rows:
        assert row["expect"] in ("card", "no_card")
        assert ("became_true_at" in row) == (row["expect"] == "card")
        assert row["subject"] or row["org_code"]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in row["why"])
