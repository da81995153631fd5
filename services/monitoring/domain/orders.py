"""Supervision orders (督办): issued, replied, returned with a new day, closed; the first day and reply stay on record.

rules.md §7: the reply is due in 5 working days (a parameter of S62); a day before it a reminder, over it a yellow
card, 5
working days over it a red one and a 整改建议书. The cards are S62's, found in the order's own file of events.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from libs.common.kernel.events import supervision
from libs.common.kernel.events.codec import new_event
from libs.common.kernel.spine import Fact
from services.monitoring.domain.cards import Refused
from services.monitoring.domain.telling import FINDINGS, SOURCE

BODIES = {
    "issued": supervision.OrderIssued,
    "replied": supervision.OrderReplied,
    "returned": supervision.OrderReturned,
    "closed": supervision.OrderClosed,
}
STEPS = {"replied": ("issued", "returned"), "returned": ("replied",), "closed": ("replied",)}
STATE_NAMES = {"issued": "待回复", "replied": "已回复", "returned": "再督办", "closed": "已办结"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on an order."""

    act: str
    at: datetime
    by: str
    text: str
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands."""

    order_no: str
    org_code: str
    org_name: str
    region_code: str
    text: str
    due_on: date | None
    first_due_on: date | None
    issued_at: datetime
    issued_by: str
    card_id: str | None = None
    case_no: str | None = None
    state: str = "issued"
    first_replied_at: datetime | None = None
    entries: tuple[Entry, ...] = ()


def order_no(org_code: str, year: int, number: int) -> str:
    """The number on the paper, its own row for each organisation and year: 督办〔2026〕00019H-3号."""
    return f"督办〔{year}〕{org_code[-6:]}-{number}号"


def act_on(order: Order, act: str, by: str, text: str | None, now: datetime, due_on: date | None) -> Order | Refused:
    """The order after an act: `replied` by the organisation, `returned` (with a new day) and `closed` by the office."""
    if order.state not in STEPS[act]:
        names = "、".join(STATE_NAMES[state] for state in STEPS[act])
        message = f"督办{STATE_NAMES[order.state]}，不能这样处理；可处理的状态：{names}"
        return Refused("WRONG_STATE", message, f"the order is {order.state}; needs {', '.join(STEPS[act])}")
    if not (text or "").strip():
        return Refused("TEXT_NEEDED", "请写明内容或意见", "say what or why")
    entry = Entry(act, now, by, text or "", due_on if act == "returned" else None)
    return replace(
        order,
        state=act,
        due_on=due_on if act == "returned" else order.due_on,
        first_replied_at=order.first_replied_at or (now if act == "replied" else None),
        entries=(*order.entries, entry),
    )


def fact_of(order: Order, entry: Entry) -> Fact:
    """The event that tells of an act on an order."""
    body: dict[str, Any] = {
        "order_no": order.order_no,
        "to": order.org_code,
        "text": entry.text,
        "card_id": order.card_id,
        "case_no": order.case_no,
        "due_on": order.due_on,
        "by": entry.by,
    }
    seqno = 1 + sum(1 for known in order.entries if known.act == entry.act and known.at < entry.at)
    event = new_event(
        f"supervision.order.{entry.act}",
        f"org:{order.org_code}",
        BODIES[entry.act](**body),
        time=entry.at,
        source=SOURCE,
        id=f"{order.order_no}/{entry.act}/{seqno}",
        seqno=seqno,
        org=order.org_code,
        region=order.region_code,
    )
    return Fact(FINDINGS, event)
