"""From the filing to the acceptance: S05, S06, S07, S08, S10, S53.

行政许可法第三十二条第一款第四项: "申请材料不齐全或者不符合法定形式的，
应当当场或者在五日内一次告知申请人需要补正的全部内容，
逾期不告知的，自收到申请材料之日起即为受理"; 第二款: "行政机关受理或者不予受理行政许可申请，
应当出具加盖本行政机关专用印章和
注明日期的书面凭证".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

ONLINE = frozenset({"online", "mobile"})


def _answer(subject: Subject, since: datetime) -> Event | None:
    """The first act with which the authority answered the papers: took them, refused, or asked for more (also S06)."""
    kinds = (
        "case.accepted",
        "case.refused",
        "supplement.requested",
        "case.completed",
        "case.transferred",
        "case.passed_up",
    )
    return next((event for event in subject.acts(*kinds) if event.time >= since), None)


def _receipts(subject: Subject) -> list[Event]:
    """What starts the five days: the filing, and each receipt of further papers."""
    received = [e for e in subject.acts("supplement.received") if e.data.complete is not False]
    return [*subject.acts("application.submitted")[:1], *received]


def _checked_complete(subject: Subject) -> bool:
    """Whether the checklist says that nothing was missing (S10 blames it, and S05 does not: one act, one blame)."""
    accepted = subject.proceeding.accepted
    checks = accepted.data.checklist if accepted is not None else None
    return bool(checks) and all(check.ok for check in checks or ())


def not_answered(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S05: nothing accepted, refused or asked by the end of the fifth working day: deemed accepted as of the
    receipt."""
    if not _checked_complete(subject):
        yield from _unanswered(subject, parameters)


def complete_but_not_accepted(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S10: the checklist was all in order, and the case was not accepted in time (32(5), 72(1))."""
    if _checked_complete(subject):
        yield from (hit for hit in _unanswered(subject, parameters) if hit.severity == "red")


def _unanswered(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    limit, left = parameters.get("limit_days", 5), parameters.get("notice_left", 1)
    for place, receipt in enumerate(_receipts(subject)):
        due_on = subject.nth(subject.day(receipt.time), limit)
        if due_on is None:
            continue
        answer = _answer(subject, receipt.time)
        withdrawn = next(iter(subject.acts("case.withdrawn", "supplement.lapsed")), None)
        duty = Duty(
            receipt,
            "收到申请后五个工作日内受理、不予受理或一次告知补正",
            "accept, refuse or ask for supplements within 5 working days of receipt",
            due_on,
            answer.time if answer else None,
            withdrawn.time if withdrawn and withdrawn.time >= receipt.time else None,
            occurrence=str(place + 1),
        )
        yield from climb(subject, duty, Rungs(notice_left=left, red_over=1))


def asked_again(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S06: a second list of supplements; the law knows one (32(4), 72(4)). Red from the third."""
    before = [e for e in subject.acts("supplement.requested") if not _was_accepted_before(subject, e)]
    for number, event in enumerate(before, start=1):
        if number < parameters.get("yellow_at", 2):
            continue
        yield subject.hit(
            "red" if number >= parameters.get("red_at", 3) else "yellow",
            event,
            f"{chinese_day(subject.day(event.time))}第 {number} 次要求补正，补正应一次告知",
            f"supplements were asked a {number}th time on {subject.day(event.time)}; the law knows one notice",
        )


def _was_accepted_before(subject: Subject, event: Event) -> bool:
    accepted = subject.proceeding.accepted
    return accepted is not None and event.time > accepted.time


def asked_after_acceptance(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S07: supplements asked after the acceptance; it stops no clock (32)."""
    for event in subject.acts("supplement.requested"):
        if _was_accepted_before(subject, event):
            yield subject.hit(
                "red",
                event,
                f"受理后于{chinese_day(subject.day(event.time))}又要求补正，法定时钟照走",
                f"supplements were asked on {subject.day(event.time)}, after the acceptance; the clock runs on",
            )


def no_paper(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S08: accepted or refused without a dated paper under the special seal (32¶2)."""
    for event in subject.acts("case.accepted", "case.refused"):
        path = "accept_doc" if event.type == "hall.case.accepted" else "doc"
        paper = getattr(event.data, path)
        lacks_number = subject.sends(event, f"{path}.no") and (paper is None or not paper.no)
        lacks_seal = subject.sends(event, f"{path}.sealed") and paper is not None and paper.sealed is False
        if lacks_number or lacks_seal:
            word, word_en = ("受理", "accepted") if path == "accept_doc" else ("不予受理", "refused")
            yield subject.hit(
                "yellow",
                event,
                f"{word}未出具加盖专用印章并注明日期的书面凭证",
                f"{word_en} without a dated paper under the special seal",
                occurrence=f"{path}.{event.seqno}",
            )


def not_prereviewed(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S53: an on-line filing that was not pre-reviewed in two working days; notice, yellow, red by the days over."""
    for event in subject.acts("application.submitted")[:1]:
        if event.data.submit_channel not in ONLINE:
            continue
        due_on = subject.nth(subject.day(event.time), parameters.get("limit_days", 2))
        if due_on is None:
            continue
        kinds = (
            "application.prereviewed",
            "case.accepted",
            "case.refused",
            "supplement.requested",
            "case.withdrawn",
            "case.completed",
            "case.transferred",
        )
        done = next(iter(subject.acts(*kinds)), None)
        duty = Duty(event, "网上申请预受理", "pre-review of the on-line filing", due_on, done.time if done else None)
        rungs = Rungs(
            notice_over=parameters.get("notice_over", 0) + 1,
            yellow_over=parameters.get("yellow_over", 3) + 1,
            red_over=parameters.get("red_over", 5) + 1,
        )
        yield from climb(subject, duty, rungs)
