"""Topics are made by plan, never by writing to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libs.common.runtime.topics import TOPICS, TopicAdmin, ingest_topic
from tests.spine.house import House, until

pytestmark = pytest.mark.engines


@pytest.fixture
def admin(house: House) -> Iterator[TopicAdmin]:
    """An administrator with three partitions per topic."""
    made = TopicAdmin(house.settings(topic_partitions=3))
    yield made
    made.close()


def test_a_plan_is_carried_out_once(admin: TopicAdmin, house: House) -> None:
    """What is missing is made; the second plan is empty; more partitions come only when asked for, fewer never."""
    source = f"440100.{house.corner.schema}".replace("_", "-")
    name = ingest_topic(source)
    steps = {step.topic: step.act for step in admin.plan([source])}
    assert steps[name] == "create"
    made = {step.topic for step in admin.apply([source])}
    assert name in made
    assert {t.name for t in TOPICS} <= {*made, *(t.name for t in TOPICS if steps.get(t.name) != "create")}
    assert [step for step in admin.plan([source]) if step.topic == name] == []
    assert admin.apply([source]) == []
    wider = TopicAdmin(house.settings(topic_partitions=5))
    try:
        assert {s.act for s in wider.plan([source]) if s.topic == name} == {"grow"}
        assert [s for s in wider.apply([source]) if s.topic == name] == []
        assert {s.topic for s in wider.apply([source], grow=True)} >= {name}
        until(lambda: {s.act for s in admin.plan([source]) if s.topic == name} == {"shrunk"})
        assert admin.apply([source], grow=True) == []
    finally:
        wider.close()
