"""Hearings: S18, S19, S20, S21; inspections on the spot: S29; notice periods before a decision: S59.

行政许可法第四十七条: "申请人、利害关系人在被告知听证权利之日起五日内提出听证申请的，行政机关应当在二十日内组织听证";
第四十八条:
"行政机关应当于举行听证的七日前将举行听证的时间、地点通知申请人、利害关系人";
"行政机关应当指定审查该行政许可申请的工作人员以外的人员
为听证主持人".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day


def hearing_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S18: the hearing that was asked for was not held within 20 working days."""
    held = subject.acts("hearing.held")
    for event in subject.acts("hearing.requested")[:1]:
        due_on = subject.nth(subject.day(event.time), parameters.get("limit_days", 20))
        if due_on is None:
            continue
        done = next((e for e in held if e.time >= event.time), None)
        ending = subject.proceeding.ending
        duty = Duty(
            event, "组织听证", "holding the hearing", due_on, done.time if done else None, ending.at if ending else None
        )
        yield from climb(subject, duty, Rungs(yellow_over=1))


def notice_short(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S19: fewer than 7 working days between the notice of the hearing and the hearing."""
    for event in subject.acts("hearing.noticed"):
        held = next((e for e in subject.acts("hearing.held") if e.time > event.time), None)
        at = event.data.hearing_at or (held.time if held else None)
        if at is None:
            continue
        days = subject.calendar.count(subject.day(event.time), subject.day(at))
        least = parameters.get("min_days", 7)
        if days is not None and days < least:
            yield subject.hit(
                "yellow",
                event,
                f"{chinese_day(subject.day(at))}举行听证，只提前 {days} 个工作日通知",
                f"the hearing of {subject.day(at)} was told only {days} working days before",
            )


def hearing_not_held(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S20: completed without the hearing that was owed by law, for a major public interest, or because it was asked
    for within 5 working days of being informed (decision 52)."""
    ending = subject.proceeding.ending
    if ending is None or ending.event.type != "hall.case.completed":
        return
    if ending.result not in ("granted", "denied") or subject.acts("hearing.held"):
        return
    for informed in subject.acts("hearing.informed"):
        told_at = informed.data.served_at or informed.time
        if informed.data.duty in ("law", "public_interest") or _asked_in_time(subject, told_at, parameters):
            yield subject.hit(
                "red",
                ending.event,
                "应当听证而未举行听证即作出决定",
                "decided without the hearing that was owed",
                evidence=(informed.id, ending.event.id),
            )
            return


def _asked_in_time(subject: Subject, informed_at: datetime, parameters: Parameters) -> bool:
    last_on = subject.nth(subject.day(informed_at), parameters.get("asked_within_days", 5))
    asked = next(iter(subject.acts("hearing.requested")), None)
    return asked is not None and last_on is not None and subject.day(asked.time) <= last_on


def chair_reviewed(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S21: the hearing was chaired by who reviewed the application."""
    reviewers = {
        e.data.handler.no
        for e in subject.acts("step.completed")
        if e.data.step_code in ("review", "handle") and e.data.handler and e.data.handler.no
    }
    for event in subject.acts("hearing.held"):
        chair = event.data.chair.no if event.data.chair else None
        if chair is not None and chair in reviewers:
            yield subject.hit(
                "red", event, "听证主持人是审查该申请的工作人员", "the chair of the hearing reviewed the application"
            )


def too_few_inspectors(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S29: a check on the spot by fewer than two of the staff.

    行政许可法第三十四条第三款: "需要对申请材料的实质内容进行核实的，行政机关应当指派两名以上工作人员进行核查".
    """
    for event in subject.acts("inspection.held"):
        if event.data.inspectors is None:
            continue
        staff = len({(p.no, p.name) for p in event.data.inspectors})
        if staff < parameters.get("min_staff", 2):
            yield subject.hit("yellow", event, f"现场核查只有 {staff} 人", f"an inspection by {staff} of the staff")


def notice_period_short(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S59: the 公示 before a decision was not held, was shorter than required, or the decision came before its end."""
    ending = subject.proceeding.ending
    if ending is None or ending.event.type != "hall.case.completed" or ending.result not in ("granted", "denied"):
        return
    item = subject.evidence.item
    owed = int((item.extra or {}).get("notice_period_days", 0)) if item is not None else 0
    started = subject.acts("notice_period.started")
    if not started:
        if owed:
            yield subject.hit("yellow", ending.event, "未经公示即作出决定", "decided without the notice period")
        return
    days = max(owed, started[0].data.days or 0)
    last_on = subject.day(started[0].time) + timedelta(days=days)
    ended = next(iter(subject.acts("notice_period.ended")), None)
    first_free_on = max(last_on, subject.day(ended.time)) if ended is not None else last_on
    if subject.day(ending.at) <= first_free_on and ending.at < (ended.time if ended else subject.passed_at(last_on)):
        yield subject.hit("yellow", ending.event, "公示期未满即作出决定", "decided before the notice period had ended")
    elif ended is not None and subject.day(ended.time) < last_on:
        yield subject.hit("yellow", ended, f"公示不足 {days} 天", f"the notice period was shorter than {days} days")
