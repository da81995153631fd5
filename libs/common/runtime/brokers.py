"""How to reach Kafka: the same connection options for aiokafka and kafka-python."""

from __future__ import annotations

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
