"""The published description of the topics is whole, and made of the same types as the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from libs.common.kernel.events.registry import TYPES
from libs.common.kernel.events.topics import TOPICS
from libs.ops.asyncapi import asyncapi_document, asyncapi_yaml
from tests.contracts.golden_files import PUBLISHED, value, wire_type


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document as code."""
    return asyncapi_document("1.2.3")


def references(node: Any) -> Iterator[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        for key, child in node.items():
            if key == "$ref":
                yield child
            else:
                yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No `$ref` of the document is broken."""
    for reference in set(references(document)):
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in node, reference
            node = node[step]


def test_every_topic_is_a_channel_and_every_type_stands_on_its_topic(document: dict[str, Any]) -> None:
    """A reader finds each type under the topic on which it is published."""
    channels = {channel["address"]: channel for channel in document["channels"].values()}
    assert set(channels) == {topic.name for topic in TOPICS}
    for info in TYPES.values():
        assert info.type in channels[info.topic]["messages"]
    assert channels["approval.reference.v1"]["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] == ["compact"]


def test_who_sends_and_who_reads_is_told(document: dict[str, Any]) -> None:
    """Only approval writes `hall.events.v1`."""
    senders = {
        name
        for name, operation in document["operations"].items()
        if operation["action"] == "send" and operation["channel"] == {"$ref": "#/channels/hall_events_v1"}
    }
    assert senders == {"approval_sends_hall_events_v1"}


def test_golden_events_satisfy_the_published_messages(document: dict[str, Any]) -> None:
    """Each golden event is valid under the payload of its message, and not under that of another type."""
    for path in PUBLISHED:
        payload = document["components"]["messages"][wire_type(path)]["payload"]
        validator = Draft202012Validator({**payload, "components": document["components"]})
        validator.validate(value(path))
        assert not validator.is_valid(value(path) | {"type": "hall.case.unheard_of"})


def test_the_yaml_says_the_same(document: dict[str, Any]) -> None:
    """What the gateway serves parses back to the document, without anchors."""
    served = asyncapi_yaml("1.2.3")
    assert yaml.safe_load(served) == document
    assert "&id" not in served
