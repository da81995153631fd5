"""What is planted is found by the supervision's own rules, on the day that the answer sheet says, and twins are not.

The sheet is made without the supervision; here the two are laid side by side, plant by plant, without engines.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import msgspec
import orjson
import pytest

from libs.common.kernel.events.codec import encode, parse_intake
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.reference import ItemPublished
from libs.common.runtime.calendars import load_calendars
from libs.ops.simulate.county import load_county
from libs.ops.simulate.items import item_body
from libs.ops.simulate.plants.plan_file import everything
from libs.ops.simulate.plants.planting import plant_all
from libs.ops.simulate.plants.sheet import Plant
from libs.ops.simulate.stream import Season, working_days_of
from services.monitoring.domain.case_file import CaseFile, merge
from services.monitoring.domain.counting import count
from services.monitoring.domain.findings import Finding
from services.monitoring.domain.proceeding import read
from services.monitoring.domain.rules.catalogue import find_all
from services.monitoring.domain.rules.subject import Evidence, Subject
from services.monitoring.handlers import case_of
from services.monitoring.store.rulebook import load_rules

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = load_calendars().of("990101")
RULES = load_rules()
COUNTY = load_county()
ITEMS = {item.code: msgspec.convert({**item_body(COUNTY, item), "version": 1}, ItemPublished) for item in COUNTY.items}
SEASON = Season(cases=50, first_on=date(2026, 1, 1), last_on=date(2026, 6, 30), seed=31)
DAYS = working_days_of(CALENDAR.is_working_day, SEASON, CALENDAR.last_day)
PLANTS = plant_all(COUNTY, DAYS, SEASON, everything(SEASON)).plants
# what one case alone does not show: publication, other cases of the item, the authority's month
BESIDE_THE_CASE = {"S34", "S51", "S67", "S68", "S72"}


def found_in(plant: Plant) -> list[Finding]:
    """Everything that the rules find in the plant's matters, with the county's catalogue beside them."""
    files: dict[str, CaseFile] = {}
    for at, wire in plant.acts:
        event = parse_intake(orjson.dumps(wire))
        assert isinstance(event, Event), event
        event = msgspec.structs.replace(event, receivedtime=at)
        key = case_of(event)
        assert key is not None
        files[key] = merge(files.get(key, CaseFile(key)), event, encode(event))
    found: list[Finding] = []
    for file in files.values():
        course = read(file, ZONE)
        assert course is not None
        clocks = count(course, CALENDAR, 1) if file.kind == "case" else None
        item = ITEMS.get(course.item_code or "")
        found += find_all(Subject(course, clocks, CALENDAR, file, Evidence(item=item)), RULES, {})
    return found


@pytest.mark.parametrize("rule", sorted({plant.rule for plant in PLANTS} - BESIDE_THE_CASE))
def test_a_breach_is_found_and_its_twin_is_not(rule: str) -> None:
    """The rule finds the breach with its severity at its moment, and nothing of that severity in what is lawful."""
    for plant in PLANTS:
        if plant.rule != rule:
            continue
        moments = [f.became_true_at for f in found_in(plant) if f.rule_id == rule and f.severity == plant.severity]
        if plant.expects_card:
            assert plant.became_true_at in moments, (plant.kind, plant.why)
        else:
            assert moments == [], (plant.kind, plant.why)


def test_a_plant_breaks_no_other_rule_than_it_says() -> None:
    """Beside its own rule only those fire that the sheet names; notices that end with their case are none."""
    surplus = {
        (plant.rule, plant.kind, finding.rule_id)
        for plant in PLANTS
        for finding in found_in(plant)
        if not finding.is_over
        # publication is the disclosure service's to do
        and finding.rule_id not in {plant.rule, "S34", *plant.also}
        and plant.rule not in BESIDE_THE_CASE
    }
    assert surplus == set()
