"""What only the catalogue (实施清单) can tell: materials S22–S25, S33; powers S26, S27, S28; fees S31, S32.

A rule that needs the catalogue is silent where no version of the item is loaded, and judges only what that version
says.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Material
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.subject import Parameters, Subject


def _extra(subject: Subject) -> dict[str, Any]:
    """Further columns of the item version: `shared_data`, `proofs`, `pay_channels`, `fees`, `decision_posts`,
    `level`."""
    item = subject.evidence.item
    return dict(item.extra or {}) if item is not None else {}


def _asked(subject: Subject) -> Iterator[tuple[Event, Material]]:
    """Every material that the hall asked for: required at the acceptance, or in a supplement notice."""
    for event in subject.acts("application.submitted", "case.accepted", "supplement.requested"):
        for material in event.data.materials or ():
            if event.type == "hall.supplement.requested" or material.required:
                yield event, material


def _word(material: Material) -> str:
    return material.name or material.code or ""


def _key(material: Material) -> str:
    return material.code or material.name or ""


def _once(hits: Iterator[Hit]) -> Iterator[Hit]:
    """A material is blamed once, at the first act that asked for it."""
    seen: set[str] = set()
    for hit in hits:
        if hit.occurrence not in seen:
            seen.add(hit.occurrence)
            yield hit


def unlisted_material(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S22: a material that the published list of the item version does not name (许可法 31)."""
    item = subject.evidence.item
    if item is None or item.materials is None:
        return
    listed = {word for m in item.materials for word in (m.code, m.name) if word}
    yield from _once(
        subject.hit(
            "red",
            event,
            f"要求提交清单之外的材料：{_word(m)}",
            f"a material outside the list was asked: {_word(m)}",
            occurrence=_key(m),
        )
        for event, m in _asked(subject)
        if _word(m) and not {m.code, m.name} & listed
    )


