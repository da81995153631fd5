"""What happens inside a case, step by step: S04, S30, S60, S67, S70; and S58, the first review of a lower authority."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Limit
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject

PROCEDURE = ("handle", "review", "approve")
HANDED_OVER_BY = ((time(11, 30), time(12, 0)), (time(17, 0), time(17, 30)))


def step_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S04: one step took longer than its own limit though the total is in time; muted while S02, S03 or S52 is live."""
    for event in subject.acts("step.completed"):
        limit = event.data.limit
        if limit is None or event.data.started_at is None:
            continue
        due_on = subject.ends_on(subject.day(event.data.started_at), limit)
        if due_on is None:
            continue
        name = event.data.step_name or event.data.step_code or ""
        duty = Duty(
            event,
            f"环节“{name}”",
            f"the step {name}",
            due_on,
            event.data.ended_at or event.time,
            occurrence=str(event.seqno),
            step=name or None,
        )
        yield from climb(subject, duty, Rungs(yellow_over=1))


def one_person(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S30: one person handled, reviewed and approved (内控)."""
    by_step = {e.data.step_code: e for e in subject.acts("step.completed") if e.data.step_code in PROCEDURE}
    if set(by_step) != set(PROCEDURE):
        return
    hands = {event.data.handler.no if event.data.handler else None for event in by_step.values()}
    if len(hands) == 1 and None not in hands:
        yield subject.hit(
            "yellow",
            by_step["approve"],
            "承办、审核、批准由同一人办理",
            "one person handled, reviewed and approved",
            evidence=tuple(by_step[code].id for code in PROCEDURE),
        )


def invented_steps(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S67: all steps within a minute, or a step that starts, ends and completes at one instant: a hit; a pattern is a
    card of the organisation."""
    ending, steps = subject.proceeding.ending, subject.acts("step.completed")
    if ending is None or ending.event.type != "hall.case.completed" or not steps:
        return
    window = timedelta(seconds=parameters.get("window_seconds", 60))
    starts = [e.data.started_at or e.time for e in steps]
    ends = [e.data.ended_at or e.time for e in steps]
    if (len(steps) > 1 and max(ends) - min(starts) <= window) or all(
        e.data.started_at == e.data.ended_at == ending.at for e in steps
    ):
        yield subject.hit(
            "yellow",
            ending.event,
            "各环节时间均在一分钟之内或与办结时间相同，疑似补造环节",
            "every step lies within one minute, or at the instant of completion: invented steps",
            evidence=(ending.event.id, *(e.id for e in steps)),
            group="S67",
        )


def skipped_step(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S70: approved without being handled or reviewed, a gap in the numbers of steps, a step before the acceptance."""
    steps, accepted = subject.acts("step.completed"), subject.proceeding.accepted
    ending = subject.proceeding.ending
    if not steps or _never_opened(subject):
        return
    codes = {e.data.step_code for e in steps}
    approve = next((e for e in steps if e.data.step_code == "approve"), None)
    # judged when the approval is there: what comes later may only come late
    if approve is not None and not {"handle", "review"} & codes:
        yield _skip(subject, approve, "未经承办、审核即批准", "approved without being handled or reviewed", "approve")
    numbers = sorted(e.seqno for e in steps)
    if ending is not None and ending.event.type == "hall.case.completed":
        gap = next((n for n, m in pairwise(numbers) if m > n + 1), None)
        if gap is not None:
            yield _skip(subject, ending.event, f"环节序号在 {gap} 之后缺失", f"steps are missing after {gap}", "gap")
    early = next((e for e in steps if accepted is not None and (e.data.ended_at or e.time) < accepted.time), None)
    if early is not None:
        yield _skip(subject, early, "受理之前已有办理环节", "a step before the acceptance", "early")


def _skip(subject: Subject, cause: Event, text: str, text_en: str, occurrence: str) -> Hit:
    return subject.hit("yellow", cause, text, text_en, occurrence=occurrence)


def _never_opened(subject: Subject) -> bool:
    """S65 blames a case of which nothing was reported before its end; one act, one blame (decision 52)."""
    return not subject.acts("application.submitted", "application.prereviewed", "case.accepted")


def first_review_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S58: a lower authority that did not pass its opinion and all the material up in time.

    行政许可法第四十三条: "依法应当先经下级行政机关审查后报上级行政机关决定的行政许可，
    下级行政机关应当自其受理行政许可申请之日起
    二十日内审查完毕".
    """
    accepted = subject.proceeding.accepted
    if accepted is None or accepted.data.case_kind != "forwarded":
        return
    limit = accepted.data.legal_limit or Limit(value=parameters.get("limit_days", 20), unit="working_day")
    due_on = subject.ends_on(subject.day(accepted.time), limit)
    if due_on is None:
        return
    ending = subject.proceeding.ending
    duty = Duty(
        accepted, "初审意见和全部材料报送上级机关", "passing the first review up", due_on, ending.at if ending else None
    )
    yield from climb(subject, duty, Rungs(notice_left=parameters.get("notice_left", 1), yellow_over=1))


def paper_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S60: the paper went from the window to the department too late (times of the day, off by default)."""
    accepted = subject.proceeding.accepted
    if not parameters.get("watched", 0) or accepted is None:
        return
    handed = next(iter(subject.acts("paper.handed_over")), None)
    due_at = _hand_over_by(subject, accepted.time)
    arrived_at = (handed.data.arrived_at or handed.time) if handed else None
    if due_at is not None and (arrived_at is None or arrived_at > due_at):
        yield Hit(
            severity="yellow",
            at=due_at,
            evidence=(accepted.id,),
            text=f"纸质材料应于 {due_at:%m-%d %H:%M} 前交至承办部门",
            text_en=f"the paper was due at the department by {due_at:%m-%d %H:%M}",
            due_on=subject.day(due_at),
        )


def _hand_over_by(subject: Subject, accepted_at: datetime) -> datetime | None:
    """Accepted 17:30 (the day before) – 11:30 → 12:00; 11:30–17:00 → 17:30; from 17:00 on → 12:00 of the next day."""
    local = accepted_at.astimezone(subject.proceeding.zone)
    for until, by in HANDED_OVER_BY:
        if local.time() < until:
            return local.replace(hour=by.hour, minute=by.minute, second=0, microsecond=0)
    following = subject.nth(local.date(), 1)
    return subject.midnight(following) + timedelta(hours=12) if following else None
