"""What an edit of the database would break: the checks behind `sunlit verify log`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from services.disclosure.domain.page import page_columns
from services.disclosure.domain.release import PUBLIC_STATUS
from services.disclosure.domain.transparency import leaf_bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit.

    Args:
        code: LEAF_GAP · LEAF_ALTERED · RELEASE_ALTERED · RELEASE_MISSING · NODE_ALTERED · ROOT_DIFFERS ·
            HEAD_NOT_SIGNED · PAGE_ALTERED · PAGE_MISSING.
        place: leaf index, node or record and release.
    """

    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification: the log is intact when there are no findings."""

    leaves: int
    releases: int
    records: int
    root: str
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """One row of `release` as far as its leaf speaks of it."""

    record_id: str
    release: int
    action: str
    at: datetime
    content: str
    salt: str
    reason: str
    ground: str

    @property
    def place(self) -> str:
        return f"record {self.record_id} release {self.release}"


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One row of `record` as far as a visitor sees it."""

    record_id: str
    kind: str
    status: str
    release: int
    fields: Mapping[str, Any]
    title: str
    decision_no: str | None
    decided_on: date
    org_code: str
    org_name: str
    party_code: str | None
    reason: str
    ground: str
    published_at: datetime | None
    haystack: str


def check_release(stored: StoredRelease | None, leaf: bytes, leaf_index: int) -> Finding | None:
    """A release against the exact bytes of its leaf."""
    if stored is None:
        return Finding(
            "RELEASE_MISSING", f"leaf {leaf_index}", "the leaf speaks of a release that is no longer in the table"
        )
    told = leaf_bytes(stored.record_id, stored.release, stored.action, stored.at, stored.content, stored.salt)
    if told != leaf:
        return Finding(
            "RELEASE_ALTERED", stored.place, "number, action, instant, content or salt differ from what was logged"
        )
    content: Mapping[str, Any] = msgspec.json.decode(stored.content)
    if (content["reason"], content["ground"]) != (stored.reason, stored.ground):
        return Finding(
            "RELEASE_ALTERED", stored.place, "the reason or the ground shown differs from the logged content"
        )
    return None


def check_page(page: StoredPage, last: StoredRelease | None) -> Finding | None:
    """What a visitor is shown against the latest release of the record."""
    place = f"record {page.record_id}"
    if last is None:
        return Finding("PAGE_ALTERED", place, "the page shows a record that has no release")
    fields: Mapping[str, Any] = msgspec.json.decode(last.content)["fields"]
    said = page_columns(page.kind, fields) | {
        "status": PUBLIC_STATUS[last.action],
        "release": last.release,
        "fields": fields,
        "reason": last.reason,
        "ground": last.ground,
        "published_at": last.at,
    }
    said |= {name: fields[name] for name in ("org_code", "org_name") if name in fields}
    if "decided_on" in fields:
        said["decided_on"] = date.fromisoformat(fields["decided_on"])
    wrong = sorted(name for name, value in said.items() if getattr(page, name) != value)
    if wrong:
        message = f"the page differs from the latest release of the record in {', '.join(wrong)}"
        return Finding("PAGE_ALTERED", place, message)
    return None
