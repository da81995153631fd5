"""docs/events.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from libs.common.kernel.events.registry import TYPES
from libs.ops.event_tables import refreshed

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"


def test_the_tables_are_those_of_the_registry() -> None:
    """When this fails, run `python -m libs.ops.event_tables docs/events.md` and read what changed."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert refreshed(text) == text


def test_every_type_has_its_line() -> None:
    """A type that the document does not name is a broken contract."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for info in TYPES.values():
        assert [line for line in lines if line.startswith(f"| `{info.type}` | {info.version} |")], info.type
