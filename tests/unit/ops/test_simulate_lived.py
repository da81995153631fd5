"""How a story is lived: reports that come late come late, and the demonstration has something to watch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from libs.common.runtime.calendars import load_calendars
from libs.ops.feeding.documents import Row
from libs.ops.feeding.replay import in_order
from libs.ops.simulate.acts import day_start
from libs.ops.simulate.county import load_county
from libs.ops.simulate.demonstration import PLANTED_UNTIL, demo_story
from libs.ops.simulate.seasons import DEMO_LIVE_ON, DEMO_STARTS_ON

NOON, ONE, NIGHT = "2026-03-02T12:00:00+08:00", "2026-03-02T13:00:00+08:00", "2026-03-02T23:00:00+08:00"


@pytest.mark.parametrize(
    ("sent", "order"),
    [
        pytest.param(NIGHT, ["second", "late"], id="sent at night"),
        pytest.param("2026-03-02T11:00:00+08:00", ["late", "second"], id="sent before it happened: it happened"),
        pytest.param("at night", ["late", "second"], id="no instant"),
    ],
)
def test_a_late_report_is_lived_when_it_was_sent(sent: str, order: list[str]) -> None:
    """Rows go in by `senttime` where there is a readable one, else by the time at which the event happened."""
    rows = [Row(1, {"id": "late", "time": NOON, "senttime": sent}), Row(2, {"id": "second", "time": ONE})]
    assert [timed.row.event["id"] for timed in in_order(rows) if timed.row.event] == order


def test_the_demonstration_has_something_to_watch() -> None:
    """Breaches of nearly every rule while it is played and watched; the first source falls silent on the second day."""
    county = load_county()
    story = demo_story(county, load_calendars().of(county.region_code))
    live_at = day_start(DEMO_LIVE_ON, county)
    silences = story.mishaps.silences
    assert len({plant.rule for plant in story.plants}) >= 55
    assert all(DEMO_STARTS_ON <= plant.acts[0][0].date() <= PLANTED_UNTIL for plant in story.plants)
    assert sum(plant.became_true_at > live_at for plant in story.plants) > 30
    assert live_at < silences[0].from_at < live_at + timedelta(days=2)
    assert len({silence.source for silence in silences}) == 3
