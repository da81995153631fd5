"""How a case ends: reasons S09 and S64, delivery S17, renewal S48, done off line S65."""

from __future__ import annotations

from collections.abc import Iterator

from libs.common.kernel.events.parts import Limit
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

REASON_OWED = frozenset({"returned", "voided", "deleted", "lapsed"})


def no_reason(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S09: refused or denied without a reason, or without telling the remedies.

    行政许可法第三十八条第二款: "行政机关依法作出不予行政许可的书面决定的，应当说明理由，
    并告知申请人享有依法申请行政复议或者提起行政诉讼
    的权利".
    """
    for event in subject.acts("case.refused", "case.completed"):
        if event.type == "hall.case.completed" and event.data.result != "denied":
            continue
        no_words = subject.sends(event, "reason") and not (event.data.reason or "").strip()
        no_remedy = subject.sends(event, "remedy_told") and event.data.remedy_told is not True
        if no_words or no_remedy:
            what = "、".join(w for w, is_so in (("未说明理由", no_words), ("未告知复议和诉讼权利", no_remedy)) if is_so)
            yield subject.hit(
                "red",
                event,
                f"不予受理或不予许可，{what}",
                "refused or denied without a reason or without telling the remedies",
                occurrence=f"{event.type.rpartition('.')[2]}.{event.seqno}",
            )


def ended_without_reason(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S64: returned, voided, deleted or lapsed without a reason (the share of such ends is judged by the month)."""
    for event in subject.acts("case.completed", "supplement.lapsed"):
        result = "lapsed" if event.type == "hall.supplement.lapsed" else event.data.result
        if result in REASON_OWED and not (event.data.reason or "").strip() and subject.sends(event, "reason"):
            yield subject.hit(
                "yellow", event, "退回、作废或失效办结，未说明理由", f"ended as {result} without a reason"
            )


def not_delivered(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S17: the licence was not made and delivered: yellow after the promised delivery, red after ten working days.

    行政许可法第四十四条: "应当自作出决定之日起十日内向申请人颁发、送达行政许可证件".
    """
    granted = subject.proceeding.granted
    if granted is None or not subject.sends(granted, "licences"):
        return
    decided_on = granted.data.decision.decided_on if granted.data.decision else None
    start = decided_on or subject.day(granted.time)
    served = next(iter(subject.acts("result.collected")), None)
    done_at = (served.data.served_at or served.time) if served else None
    legal_on = subject.nth(start, parameters.get("legal_days", 10))
    promise = parameters.get("promise_calendar_days", 0)
    promised = Limit(value=promise, unit="calendar_day") if promise else None
    if parameters.get("promise_days", 0):
        promised = Limit(value=parameters["promise_days"], unit="working_day")
    name, name_en = "许可证件颁发、送达", "delivery of the licence"
    left = parameters.get("notice_left", 1)
    if promised is not None:
        due_on = subject.ends_on(start, promised)
        if due_on is not None:
            duty = Duty(granted, name, name_en, due_on, done_at)
            yield from climb(subject, duty, Rungs(notice_left=left, yellow_over=1))
    if legal_on is not None and not parameters.get("only_yellow", 0):
        near = None if promised is not None else left
        yield from climb(subject, Duty(granted, name, name_en, legal_on, done_at), Rungs(notice_left=near, red_over=1))


def renewal_undecided(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S48: a renewal that was undecided when the licence expired: deemed granted the day after.

    行政许可法第五十条第二款: "行政机关应当根据被许可人的申请，在该行政许可有效期届满前作出是否准予延续的决定；
    逾期未作决定的，视为准予
    延续".
    """
    accepted = subject.proceeding.accepted
    renewal = accepted.data.renewal_of if accepted is not None else None
    if accepted is None or renewal is None or renewal.valid_until is None:
        return
    ending = subject.proceeding.ending
    duty = Duty(
        accepted,
        "有效期届满前作出延续决定",
        "deciding the renewal before the licence expires",
        renewal.valid_until,
        ending.at if ending else None,
    )
    if subject.day(accepted.time) <= renewal.valid_until:
        yield from climb(subject, duty, Rungs(red_over=1))


def done_off_line(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S65: completed without any earlier filing, pre-review, acceptance or step (先办后录)."""
    before = ("application.submitted", "application.prereviewed", "case.accepted", "step.completed")
    for event in subject.acts("case.completed")[:1]:
        if not [e for e in subject.acts(*before) if e.time <= event.time]:
            yield subject.hit(
                "yellow",
                event,
                "未见申请、受理和环节记录即办结，疑似先办后录",
                "completed without any record before it",
            )


def filed_again(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S72: returned and filed again within five working days for the same item by the same applicant: the clock was
    set back. Blamed on the case that was filed again (decision 52)."""
    returned_on = subject.evidence.original_ended_on
    submitted = next(iter(subject.acts("application.submitted")), None)
    if returned_on is None or submitted is None:
        return
    days = subject.working_days(returned_on, subject.day(submitted.time))
    if days <= parameters.get("within_days", 5):
        original = submitted.data.original_case_no
        yield subject.hit(
            "notice",
            submitted,
            f"原件 {original} 于{chinese_day(returned_on)}退回，{days} 个工作日后重新申请，时钟重新起算",
            f"filed again {days} working days after {original} was returned",
        )


def jumped_the_queue(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S51: an item of limited quantity was decided while an earlier acceptance was still open.

    行政许可法第五十七条: "有数量限制的行政许可，两个或者两个以上申请人的申请均符合法定条件、标准的，
    行政机关应当根据受理行政许可申请的
    先后顺序作出准予行政许可的决定".
    """
    ending = subject.proceeding.ending
    if ending is None or ending.event.type != "hall.case.completed" or not subject.evidence.overtaken:
        return
    words = "、".join(subject.evidence.overtaken)
    yield subject.hit(
        "yellow",
        ending.event,
        f"有数量限制的事项未按受理先后决定，先受理未决：{words}",
        f"decided before earlier acceptances that were still open: {words}",
    )
