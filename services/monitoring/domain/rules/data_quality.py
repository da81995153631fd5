"""What the data themselves show: S49, S50, S66, S69, S71, S68 (a hit of the month), S74."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.quality import ABLE, quality_issues
from services.monitoring.domain.case_file import versions_of
from services.monitoring.domain.findings import Hit, Severity
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

# the acts whose dates the law counts
LEGAL_ACTS = frozenset({"hall.case.accepted", "hall.case.completed", "hall.case.refused", "hall.supplement.requested"})
# what applicants do themselves, at any hour
APPLICANTS_ACTS = frozenset(
    {
        "hall.application.submitted",
        "hall.supplement.received",
        "hall.case.withdrawn",
        "hall.evaluation.submitted",
        "hall.hearing.requested",
        "hall.fee.charged",
        "hall.result.collected",
        "hall.source.heartbeat",
        "hall.complaint.opened",
        "hall.consultation.opened",
    }
)
SETTLE = timedelta(minutes=10)


def _hall(subject: Subject) -> list[Event]:
    return [event for event in subject.proceeding.events if event.type.startswith("hall.")]


def wrong_times(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S49: a legal date edited after the fact, an act entered more than a working day after it happened, an end before
    its beginning, a handler whom the roster does not know.

    行政处罚法第四十七条: "行政机关应当依法以文字、音像等形式，对行政处罚的启动、调查取证、审核、决定、送达、
    执行等进行全过程记录".
    """
    gap = parameters.get("gap_days", 1)
    known = {entry.no for entry in subject.evidence.roster.handlers} if subject.evidence.roster else None
    for event in _hall(subject):
        if event.type in LEGAL_ACTS:
            yield from _edited(subject, event)
        # judged only where the feed carries both times
        if event.recordedtime is not None and event.recordedtime > event.time:
            late = subject.working_days(subject.day(event.time), subject.day(event.recordedtime))
            if late > gap:
                yield _data_hit(
                    subject,
                    event,
                    event.recordedtime,
                    f"事后 {late} 个工作日补录",
                    f"entered {late} working days later",
                    "late",
                )
        handler = getattr(event.data, "handler", None)
        if known is not None and handler is not None and handler.no is not None and handler.no not in known:
            yield _data_hit(
                subject,
                event,
                event.time,
                f"经办人 {handler.no} 不在名册",
                f"handler {handler.no} is on no roster",
                "handler",
            )
    accepted, ending = subject.proceeding.accepted, subject.proceeding.ending
    if (
        accepted is not None
        and ending is not None
        and ending.at < accepted.time
        and ending.event.type == "hall.case.completed"
    ):
        yield _data_hit(
            subject, ending.event, accepted.time, "办结时间早于受理时间", "completed before it was accepted", "order"
        )


def _edited(subject: Subject, event: Event) -> Iterator[Hit]:
    for former in versions_of(subject.file, event):
        if former.dataversion < event.dataversion and subject.day(former.time) != subject.day(event.time):
            yield _data_hit(
                subject,
                event,
                event.receivedtime or event.time,
                f"事后改动日期：{chinese_day(subject.day(former.time))}改为{chinese_day(subject.day(event.time))}",
                f"the date was changed from {subject.day(former.time)} to {subject.day(event.time)}",
                f"edited.{former.dataversion}",
                evidence=(former.id, event.id),
            )


def _data_hit(
    subject: Subject, event: Event, at: datetime, text: str, text_en: str, what: str, evidence: tuple[str, ...] = ()
) -> Hit:
    kind = event.type.removeprefix("hall.")
    return subject.hit(
        "red",
        event,
        f"{text}（{kind}）",
        f"{text_en} ({kind})",
        at=max(at, event.time),
        occurrence=f"{kind}.{event.seqno}.{what}",
        evidence=evidence or (event.id,),
    )


def reported_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S50: received longer than the limit after it happened: one card for the organisation, its source and the day."""
    for event in _hall(subject):
        if event.receivedtime is None or event.type == "hall.source.heartbeat":
            continue
        severity = _how_late(subject, event, parameters)
        if severity is not None:
            yield subject.hit(
                severity,
                event,
                f"{chinese_day(subject.day(event.receivedtime))}才收到{chinese_day(subject.day(event.time))}的数据",
                f"received on {subject.day(event.receivedtime)} what happened on {subject.day(event.time)}",
                at=event.receivedtime,
                occurrence=f"{event.type}.{event.seqno}",
                group=f"S50/{event.source}",
            )


def _how_late(subject: Subject, event: Event, parameters: Parameters) -> Severity | None:
    received = event.receivedtime
    assert received is not None
    days = subject.working_days(subject.day(event.time), subject.day(received))
    if days > parameters.get("red_days", 3):
        return "red"
    if days > parameters.get("yellow_days", 1):
        return "yellow"
    hours = (received - event.time) / timedelta(hours=1)
    return "notice" if hours > parameters.get("notice_hours", 12) and days else None


def incomplete(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S66: a mandatory field is missing; each record is a notice, the share of the month is judged apart."""
    for event in _hall(subject):
        issues = quality_issues(event, subject.evidence.profiles.get(event.source, ABLE))
        if issues:
            fields = "、".join(issue.pointer.removeprefix("/data/") for issue in issues)
            yield subject.hit(
                "notice",
                event,
                f"必填项缺失：{fields}",
                f"mandatory fields are missing: {fields}",
                occurrence=f"{event.type}.{event.seqno}",
            )


