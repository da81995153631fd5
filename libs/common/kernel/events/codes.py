"""Bounded texts, numbers and closed code lists of the event bodies (contract: docs/events.md).

An unknown code is refused: never a default, never a drop.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

# `case_no` is opaque, 1 to 64 characters, without `/` and control characters (decision 10). The look-ahead stands for
# the end of the text in both Python's and ECMA's regular expressions, where `$` lets a line break through.
CaseNo = Annotated[str, Meta(pattern=r"^[^/\u0000-\u001f\u007f-\u009f]{1,64}(?![\s\S])")]
Key = Annotated[str, Meta(min_length=1, max_length=64)]
Code = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(max_length=500)]
Text = Annotated[str, Meta(max_length=60_000)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{64}(?![\s\S])")]
Instant = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Ordinal = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Whole = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Year = Annotated[int, Meta(ge=1900, le=2199)]
Version = Code | Count
Money = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?(?![\s\S])", description="yuan")]
Points = Annotated[str, Meta(pattern=r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?(?![\s\S])")]
# Where halls state either a day or an instant (`quality.due_moment` reads it).
Due = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
        r"([Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d))?(?![\s\S])"
    ),
]

PartyType = Literal[
    "natural_person", "individual_business", "enterprise", "institution", "social_org", "agency", "other"
]
IdType = Literal["uscc", "resident_id", "passport", "hk_macao_permit", "taiwan_permit", "foreign_pr_id", "other"]
LimitUnit = Literal["working_day", "calendar_day", "calendar_month", "hour"]
GotBy = Literal["paper", "electronic", "licence_library", "shared_data", "other"]
SubmitChannel = Literal["window", "online", "mobile", "kiosk", "courier", "mail", "agent", "other"]
CaseKind = Literal["instant", "committed", "joint", "forwarded"]
CaseResult = Literal[
    "granted",
    "denied",
    "returned",
    "voided",
    "deleted",
    "forwarded",
    "lapsed",
    "completed_plain",
    "not_accepted",
]
DeliveryWay = Literal["window", "courier", "electronic", "other"]
OnSilence = Literal["consent", "objection", "escalate"]
