"""Publish, publish masked, hold or withhold: the judgement before each publication (政府信息公开条例第十七条).

Default is silence: a field is public only if the policy names it, and every published value has passed the scanner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from libs.common.kernel.masking import find_personal_data, is_personal, mask_name, may_name
from services.disclosure.domain.decision import Decision
from services.disclosure.domain.policy import FieldRule, Policies, Policy
from services.disclosure.domain.publication_period import Period, period_of

Fields = Mapping[str, Any]
# decision 26: whose name is public; everybody else, also of an unknown kind, appears masked
NAMED_OPENLY = frozenset({"enterprise", "institution", "social_org", "agency", "individual_business"})
# 政府信息公开条例 14, 15, 16 by the flag that the hall or the item sets
FLAG_GROUNDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "state_secret": ("政府信息公开条例第十四条", "标记为国家秘密", "flagged as a state secret"),
        "trade_secret": ("政府信息公开条例第十五条", "标记为商业秘密", "flagged as a trade secret"),
        "personal_privacy": ("政府信息公开条例第十五条", "标记为个人隐私", "flagged as personal privacy"),
        "third_party": (
            "政府信息公开条例第三十二条",
            "涉及第三方，尚未征求意见",
            "a third party has not been heard yet",
        ),
        "internal": ("政府信息公开条例第十六条", "标记为内部事务信息", "flagged as an internal matter"),
    }
)


@dataclass(frozen=True, slots=True)
class Masked:
    """What was hidden where: `kind` ∈ name · id · mobile · … of kernel.masking."""

    field: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Goes out as it is."""

    fields: Fields
    ground: str
    reason: str
    reason_en: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class PublishMasked:
    """Goes out with `masked` hidden."""

    fields: Fields
    masked: tuple[Masked, ...]
    ground: str
    reason: str
    reason_en: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Waits at the review desk; `fields` is the public copy that would go out, `masked` what it hides."""

    fields: Fields
    masked: tuple[Masked, ...]
    ground: str
    reason: str
    reason_en: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class Withhold:
    """Does not go out."""

    ground: str
    reason: str
    reason_en: str
    policy_version: str


Judgement = Publish | PublishMasked | Hold | Withhold
WORDS: Mapping[type, str] = MappingProxyType(
    {Publish: "publish", PublishMasked: "publish_masked", Hold: "hold", Withhold: "withhold"}
)


@dataclass(frozen=True, slots=True)
class _Copy:
    """The public copy in the making: `doubts` hold the record."""

    fields: dict[str, Any]
    masked: tuple[Masked, ...]
    doubts: tuple[tuple[str, str, str], ...]


def judge(decision: Decision, policies: Policies) -> Judgement:
    """Judges one decision by the policy in force on the day of the decision."""
    policy = policies.policy_on(decision.kind, decision.decided_on)
    refused = _never_public(decision, policies, policy)
    if refused is not None:
        return refused
    copy = _public_copy(decision, policies, policy)
    doubts = (*_flagged(decision), *copy.doubts)
    if doubts:
        grounds = dict.fromkeys(ground for ground, _, _ in doubts)
        return Hold(
            MappingProxyType(copy.fields),
            copy.masked,
            "、".join(grounds),
            "；".join(zh for _, zh, _ in doubts),
            "; ".join(en for _, _, en in doubts),
            policy.version,
        )
    ground = "行政许可法第四十条" if decision.kind == "permit" else "行政处罚法第四十八条"
    if copy.masked:
        return PublishMasked(
            MappingProxyType(copy.fields),
            copy.masked,
            ground,
            "依法公开，个人信息已遮盖",
            "published by law, personal data masked",
            policy.version,
        )
    return Publish(MappingProxyType(copy.fields), ground, "依法公开", "published by law", policy.version)


def _never_public(decision: Decision, policies: Policies, policy: Policy) -> Withhold | None:
    if decision.result not in policy.results:
        return Withhold(
            "行政许可法第四十条", "只公开准予的决定", "only granted decisions are published", policy.version
        )
    if decision.minor_person:
        # PIPL 28, 31: data of persons under 14 are sensitive; decisions on minors are not published [M85]
        return Withhold(
            "未成年人保护法、个人信息保护法第二十八条", "当事人是未成年人", "the party is a minor", policy.version
        )
    if decision.kind == "penalty" and _period(decision, policies) is None:
        basis = policies.period_on(decision.decided_on).basis
        return Withhold(basis, "轻微处罚，按规定不公示", "minor penalties are not published", policy.version)
    return None


def _period(decision: Decision, policies: Policies) -> Period | None:
    stated = decision.raw.get("valid_until")
    return period_of(
        policies.period_on(decision.decided_on),
        decision.raw.get("gravity"),
        decision.decided_on,
        date.fromisoformat(stated[:10]) if stated else None,
    )


def _flagged(decision: Decision) -> tuple[tuple[str, str, str], ...]:
    flags = decision.secrecy or {}
    return tuple(entry for flag, entry in FLAG_GROUNDS.items() if flags.get(flag))


def _public_copy(decision: Decision, policies: Policies, policy: Policy) -> _Copy:
    party = decision.party or {}
    raw = dict(decision.raw) | {
        "party_name": party.get("display_name"),
        "party_type": party.get("type"),
        "party_code": party.get("code") if party.get("type") in NAMED_OPENLY else None,
    }
    if decision.kind == "penalty":
        period = _period(decision, policies)
        raw["publish_until"] = None if period is None else period.until_on.isoformat()
    fields: dict[str, Any] = {}
    masked: list[Masked] = []
    doubts: list[tuple[str, str, str]] = []
    for rule in policy.fields:
        value = raw.get(rule.name)
        if value is None:
            continue
        shown, hidden, doubt = _treat(rule, value, str(party.get("type") or ""))
        if shown is not None:
            fields[rule.name] = shown
        masked.extend(hidden)
        doubts.extend(doubt)
    doubts.extend(_missing(policy, fields))
    doubts.extend(_words(policy, fields))
    doubts.extend(_named_in_text(policy, fields))
    fields["title"] = title_of(decision.kind, fields)
    return _Copy(fields, tuple(masked), tuple(doubts))


def _treat(
    rule: FieldRule, value: Any, party_type: str
) -> tuple[Any, tuple[Masked, ...], tuple[tuple[str, str, str], ...]]:
    """(value to show, what was hidden, doubts) of one field."""
    if rule.treatment == "name" and party_type not in NAMED_OPENLY:
        # law.md §4 [D]: "name = first character + one * per further character"
        shown = str(value) if "*" in str(value) else mask_name(str(value))
        return shown, (Masked(rule.name, "name", 1),), ()
    if rule.treatment == "code":
        personal = is_personal(str(value))
        return (None, (Masked(rule.name, "resident_id", 1),), ()) if personal else (value, (), ())
    if isinstance(value, list):
        parts = [scan(str(part)) for part in value]
        found = any(hidden for _, hidden in parts)
        return value, (), ((_doubt(rule.name),) if found else ())
    shown, hidden = scan(str(value))
    if not hidden:
        return value, (), ()
    entries = tuple(Masked(rule.name, kind, hidden.count(kind)) for kind in dict.fromkeys(hidden))
    return shown, entries, (() if rule.treatment == "mask" else (_doubt(rule.name),))


def _doubt(name: str) -> tuple[str, str, str]:
    return ("个人信息保护法第二十五条", f"字段 {name} 中发现个人信息", f"personal data found in the field {name}")


def _missing(policy: Policy, fields: Fields) -> list[tuple[str, str, str]]:
    return [
        ("政府信息公开条例第十七条", f"缺少必须公开的字段 {name}", f"the required field {name} is missing")
        for name in policy.required
        if name not in fields
    ]


def _words(policy: Policy, fields: Fields) -> list[tuple[str, str, str]]:
    text = "\n".join(str(value) for value in fields.values())
    return [
        ("政府信息公开条例第十七条", f"文字中出现“{word}”", f"the text contains the word {word}")
        for word in policy.hold_words
        if word in text
    ]


def _named_in_text(policy: Policy, fields: Fields) -> list[tuple[str, str, str]]:
    """A natural person's name may stand in the free text: only surname and length are known here, so somebody looks."""
    name = str(fields.get("party_name") or "")
    if fields.get("party_type") in NAMED_OPENLY or "*" not in name or name.startswith("*"):
        return []
    suspect = [
        r.name for r in policy.fields if r.treatment in ("mask", "hold") and may_name(str(fields.get(r.name, "")), name)
    ]
    return [
        ("个人信息保护法第二十五条", f"字段 {field} 中可能有当事人姓名", f"the field {field} may name the party")
        for field in suspect
    ]


def title_of(kind: str, fields: Fields) -> str:
    """The heading of a record, made of published fields only."""
    names = ("licence_name", "item_name", "licence_type") if kind == "permit" else ("violation", "decision_name")
    subject = next((str(fields[n]) for n in names if fields.get(n)), "行政许可" if kind == "permit" else "行政处罚")
    party = fields.get("party_name")
    return f"{subject[:60]}：{party}" if party else subject[:60]


def scan(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with every found piece of personal data masked, and the kinds that were found, in order of place."""
    shown, kinds = text, []
    for found in sorted(find_personal_data(text), key=lambda f: f.start, reverse=True):
        shown = shown[: found.start] + found.masked + shown[found.end :]
        kinds.append(found.kind)
    return shown, tuple(reversed(kinds))
