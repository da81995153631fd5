"""How to reach Kafka: the same connection options for aiokafka and kafka-python."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from libs.common.runtime.settings import Settings


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
