"""S01 notice, S02 promise passed, S03 legal limit passed: the ladder of every case clock (rules.md §1, law.md §9.2).
S52: the same for joint cases and each authority's share. S57: the same day where the item is decided on the spot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from libs.common.kernel.statutory_clock import over
from services.monitoring.domain.counting import Counted
from services.monitoring.domain.counting import notice_on as notice_day
from services.monitoring.domain.findings import Hit, Severity
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day


def due_soon(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S01: open, not in a pause, not after the due day, at most `notice_days` working days of the promise left.

    With `share_percent` (a preset of former years) the notice comes when that share of the promise is used.
    """
    clocks = subject.clocks
    if subject.proceeding.is_joint or clocks is None or clocks.promise is None or clocks.promise.due_on is None:
        return
    due_on, start = clocks.promise.due_on, subject.proceeding.start_on
    assert start is not None, "a case with clocks has a start"
    by_days = notice_day(clocks, start, parameters.get("notice_days", 1), subject.calendar)
    notice_on = _by_share(subject, clocks.promise, parameters.get("share_percent", 0)) or by_days
    # an end on the very day comes before or after the notice; the notice of an ended case fades anyway
    if notice_on is None or not subject.was_open_on(notice_on) or any(p.holds(notice_on) for p in clocks.pauses):
        return
    accepted = subject.proceeding.accepted
    assert accepted is not None
    yield Hit(
        severity="notice",
        at=max(subject.midnight(notice_on), accepted.time),
        evidence=(accepted.id,),
        due_on=due_on,
        working_days_left=subject.calendar.count(notice_on, due_on),
        text=f"承诺时限 {chinese_day(due_on)} 24 时届满",
        text_en=f"the promised limit ends on {due_on.isoformat()}",
        is_over=subject.proceeding.ending is not None,
    )


