"""Kafka's users: each service its own topics and groups, held against what its worker really subscribes to."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import CONTROL, INGEST_PATTERN, TOPICS
from libs.ops import keys
from libs.ops.roster import SERVICES
from tests.deploy.rendering import Object, of_kind


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_use_the_topics_that_its_worker_reads_and_no_others(tmp_path: Path, service: str) -> None:
    """ACLs by name of topic and group, no wildcard; what the code subscribes to is allowed, and no more."""
    (user,) = (u for u in of_kind("prod", "KafkaUser") if u["metadata"]["name"] == f"sunlit-{service}")
    acls = user["spec"]["authorization"]["acls"]
    assert not any(acl["resource"].get("name", "*") == "*" for acl in acls)
    subscribed = subscriptions(tmp_path, service)
    for topic in (*subscribed, CONTROL):
        assert may(acls, "topic", topic.replace("*", "330100.hall"), "Read"), topic
    assert may(acls, "group", service, "Read") and may(acls, "group", f"sunlit-{service}-0a1b", "Read")
    assert not any(may(acls, "group", other, "Read") for other in SERVICES if other != service)
    assert not any(may(acls, "topic", topic, "Create") for topic in (*subscribed, CONTROL))
    assert may(acls, "topic", INGEST_PATTERN.replace("*", "330100.hall"), "Read") is (service == "approval")


def subscriptions(folder: Path, service: str) -> list[str]:
    """What the worker of a service reads."""
    keys.make_now(folder)
    app = import_module(f"services.{service}.main").build_worker(Settings(home=folder, secrets=folder))
    (consumer,) = (part for part in app.services if hasattr(part, "topics") and hasattr(part, "lag_events"))
    return list(consumer.topics)


def may(acls: list[Object], kind: str, name: str, operation: str) -> bool:
    """Whether an ACL allows an operation on a topic or group."""
    return any(
        acl["resource"]["type"] == kind
        and operation in acl["operations"]
        and (
            name.startswith(acl["resource"]["name"])
            if acl["resource"]["patternType"] == "prefix"
            else name == acl["resource"]["name"]
        )
        for acl in acls
    )


def test_a_topic_has_one_service_that_writes_it() -> None:
    """Decision 19: nobody speaks for another; light messages alone come from all."""
    users = {one["metadata"]["name"]: one["spec"]["authorization"]["acls"] for one in of_kind("prod", "KafkaUser")}
    for topic in TOPICS:
        writers = [name for name, acls in users.items() if may(acls, "topic", topic.name, "Write")]
        assert len(writers) == (len(SERVICES) if topic.name == CONTROL else 1), topic.name


def test_one_user_makes_topics_and_reads_nothing() -> None:
    """The job before the rollout."""
    (user,) = (u for u in of_kind("prod", "KafkaUser") if u["metadata"]["name"] == "sunlit-topics")
    acls = user["spec"]["authorization"]["acls"]
    assert all(may(acls, "topic", topic.name, "Create") for topic in TOPICS)
    assert not any(may(acls, "topic", topic.name, word) for topic in TOPICS for word in ("Read", "Write", "Delete"))
