"""S62: an order that was not answered by its day."""

from __future__ import annotations

from collections.abc import Iterator

from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.ladder import Duty, Rungs, climb
from services.monitoring.domain.rules.subject import Parameters, Subject


def unanswered(subject: Subject, parameters: Parameters) -> Iterator[Hit]:
    """Each issue and each return is a duty of its own: notice a working day before, yellow over, red five days over."""
    replies = subject.acts("supervision.order.replied")
    for event in subject.acts("supervision.order.issued", "supervision.order.returned"):
        due_on = event.data.due_on
        if due_on is None:
            continue
        reply = next((e for e in replies if e.time >= event.time), None)
        duty = Duty(
            event,
            f"督办 {event.data.order_no} 的回复",
            f"the answer to the order {event.data.order_no}",
            due_on,
            reply.time if reply else None,
            occurrence=f"{event.type.rpartition('.')[2]}.{event.seqno}",
        )
        rungs = Rungs(
            notice_left=parameters.get("notice_left", 1), yellow_over=1, red_over=parameters.get("red_over", 5)
        )
        yield from climb(subject, duty, rungs)
