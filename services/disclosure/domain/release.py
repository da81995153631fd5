"""The chain of one record: immutable releases, each an entry of the transparency log.

A release is what the public was told at one moment: publish, correct, withdraw or expire, with reason and ground. Its
content is canonical JSON (RFC 8785), so that anybody can compute its fingerprint again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import rfc8785

PUBLIC_STATUS: Mapping[str, str] = {
    "publish": "published",
    "correct": "corrected",
    "withdraw": "withdrawn",
    "expire": "expired",
}
SHOWING = frozenset({"publish", "correct"})
TOMBSTONE = ("decision_no", "decided_on", "org_name", "org_code", "region_code")


@dataclass(frozen=True, slots=True)
class Release:
    """One entry of a chain.

    Args:
        release: 1, 2, … within the record.
        action: publish · correct · withdraw · expire.
        content: canonical JSON, the exact text that is fingerprinted.
        hides_earlier: earlier contents are no longer shown to the public (their fingerprints stay provable).
        by: subjects of the persons who decided; empty = by rule.
    """

    record_id: str
    subject: str
    kind: str
    release: int
    action: str
    at: datetime
    content: str
    reason: str
    reason_en: str
    ground: str
    judgement: str
    decision_hash: str
    policy_version: str
    due_on: date | None
    hides_earlier: bool
    by: tuple[str, ...] = ()


def canonical(value: Any) -> str:
    """RFC 8785 text of a JSON value."""
    return rfc8785.dumps(value).decode()


def digest_of(fields: Mapping[str, Any]) -> str:
    """SHA-256 of the published fields (of a tombstone: of the few that stay)."""
    return hashlib.sha256(canonical(dict(fields)).encode()).hexdigest()


def tombstone_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What stays visible of a record that was taken down: its number, day and organisation, never the party."""
    return {name: fields[name] for name in TOMBSTONE if name in fields}


def content_of(record_id: str, release: int, action: str, fields: Mapping[str, Any], reason: str, ground: str) -> str:
    """The canonical content of one release."""
    return canonical(
        {
            "action": action,
            "fields": dict(fields),
            "ground": ground,
            "reason": reason,
            "record_id": record_id,
            "release": release,
        }
    )
