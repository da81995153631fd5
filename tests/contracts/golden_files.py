"""The golden files: one event per type and schema version, as it stood on the wire when it was first sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"
PUBLISHED = sorted(GOLDEN.glob("*.json"))
INTAKE = sorted((GOLDEN / "intake").glob("*.json"))


def wire_type(path: Path) -> str:
    """`hall.case.accepted` of `hall.case.accepted.v1.json`."""
    return path.name.rpartition(".v")[0]


def value(path: Path) -> dict[str, Any]:
    """The event as a JSON object."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def golden(wire_type: str, *, intake: bool = False, **changes: Any) -> dict[str, Any]:
    """A fresh copy of a golden event with other attributes; the value None takes one away."""
    event = value((GOLDEN / "intake" if intake else GOLDEN) / f"{wire_type}.v1.json") | changes
    return {name: content for name, content in event.items() if content is not None}


def wire(event: dict[str, Any]) -> bytes:
    """The event as compact UTF-8 bytes."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
