"""The ladder of every limit: a notice while little is left, a card when the last day has ended, a graver one later.

rules.md §1: over = 0 up to the end of the due day; after it max(1, counted days in (due day, t]), so the first step
of a
ladder falls on the date after the due day, rest day or not, and a later one on the n-th working day after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.findings import Hit, Severity
from services.monitoring.domain.rules.subject import Subject, chinese_day


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that must be done by the end of a day.

    Args:
        cause: the act that made the duty.
        name, name_en: what must be done (`送达许可证件`), in the middle of a sentence.
        due_on: the last day.
        done_at: when it was done; None = not yet.
        ended_at: when the duty went away without being done (withdrawn, returned); late before that is late all the
        same.
    """

    cause: Event
    name: str
    name_en: str
    due_on: date
    done_at: datetime | None = None
    ended_at: datetime | None = None
    occurrence: str = "1"
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Rungs:
    """From how many working days left a notice comes, and from how many days over a yellow and a red card; None =
    never."""

    notice_left: int | None = None
    notice_over: int | None = None
    yellow_over: int | None = None
    red_over: int | None = None


def climb(subject: Subject, duty: Duty, rungs: Rungs) -> Iterator[Hit]:
    """Every rung that the duty reaches, past and to come."""
    stops = [at for at in (duty.done_at, duty.ended_at) if at is not None]
    stop_at = min(stops) if stops else None
    if rungs.notice_left is not None:
        near_on = subject.left_on(duty.due_on, rungs.notice_left)
        if near_on is not None:
            at = max(subject.midnight(near_on), duty.cause.time)
            if stop_at is None or stop_at >= at:
                yield _hit(subject, duty, "notice", at, stop_at is not None)
    for severity, over in _steps(rungs):
        first = _first_day_over(subject, duty.due_on, over)
        if first is not None and (stop_at is None or stop_at >= subject.midnight(first)):
            yield _hit(subject, duty, severity, subject.midnight(first), severity == "notice" and stop_at is not None)


def _steps(rungs: Rungs) -> Iterator[tuple[Severity, int]]:
    if rungs.notice_over is not None:
        yield "notice", rungs.notice_over
    if rungs.yellow_over is not None:
        yield "yellow", rungs.yellow_over
    if rungs.red_over is not None:
        yield "red", rungs.red_over


def _first_day_over(subject: Subject, due_on: date, over: int) -> date | None:
    """The first date that is at least `over` days over: the day after the due day, or its n-th working day."""
    return date.fromordinal(due_on.toordinal() + 1) if over <= 1 else subject.nth(due_on, over)


def _hit(subject: Subject, duty: Duty, severity: Severity, at: datetime, is_over: bool) -> Hit:
    on = subject.day(at)
    if on <= duty.due_on:
        text, text_en = f"{duty.name}，{chinese_day(duty.due_on)} 24 时到期", f"{duty.name_en}: due on {duty.due_on}"
    else:
        done = f"，{chinese_day(subject.day(duty.done_at))}才完成" if duty.done_at else "，尚未完成"
        done_en = f"; done on {subject.day(duty.done_at)}" if duty.done_at else "; still open"
        text = f"{duty.name}，应于 {chinese_day(duty.due_on)} 前完成{done}"
        text_en = f"{duty.name_en} was due on {duty.due_on}{done_en}"
    left = subject.working_days(on, duty.due_on) if on <= duty.due_on else None
    return Hit(
        severity=severity,
        at=at,
        evidence=(duty.cause.id,),
        text=text,
        text_en=text_en,
        occurrence=duty.occurrence,
        due_on=duty.due_on,
        working_days_left=left,
        step=duty.step,
        is_over=is_over,
        mended_at=duty.done_at or duty.ended_at,
    )
