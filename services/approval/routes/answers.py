"""How this service's API answers: JSON by msgspec, instants with the offset of the legal zone (decision 42)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi.responses import Response


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response; private unless a header says otherwise."""
    body = msgspec.json.encode(value)
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def in_zone(value: Any, zone: ZoneInfo) -> Any:
    """The same value with every instant in the legal zone, to the second."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, Mapping):
        return {name: in_zone(inner, zone) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [in_zone(inner, zone) for inner in value]
    return value
