"""The AsyncAPI 3 document of the topics, made from the registry; the gateway serves it at `/api/asyncapi.yaml`."""

from __future__ import annotations

from typing import Any

import yaml

from libs.common.kernel.events.registry import REGISTRY
from libs.common.kernel.events.schemas import component_schemas, family_of
from libs.common.kernel.events.topics import HALL_INGEST, TOPICS, Topic
from libs.common.kernel.events.type_info import HALL_EVENTS, Registry, TypeInfo

CONTENT_TYPE = "application/cloudevents+json"
PARTITIONS = 12


class _Plain(yaml.CSafeDumper):
    """Writes every value out: anchors would save bytes and cost the reader."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def asyncapi_yaml(version: str, broker: str = "127.0.0.1:9092", registry: Registry = REGISTRY) -> str:
    """The document as YAML; `version` is the platform's, `broker` the address that clients use."""
    document = asyncapi_document(version, broker, registry)
    return yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)


def asyncapi_document(version: str, broker: str = "127.0.0.1:9092", registry: Registry = REGISTRY) -> dict[str, Any]:
    """The document: channels = topics, messages = types, operations = who sends and who receives."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sunlit Hall 阳光政务",
            "version": version,
            "description": "Everything that crosses a process boundary is a CloudEvents 1.0 JSON event; "
            "the Kafka key is the attribute `subject`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"kafka": {"host": broker, "protocol": "kafka"}},
        "channels": {channel_id(topic): _channel(topic, registry) for topic in TOPICS},
        "operations": dict(_operation(topic, service, action) for topic, service, action in _parts()),
        "components": {
            "messages": {name: message for topic in TOPICS for name, message in _messages(topic, registry).items()},
            "schemas": dict(component_schemas(registry)),
        },
    }


def channel_id(topic: Topic) -> str:
    """The topic's name without what identifiers of channels may not hold."""
    return topic.name.replace(".{source}", "").replace(".", "_")


def _types(topic: Topic, registry: Registry) -> tuple[TypeInfo, ...]:
    wanted = HALL_EVENTS if topic.name == HALL_INGEST else topic.name
    return tuple(info for info in registry.types.values() if info.topic == wanted)


def _message_id(topic: Topic, info: TypeInfo) -> str:
    return f"intake.{info.type}" if topic.name == HALL_INGEST else info.type


def _channel(topic: Topic, registry: Registry) -> dict[str, Any]:
    settings = (
        {"cleanup.policy": ["compact"]} if topic.compacted else {"cleanup.policy": ["delete"], "retention.ms": -1}
    )
    channel: dict[str, Any] = {
        "address": topic.name,
        "title": f"{topic.title} · {topic.title_en}",
        "description": f"Key: {topic.key_en} ({topic.key}).",
        "messages": {
            _message_id(topic, info): {"$ref": f"#/components/messages/{_message_id(topic, info)}"}
            for info in _types(topic, registry)
        },
        "bindings": {
            "kafka": {"partitions": PARTITIONS, "topicConfiguration": settings, "bindingVersion": "0.5.0"},
        },
    }
    if "{source}" in topic.name:
        channel["parameters"] = {"source": {"description": "name of one hall system"}}
    return channel


def _messages(topic: Topic, registry: Registry) -> dict[str, Any]:
    return {_message_id(topic, info): _message(topic, info) for info in _types(topic, registry)}


def _message(topic: Topic, info: TypeInfo) -> dict[str, Any]:
    intake = topic.name == HALL_INGEST
    body = f"#/components/schemas/{family_of(info, intake=intake)}.{info.name}"
    return {
        "name": info.type,
        "title": f"{info.title} · {info.title_en}",
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/Envelope"},
                {
                    "type": "object",
                    "required": ["data"],
                    "properties": {
                        "type": {"const": info.type},
                        "dataschema": {"type": ["string", "null"], "description": f"{info.dataschema}; absent = 1"},
                        "data": {"$ref": body},
                    },
                },
            ]
        },
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topic.key_en}, "bindingVersion": "0.5.0"},
        },
    }


def _parts() -> list[tuple[Topic, str, str]]:
    return [
        (topic, service, action)
        for topic in TOPICS
        for action, services in (("send", topic.written_by), ("receive", topic.read_by))
        for service in services
    ]


def _operation(topic: Topic, service: str, action: str) -> tuple[str, dict[str, Any]]:
    verb = "sends" if action == "send" else "reads"
    return f"{service}_{verb}_{channel_id(topic)}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel_id(topic)}"},
        "title": f"{service} {verb} {topic.name}",
    }
