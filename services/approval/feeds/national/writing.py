"""Canonical events as rows of the national exchange library, case by case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from services.approval.feeds.columns import Column, look, write_columns
from services.approval.feeds.grouping import by_case
from services.approval.feeds.identity import event_id
from services.approval.feeds.national.reading import FLAVOUR
from services.approval.feeds.special_names import NAMES

Row = tuple[str, dict[str, Any]]


def write(tables: Mapping[str, Sequence[Column]], events: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[Row]:
    """The rows (table, row) of hall events; what no row can carry gives none (docs/feeds-loss.md)."""
    for case in by_case(events):
        for table, ready in _rows(case):
            yield table, write_columns(ready, tables[table], zone, FLAVOUR)


def _rows(case: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    def first(wire_type: str) -> Mapping[str, Any] | None:
        return next((event for event in case if event["type"] == wire_type), None)

    accepted, rating = first("hall.case.accepted"), first("hall.evaluation.submitted")
    ends = {e.get("seqno", 1): e for e in case if e["type"] == "hall.special.ended"}
    for event in case:
        wire_type = event["type"]
        if wire_type == "hall.application.submitted":
            yield "up_pro_accept", _accept(event, accepted)
        elif wire_type == "hall.case.accepted" and first("hall.application.submitted") is None:
            yield "up_pro_accept", _accept(event, event)
        elif wire_type == "hall.step.completed":
            yield "up_pro_process", _ready(event, "up_pro_process")
        elif wire_type == "hall.special.started":
            yield "up_pro_special_procedure", _special(event, ends.get(event.get("seqno", 1)))
        elif wire_type in ("hall.case.completed", "hall.case.refused", "hall.supplement.lapsed"):
            yield "up_pro_result", _result(event, rating)
        elif wire_type == "hall.material.attached":
            yield "up_pro_material", _ready(event, "up_pro_material")


def _ready(event: Mapping[str, Any], table: str) -> dict[str, Any]:
    data = {**event["data"], "extra": {**(event["data"].get("extra") or {})}}
    version, seqno = event.get("dataversion", 1), event.get("seqno", 1)
    data["extra"].setdefault("row_guid", event_id(event["source"], table, data["case_no"], seqno, 1))
    operation = "insert" if version == 1 else "update"
    return {"recordedtime": event["time"], **event, "data": data, "operation": operation}


def _accept(event: Mapping[str, Any], accepted: Mapping[str, Any] | None) -> dict[str, Any]:
    ready = _ready(event, "up_pro_accept")
    if accepted is not None:
        ready["accepted_at"] = accepted["time"]
        ready["case_kind"] = look(accepted, "data.case_kind")
        ready["handler_name"] = look(accepted, "data.handler.name")
        ready["accept_doc_no"] = look(accepted, "data.accept_doc.no")
        ready["promise_due_on"] = look(accepted, "data.promise_limit.due_on")
    return ready


def _special(event: Mapping[str, Any], ended: Mapping[str, Any] | None) -> dict[str, Any]:
    ready = _ready(event, "up_pro_special_procedure")
    kind = look(event, "data.special_kind")
    if kind is not None:
        ready["special_class"] = "extension" if kind == "extension" else "excluded"
        ready["data"]["extra"].setdefault("special_name", NAMES[kind])
    if ended is not None:
        ready["ended_at"] = ended["time"]
        ready["ended_result"] = look(ended, "data.result")
    return ready


def _result(event: Mapping[str, Any], rating: Mapping[str, Any] | None) -> dict[str, Any]:
    ready = _ready(event, "up_pro_result")
    data = ready["data"]
    if event["type"] != "hall.case.completed":
        data["result"] = "not_accepted" if event["type"] == "hall.case.refused" else "lapsed"
    if "licence" in data and "licences" not in data:
        data["licences"] = [data["licence"]]
    if rating is not None:
        ready["grade"] = look(rating, "data.grade")
    return ready
