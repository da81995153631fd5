"""Whose inbox is whose, and what labels a person may write."""

from __future__ import annotations

import pytest

from services.notify.domain.inbox import Scope, own_scope, scope_of
from services.notify.pages.routing import read_labels


@pytest.mark.parametrize(
    ("role", "organisations", "sees", "own"),
    [
        ("supervisor", (), None, ("supervision",)),
        ("supervisor-admin", ("QX-ZJ",), ("QX-ZJ", "supervision"), ("supervision",)),
        ("operator", (), None, ("operations",)),
        ("department", ("QX-ZJ", "QX-SW"), ("QX-ZJ", "QX-SW"), ("QX-ZJ", "QX-SW")),
        ("department", (), None, None),
        ("auditor", ("QX-ZJ",), ("QX-ZJ",), ("QX-ZJ",)),
    ],
)
def test_a_person_sees_their_organisations_and_their_room(
    role: str, organisations: tuple[str, ...], sees: tuple[str, ...] | None, own: tuple[str, ...] | None
) -> None:
    """No organisation means no limit; what is addressed to a room is its people's own."""
    assert scope_of(role, organisations) == Scope(sees)
    assert own_scope(role, organisations) == Scope(own)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("severity=red, org_code=QX-ZJ", {"severity": "red", "org_code": "QX-ZJ"}),
        ('severity="red"\nalertname=S01，mode=', {"severity": "red", "alertname": "S01", "mode": ""}),
        ("red", None),
        ("=red", None),
        (" , ", None),
    ],
)
def test_labels_are_read_between_commas_and_lines(text: str, found: dict[str, str] | None) -> None:
    """Chinese commas count too; a part without a name or a sign refuses the whole."""
    assert read_labels(text) == found
