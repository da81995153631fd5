"""The shapes of disclosure's HTTP interface (contract/api.md) and how rows become them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.disclosure.store.desk import ReviewRow
from services.disclosure.store.log import Inclusion
from services.disclosure.store.portal import PublicRecord, ReleaseRow


class RecordOut(BaseModel):
    """A public record: the fields that its policy names, and where it stands. Fields that a record lacks are absent."""

    model_config = ConfigDict(extra="allow")

    record_id: str
    kind: str
    title: str
    status: Literal["published", "corrected", "withdrawn", "expired"]
    release: int
    org_code: str
    org_name: str
    decided_on: date
    published_at: datetime
    first_published_at: datetime
    decision_no: str | None = None
    party_name: str | None = None
    party_code: str | None = None
    content: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    reason: str | None = Field(None, description="of a correction, withdrawal or expiry")
    ground: str | None = None


class RecordPage(BaseModel):
    """A page of records."""

    items: list[RecordOut]
    next_cursor: str | None


class ReleaseOut(BaseModel):
    """One release; `content` is the exact text that the log's fingerprint is of, null where it left public view."""

    release: int
    action: Literal["publish", "correct", "withdraw", "expire"]
    at: datetime
    reason: str
    reason_en: str
    ground: str
    leaf_index: int
    salt: str | None
    content: str | None
    fields: dict[str, Any] | None


class HistoryOut(BaseModel):
    """All releases of a record, oldest first."""

    record_id: str
    items: list[ReleaseOut]


class ProofOut(BaseModel):
    """RFC 6962 inclusion proof: `leaf` is the base64 of the exact bytes hashed, `path` lowest sibling first, hex."""

    leaf_index: int
    tree_size: int
    leaf: str
    path: list[str]
    root: str


class HeadOut(BaseModel):
    """The signed head of the log: `checkpoint` is a C2SP signed note, `verifier` its key."""

    origin: str
    tree_size: int
    root: str
    at: datetime | None
    checkpoint: str
    verifier: str


class ConsistencyOut(BaseModel):
    """The proof that the tree of `first` leaves is a prefix of that of `second`."""

    first: int
    second: int
    first_root: str
    second_root: str
    path: list[str]


class IdentifierIn(BaseModel):
    """An identifier to be judged."""

    kind: Literal["uscc", "resident_id"]
    value: str = Field(max_length=64)


class IdentifierOut(BaseModel):
    """The judgement, and the normalised value that was judged."""

    valid: bool
    normalised: str
    error: str | None = None
    warnings: list[str] = []
    parts: dict[str, str] | None = None


class ReviewOut(BaseModel):
    """A held record at the review desk: what the authority sent beside what would go out."""

    review_id: str
    record_id: str
    case_no: str
    kind: str
    state: Literal["open", "seconding", "escalated", "approved", "withheld", "superseded"]
    org_code: str
    org_name: str
    title: str
    reason: str
    reason_en: str
    ground: str
    original: dict[str, Any]
    public: dict[str, Any]
    masked: list[dict[str, Any]]
    persons: list[str]
    due_on: date | None
    held_at: datetime
    settled_at: datetime | None


class ReviewPage(BaseModel):
    """A page of reviews."""

    items: list[ReviewOut]
    next_cursor: str | None


class ReviewActIn(BaseModel):
    """An act at the review desk; `fields` only to redact, `meeting` only after an escalation."""

    reason: str = Field("", max_length=2000)
    ground: str = Field("", max_length=200)
    fields: dict[str, str | None] = Field(default_factory=dict)
    meeting: str | None = Field(None, max_length=200)


class ChangeIn(BaseModel):
    """A correction or withdrawal by the authority; the reason is published.

    `hide_previous`: the text before the correction must not stay readable in the history.
    """

    reason: str = Field(max_length=2000)
    ground: str = Field("", max_length=200)
    fields: dict[str, str | None] = Field(default_factory=dict)
    hide_previous: bool = False


def record_out(row: PublicRecord, zone: ZoneInfo) -> RecordOut:
    """A row of the public view as JSON; instants with the legal zone's offset."""
    told = {} if row.status == "published" else {"reason": row.reason}
    return RecordOut.model_validate(
        dict(row.fields)
        | told
        | {
            "record_id": row.record_id,
            "kind": row.kind,
            "title": row.title,
            "status": row.status,
            "release": row.release,
            "org_code": row.org_code,
            "org_name": row.org_name,
            "decided_on": row.decided_on,
            "published_at": row.published_at.astimezone(zone),
            "first_published_at": row.first_published_at.astimezone(zone),
            "ground": row.ground,
        }
    )


def release_out(row: ReleaseRow, zone: ZoneInfo) -> ReleaseOut:
    """One release as JSON."""
    return ReleaseOut(
        release=row.release,
        action=row.action,
        at=row.at.astimezone(zone),
        reason=row.reason,
        reason_en=row.reason_en,
        ground=row.ground,
        leaf_index=row.leaf_index,
        salt=row.salt,
        content=row.content,
        fields=None if row.fields is None else dict(row.fields),
    )


def proof_out(found: Inclusion) -> ProofOut:
    """An inclusion proof as JSON."""
    return ProofOut(
        leaf_index=found.leaf_index,
        tree_size=found.tree_size,
        leaf=base64.b64encode(found.leaf).decode(),
        path=[sibling.hex() for sibling in found.path],
        root=found.root.hex(),
    )


def review_out(row: ReviewRow, zone: ZoneInfo) -> ReviewOut:
    """A review as JSON."""
    fields: Mapping[str, Any] = {name: getattr(row, name) for name in ReviewRow.__dataclass_fields__}
    return ReviewOut.model_validate(
        {
            **fields,
            "case_no": row.subject,
            "held_at": row.held_at.astimezone(zone),
            "settled_at": None if row.settled_at is None else row.settled_at.astimezone(zone),
        }
    )
