"""Objects that bodies of events share (contract: docs/events.md).

Optional means `X | None = None`: a field that is absent and a field that is `null` are the same. Unknown fields are
ignored here and live on in the raw bytes. `expected` names the fields that the contract wants although the house can
live without them: a body that lacks one is taken and marked (decision 13), see `quality.quality_issues`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from msgspec import Meta, Struct

from libs.common.kernel.events.codes import (
    CaseNo,
    Code,
    GotBy,
    IdType,
    Instant,
    Key,
    LimitUnit,
    Money,
    Name,
    OnSilence,
    Ordinal,
    PartyType,
    Text,
    Version,
)


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Root of every object inside an event's data; empty optional fields are left out on the wire."""

    expected: ClassVar[tuple[str, ...]] = ()


class Person(Part, frozen=True, kw_only=True):
    """A member of staff by number and name: handler, chair, inspector."""

    no: Code | None = None
    name: Name | None = None


class ServicePoint(Part, frozen=True, kw_only=True):
    """服务点: the place of one of four levels at which the case was filed."""

    level: Literal["city", "county", "township", "village"] | None = None
    code: Code | None = None
    name: Name | None = None


class SourceRaw(Part, frozen=True, kw_only=True):
    """What the hall's own format said before it was mapped: flavour, kind and codes."""

    flavour: Name | None = None
    kind: Name | None = None
    codes: dict[str, Any] | None = None


class Limit(Part, frozen=True, kw_only=True):
    """时限: `value` in `unit`, or only `due_on` where a hall states the date alone (then `claimed`).

    `value` 0 is lawful for instant items (decision 50).
    """

    value: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    unit: LimitUnit | None = None
    due_on: date | None = None
    claimed: bool | None = None


class Document(Part, frozen=True, kw_only=True):
    """文书: paper with a number and the proof of its service."""

    expected: ClassVar[tuple[str, ...]] = ("no",)

    no: Name | None = None
    name: Name | None = None
    sealed: bool | None = None
    served_at: Instant | None = None
    served_how: Name | None = None


class Material(Part, frozen=True, kw_only=True):
    """材料 that an application asks for or that was handed in."""

    expected: ClassVar[tuple[str, ...]] = ("name",)

    name: Name | None = None
    code: Code | None = None
    required: bool | None = None
    got_by: GotBy | None = None
    already_sent_up: bool | None = None


class Party(Part, frozen=True, kw_only=True):
    """相对人 in clear, as halls send it over TLS; it never leaves the intake (decision 26)."""

    expected: ClassVar[tuple[str, ...]] = ("type", "name", "id_type", "id_no")

    type: PartyType | None = None
    name: Name | None = None
    id_type: IdType | None = None
    id_no: Code | None = None
    legal_person: Name | None = None
    contact_name: Name | None = None
    contact_mobile: Code | None = None
    contact_id_no: Code | None = None
    address: Text | None = None


class SealedParty(Part, frozen=True, kw_only=True):
    """相对人 after the intake.

    Args:
        name, code: only where they are no personal data (enterprises, institutions, agencies, social organisations).
        party_ref: keyed hash by which events of one party are recognised.
        sealed: the clear party as an envelope under the case's data key.
    """

    party_ref: Key
    type: PartyType | None = None
    name: Name | None = None
    code: Code | None = None
    sealed: str | None = None


P = TypeVar("P", Party, SealedParty)


class PublicParty(Part, frozen=True, kw_only=True):
    """相对人 as the public may see it: masked name of a natural person, no identity number (decision 26)."""

    type: PartyType | None = None
    display_name: Name | None = None
    code: Code | None = None


class Approver(Part, frozen=True, kw_only=True):
    """The head who approved an extension or a special procedure (许可法 42, 45; decision 51)."""

    name: Name | None = None
    title: Name | None = None
    org_code: Code | None = None
    level: Literal["unit_head", "government_head"] | None = None


class DecidedBy(Part, frozen=True, kw_only=True):
    """Who signed the decision."""

    no: Code | None = None
    name: Name | None = None
    title: Name | None = None
    post: Name | None = None


class Decision(Part, frozen=True, kw_only=True):
    """决定: number (机关代字〔year〕n号), name and day of the decision."""

    expected: ClassVar[tuple[str, ...]] = ("no", "decided_on")

    no: Name | None = None
    name: Name | None = None
    decided_on: date | None = None
    decided_by: DecidedBy | None = None


class LicenceDoc(Part, frozen=True, kw_only=True):
    """许可证件 that a grant produced."""

    expected: ClassVar[tuple[str, ...]] = ("name", "no", "valid_until")

    type: Name | None = None
    name: Name | None = None
    no: Name | None = None
    content: Text | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    issuer: Name | None = None
    issuer_code: Code | None = None


class Secrecy(Part, frozen=True, kw_only=True):
    """Flags of the hall's own secrecy review; an absent object = not reviewed by the hall (decision 33)."""

    state_secret: bool | None = None
    trade_secret: bool | None = None
    personal_privacy: bool | None = None
    third_party: bool | None = None
    internal: bool | None = None
    note: Text | None = None


class Fee(Part, frozen=True, kw_only=True):
    """收费 of the case, in yuan."""

    amount: Money | None = None
    standard: Name | None = None
    exempt_reason: Text | None = None


class Ground(Part, frozen=True, kw_only=True):
    """A condition of the item that was not met."""

    expected: ClassVar[tuple[str, ...]] = ("condition_code",)

    condition_code: Code | None = None
    text: Text | None = None


class Renewal(Part, frozen=True, kw_only=True):
    """The licence that the case is to renew (许可法 50)."""

    licence_no: Name | None = None
    valid_until: date | None = None


class JointPart(Part, frozen=True, kw_only=True):
    """One authority's part of a joint approval and what its silence means."""

    org_code: Code | None = None
    item_code: Code | None = None
    limit: Limit | None = None
    on_silence: OnSilence | None = None


class Joint(Part, frozen=True, kw_only=True):
    """并联审批: the frame of the lead authority."""

    expected: ClassVar[tuple[str, ...]] = ("group_no", "lead_org_code", "parts")

    group_no: Code | None = None
    lead_org_code: Code | None = None
    parts: tuple[JointPart, ...] | None = None


class Check(Part, frozen=True, kw_only=True):
    """One line of the acceptance checklist."""

    code: Code | None = None
    ok: bool | None = None


class Intermediary(Part, frozen=True, kw_only=True):
    """An intermediary service that the hall asked for."""

    name: Name | None = None
    statutory: bool | None = None


class VoidedAct(Part, frozen=True, kw_only=True):
    """The act that a voiding takes back: (type, seqno) within the case."""

    type: Name | None = None
    seqno: Ordinal = 1


class Organisation(Part, frozen=True, kw_only=True):
    """An organisation by name and code."""

    name: Name | None = None
    code: Code | None = None


class CaseBody(Part, frozen=True, kw_only=True):
    """What every body of a case holds; the four fields without default are structurally needed (decision 13)."""

    expected: ClassVar[tuple[str, ...]] = ("org_name",)

    case_no: CaseNo
    item_code: Key
    org_code: Key
    region_code: Key
    org_name: Name | None = None
    item_version: Version | None = None
    service_point: ServicePoint | None = None
    handler: Person | None = None
    raw: SourceRaw | None = None
    extra: dict[str, Any] | None = None
