"""Stories told act by act: what happened, in the words of the events, for the tables of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.quality import SourceProfile
from libs.common.kernel.events.reference import ItemPublished, RosterEntry, RosterPublished
from libs.ops.simulate.acts import wire_event
from services.monitoring.domain.rules.rule import RuleBook
from services.monitoring.ports import Across, Office, Reference, Region
from tests.unit.monitoring.makers import RULES, ZONE, Desk, at, office, parse

HALL = "//hall/990101/hall"
ORG, ITEM, CASE = "11990101XXXX00019H", "990200000001", "C1"
Found = list[tuple[str, str]]
PAPER = {"no": "临受〔2026〕1号", "name": "受理通知书", "sealed": True}
DECISION = {"no": "临许〔2026〕1号", "name": "准予行政许可决定书"}
PARTY = {"type": "enterprise", "name": "临澜青松商贸有限公司", "id_type": "uscc", "id_no": "91110101MA0000015D"}


def act(kind: str, when: str, seqno: int = 1, *, version: int = 1, recorded: str = "", received: str = "",
        event_id: str = "", subject: str = CASE, **body: Any) -> Event:  # fmt: skip
    """One act of a hall: `act("case.accepted", "2026-03-02 10:00", legal_limit=…)`."""
    happened = at(when)
    data = {"org_code": ORG, "org_name": "临澜县住房和城乡建设局", "region_code": "990101", "item_code": ITEM, **body}
    if kind.startswith(("complaint.", "consultation.")):
        del data["item_code"]
    else:
        data = {"case_no": subject, **data}
    event = wire_event(HALL, f"hall.{kind}", subject, happened, data, seqno)
    event["dataversion"] = version
    event["id"] = event_id or f"{subject}/{kind}/{seqno}/{version}"
    if recorded:
        event["recordedtime"] = at(recorded).isoformat()
    found = parse(event)
    # the legal time of intake is approval's to stamp
    return msgspec.structs.replace(found, receivedtime=at(received)) if received else found


def ours(wire_type: str, struct: Any, when: str, subject: str = CASE, **body: Any) -> Event:
    """A fact of one of our own services."""
    source = f"//sunlit/{wire_type.partition('.')[0]}"
    return new_event(wire_type, subject, struct(**body), time=at(when), source=source)


def days(n: int) -> dict[str, Any]:
    """So many working days."""
    return {"value": n, "unit": "working_day"}


def submitted(when: str = "2026-03-02 09:00", **more: Any) -> Event:
    """A window filing of Monday 2 March 2026."""
    body = {"item_name": "建设工程规划许可", "submit_channel": "window", "party": PARTY, **more}
    return act("application.submitted", when, **body)


def accepted(when: str = "2026-03-02 10:00", promise: int | None = 10, legal: int | None = 20, **more: Any) -> Event:
    """Accepted: promise 10 working days (16 March), law 20 (30 March)."""
    limits: dict[str, Any] = {} if legal is None else {"legal_limit": days(legal)}
    limits |= {} if promise is None else {"promise_limit": days(promise)}
    return act("case.accepted", when, **{"accept_doc": PAPER, **limits, **more})


def completed(when: str = "2026-03-09 15:00", result: str = "granted", **more: Any) -> Event:
    """Decided; a grant has its licence, a denial its reason and remedies."""
    body: dict[str, Any] = {"result": result, "decision": {**DECISION, "decided_on": when[:10]}}
    if result == "granted":
        body["licences"] = [{"type": "许可证", "name": "许可证", "no": "L1", "valid_until": "2031-03-09"}]
    if result == "denied":
        body |= {"reason": "不符合法定条件", "remedy_told": True}
    return act("case.completed", when, **{**body, **more})


def served(when: str = "2026-03-10 10:00") -> Event:
    """Handed to the applicant."""
    return act("result.collected", when, way="window", served_at=at(when).isoformat())


def step(code: str, seqno: int, start: str, end: str, **more: Any) -> Event:
    """One step."""
    body = {"step_code": code, "step_name": code, "outcome": "agreed", **more}
    return act("step.completed", end, seqno, started_at=at(start).isoformat(), ended_at=at(end).isoformat(), **body)


def paused(when: str, kind: str = "hearing", told: int | None = 5, seqno: int = 1, **more: Any) -> Event:
    """A special procedure begins, told in writing to need so many working days."""
    body: dict[str, Any] = {"special_kind": kind, "reason": "依法需要"}
    if told is not None:
        body |= {"limit": days(told), "notice": PAPER}
    return act("special.started", when, seqno, **{**body, **more})


def resumed(when: str, seqno: int = 1) -> Event:
    """The special procedure ends."""
    return act("special.ended", when, seqno, result="完成")


def extended(when: str, n: int = 10, seqno: int = 9, **more: Any) -> Event:
    """An extension, approved by the head, its reasons told."""
    body = {"special_kind": "extension", "reason": "案情复杂", "decided_on": when[:10], "limit": days(n),
            "approver": {"name": "局长", "level": "unit_head"}, "notice": PAPER}  # fmt: skip
    return act("special.started", when, seqno, **{**body, **more})


def item(**more: Any) -> ItemPublished:
    """A version of the item."""
    return ItemPublished(**{"item_code": ITEM, "version": 1, "name": "建设工程规划许可", **more})


def roster(*numbers: str) -> RosterPublished:
    """The handlers of the organisation."""
    return RosterPublished(org_code=ORG, handlers=tuple(RosterEntry(no=n) for n in numbers))


def judged(
    events: list[Event],
    until: str,
    *,
    rule: str = "",
    knows: ItemPublished | None = None,
    handlers: RosterPublished | None = None,
    profiles: Mapping[str, SourceProfile] | None = None,
    across: Across | None = None,
    preset: str = "default",
    rules: RuleBook = RULES,
) -> Found:
    """(severity, day on which it became true) of every card of a rule, live or not, when the story is told up to
    `until`."""
    reference = Reference({ITEM: (knows,)} if knows else {}, {ORG: handlers} if handlers else {}, profiles or {})

    def around(now: datetime) -> Office:
        known = {CASE: across} if across else {}
        regions = {"990101": Region("990101", "临澜县", ZONE, "CN", preset)}
        return replace(office(now), reference=reference, across=known, rules=rules, regions=regions)

    desk = Desk(around)
    end = at(until)
    for event in sorted(events, key=lambda e: e.receivedtime or e.time):
        taken_at = event.receivedtime or event.time
        if taken_at > end:
            break
        desk.look(taken_at)
        desk.take([event], taken_at)
    desk.look(end)
    cards = [
        c for file in desk.files.values() for c in file.cards.values() if c.rule_id == rule and c.state != "revoked"
    ]
    return sorted((c.severity, c.became_true_at.astimezone(end.tzinfo).date().isoformat()) for c in cards)
