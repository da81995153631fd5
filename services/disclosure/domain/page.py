"""What a public page and the lists show beside the fields themselves; all of it follows from kind and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.disclosure.domain.search import haystack

KIND_NAMES: Mapping[str, str] = {"permit": "行政许可", "penalty": "行政处罚"}


def texts_of(fields: Mapping[str, Any]) -> list[str]:
    """Every published text, for the search; in order of the fields' names, as a stored row keeps no other order."""
    values = (fields[name] for name in sorted(fields))
    return [str(text) for value in values for text in (value if isinstance(value, list) else [value])]


def page_columns(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Title, number, code and searchable text of a page; a tombstone is called by its kind and number."""
    number = fields.get("decision_no")
    named = fields.get("title") or "：".join(filter(None, (KIND_NAMES[kind], number)))
    return {
        "title": str(named),
        "decision_no": number,
        "party_code": fields.get("party_code"),
        "haystack": haystack(texts_of(fields)),
    }
