"""The typed bodies of `disclosure.*` (topic `disclosure.records.v1`)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from libs.common.kernel.events.clocks import Clock
from libs.common.kernel.events.codes import (
    Code,
    Count,
    Digest,
    Instant,
    Key,
    Name,
    Ordinal,
    Text,
    Version,
)
from libs.common.kernel.events.parts import Part


class Review(Part, frozen=True, kw_only=True):
    """公开审查: by a version of the rules, or by persons (named by post or account, two of them)."""

    id: Key
    by_rule_version: Code | None = None
    persons: tuple[Name, ...] | None = None


class Channel(Part, frozen=True, kw_only=True):
    """A channel on which a record stands: when it was put there, when it was read back."""

    name: Key
    published_at: Instant | None = None
    verified_at: Instant | None = None


class RecordBody(Part, frozen=True, kw_only=True):
    """What every event of a record holds; `due_on` is the last lawful day of publication."""

    record_id: Key
    kind: Key
    release: Count
    org_code: Key
    judgement: Literal["publish", "publish_masked", "hold", "withhold"]
    ground: Text
    policy_version: Version
    region_code: Code | None = None
    case_no: Code | None = None
    decision_no: Name | None = None
    item_code: Code | None = None
    org_name: Name | None = None
    title: Name | None = None
    review: Review | None = None
    decision_hash: Digest | None = None
    published_hash: Digest | None = None
    due_on: date | None = None
    channels: tuple[Channel, ...] = ()
    reason: Text | None = None
    as_of: Instant | None = None


class RecordPublished(RecordBody, frozen=True, kw_only=True):
    """`disclosure.record.published` 公开."""


class RecordHeld(RecordBody, frozen=True, kw_only=True):
    """`disclosure.record.held` 暂缓公开: waits at the review desk with a running clock."""


class RecordWithheld(RecordBody, frozen=True, kw_only=True):
    """`disclosure.record.withheld` 不予公开."""


class RecordCorrected(RecordBody, frozen=True, kw_only=True):
    """`disclosure.record.corrected` 更正: a new release."""


class RecordWithdrawn(RecordBody, frozen=True, kw_only=True):
    """`disclosure.record.withdrawn` 撤下: a tombstone with its public reason stays."""


class RecordExpired(RecordBody, frozen=True, kw_only=True):
    """`disclosure.record.expired`: the period of publication ended."""


class InformationRegistered(Part, frozen=True, kw_only=True):
    """`disclosure.information.registered`: a piece of government information, with its day of formation."""

    information_no: Key
    kind: Key
    org_code: Key
    formed_on: date
    due_on: date | None = None


class LeakFound(Part, frozen=True, kw_only=True):
    """`disclosure.leak.found`: something stands on a channel that must not; the text itself is never repeated."""

    record_id: Key
    channel: Key
    kind: Key
    org_code: Code | None = None
    case_no: Code | None = None


Outcome = Literal[
    "granted",
    "partial",
    "state_secret",
    "forbidden_by_law",
    "three_securities",
    "third_party",
    "internal",
    "process",
    "enforcement_file",
    "administrative_query",
    "not_held",
    "needs_making",
    "unclear_after_supplement",
    "petition",
    "repeat",
    "publication",
    "excessive",
    "confirmation",
    "supplement_lapsed",
    "fee_lapsed",
    "other",
]


class RequestBody(Part, frozen=True, kw_only=True):
    """依申请公开 without any data of the applicant (decision 22); `outcome` is the row of the annual report."""

    request_no: Key
    org_code: Key
    received_on: date
    channel: Literal["in_person", "mail_registered", "mail", "online", "fax", "oral"] | None = None
    clocks: tuple[Clock, ...] = ()
    third_party_flag: bool | None = None
    supplement_asked_on: date | None = None
    outcome: Outcome | None = None
    articles: tuple[Name, ...] = ()
    remedy_told: bool | None = None
    as_of: Instant | None = None


class RequestReceived(RequestBody, frozen=True, kw_only=True):
    """`disclosure.request.received`."""


class RequestClockChanged(RequestBody, frozen=True, kw_only=True):
    """`disclosure.request.clock_changed`."""


class RequestAnswered(RequestBody, frozen=True, kw_only=True):
    """`disclosure.request.answered`."""


class RequestClosed(RequestBody, frozen=True, kw_only=True):
    """`disclosure.request.closed`."""


class ReportFiled(Part, frozen=True, kw_only=True):
    """`disclosure.report.filed`: the annual report of an organisation and whether its sums agree."""

    year: Ordinal
    kind: Key
    org_code: Key
    checks_passed: bool
