"""One entry of the feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A public record as feed readers see it; a withdrawn one stays as an entry that says so."""

    record_id: str
    kind: str
    status: str
    title: str
    summary: str
    org_name: str
    url: str
    published_at: datetime
    updated_at: datetime
