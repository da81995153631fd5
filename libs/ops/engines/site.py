"""Engines that a site brings: named by the environment, used instead of local ones."""

from __future__ import annotations

import os
from pathlib import Path


def site_kafka() -> str | None:
    """SUNLIT_KAFKA: bootstrap servers; None = start one here."""
    return os.environ.get("SUNLIT_KAFKA") or None


def site_database() -> str | None:
    """SUNLIT_DATABASE: the DSN of a role that may make roles and schemas; None = start one here."""
    return os.environ.get("SUNLIT_DATABASE") or None


def named_java() -> str | None:
    """SUNLIT_JAVA: a Java to run the local Kafka; None = the one that came with the platform."""
    return os.environ.get("SUNLIT_JAVA") or None


def site_secrets() -> Path | None:
    """SUNLIT_SECRETS: a folder with keys and passwords that the site brings; None = the home's own."""
    named = os.environ.get("SUNLIT_SECRETS")
    return Path(named) if named else None
