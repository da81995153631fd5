"""The CloudEvents 1.0 envelope of everything that crosses a process boundary (contract: docs/events.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One event. Attribute names are the wire names.

    Args:
        id: unique per `source`; a re-sent event has the same id.
        source: `//hall/<region_code>/<system>` for halls, `//sunlit/<service>` for ours.
        type: wire type, past tense (`hall.case.accepted`).
        subject: the Kafka key.
        time: when it HAPPENED (aware).
        recordedtime: when the clerk's system recorded it; None = `time`.
        receivedtime: legal time of intake, stamped once by approval.
        dataversion: re-report number; the highest of one (source, type, subject, seqno) wins.
        seqno: number within (case, type) where the act can repeat.
        data: the typed body (a Struct of the type registry in `codec`).
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: Any
    recordedtime: datetime | None = None
    receivedtime: datetime | None = None
    dataversion: int = 1
    seqno: int = 1
    regioncode: str | None = None
    orgcode: str | None = None
    traceparent: str | None = None
    dataschema: str | None = None
    datacontenttype: str = "application/json"
    specversion: str = "1.0"

    @property
    def act(self) -> tuple[str, str, str, int]:
        """Identity of the act: (source, type, subject, seqno)."""
        return (self.source, self.type, self.subject, self.seqno)
