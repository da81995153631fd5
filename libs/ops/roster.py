"""Who belongs to a platform: the four services, their two processes each, the gateway and the engines.

The one list that `sunlit up`, docker-compose.yml and the Kubernetes manifests are held to (tests/deploy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SERVICES = ("approval", "disclosure", "monitoring", "notify")
NAMES = tuple(f"{service}-{kind}" for service in SERVICES for kind in ("api", "worker"))
GATEWAY = "gateway"
ENGINES = ("kafka", "postgresql")
KINDS: tuple[Literal["api", "worker"], ...] = ("api", "worker")

API_PORT, WORKER_PORT = 8080, 8081  # inside a container; on one machine the launcher chooses

# What a process finds in its environment wherever it runs; a site adds settings of its own.
EVERYWHERE = frozenset(
    {"SUNLIT_SECRETS", "SUNLIT_HOST", "SUNLIT_PORT", "SUNLIT_KAFKA", "SUNLIT_CLOCK", "SUNLIT_TIMEZONE"}
)
OF_A_SERVICE = frozenset({"SUNLIT_DATABASE", "SUNLIT_EXTERNAL_URL"})


@dataclass(frozen=True, slots=True)
class Process:
    """One of the platform's own processes.

    Args:
        service: whose schema and topics it works on; None for the gateway.
        leaves: whether it may open connections to the outside (decision 33).
    """

    name: str
    kind: Literal["api", "worker", "gateway"]
    service: str | None = None
    leaves: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """What Python is told to run."""
        if self.service is None:
            return ("-m", "libs.ops.gateway")
        return ("-m", f"services.{self.service}", self.kind)

    @property
    def port(self) -> int:
        """Where it answers inside a container; probes, metrics and, for an API, its pages."""
        return WORKER_PORT if self.kind == "worker" else API_PORT

    @property
    def variables(self) -> frozenset[str]:
        """The names that must stand in its environment."""
        return EVERYWHERE | (OF_A_SERVICE if self.service is not None else frozenset())


# Disclosure's worker puts records on other channels and reads them back, notify's delivers, the gateway asks the
# identity provider; nobody else leaves (decision 33).
LEAVES = frozenset({"disclosure-worker", "notify-worker", GATEWAY})


def processes() -> tuple[Process, ...]:
    """Every process of the platform, services first."""
    own = [
        Process(f"{service}-{kind}", kind, service, f"{service}-{kind}" in LEAVES)
        for service in SERVICES
        for kind in KINDS
    ]
    return (*own, Process(GATEWAY, "gateway", None, GATEWAY in LEAVES))


# The key files that a part of the platform is given, and no others (decision 26: only the purposes that it needs).
EVERY_SERVICE = ("token.public.json", "cursor.key", "form.key")
KEY_FILES: dict[str, tuple[str, ...]] = {
    "approval": (*EVERY_SERVICE, "postgresql.approval.password", "seal.*.*.key", "party_ref.key", "api_key.key"),
    "disclosure": (*EVERY_SERVICE, "postgresql.disclosure.password", "seal.submission.*.key", "log.key"),
    "monitoring": (*EVERY_SERVICE, "postgresql.monitoring.password"),
    "notify": (*EVERY_SERVICE, "postgresql.notify.password", "seal.notify.*.key", "webhook.key"),
    GATEWAY: ("token.private.json", *EVERY_SERVICE),
    "migrate": tuple(f"postgresql.{service}.password" for service in SERVICES),
}
