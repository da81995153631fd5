"""Reference data as facts on the compacted topic `approval.reference.v1`, key `<kind>:<code>` (decision 20)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from libs.common.kernel.calendar import CalendarYear
from libs.common.kernel.events import codec, reference
from libs.common.kernel.events.type_info import APPROVAL_REFERENCE
from libs.common.kernel.spine import Fact
from services.approval.domain.telling import SOURCE

TYPES = {
    "region": "approval.region.published",
    "org": "approval.org.published",
    "item": "approval.item.published",
    "calendar": "approval.calendar.published",
    "source": "approval.source.published",
}


def reference_fact(kind: str, code: str, body: Any, version: int, now: datetime) -> Fact:
    """One version of a region, an organisation, an item, a calendar year or a source."""
    return Fact(
        APPROVAL_REFERENCE,
        codec.new_event(TYPES[kind], f"{kind}:{code}", body, time=now, source=SOURCE, dataversion=version),
    )


def calendar_body(
    year: CalendarYear, version: int, author: str | None, approver: str | None
) -> reference.CalendarPublished:
    """A calendar year in the shape of the event: every rest day of the notice and every make-up working day."""
    return reference.CalendarPublished(
        calendar_id=year.region,
        year=year.year,
        version=version,
        rest_days=tuple(day for span in year.rest for day in span.days()),
        make_up_days=tuple(day.on for day in year.make_up),
        region_code=year.region,
        legal_basis=year.source,
        author=author,
        approver=approver,
    )
