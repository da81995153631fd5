"""A call of the Shandong exchange as canonical events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.errors import DataError, Problem
from services.approval.feeds.columns import look, read_columns
from services.approval.feeds.envelopes import absent, envelope, fill
from services.approval.feeds.messages import Known, Taken
from services.approval.feeds.refusals import refusal_of
from services.approval.feeds.shandong.calls import CALLS
from services.approval.feeds.shandong.codes import ALLOWED, RECEIVED_NAMES, STEP_NAMES
from services.approval.feeds.special_names import special_kind_of

FLAVOUR = "shandong"
_SIMPLE = {
    "receiveBasicInfo": "hall.application.submitted",
    "receiveApplyFile": "hall.material.attached",
    "receiveDone": "hall.case.completed",
}
_PARTY_FREE = ("started_at", "ended_at", "post", "step_name", "opinion")


def read(call: str, row: Mapping[str, Any], zone: ZoneInfo, known: Known, source: str | None) -> Taken:
    """The event of one call.

    Raises:
        DataError: unknown codes, a node type and a result that may not stand together, unreadable or missing values.
    """
    columns = CALLS[call]
    reading = read_columns({str(name).upper(): value for name, value in row.items()}, columns, zone, "")
    said = reading.event
    fill(said, item_code=known.item_code, org_code=known.org_code, region_code=known.region_code)
    problems = [*reading.problems, *absent(said, columns, reading.problems, "")]
    if call == "receiveProc" and not problems:
        problems += _node_problems(said)
    if problems:
        raise DataError(*problems)
    data: dict[str, Any] = said["data"]
    extra: dict[str, Any] = data.setdefault("extra", {})
    if reading.missing:
        extra["missing_columns"] = list(reading.missing)
    wire_type = _type_of(call, said, data, extra, known)
    seqno = said.get("seqno", 1)
    if not extra:
        del data["extra"]
    data["raw"] = {"flavour": FLAVOUR, "kind": call, "codes": reading.codes}
    return Taken((envelope(said, wire_type, data, source, FLAVOUR, seqno),), reading.strange)


def _type_of(call: str, said: dict[str, Any], data: dict[str, Any], extra: dict[str, Any], known: Known) -> str:
    if call == "receiveProc":
        return _proc(said, data, extra, known)
    if call == "receiveSpecialnode":
        return _special(said, data, extra)
    return _SIMPLE[call]


def _node_problems(said: Mapping[str, Any]) -> Iterator[Problem]:
    node, result, state = said.get("node_type"), said.get("node_result"), said.get("state")
    if node is None and state is None:
        yield Problem(
            "MISSING_FIELD", "/NODETYPE", "缺少 NODETYPE，也没有 STATE", "NODETYPE is missing, and there is no STATE"
        )
    elif node is not None and result not in ALLOWED[str(node)]:
        yield Problem(
            "CODES_CONTRADICT",
            "/NODERESULT",
            "这种环节类型不能有这个环节结果",
            "a node of this type cannot have this result",
        )


def _proc(said: dict[str, Any], data: dict[str, Any], extra: dict[str, Any], known: Known) -> str:
    node, result, state = said.get("node_type"), said.get("node_result"), said.get("state")
    opinion, document = data.get("opinion"), said.get("doc_no")
    if node is None:
        _drop(data)
        data["state"] = state
        data |= {"reason": opinion} if opinion else {}
        return "hall.application.prereviewed"
    if result == "accepted":
        _drop(data)
        data |= known.carried
        if "promise_due_on" in said and "promise_limit" not in data:
            data["promise_limit"] = {"due_on": said["promise_due_on"], "claimed": True}
        data |= {"accept_doc": {"no": document}} if document else {}
        return "hall.case.accepted"
    if result in ("not_required", "not_accepted"):
        _drop(data)
        data["refusal"] = refusal_of(str(result), opinion or "")
        data |= {"reason": opinion} if opinion else {}
        data |= {"doc": {"no": document}} if document else {}
        return "hall.case.refused"
    if result in ("supplement", "suspended"):
        _drop(data)
        data |= {"reason": opinion} if opinion else {}
        if result == "supplement":
            return "hall.supplement.requested"
        data["special_kind"] = "other_local"  # 挂起 has no base in 行政许可法 45
        return "hall.special.started"
    if data.get("step_name") in RECEIVED_NAMES and result == "agreed":
        _drop(data)
        return "hall.supplement.received"
    data["step_code"] = "approve" if node == "end" else STEP_NAMES.get(str(data.get("step_name")), "other")
    data |= {"outcome": result} if result else {}
    data.setdefault("ended_at", said["time"])
    return "hall.step.completed"


def _drop(data: dict[str, Any]) -> None:
    """What only a step has."""
    for name in _PARTY_FREE:
        data.pop(name, None)


def _special(said: dict[str, Any], data: dict[str, Any], extra: dict[str, Any]) -> str:
    result, name = said.get("special_result"), str(extra.get("special_name", ""))
    if result in ("supplement", "prereview_supplement", "prereview_refused"):
        for field in ("limit", "result"):
            data.pop(field, None)
        if result == "supplement":
            return "hall.supplement.requested"
        data["state"] = "supplement" if result == "prereview_supplement" else "refused"
        return "hall.application.prereviewed"
    if said.get("special_node") == "end":
        data.pop("limit", None)
        reason = data.pop("reason", None)
        if reason is not None:
            extra["reason"] = reason
        return "hall.special.ended"
    data.pop("result", None)
    data["special_kind"] = result or special_kind_of(name, is_extension=said.get("special_class") == "extension")
    if look(data, "limit.value") is None:
        data.pop("limit", None)
    return "hall.special.started"
