"""The typed bodies of reference data (compacted topic `approval.reference.v1`, key `<kind>:<code>`, decision 20)."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from libs.common.kernel.events.codes import (
    CaseKind,
    Code,
    Count,
    Key,
    Money,
    Name,
    OnSilence,
    Text,
    Version,
    Year,
)
from libs.common.kernel.events.parts import Limit, Material, Part, Secrecy


class ReferenceBody(Part, frozen=True, kw_only=True):
    """Who made a version, who approved it, from which day it holds (decision 34: two persons)."""

    effective_from: date | None = None
    author: Name | None = None
    approver: Name | None = None


class ItemStep(Part, frozen=True, kw_only=True):
    """环节 of an item's procedure, with its own limit."""

    name: Name | None = None
    code: Literal["handle", "review", "approve", "other"] | None = None
    post: Name | None = None
    limit: Limit | None = None


class ItemFee(Part, frozen=True, kw_only=True):
    """收费项目 of an item: in yuan, with the ground on which it is charged."""

    name: Name | None = None
    amount: Money | None = None
    basis: Text | None = None


class ItemIntermediary(Part, frozen=True, kw_only=True):
    """中介服务 that an applicant needs: only statutory ones may be asked for."""

    name: Name | None = None
    statutory: bool | None = None
    basis: Text | None = None


class Benchmark(Part, frozen=True, kw_only=True):
    """裁量基准 of a penalty item: for a gravity the conduct and the range of a fine in yuan."""

    gravity: Literal["minor", "general", "serious"] | None = None
    conduct: Text | None = None
    fine_min: Money | None = None
    fine_max: Money | None = None


class ItemPublished(ReferenceBody, frozen=True, kw_only=True):
    """`approval.item.published` 事项: one effective-dated version of an item.

    Args:
        version: text of the item catalogue, or a running number.
        item_kind: kind of power (许可, 处罚, 确认 …) as the catalogue spells it.
        secrecy: flags that hold for every case of the item unless the hall says otherwise.
        basis_status: `verified`, or `unverified` for items nobody has checked against the law (decision 39).
        codes_synthetic: the codes were made for a demonstration and stand in no public list (decision 39).
        basic_code, handling_code: 基本编码, 业务办理项编码.
        level: 行使层级 of GB/T 39046: 1 nation … 4 county, 5 township, 6 village, 7 by level.
        on_silence: what silence of a joint authority means for this item.
    """

    item_code: Key
    version: Version
    name: Name
    org_code: Code | None = None
    region_code: Code | None = None
    basic_code: Code | None = None
    item_kind: Name | None = None
    case_kind: CaseKind | None = None
    legal_limit: Limit | None = None
    promise_limit: Limit | None = None
    legal_basis: Text | None = None
    basis_status: Literal["verified", "unverified"] | None = None
    conditions: dict[str, Text] | None = None
    materials: tuple[Material, ...] | None = None
    secrecy: Secrecy | None = None
    fee_listed: bool | None = None
    quantity_limited: bool | None = None
    on_the_spot: bool | None = None
    valid_until: date | None = None
    extra: dict[str, Any] | None = None
    codes_synthetic: bool | None = None
    handling_code: Code | None = None
    level: Literal["1", "2", "3", "4", "5", "6", "7"] | None = None
    org_name: Name | None = None
    parent_code: Code | None = None
    served: tuple[Name, ...] | None = None
    steps: tuple[ItemStep, ...] | None = None
    fees: tuple[ItemFee, ...] | None = None
    intermediaries: tuple[ItemIntermediary, ...] | None = None
    special_procedures: tuple[Name, ...] | None = None
    on_silence: OnSilence | None = None
    benchmarks: tuple[Benchmark, ...] | None = None
    result_name: Name | None = None
    window: Text | None = None
    consult: Text | None = None
    complain: Text | None = None
    remedy: Text | None = None


class CalendarPublished(ReferenceBody, frozen=True, kw_only=True):
    """`approval.calendar.published` 工作日历: the rest days and make-up days of one year and region.

    `legal_basis` names the notice from which the days are taken.
    """

    calendar_id: Key
    year: Year
    version: Count
    rest_days: tuple[date, ...]
    make_up_days: tuple[date, ...]
    region_code: Code | None = None
    legal_basis: Text | None = None


class Post(Part, frozen=True, kw_only=True):
    """A post of an organisation; findings name posts, never persons (decision 21)."""

    code: Key
    name: Name | None = None


class OrgPublished(ReferenceBody, frozen=True, kw_only=True):
    """`approval.org.published` 组织: an organisation belongs to a region (decision 4)."""

    org_code: Key
    name: Name
    region_code: Key
    parent_org_code: Code | None = None
    level: Name | None = None
    posts: tuple[Post, ...] | None = None
    extra: dict[str, Any] | None = None


class RosterEntry(Part, frozen=True, kw_only=True):
    """A handler who may act for the organisation, from a day to a day."""

    no: Key
    name: Name | None = None
    post: Code | None = None
    qualified: bool | None = None
    from_on: date | None = None
    until_on: date | None = None


class RosterPublished(ReferenceBody, frozen=True, kw_only=True):
    """`approval.roster.published` 值班与经办人名册 of one organisation."""

    org_code: Key
    handlers: tuple[RosterEntry, ...]
    region_code: Code | None = None
    version: Version | None = None


class CannotSend(Part, frozen=True, kw_only=True):
    """A field that a source's format has no place for: wire type (or `*`) and dotted path (`notice.served_at`)."""

    type: Name
    path: Name


class SourcePublished(ReferenceBody, frozen=True, kw_only=True):
    """`approval.source.published` 报送系统: what a hall system is able to send, and whether it is paused.

    Args:
        source: `//hall/<region_code>/<system>`.
        flavour: the format it speaks: `cloudevents`, `gdbs`, `shandong`, `national` …
        state: of a paused source everything is stored and nothing processed until it is resumed.
        cannot_send: fields that no rule may miss (decision 13); `quality.SourceProfile` reads them.
    """

    source: Name
    flavour: Name
    state: Literal["open", "paused"] = "open"
    region_code: Code | None = None
    name: Name | None = None
    cannot_send: tuple[CannotSend, ...] = ()
    reason: Text | None = None


class RegionPublished(ReferenceBody, frozen=True, kw_only=True):
    """`approval.region.published` 地区: the region profile of decision 4.

    Args:
        timezone: IANA name of the legal zone.
        calendar: id of the working calendar that counts there.
        preset: values of the rules' parameters.
        identifier_checks: the checks on codes that hold there (`uscc`, `resident_id`, `region_code` …).
    """

    region_code: Key
    name: Name
    timezone: Name
    calendar: Key
    preset: Key
    identifier_checks: tuple[Name, ...] = ()
