"""A catalogue of items goes in as the platform wants it: drafted by one person, approved by another (decision 34)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.ops.errors import CommandError
from libs.ops.feeding.intake import IntakeClient

ITEMS = "/api/approval/v1/items"


async def publish_items(author: IntakeClient, approver: IntakeClient, items: Iterable[Mapping[str, Any]]) -> int:
    """Puts the items in force that are not; answers how many. Doing it again changes nothing.

    Raises:
        CommandError: the platform refuses an item; says which and why.
        IntakeUnreachableError: the platform does not answer, or refuses everything.
    """
    report = await author.send(f"{ITEMS}:import", {"items": [dict(item) for item in items]})
    refused = [row for row in report["report"] if row["status"] == "rejected"]
    if refused:
        told = "; ".join(f"{row['item_code']}: {row['errors']}" for row in refused[:5])
        raise CommandError(f"the platform refuses {len(refused)} items of the county's catalogue: {told}")
    drafted = [row["item_code"] for row in report["report"] if row["status"] == "drafted"]
    if drafted:
        await approver.send(f"{ITEMS}:approve", {"item_codes": drafted})
    return len(drafted)
