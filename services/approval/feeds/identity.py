"""Identity of events that carry none of their own (hall-events.md §1.4): a row sent again is the same event."""

from __future__ import annotations

import uuid

# ids of feeds: uuid5 of (source, kind, case_no, seq, data_version)
ID_NAMESPACE = uuid.UUID("6f0f6a52-8c7e-5c43-9d0e-5b1f0a6f7c11")


def event_id(source: str, kind: str, case_no: str, seqno: int, dataversion: int) -> str:
    """The id of an act in one version; the same for every time that the row is sent."""
    return str(uuid.uuid5(ID_NAMESPACE, f"{source}\n{kind}\n{case_no}\n{seqno}\n{dataversion}"))


def rival_id(first_id: str, digest: bytes) -> str:
    """The id of a row that says something else under the same identity (S69): its content is part of the id."""
    return str(uuid.uuid5(ID_NAMESPACE, f"{first_id}\n{digest.hex()}"))
