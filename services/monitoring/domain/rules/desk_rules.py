"""The service desks: ratings S46, hotline tickets S47, consultations S54, other complaints S56."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.quality import due_moment
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject

BAD = 4


def bad_rating(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S46: a named bad rating was not answered within a working day, not rectified within five; 15 is the hard cap."""
    handled = subject.acts("evaluation.handled")
    for event in subject.acts("evaluation.submitted"):
        if not event.data.named or event.data.by_default or (event.data.grade or 0) < BAD:
            continue
        own = [h for h in handled if h.data.service_no == event.data.service_no and h.time >= event.time]
        rejected = next((h for h in own if h.data.step == "rejected_as_malicious"), None)
        start = subject.day(event.time)
        for step, key, days, word in (
            ("contacted", "contact_days", 1, "实名差评联系核实"),
            ("rectified", "rectify_days", 5, "实名差评整改"),
        ):
            done = next(
                (h for h in own if h.data.step == step or (step == "contacted" and h.data.step == "rectified")), None
            )
            due_on = subject.nth(start, parameters.get(key, days))
            if due_on is None:
                continue
            duty = Duty(
                event,
                word,
                f"a named bad rating: {step}",
                due_on,
                done.time if done else None,
                rejected.time if rejected else None,
                occurrence=f"{event.seqno}.{step}",
            )
            yield from climb(subject, duty, Rungs(yellow_over=1))
            if step == "rectified" and (cap_on := subject.nth(start, parameters.get("cap_days", 15))) is not None:
                capped = Duty(
                    event,
                    "实名差评整改（最长期限）",
                    "a named bad rating: hard cap",
                    cap_on,
                    duty.done_at,
                    duty.ended_at,
                    occurrence=f"{event.seqno}.cap",
                )
                yield from climb(subject, capped, Rungs(red_over=1))


def _complaint(subject: Subject, *names: str) -> list[Event]:
    """Acts on the complaint, whoever entered them: one fold (decision 22)."""
    return subject.acts(*(f"{head}.complaint.{name}" for name in names for head in ("hall", "supervision")))


def _due_on(subject: Subject, opened: Event, days: int, start: date) -> date | None:
    """The day that the ticket states, else so many working days; extended by what an extension states."""
    extended = [due for e in _complaint(subject, "extended") if (due := due_moment(e.data.due)) is not None]
    stated = extended[-1] if extended else due_moment(opened.data.due)
    if isinstance(stated, datetime):
        return subject.day(stated)
    return stated or subject.nth(start, days)


def ticket_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S47: a hotline ticket not answered in its limit, counted from its FIRST arrival at an authority (not from the
    signing, and not anew after a transfer), or sent back twice (推诿)."""
    opened = next(iter(_complaint(subject, "opened")), None)
    if opened is None or opened.data.channel != "hotline":
        return
    arrivals = [e.data.arrived_at or e.time for e in _complaint(subject, "arrived", "accepted")]
    first_at = min([*arrivals, *([] if arrivals else [opened.time])])
    due_on = _due_on(subject, opened, parameters.get("limit_days", 5), subject.day(first_at))
    replied = next(iter(_complaint(subject, "replied", "closed")), None)
    if due_on is not None:
        duty = Duty(
            opened, "热线工单答复", "the answer to the hotline ticket", due_on, replied.time if replied else None
        )
        yield from climb(subject, duty, Rungs(yellow_over=1))
    bounced = _complaint(subject, "returned")
    if len(bounced) >= parameters.get("max_returns", 2):
        cause = bounced[parameters.get("max_returns", 2) - 1]
        yield subject.hit(
            "yellow",
            cause,
            f"工单已被退回 {len(bounced)} 次",
            f"the ticket was sent back {len(bounced)} times",
            occurrence="bounced",
        )


def complaint_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S56: a complaint that nobody decided to take or refuse within five working days, or that was not closed by its
    day. A hotline ticket is S47 (decision 52)."""
    opened = next(iter(_complaint(subject, "opened")), None)
    if opened is None or opened.data.channel == "hotline":
        return
    rungs = Rungs(
        notice_left=parameters.get("notice_left", 2),
        yellow_over=parameters.get("yellow_over", 1),
        red_over=parameters.get("red_over", 2),
    )
    taken = next(iter(_complaint(subject, "accepted", "returned", "replied", "closed")), None)
    decide_on = subject.nth(subject.day(opened.time), parameters.get("decide_days", 5))
    if decide_on is not None:
        duty = Duty(
            opened,
            "投诉受理决定",
            "deciding whether to take the complaint",
            decide_on,
            taken.time if taken else None,
            occurrence="decide",
        )
        yield from climb(subject, duty, rungs)
    closed = next(iter(_complaint(subject, "closed", "replied")), None)
    extended = [due for e in _complaint(subject, "extended") if (due := due_moment(e.data.due)) is not None]
    stated = extended[-1] if extended else due_moment(opened.data.due)
    close_on = subject.day(stated) if isinstance(stated, datetime) else stated
    if close_on is not None:
        duty = Duty(
            opened, "投诉办结", "closing the complaint", close_on, closed.time if closed else None, occurrence="close"
        )
        yield from climb(subject, duty, rungs)


def consultation_late(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """S54: a consultation not answered by its day (three working days where it states none)."""
    opened = next(iter(subject.acts("consultation.opened")), None)
    if opened is None:
        return
    stated = due_moment(opened.data.due)
    due_on = subject.day(stated) if isinstance(stated, datetime) else stated
    due_on = due_on or subject.nth(subject.day(opened.time), parameters.get("limit_days", 3))
    answered = next(iter(subject.acts("consultation.answered")), None)
    if due_on is not None:
        duty = Duty(opened, "咨询答复", "the answer to the consultation", due_on, answered.time if answered else None)
        rungs = Rungs(
            notice_left=parameters.get("notice_left", 2),
            yellow_over=parameters.get("yellow_over", 1),
            red_over=parameters.get("red_over", 2),
        )
        yield from climb(subject, duty, rungs)
