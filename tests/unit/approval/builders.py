"""Hall events for tests, in wire form: say what matters, the rest is filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from services.approval.domain.acts import Case, merge

SHANGHAI = ZoneInfo("Asia/Shanghai")
SOURCE = "//hall/330106/window"
CASE_NO = "SW-20260205-0031"
ORG = "11330106002489701X"

Wire = dict[str, Any]


def wire(
    kind: str,
    at: str,
    *,
    case_no: str = CASE_NO,
    seqno: int = 1,
    dataversion: int = 1,
    event_id: str = "",
    source: str = SOURCE,
    org: str = ORG,
    received: str | None = None,
    **data: Any,
) -> Wire:
    """One hall event; `at` is local time in Shanghai (`2026-03-02 09:05`)."""
    body = {
        "case_no": case_no,
        "item_code": "000119001000",
        "org_code": org,
        "org_name": "水务局",
        "region_code": "330106",
        **data,
    }
    found = {
        "specversion": "1.0",
        "id": event_id or f"{case_no}/{kind}/{seqno}/{dataversion}/{at}",
        "source": source,
        "type": f"hall.{kind}",
        "subject": case_no,
        "time": local(at).isoformat(),
        "dataversion": dataversion,
        "seqno": seqno,
        "regioncode": "330106",
        "orgcode": org,
        "datacontenttype": "application/json",
        "data": body,
    }
    if received is not None:
        found["receivedtime"] = local(received).isoformat()
    return found


def local(at: str) -> datetime:
    """An instant in Shanghai; a date alone is 09:00 of that day."""
    text = at if len(at) > 10 else f"{at} 09:00"
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def utc(at: str) -> datetime:
    """The same instant in UTC, to see that nothing depends on the offset."""
    return local(at).astimezone(UTC)


def decoded(event: Wire) -> Event:
    """The event as a worker sees it."""
    return codec.decode(orjson.dumps(event))


def case_of(*events: Wire) -> Case:
    """The case that these events make, in this order of arrival."""
    case = Case(events[0]["subject"])
    for event in events:
        raw = orjson.dumps(event)
        case = merge(case, codec.decode(raw), raw)
    return case


def working_days(n: int) -> Wire:
    """A limit of `n` working days."""
    return {"value": n, "unit": "working_day"}


def submitted(at: str, **data: Any) -> Wire:
    """An application filed on line by an enterprise."""
    return wire("application.submitted", at, **{"item_name": "洪水影响评价类审批", "submit_channel": "online", **data})


def accepted(at: str, *, legal: int | None = 20, promise: int | None = 15, **data: Any) -> Wire:
    """An acceptance with its limits in working days."""
    limits: Wire = {}
    if legal is not None:
        limits["legal_limit"] = working_days(legal)
    if promise is not None:
        limits["promise_limit"] = working_days(promise)
    return wire(
        "case.accepted", at, **{"case_kind": "committed", "accept_doc": {"no": "临水受〔2026〕31号"}, **limits, **data}
    )


def special(at: str, kind: str = "expert_review", *, days: int | None = 3, notice: bool = True, **data: Any) -> Wire:
    """A special procedure with the time told."""
    body: Wire = {"special_kind": kind, "reason": "依法需要", **data}
    if days is not None:
        body["limit"] = working_days(days)
    if notice:
        body["notice"] = {"no": "临水告〔2026〕17号", "served_at": local(at).isoformat()}
    return wire("special.started", at, **body)


def special_ended(at: str, seqno: int = 1) -> Wire:
    """The end of the special procedure with the same seqno."""
    return wire("special.ended", at, seqno=seqno)


def extension(at: str, *, days: int = 10, level: str | None = "unit_head", seqno: int = 9, **data: Any) -> Wire:
    """An extension approved by a head."""
    body: Wire = {"special_kind": "extension", "reason": "案情复杂", "notice": {"no": "临水延〔2026〕2号"}, **data}
    if level is not None:
        body["approver"] = {"name": "林向东", "level": level}
    return wire("special.started", at, seqno=seqno, limit=working_days(days), **body)


def completed(at: str, result: str = "granted", **data: Any) -> Wire:
    """A completion with its decision."""
    body: Wire = {"result": result, "decision": {"no": "临水许〔2026〕31号", "decided_on": at[:10]}}
    if result == "granted":
        body["licences"] = [{"name": "洪水影响评价许可", "no": "HS31", "valid_until": "2031-03-10"}]
    else:
        body |= {"reason": "不符合法定条件", "remedy_told": True}
    return wire("case.completed", at, **{**body, **data})


class NoPersons:
    """A desk on which nothing was sealed."""

    def name_of(self, case_no: str, event_id: str, party: Any) -> str | None:
        """Nobody's name."""
        return None
