"""Pauses and extensions: S11, S12, S13, S14, S15, S16, S63.

行政许可法第四十五条: "依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，所需时间不计算在本节规定的期限内。
行政机关应当将所需时间书面告知申请人。"
行政许可法第四十二条: "二十日内不能作出决定的，经本行政机关负责人批准，可以延长十日，并应当将延长期限的理由告知申请人。"
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from libs.common.kernel.statutory_clock import Pause, union
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.proceeding import Special
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day


def void_extension(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S11: an extension without the head's approval, after the running deadline, beyond the cap, or a second one."""
    if subject.clocks is None:
        return
    for asked in subject.clocks.void_extensions:
        if asked.approved_by is None and not subject.sends(asked.event, "approver"):
            continue
        yield subject.hit(
            "red",
            asked.event,
            f"{chinese_day(asked.decided_on)}的延长无效：未经负责人批准、超过法定上限、逾期决定或再次延长，时限不变",
            f"the extension of {asked.decided_on} is void: not approved, beyond the cap, too late or a second one",
        )


def untold_extension(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S12: the reasons of an extension were not told to the applicant; the extension stands (decision 51)."""
    if subject.clocks is None or subject.clocks.extension is None:
        return
    asked = subject.clocks.extension
    if asked.event.data.notice is None and subject.sends(asked.event, "notice"):
        yield subject.hit(
            "yellow",
            asked.event,
            f"{chinese_day(asked.decided_on)}延长办理期限，未将理由告知申请人",
            f"the applicant was not told the reasons of the extension of {asked.decided_on}",
        )


def unlawful_kind(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S13: the special procedure is neither an extension nor one of the eight kinds."""
    for special in subject.proceeding.specials:
        # a kind that was not reported is a defect of the data (S66), no unlawful pause
        if special.kind != "other_local":
            continue
        yield subject.hit(
            "red",
            special.event,
            f"{chinese_day(special.started_on)}启动的特别程序不在法定八种之内，法定时钟照走",
            f"the special procedure of {special.started_on.isoformat()} is no lawful pause; the clock runs on",
        )


def untold_pause(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S14: one of the eight kinds, but the needed time was not told in writing; not judged where S13 fires, nor where
    the source cannot send the proof (decision 47)."""
    for special in subject.proceeding.specials:
        if not special.is_lawful_kind or special.has_notice or not special.proof_is_sent:
            continue
        yield subject.hit(
            "red",
            special.event,
            f"{chinese_day(special.started_on)}启动的特别程序没有书面告知所需时间，法定时钟照走",
            f"no written notice for the pause of {special.started_on.isoformat()}; the clock runs on",
        )


def pause_overrun(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S15: still paused after the time that was told. The legal clock stays stopped, the promise clock does not."""
    for special in subject.proceeding.specials:
        if not special.stops_legal_clock or special.told is None:
            continue
        due_on = subject.ends_on(special.started_on, special.told)
        if due_on is None:
            continue
        end = special.ended_at
        duty = Duty(
            special.event,
            "特别程序应在告知的时间内结束",
            "the special procedure within the time that was told",
            due_on,
            end,
            occurrence=str(special.event.seqno),
        )
        rungs = Rungs(
            notice_left=parameters.get("notice_left", 1),
            yellow_over=parameters.get("yellow_over", 0) + 1,
            red_over=parameters.get("red_over", 5),
        )
        yield from climb(subject, duty, rungs)


def too_many_pauses(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S16: more pauses than `max_pauses`, more than `max_share_percent` of the elapsed working days paused, or a pause
    begun on the last counted day of promise or law (lawful by C4, only flagged)."""
    specials = subject.proceeding.specials
    limit = parameters.get("max_pauses", 2)
    if len(specials) > limit:
        cause = specials[limit]
        yield subject.hit(
            "yellow",
            cause.event,
            f"同一办件暂停 {len(specials)} 次，超过 {limit} 次",
            f"{len(specials)} pauses in one case, more than {limit}",
            occurrence="many",
        )
    yield from _paused_share(subject, parameters.get("max_share_percent", 50))
    if parameters.get("last_day_notice", 1):
        for special in specials:
            yield from _on_last_day(subject, special)


def _paused_share(subject: Subject, max_share: int) -> Iterator[Hit]:
    """Decision 52: elapsed = working days from start to completion, pauses included."""
    start, ended_on, ending = subject.proceeding.start_on, subject.proceeding.ended_on, subject.proceeding.ending
    if start is None or ended_on is None or ending is None or ending.event.type != "hall.case.completed":
        return
    elapsed = subject.working_days(start, ended_on)
    spans = union([Pause(s.started_on, min(s.ended_on or ended_on, ended_on)) for s in subject.proceeding.specials])
    paused = sum(subject.working_days(s.start_on - timedelta(days=1), s.end_on or ended_on) for s in spans)
    if elapsed and 100 * paused > max_share * elapsed:
        yield subject.hit(
            "yellow",
            ending.event,
            f"办理用时 {elapsed} 个工作日中暂停 {paused} 个，超过 {max_share}%",
            f"{paused} of {elapsed} elapsed working days were paused, more than {max_share}%",
            occurrence="share",
        )


def _on_last_day(subject: Subject, special: Special) -> Iterator[Hit]:
    """The day on which the limit would have ended if this pause had not begun."""
    clocks = subject.clocks
    if clocks is None:
        return
    for clock in (clocks.promise, clocks.legal):
        if clock is None or clock.query is None or clock.query.kind != "workdays":
            continue
        before = tuple(p for p in clock.pauses if p.start_on < special.started_on and p.end_on is not None)
        last_on = _due_without(subject, clock.query.start, clock.query.n, before)
        if last_on == special.started_on:
            yield subject.hit(
                "notice",
                special.event,
                f"{chinese_day(special.started_on)}是时限最后一天，当天启动特别程序",
                f"a pause begun on {special.started_on}, the last day of the limit",
                occurrence=f"last.{special.event.seqno}",
            )
            return


def _due_without(subject: Subject, start: date, n: int, pauses: tuple[Pause, ...]) -> date | None:
    on = start
    left = n
    while left:
        following = subject.nth(on, 1)
        if following is None:
            return None
        on = following
        left -= 0 if any(pause.holds(on) for pause in pauses) else 1
    return on


def open_at_completion(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S63: completed with a pause still open, or two pauses that overlap (counting takes their union, C4)."""
    ending = subject.proceeding.ending
    specials = subject.proceeding.specials
    if ending is not None and ending.event.type == "hall.case.completed":
        for special in specials:
            if special.end is None and special.event.time <= ending.at:
                yield subject.hit(
                    "yellow",
                    ending.event,
                    f"{chinese_day(special.started_on)}启动的特别程序未结束即办结",
                    f"completed while the special procedure of {special.started_on} was still open",
                    occurrence=f"open.{special.event.seqno}",
                )
    for first, second in pairwise(specials):
        if first.ended_at is None or second.event.time < first.ended_at:
            yield subject.hit(
                "yellow",
                second.event,
                f"{chinese_day(second.started_on)}启动的特别程序与前一个重叠",
                f"the special procedure of {second.started_on} overlaps the one before",
                occurrence=f"overlap.{second.event.seqno}",
            )