def shared_material(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S23: a material that can be had by data sharing was asked from the applicant (令716 第七条, 令809)."""
    item = subject.evidence.item
    shared = set(_extra(subject).get("shared_data", ()))
    shared |= {m.code or m.name for m in (item.materials or () if item else ()) if m.got_by == "shared_data"}
    yield from _once(
        subject.hit(
            "yellow",
            event,
            f"可通过数据共享取得的材料仍要求提交：{_word(m)}",
            f"a material that shared data give was asked: {_word(m)}",
            occurrence=_key(m),
        )
        for event, m in _asked(subject)
        if {m.code, m.name} & shared and m.got_by in (None, "paper", "electronic")
    )


def unlisted_proof(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S24: a proof (证明) outside the list of proofs that are kept (优化营商环境条例 44)."""
    proofs = _extra(subject).get("proofs")
    if proofs is None:
        return
    yield from _once(
        subject.hit(
            "red",
            event,
            f"索要清单之外的证明：{_word(m)}",
            f"a proof outside the list was asked: {_word(m)}",
            occurrence=_key(m),
        )
        for event, m in _asked(subject)
        if "证明" in (m.name or "") and not {m.code, m.name} & set(proofs)
    )


def sent_up_again(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S25: an upper authority asks for what the lower one has sent up already.

    行政许可法第三十五条: "上级行政机关不得要求申请人重复提供申请材料".
    """
    for event in subject.acts("supplement.requested"):
        again = [_word(m) for m in event.data.materials or () if m.already_sent_up]
        if again:
            words = "、".join(again)
            yield subject.hit(
                "yellow", event, f"重复要求已由下级报送的材料：{words}", f"asked again what was sent up: {words}"
            )


def intermediary(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S33: an intermediary service that no law requires, or one named firm (优化营商环境条例 43)."""
    for event in subject.acts("supplement.requested"):
        asked = event.data.intermediary
        if asked is not None and asked.statutory is False:
            yield subject.hit(
                "red",
                event,
                f"要求没有法定依据的中介服务：{asked.name or ''}",
                f"an intermediary without base: {asked.name}",
            )


def unlisted_ground(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S26: refused or denied on a ground that is no condition of the item (许可法 16)."""
    item = subject.evidence.item
    if item is None or item.conditions is None:
        return
    for event in subject.acts("case.refused", "case.completed"):
        if event.type == "hall.case.completed" and event.data.result != "denied":
            continue
        wrong = [g.condition_code for g in event.data.grounds or () if g.condition_code not in item.conditions]
        if wrong:
            words = "、".join(str(code) for code in wrong)
            yield subject.hit(
                "red",
                event,
                f"不予许可的理由不在实施清单的条件之内：{words}",
                f"a ground outside the conditions: {words}",
            )


def item_not_in_force(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S27: the item was cancelled or not yet in force on the day of the acceptance (优化营商环境条例 40)."""
    item, accepted = subject.evidence.item, subject.proceeding.accepted
    if item is None or accepted is None:
        return
    on = subject.day(accepted.time)
    is_ended = item.valid_until is not None and on > item.valid_until
    is_early = item.effective_from is not None and on < item.effective_from
    if is_ended or is_early:
        word, word_en = ("已取消", "cancelled") if is_ended else ("尚未生效", "not yet in force")
        yield subject.hit("red", accepted, f"受理的事项{word}", f"an item was accepted that is {word_en}")


def without_power(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S28: decided by an organisation, a post or a level without that power (许可法 22, 69(2))."""
    item = subject.evidence.item
    if item is None:
        return
    extra = _extra(subject)
    posts, level = set(extra.get("decision_posts", ())), extra.get("level")
    for event in subject.acts("case.completed"):
        said = event.data.decision
        by = said.decided_by if said is not None else None
        point = event.data.service_point
        wrong_post = bool(posts) and by is not None and by.post is not None and by.post not in posts
        wrong_org = item.org_code is not None and event.data.org_code != item.org_code
        wrong_level = level is not None and point is not None and point.level is not None and point.level != level
        if event.data.result in ("granted", "denied") and (wrong_post or wrong_org or wrong_level):
            yield subject.hit(
                "red",
                event,
                "作出决定的单位、岗位或层级没有该项权限",
                "decided by a unit, post or level without that power",
            )


def fee_off_list(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S31: a fee that is not the listed one, any fee where none is listed, or a waiver without its ground.

    行政许可法第五十八条: "行政机关实施行政许可……不得收取任何费用。但是，法律、行政法规另有规定的，依照其规定".
    """
    item = subject.evidence.item
    rates = {str(rate) for rate in _extra(subject).get("fees", ())}
    for event in subject.acts("fee.charged", "case.completed"):
        fee = event.data if event.type == "hall.fee.charged" else event.data.fee
        if fee is None or fee.amount is None:
            continue
        amount, standard = Decimal(fee.amount), Decimal(fee.standard) if _is_money(fee.standard) else None
        unlisted = item is not None and item.fee_listed is False and amount > 0
        other_rate = bool(rates) and amount > 0 and not any(_is_money(r) and Decimal(r) == amount for r in rates)
        differs = standard is not None and amount != standard and not (amount < standard and fee.exempt_reason)
        if unlisted or other_rate or differs:
            yield subject.hit(
                "red",
                event,
                f"收费 {fee.amount} 元与公布的项目、标准不符",
                f"a fee of {fee.amount} yuan is off the list",
                occurrence=f"{event.type}.{event.seqno}",
            )


def _is_money(text: str | None) -> bool:
    return text is not None and text.replace(".", "", 1).isdigit()


def wrong_channel(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S32: paid through another channel than the listed one (许可法 59)."""
    channels = set(_extra(subject).get("pay_channels", ()))
    for event in subject.acts("fee.charged"):
        if channels and event.data.pay_channel is not None and event.data.pay_channel not in channels:
            yield subject.hit(
                "red",
                event,
                f"收费渠道“{event.data.pay_channel}”不是公布的渠道",
                f"paid through {event.data.pay_channel}, which is no listed channel",
            )