def contradiction(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S69: one key and version with two contents, or a gap in the versions. Heartbeats are skipped (decision 52)."""
    for event in _hall(subject):
        others = versions_of(subject.file, event)
        same = next((o for o in others if o.dataversion == event.dataversion and not _same(o, event)), None)
        if same is not None:
            yield subject.hit(
                "yellow",
                same,
                "同一编号、同一版本报送了不同内容",
                "one key and version was reported with two contents",
                at=max(same.receivedtime or same.time, event.receivedtime or event.time),
                evidence=(event.id, same.id),
                occurrence=f"{event.type}.{event.seqno}.content",
            )
        numbers = sorted({event.dataversion, *(o.dataversion for o in others)})
        if numbers[-1] - numbers[0] + 1 != len(numbers) or numbers[0] > 1:
            yield subject.hit(
                "yellow",
                event,
                f"数据版本不连续：{'、'.join(map(str, numbers))}",
                f"a gap in the versions: {numbers}",
                at=event.receivedtime or event.time,
                occurrence=f"{event.type}.{event.seqno}.gap",
            )


def _same(one: Event, other: Event) -> bool:
    return one.data == other.data and one.time == other.time


def odd_hours(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S71: an act of the hall stamped on a rest day or at night (22:00–06:00): a notice each, a pattern of the
    month."""
    night, morning = parameters.get("night_hour", 22), parameters.get("morning_hour", 6)
    for event in _hall(subject):
        if event.type in APPLICANTS_ACTS:
            continue
        local = event.time.astimezone(subject.proceeding.zone)
        is_night = local.time() >= time(night) or local.time() < time(morning)
        is_rest = subject.calendar.covers(local.date()) and not subject.calendar.is_working_day(local.date())
        if is_night or is_rest:
            word, word_en = ("休息日", "on a rest day") if is_rest else ("夜间", "at night")
            yield subject.hit(
                "notice",
                event,
                f"{word}的办理记录（{local:%Y-%m-%d %H:%M}）",
                f"an act stamped {word_en} ({local:%Y-%m-%d %H:%M})",
                occurrence=f"{event.type}.{event.seqno}",
            )


def told_otherwise(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S74: the approval service says otherwise of the case than the supervision reads in the same events.

    Yellow for the state, red for a legal date. What is told is compared when it is at least as new as the last act that
    moves a clock, and `settle` later: an answer may be on its way.
    """
    told = _newest_told(subject)
    clocks = subject.clocks
    if told is None or clocks is None:
        return
    at = max(told.data.as_of, told.time) + timedelta(minutes=parameters.get("settle_minutes", 10))
    said = {clock.kind: clock for clock in told.data.clocks}
    for kind, ours in (("legal", clocks.legal), ("promise", clocks.promise)):
        theirs = said.get(kind) or (said.get("joint") if kind == "legal" else None)
        if ours is None or theirs is None or theirs.due_on is None or ours.due_on is None:
            continue
        if theirs.due_on != ours.due_on:
            word = "法定" if kind == "legal" else "承诺"
            yield subject.hit(
                "red",
                told,
                f"审批系统称{word}期限为{chinese_day(theirs.due_on)}，监察自行计算为{chinese_day(ours.due_on)}",
                f"approval says the {kind} limit ends on {theirs.due_on}, the supervision counts {ours.due_on}",
                at=at,
                due_on=ours.due_on,
                occurrence=f"{kind}.{ours.due_on}.{theirs.due_on}",
            )
    ours_on, theirs_on = subject.proceeding.start_on, told.data.accepted_on
    if ours_on is not None and theirs_on is not None and ours_on != theirs_on:
        yield subject.hit(
            "red",
            told,
            f"审批系统称起算日为{chinese_day(theirs_on)}，监察读到{chinese_day(ours_on)}",
            f"approval counts from {theirs_on}, the supervision from {ours_on}",
            at=at,
            occurrence=f"start.{theirs_on}",
        )


_CLOCK_ACTS = ("case.accepted", "supplement.received", "special.started", "special.ended", "case.completed")


def _newest_told(subject: Subject) -> Event | None:
    """What approval last said of the clocks, unless an act came after it that it may not have seen yet."""
    told = subject.acts("approval.case.accepted", "approval.case.clock_changed")
    if not told:
        return None
    newest = max(told, key=lambda e: (e.data.as_of, e.dataversion))
    moved = [e.receivedtime or e.time for e in subject.acts(*_CLOCK_ACTS)]
    return newest if not moved or max(moved) <= newest.data.as_of else None
