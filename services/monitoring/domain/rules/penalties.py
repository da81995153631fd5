"""Penalties: S44 (ninety days), S45 (legal review, collective decision, hearing), S37 (withdrawn in three days).

行政处罚法第六十条: "行政机关应当自行政处罚案件立案之日起九十日内作出行政处罚决定。法律、法规、规章另有规定的，
从其规定"; 第四十八条:
"公开的行政处罚决定被依法变更、撤销、确认违法或者确认无效的，行政机关应当在三日内撤回行政处罚决定信息并公开说明理由".
"""

from __future__ import annotations

from collections.abc import Iterator

from libs.common.kernel.events.parts import Limit
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject


def undecided(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S44: no decision within 90 calendar days (rolled) or the limit of the special statute."""
    filed = next(iter(subject.acts("penalty.filed")), None)
    if filed is None:
        return
    limit = filed.data.limit or Limit(value=parameters.get("limit_days", 90), unit="calendar_day")
    due_on = subject.ends_on(subject.day(filed.time), limit)
    decided = subject.proceeding.penalty_decided
    ending = subject.proceeding.ending
    if due_on is not None:
        duty = Duty(
            filed,
            "立案后作出行政处罚决定",
            "deciding the penalty",
            due_on,
            decided.time if decided else None,
            ending.at if ending and decided is None else None,
        )
        yield from climb(subject, duty, Rungs(red_over=1))


def unreviewed(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S45: a major penalty (flagged, or a fine of a serious gravity) without legal review, collective discussion or the
    notice of the right to a hearing before it (57, 58, 63)."""
    decided = subject.proceeding.penalty_decided
    if decided is None or decided.data.simple_procedure:
        return
    filed = next(iter(subject.acts("penalty.filed")), None)
    is_flagged = filed is not None and bool(filed.data.major)
    is_serious = decided.data.gravity == "serious" and "fine" in (decided.data.kinds or ())
    if not (is_flagged or is_serious):
        return
    wanted = (
        ("penalty.legal_reviewed", "法制审核"),
        ("penalty.discussed", "集体讨论"),
        ("penalty.noticed", "听证权利告知"),
    )
    missing = [word for kind, word in wanted if not [e for e in subject.acts(kind) if e.time <= decided.time]]
    if missing:
        yield subject.hit(
            "red",
            decided,
            f"重大行政处罚决定前缺少：{'、'.join(missing)}",
            f"a major penalty without {len(missing)} of legal review, discussion and notice of the hearing",
        )


def not_withdrawn(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S37: a changed or revoked penalty that still stood in public after three working days."""
    published = next(iter(subject.acts("disclosure.record.published")), None)
    for event in subject.acts("penalty.changed", "penalty.revoked"):
        if published is None or published.time > event.time:
            continue
        due_on = subject.nth(subject.day(event.time), parameters.get("limit_days", 3))
        kinds = ("disclosure.record.withdrawn", "disclosure.record.corrected", "disclosure.record.expired")
        done = next((e for e in subject.acts(*kinds) if e.time >= event.time), None)
        if due_on is not None:
            duty = Duty(
                event,
                "撤回变更或撤销的处罚信息",
                "withdrawing the changed penalty",
                due_on,
                done.time if done else None,
                occurrence=f"{event.type}.{event.seqno}",
            )
            yield from climb(subject, duty, Rungs(red_over=1))