def _by_share(subject: Subject, promise: Counted, share: int) -> date | None:
    """The first day on which `share` percent of the promise is used; 0 = by days left."""
    if not share or promise.query is None or promise.query.kind != "workdays" or promise.pauses:
        return None
    used = max(1, -(-promise.query.n * share // 100))
    return subject.nth(promise.query.start, used)


def promise_passed(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S02: open, or decided, on a date after the promise's due day.

    优化营商环境条例第三十六条: beyond the promised limit the unit must publish its reasons.
    """
    clocks = subject.clocks
    if clocks is None or clocks.promise is None or subject.proceeding.is_joint:
        return
    # "not after the legal one": a promise that ends with the law or later leaves no day for a yellow card
    if clocks.promise.due_on and clocks.legal.due_on and clocks.promise.due_on >= clocks.legal.due_on:
        return
    yield from _passed(subject, clocks.promise, "yellow", "承诺时限", "promised limit")


def law_passed(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S03: open, or decided, on a date after the legal due day; with `legal_notice_days` also a notice before it.

    行政许可法第七十四条第二项: not to decide within the legal limit is a breach that the superior corrects.
    """
    clocks = subject.clocks
    if clocks is None or subject.proceeding.is_joint:
        return
    claimed = "大厅所报" if clocks.legal.is_claimed else ""
    yield from _legal_notice(subject, clocks.legal, parameters.get("legal_notice_days", 0))
    yield from _passed(subject, clocks.legal, "red", f"{claimed}法定时限", "legal limit")


def _legal_notice(subject: Subject, clock: Counted, days: int) -> Iterator[Hit]:
    accepted = subject.proceeding.accepted
    if not days or clock.due_on is None or accepted is None:
        return
    notice_on = subject.left_on(clock.due_on, days)
    if notice_on is None or not subject.was_open_on(notice_on) or any(p.holds(notice_on) for p in clock.pauses):
        return
    yield Hit(
        severity="notice",
        at=max(subject.midnight(notice_on), accepted.time),
        evidence=(accepted.id,),
        due_on=clock.due_on,
        working_days_left=subject.calendar.count(notice_on, clock.due_on),
        text=f"法定时限 {chinese_day(clock.due_on)} 24 时届满",
        text_en=f"the legal limit ends on {clock.due_on.isoformat()}",
        is_over=subject.proceeding.ending is not None,
    )


def joint_passed(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S52: the joint total nears or passes its promise or the law (45 working days, 60 extended), or an authority's
    opinion came later than its share, which blames that authority and not the lead.

    行政许可法第四十二条第二款: "办理的时间不得超过四十五日；四十五日内不能办结的，经本级人民政府负责人批准，
    可以延长十五日".
    """
    clocks, accepted = subject.clocks, subject.proceeding.accepted
    if clocks is None or not subject.proceeding.is_joint or accepted is None:
        return
    if clocks.promise is not None and clocks.promise.due_on is not None:
        duty = Duty(
            accepted,
            "并联审批承诺时限",
            "the promised limit of the joint approval",
            clocks.promise.due_on,
            _ended_at(subject),
        )
        yield from climb(subject, duty, Rungs(notice_left=parameters.get("notice_days", 1)))
        if clocks.legal.due_on is None or clocks.promise.due_on < clocks.legal.due_on:
            yield from _passed(
                subject, clocks.promise, "yellow", "并联审批承诺时限", "promised limit of the joint case"
            )
    yield from _passed(subject, clocks.legal, "red", "并联审批法定时限", "legal limit of the joint case")
    yield from _late_shares(subject)


def _late_shares(subject: Subject) -> Iterator[Hit]:
    accepted, start = subject.proceeding.accepted, subject.proceeding.start_on
    assert accepted is not None and start is not None
    opinions = subject.acts("joint.opined")
    for place, part in enumerate(accepted.data.joint.parts or ()):
        if part.limit is None or part.org_code is None:
            continue
        due_on = subject.ends_on(start, part.limit)
        if due_on is None:
            continue
        said = next((e for e in opinions if e.data.org_code == part.org_code), None)
        duty = Duty(
            accepted,
            f"并联审批单位 {part.org_code} 的意见",
            f"the opinion of {part.org_code} in the joint approval",
            due_on,
            said.time if said else None,
            _ended_at(subject),
            occurrence=f"part.{place}",
            step=part.org_code,
        )
        yield from climb(subject, duty, Rungs(yellow_over=1))


def _ended_at(subject: Subject) -> datetime | None:
    return subject.proceeding.ending.at if subject.proceeding.ending else None


def not_on_the_spot(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S57: an instant item (promise 0, or decidable on the spot) that was not decided on the day of its acceptance.

    行政许可法第三十四条第二款: "能够当场作出决定的，行政机关应当当场作出书面的行政许可决定".
    """
    accepted = subject.proceeding.accepted
    if accepted is None or not parameters.get("watched", 1):
        return
    item, promise = subject.evidence.item, subject.proceeding.promise_limit
    is_zero = promise is not None and promise.value == 0 and promise.due_on is None
    is_spot = item is not None and bool(item.on_the_spot)
    if not (is_zero or is_spot):
        return
    duty = Duty(
        accepted, "即办件当场作出决定", "the decision on the spot", subject.day(accepted.time), _ended_at(subject)
    )
    yield from climb(subject, duty, Rungs(yellow_over=1))


def _passed(subject: Subject, clock: Counted, severity: Severity, name: str, name_en: str) -> Iterator[Hit]:
    due_on = clock.due_on
    if due_on is None:
        return
    passed_at = clock.due_at if clock.due_at is not None else subject.passed_at(due_on)
    # a limit has passed when its due day has ended, whatever day follows (rules.md §14.15); hours end at their instant
    ending = subject.proceeding.ending
    ended_on = subject.proceeding.ended_on
    if ending is not None and (ending.at < passed_at if clock.due_at is None else ending.at <= passed_at):
        return
    accepted = subject.proceeding.accepted
    assert accepted is not None
    days = over(due_on, ended_on, subject.calendar) if ended_on is not None else None
    done = f"，{chinese_day(ended_on)}才办结，超 {days} 个工作日" if ended_on is not None and days else ""
    yield Hit(
        severity=severity,
        at=passed_at,
        # what was known when it came true: the same whatever arrives later
        evidence=(accepted.id,),
        due_on=due_on,
        mended_at=ending.at if ending is not None else None,
        text=f"{name}已于 {chinese_day(due_on)} 24 时届满{done or '，尚未办结'}",
        text_en=f"the {name_en} ended on {due_on.isoformat()}"
        + (f"; completed on {ended_on.isoformat()}" if ended_on else "; still open"),
    )
