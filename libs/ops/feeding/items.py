"""A catalogue of items goes in as the platform wants it: drafted by one person, approved by another (decision 34)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.ops.feeding.intake import IntakeClient

ITEMS = "/api/approval/v1/items"


async def publish_items(author: IntakeClient, approver: IntakeClient, items: Iterable[Mapping[str, Any]]) -> int:
    """Publishes the items that are not in force as they are; answers how many.

    Raises:
        IntakeUnreachableError: the platform does not answer, or refuses.
    """
    published = 0
    for item in items:
        path = f"{ITEMS}/{item['item_code']}"
        known = await author.get(path, {})
        if known is not None and known.get("state") == "effective" and _holds(known, item):
            continue
        await author.put(path, dict(item))
        await approver.approve(path)
        published += 1
    return published


def _holds(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether everything wanted is said already; `version` is the platform's own running number in its answer."""
    return all(known.get(name) == value for name, value in wanted.items() if name != "version")
