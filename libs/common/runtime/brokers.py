"""How to reach Kafka: the same connection options for aiokafka and kafka-python."""

from __future__ import annotations

import fnmatch
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener

from libs.common.runtime.settings import Settings

FETCH_WAIT_MS = 500
HEARTBEAT_MS = 2000
FETCH_LIMIT_BYTES = 4 * 1024 * 1024


def client_options(settings: Settings) -> dict[str, Any]:
    """Options that both clients understand: servers, protocol, certificates, login."""
    options: dict[str, Any] = {"bootstrap_servers": settings.servers, "security_protocol": settings.kafka_security}
    if "SSL" in settings.kafka_security:
        options["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if settings.kafka_security.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_user
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def anybody_listens(settings: Settings) -> bool:
    """Whether one of the bootstrap servers takes connections; blocking, at most a second each.

    Asked before a client is made: kafka-python leaves its sockets open when it finds nobody, and a broker may be
    away for hours.
    """
    for server in settings.servers:
        host, _, port = server.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=1.0):
                return True
        except (OSError, ValueError):
            continue
    return False


def group_consumer(
    settings: Settings, group: str, topics: Sequence[str], listener: ConsumerRebalanceListener
) -> AIOKafkaConsumer:
    """A member of `group`, not yet started, that commits only by hand; `*` in a topic's name makes a pattern.

    The session is short: the default of a minute would leave the partitions of a killed worker alone that long.
    """
    consumer = AIOKafkaConsumer(
        **client_options(settings),
        client_id=f"sunlit-{group}",
        group_id=group,
        group_instance_id=settings.consumer_instance or None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=settings.consumer_session_timeout_ms,
        heartbeat_interval_ms=HEARTBEAT_MS,
        max_partition_fetch_bytes=FETCH_LIMIT_BYTES,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        metadata_max_age_ms=settings.kafka_metadata_max_age_ms,
    )
    if any("*" in topic for topic in topics):
        pattern = "|".join(f"(?:{fnmatch.translate(topic)})" for topic in topics)
        consumer.subscribe(pattern=pattern, listener=listener)
    else:
        consumer.subscribe(topics=list(topics), listener=listener)
    return consumer
