"""Which service answers which address of the one origin, and where a login may lead."""

from __future__ import annotations

import pytest

from libs.ops.gateway.people import PEOPLE, safe_next
from libs.ops.gateway.routing import service_of


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "disclosure"),
        ("/records/0192", "disclosure"),
        ("/requests/new", "disclosure"),
        ("/search", "disclosure"),
        ("/disclosure/desk", "disclosure"),
        ("/api/disclosure/v1/records", "disclosure"),
        ("/items/0100-01", "approval"),
        ("/items", "approval"),
        ("/itemsets", "disclosure"),
        ("/progress", "approval"),
        ("/hall/", "approval"),
        ("/hallway", "disclosure"),
        ("/api/approval/v1/events", "approval"),
        ("/api/approval/openapi.json", "approval"),
        ("/supervision/", "monitoring"),
        ("/api/supervision/v1/cards", "monitoring"),
        ("/api/monitoring/openapi.json", "monitoring"),
        ("/ops/monitoring/api/dead", "monitoring"),
        ("/notify/", "notify"),
        ("/api/notify/v1/routing", "notify"),
        ("/alertmanager/api/v2/alerts", "notify"),
        ("/ops/notify/api/status", "notify"),
    ],
)
def test_an_address_belongs_to_one_service(path: str, service: str) -> None:
    """Prefixes count by whole segments; the portal takes the rest."""
    assert service_of(path) == service


@pytest.mark.parametrize("asked", ["/supervision/", "/hall/?q=1", "/records/7"])
def test_a_login_leads_back_to_where_one_was(asked: str) -> None:
    """A path of this origin is followed."""
    assert safe_next(asked) == asked


@pytest.mark.parametrize(
    "asked", ["", None, "https://evil.example/", "//evil.example", "/\\evil.example", "/a\nb", "x"]
)
def test_a_login_never_leads_to_another_site(asked: str | None) -> None:
    """Whatever is no path of ours leads to the board."""
    assert safe_next(asked) == "/supervision/"


def test_every_role_has_one_ready_made_person() -> None:
    """A visitor of local mode can look through everybody's eyes."""
    roles = [person.role for person in PEOPLE]
    assert sorted(roles) == sorted(
        ["hall", "clerk", "department", "reviewer", "approver", "supervisor", "supervisor-admin", "operator", "auditor",
         "admin"]
    )  # fmt: skip
