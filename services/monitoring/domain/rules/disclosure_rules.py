"""Disclosure: records S35, S36, S39; information S38; requests S40, S41, S42; annual reports S43."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

PUBLIC = ("disclosure.record.published", "disclosure.record.corrected")
# outcomes by which something is not given (信息公开条例第三十六条第三项)
REFUSALS = frozenset(
    {
        "state_secret",
        "forbidden_by_law",
        "three_securities",
        "third_party",
        "internal",
        "process",
        "enforcement_file",
        "administrative_query",
    }
)


def other_content(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S35: what was published rests on another decision than the one that approval made (双公示: 准确)."""
    decided = [*subject.acts("approval.case.decided"), *subject.acts("approval.penalty.decided")]
    if not decided:
        return
    known = {event.data.decision_hash for event in decided}
    amended = subject.acts("approval.penalty.changed", "approval.penalty.revoked")
    known |= {event.data.decision_hash for event in amended}
    for event in subject.acts(*PUBLIC):
        if event.data.decision_hash is not None and event.data.decision_hash not in known:
            yield subject.hit(
                "red",
                event,
                "公示内容与决定记录的摘要不一致",
                "what is public has another digest than the decision",
                occurrence=f"{event.data.record_id}.{event.data.release}",
            )


def leaked(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S36: personal data in a public view (个人信息保护法第二十五条)."""
    for event in subject.acts("disclosure.leak.found"):
        yield subject.hit(
            "red",
            event,
            f"公开渠道“{event.data.channel}”出现个人信息（{event.data.kind}）",
            f"personal data on the channel {event.data.channel} ({event.data.kind})",
            occurrence=f"{event.data.record_id}.{event.data.channel}.{event.data.kind}",
        )


def unreviewed_record(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S39: published without a review before it (信息公开条例第十七条: "行政机关应当……在公开前……进行审查")."""
    for event in subject.acts("disclosure.record.published"):
        if event.data.review is None:
            yield subject.hit(
                "red",
                event,
                "未经保密审查即公开",
                "published without a review before it",
                occurrence=event.data.record_id,
            )


def information_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S38: information not public within 20 working days of being formed or changed (信息公开条例第二十六条)."""
    formed = next(iter(subject.acts("disclosure.information.registered")), None)
    if formed is None:
        return
    due_on: date | None = formed.data.due_on or subject.nth(formed.data.formed_on, parameters.get("limit_days", 20))
    done = next(iter(subject.acts(*PUBLIC, "disclosure.record.withheld")), None)
    if due_on is not None:
        duty = Duty(formed, "政府信息公开", "publishing the information", due_on, done.time if done else None)
        yield from climb(subject, duty, Rungs(yellow_over=1))


def _request(subject: Subject) -> list[Event]:
    return subject.acts(
        "disclosure.request.received",
        "disclosure.request.clock_changed",
        "disclosure.request.answered",
        "disclosure.request.closed",
    )


def request_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S40: answered later than 20 (+20) working days: red; asked for a supplement later than 7: yellow.

    信息公开条例第三十三条: "行政机关收到政府信息公开申请，能够当场答复的，应当当场予以答复。……不能当场答复的，
    应当自收到申请之日起
    二十个工作日内予以答复"; 第三十条: "应当……自收到申请之日起七个工作日内一次性告知申请人作出补正".
    """
    acts = _request(subject)
    if not acts:
        return
    received = acts[0]
    asked_on = next((e.data.supplement_asked_on for e in reversed(acts) if e.data.supplement_asked_on), None)
    ask_by = subject.nth(received.data.received_on, parameters.get("supplement_days", 7))
    if asked_on is not None and ask_by is not None and asked_on > ask_by:
        yield subject.hit(
            "yellow",
            received,
            f"{chinese_day(asked_on)}才告知补正，应于{chinese_day(ask_by)}前",
            f"the supplement was asked on {asked_on}",
            at=subject.passed_at(ask_by),
            occurrence="supplement",
            due_on=ask_by,
        )
    due_on = _answer_by(subject, acts, parameters)
    done = next(iter(subject.acts("disclosure.request.answered", "disclosure.request.closed")), None)
    if due_on is not None:
        duty = Duty(
            received,
            "政府信息公开申请答复",
            "the answer to the request",
            due_on,
            done.time if done else None,
            occurrence="answer",
        )
        yield from climb(subject, duty, Rungs(red_over=1))


def _answer_by(subject: Subject, acts: list[Event], parameters: Parameters) -> date | None:
    """The day of the request's own answer clock, counted anew here from its start, limit, extension and pauses."""
    clock = next((c for e in reversed(acts) for c in e.data.clocks if c.kind == "answer"), None)
    limit = parameters.get("limit_days", 20)
    if clock is None:
        return subject.nth(acts[0].data.received_on, limit)
    if clock.state == "void" or any(p.end_on is None for p in clock.pauses):
        return None
    more = min(clock.extension.value, limit) if clock.extension else 0
    on: date = clock.start_on or acts[0].data.received_on
    n = limit + more
    while n:
        following = subject.nth(on, 1)
        if following is None:
            return None
        on = following
        paused = any(p.start_on <= on and p.end_on is not None and on <= p.end_on for p in clock.pauses)
        n -= 0 if paused else 1
    return on


def third_party_unasked(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S41: the information touches a third party, and the third party was not asked (信息公开条例第三十二条)."""
    for event in subject.acts("disclosure.request.answered"):
        was_asked = any(c.kind == "third_party" for e in _request(subject) for c in e.data.clocks)
        if event.data.third_party_flag and not was_asked:
            yield subject.hit(
                "red", event, "涉及第三方权益，未征求第三方意见即答复", "answered without asking the third party"
            )


def refusal_without_article(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S42: something was not given, without an article or without telling the remedies (条例第三十六条第三项)."""
    for event in subject.acts("disclosure.request.answered"):
        if event.data.outcome in REFUSALS and (not event.data.articles or event.data.remedy_told is not True):
            yield subject.hit(
                "yellow",
                event,
                "不予公开未引用条款或未告知救济途径",
                "refused without an article or without the remedies",
            )


def report_unfiled(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S43: the annual report was filed after its day, or its tables do not agree.

    信息公开条例第四十九条:
    "县级以上人民政府部门应当在每年1月31日前……向本级政府信息公开工作主管部门提交本行政机关上一年度政府信息
    公开工作年度报告"; the government's own by 31 March. No roll-over (law.md §11.5).
    """
    filed = subject.acts("disclosure.report.filed")
    if not filed:
        return
    first = filed[0]
    month, day = (3, 31) if first.data.kind == "government" else (1, 31)
    due_on = date(first.data.year + 1, month, day)
    if subject.day(first.time) > due_on:
        yield subject.hit(
            "red",
            first,
            f"年度报告应于{chinese_day(due_on)}前提交",
            f"the annual report was due on {due_on}",
            at=subject.passed_at(due_on),
            due_on=due_on,
            occurrence="date",
        )
    for event in filed:
        if not event.data.checks_passed:
            yield subject.hit(
                "yellow",
                event,
                "年度报告表间勾稽不符",
                "the tables of the annual report do not agree",
                occurrence=f"check.{event.id}",
            )
