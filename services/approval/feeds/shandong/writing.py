"""Canonical events as calls of the Shandong exchange, in the order in which it takes them: basic info, nodes, special
nodes, files, done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.approval.feeds.columns import look, write_columns
from services.approval.feeds.grouping import by_case
from services.approval.feeds.shandong.calls import CALLS
from services.approval.feeds.shandong.reading import FLAVOUR
from services.approval.feeds.special_names import NAMES

_NODES = {
    "hall.case.accepted": ("start", "accepted", "受理"),
    "hall.supplement.requested": ("middle", "supplement", "补正告知"),
    "hall.supplement.received": ("middle", "agreed", "补正受理"),
}
_ORDER = ("receiveBasicInfo", "receiveProc", "receiveSpecialnode", "receiveApplyFile", "receiveDone")
_CARRIED = ("case_kind", "legal_limit", "promise_limit")


def write(events: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls (name, row) of hall events, case by case; what no call can carry gives none (docs/feeds-loss.md)."""
    for case in by_case(events):
        accepted = next((e for e in case if e["type"] == "hall.case.accepted"), None)
        calls = [call for event in case if (call := _call(event, accepted, zone)) is not None]
        yield from sorted(calls, key=lambda call: _ORDER.index(call[0]))


def _call(
    event: Mapping[str, Any], accepted: Mapping[str, Any] | None, zone: ZoneInfo
) -> tuple[str, dict[str, Any]] | None:
    data = {**event["data"], "extra": {**(event["data"].get("extra") or {})}}
    ready = {"seqno": 1, "dataversion": 1, "recordedtime": event["time"], **event, "data": data}
    wire_type = event["type"]
    if wire_type == "hall.application.submitted":
        _carry(data, accepted)
        name = "receiveBasicInfo"
    elif wire_type in ("hall.special.started", "hall.special.ended"):
        name = _special(ready, data, wire_type)
    elif wire_type == "hall.material.attached":
        name = "receiveApplyFile"
    elif wire_type in ("hall.case.completed", "hall.supplement.lapsed"):
        if not _done(ready, data, wire_type):
            return None
        name = "receiveDone"
    elif not _proc(ready, data, wire_type):
        return None
    else:
        name = "receiveProc"
    return name, write_columns(ready, CALLS[name], zone, FLAVOUR)


def _carry(data: dict[str, Any], accepted: Mapping[str, Any] | None) -> None:
    frozen = {name: look(accepted, f"data.{name}") for name in _CARRIED} if accepted is not None else {}
    carried = {name: value for name, value in frozen.items() if value is not None}
    if carried:
        data["extra"]["carried"] = carried


def _proc(ready: dict[str, Any], data: dict[str, Any], wire_type: str) -> bool:
    if wire_type == "hall.step.completed":
        ready["node_type"] = "end" if data.get("step_code") == "approve" else "middle"
        ready["node_result"] = data.get("outcome")
        if (ready["node_type"], ready["node_result"]) == ("end", "returned"):
            ready["node_type"] = "middle"
        return True
    if wire_type == "hall.application.prereviewed":
        if data.get("state") is None:
            return False  # the state is all that makes it a pre-review
        data |= {"step_name": "预受理", "opinion": data.get("reason")}
        ready["state"] = data.get("state")
    elif wire_type == "hall.case.refused":
        result = "not_required" if data.get("refusal") == "not_required" else "not_accepted"
        ready |= {"node_type": "both", "node_result": result, "doc_no": look(data, "doc.no")}
        data |= {"step_name": "不予受理", "opinion": data.get("reason")}
    elif wire_type in _NODES:
        ready["node_type"], ready["node_result"], data["step_name"] = _NODES[wire_type]
        ready["doc_no"] = look(data, "accept_doc.no")
        ready["promise_due_on"] = look(data, "promise_limit.due_on")
        data["opinion"] = data.get("reason")
    else:
        return False
    return True


def _special(ready: dict[str, Any], data: dict[str, Any], wire_type: str) -> str:
    is_start = wire_type == "hall.special.started"
    ready["special_node"] = "start" if is_start else "end"
    kind = data.get("special_kind")
    if is_start and kind is not None:
        ready["special_class"] = "extension" if kind == "extension" else "excluded"
        data["extra"].setdefault("special_name", NAMES[kind])
    return "receiveSpecialnode"


def _done(ready: dict[str, Any], data: dict[str, Any], wire_type: str) -> bool:
    if wire_type == "hall.supplement.lapsed":
        data["result"] = "lapsed"
    if "licence" in data and "licences" not in data:
        data["licences"] = [data["licence"]]
    return data.get("result") != "completed_plain"  # the list has no code for it, and 0 would say that it was granted
