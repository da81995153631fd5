"""Who belongs to a platform: the four services, their two processes each, the gateway and the engines."""

from __future__ import annotations

SERVICES = ("approval", "disclosure", "monitoring", "notify")
NAMES = tuple(f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker"))
GATEWAY = "gateway"
ENGINES = ("kafka", "postgresql")
