"""S01 notice, S02 promise passed, S03 legal limit passed: the ladder of every case clock (rules.md §1, law.md §9.2)."""

from __future__ import annotations

from collections.abc import Iterator

from libs.common.kernel.statutory_clock import over
from services.monitoring.domain.counting import Counted
from services.monitoring.domain.findings import Finding
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

FAMILY = "TIME"


def due_soon(subject: Subject, parameters: Parameters) -> Iterator[Finding]:
    """S01: open, not in a pause, not after the due day, at most `notice_days` working days of the promise left."""
    clocks = subject.clocks
    if clocks is None or clocks.promise is None or clocks.turns.notice_on is None or clocks.promise.due_on is None:
        return
    notice_on, due_on = clocks.turns.notice_on, clocks.promise.due_on
    # an end on the very day comes before or after the notice; the notice of an ended case fades anyway
    if not subject.was_open_on(notice_on) or any(pause.holds(notice_on) for pause in clocks.pauses):
        return
    accepted = subject.proceeding.accepted
    assert accepted is not None
    yield Finding(
        rule_id="S01",
        family=FAMILY,
        severity="notice",
        occurrence="1",
        became_true_at=max(subject.midnight(notice_on), accepted.time),
        ground="承诺办结时限将到（优化营商环境条例第三十六条）",
        ground_en="the promised limit nears (优化营商环境条例 36)",
        evidence=(accepted.id,),
        due_on=due_on,
        working_days_left=subject.calendar.count(notice_on, due_on),
        text=f"承诺时限 {chinese_day(due_on)} 24 时届满",
        text_en=f"the promised limit ends on {due_on.isoformat()}",
        is_over=subject.proceeding.ending is not None,
    )


def promise_passed(subject: Subject, parameters: Parameters) -> Iterator[Finding]:
    """S02: open, or decided, on a date after the promise's due day.

    优化营商环境条例第三十六条: beyond the promised limit the unit must publish its reasons.
    """
    clocks = subject.clocks
    if clocks is None or clocks.promise is None:
        return
    # "not after the legal one": a promise that ends with the law or later leaves no day for a yellow card
    if clocks.promise.due_on and clocks.legal.due_on and clocks.promise.due_on >= clocks.legal.due_on:
        return
    yield from _passed(
        subject,
        clocks.promise,
        turned_on=clocks.turns.yellow_on,
        rule_id="S02",
        severity="yellow",
        ground="超过承诺办结时限，须公开理由（优化营商环境条例第三十六条）",
        ground_en="the promised limit has passed; the unit must publish its reasons (优化营商环境条例 36)",
        name="承诺时限",
        name_en="promised limit",
    )


def law_passed(subject: Subject, parameters: Parameters) -> Iterator[Finding]:
    """S03: open, or decided, on a date after the legal due day.

    行政许可法第七十四条第二项: not to decide within the legal limit is a breach that the superior corrects.
    """
    clocks = subject.clocks
    if clocks is None:
        return
    claimed = "大厅所报" if clocks.legal.is_claimed else ""
    yield from _passed(
        subject,
        clocks.legal,
        turned_on=clocks.turns.red_on,
        rule_id="S03",
        severity="red",
        ground="超过法定办理期限（行政许可法第四十二条、第七十四条第二项）",
        ground_en="the legal limit has passed (行政许可法 42, 74(2))",
        name=f"{claimed}法定时限",
        name_en="legal limit",
    )


def _passed(
    subject: Subject,
    clock: Counted,
    *,
    turned_on: object,
    rule_id: str,
    severity: str,
    ground: str,
    ground_en: str,
    name: str,
    name_en: str,
) -> Iterator[Finding]:
    due_on = clock.due_on
    if due_on is None or turned_on is None:
        return
    # a limit has passed when its due day has ended, whatever day follows (rules.md §14.15)
    ended_on = subject.proceeding.ended_on
    if ended_on is not None and ended_on <= due_on:
        return
    accepted = subject.proceeding.accepted
    assert accepted is not None
    days = over(due_on, ended_on, subject.calendar) if ended_on is not None else None
    done = f"，{chinese_day(ended_on)}才办结，超 {days} 个工作日" if ended_on is not None and days else ""
    yield Finding(
        rule_id=rule_id,
        family=FAMILY,
        severity="red" if severity == "red" else "yellow",
        occurrence="1",
        became_true_at=subject.midnight(due_on.fromordinal(due_on.toordinal() + 1)),
        ground=ground,
        ground_en=ground_en,
        # what was known when it came true: the same whatever arrives later
        evidence=(accepted.id,),
        due_on=due_on,
        text=f"{name}已于 {chinese_day(due_on)} 24 时届满{done or '，尚未办结'}",
        text_en=f"the {name_en} ended on {due_on.isoformat()}"
        + (f"; completed on {ended_on.isoformat()}" if ended_on else "; still open"),
    )
