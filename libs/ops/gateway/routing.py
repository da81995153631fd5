"""Which process answers which address of the one origin (decision 24). Pure."""

from __future__ import annotations

# first the longest; everything that is not named belongs to the portal
PREFIXES: tuple[tuple[str, str], ...] = (
    ("/api/approval", "approval"),
    ("/api/disclosure", "disclosure"),
    ("/api/supervision", "monitoring"),
    ("/api/monitoring", "monitoring"),
    ("/api/notify", "notify"),
    ("/alertmanager", "notify"),
    ("/ops/approval", "approval"),
    ("/ops/disclosure", "disclosure"),
    ("/ops/monitoring", "monitoring"),
    ("/ops/notify", "notify"),
    ("/hall", "approval"),
    ("/items", "approval"),
    ("/progress", "approval"),
    ("/disclosure", "disclosure"),
    ("/supervision", "monitoring"),
    ("/notify", "notify"),
)
PORTAL = "disclosure"


def service_of(path: str) -> str:
    """The service whose api process answers this path; a prefix counts by whole segments."""
    for prefix, service in PREFIXES:
        if path == prefix or path.startswith(f"{prefix}/"):
            return service
    return PORTAL
