"""Canonical events as messages of the Guangdong exchange: what a hall of that province would have sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.approval.feeds.columns import look, put, write_columns
from services.approval.feeds.gdbs.codes import GRANTED_OR_NOT, RESULT_CODE
from services.approval.feeds.gdbs.kinds import KINDS
from services.approval.feeds.gdbs.reading import FLAVOUR
from services.approval.feeds.rows import CHINA
from services.approval.feeds.special_names import NAMES

_KINDS = {
    "hall.application.submitted": "0",
    "hall.application.prereviewed": "1",
    "hall.case.accepted": "2",
    "hall.case.refused": "2",
    "hall.step.completed": "3",
    "hall.case.completed": "4",
    "hall.supplement.lapsed": "4",
    "hall.special.started": "5",
    "hall.special.ended": "6",
    "hall.supplement.requested": "7",
    "hall.supplement.received": "8",
    "hall.result.collected": "9",
}
# What the acceptance repeats of the application.
_REPEATED = (
    ("data.extra.project_name", "data.project_name"),
    ("data.extra.item_name", "data.item_name"),
    ("data.extra.receipt_no", "data.receipt_no"),
    ("data.extra.submit_channel", "data.submit_channel"),
)


def kind_of(event: Mapping[str, Any]) -> str | None:
    """The kind of message that carries an event; None when the exchange has none, or another message tells it."""
    wire_type = event["type"]
    if wire_type == "hall.supplement.requested" and look(event, "data.raw.flavour") == FLAVOUR:
        # told by a status: kind 2 tells it again, of kind 1 the pre-review itself is the message
        return {"1": None, "2": "2"}.get(look(event, "data.raw.kind"), "7")
    return _KINDS.get(wire_type)


def write(events: Iterable[Mapping[str, Any]], zone: ZoneInfo = CHINA) -> Iterator[dict[str, Any]]:
    """The messages `{sblsh, sptype, spobject}` of hall events, in their order; `spobject` is an object.

    An event that no kind can carry (hearings, joint opinions, heartbeats …) gives no message; docs/feeds-loss.md names
    them, and the fields that a kind has no column for. Instants are written in `zone`, to the second.

    Args:
        events: CloudEvents in wire form, party in clear.
    """
    # what an application says is repeated by its acceptance; forgotten when the case ends
    applications: dict[str, Mapping[str, Any]] = {}
    for event in events:
        kind = kind_of(event)
        if event["type"] == "hall.application.submitted":
            applications[event["subject"]] = event
        elif event["type"] in ("hall.case.completed", "hall.case.withdrawn"):
            applications.pop(event["subject"], None)
        if kind is not None:
            yield _message(event, kind, zone, applications.get(event["subject"]))


def _message(
    event: Mapping[str, Any], kind: str, zone: ZoneInfo, application: Mapping[str, Any] | None
) -> dict[str, Any]:
    ready = {
        **event,
        "data": {**event["data"]},
        "seqno": event.get("seqno", 1),
        "dataversion": event.get("dataversion", 1),
    }
    data = ready["data"]
    data["extra"] = {**(data.get("extra") or {})}
    if kind == "0":
        data.setdefault("original_case_no", data["case_no"])
    elif kind == "2":
        _ready_acceptance(ready, data, application)
    elif kind == "4":
        _ready_completion(ready, data)
    elif kind == "5":
        special = data.get("special_kind")
        if special is not None:
            ready["special_class"] = "extension" if special == "extension" else "excluded"
            data["extra"].setdefault("special_name", NAMES[special])
    elif kind == "6":
        data["extra"].setdefault("result_at", ready["time"])
    for name in ("legal_limit", "limit"):
        if (data.get(name) or {}).get("unit") not in ("working_day", "calendar_day", None):
            del data[name]  # a number without its unit would be read as days
    columns = write_columns(ready, KINDS[kind].columns, zone, FLAVOUR)
    if "SFJE" in columns or "TBCXSFJE" in columns:
        columns["JEDWDM"] = "CNY"
    if kind == "2":
        columns["SLYF"] = "0" if ready["state"] == "accepted" else "1"
    # the exchange has the organisation's column for kind 0 alone; without it kinds 5 to 9 would depend on the others
    columns["D_ZZJGDM"] = data["org_code"]
    return {"sblsh": data["case_no"], "sptype": kind, "spobject": columns}


def _ready_acceptance(ready: dict[str, Any], data: dict[str, Any], application: Mapping[str, Any] | None) -> None:
    extra = data["extra"]
    extra.setdefault("jurisdiction_code", data["region_code"])
    for path, told in _REPEATED:
        value = look(application, told) if application is not None else None
        if value is not None and look(ready, path) is None:
            put(ready, path, value)
    wire_type = ready["type"]
    if wire_type == "hall.case.accepted":
        ready["state"] = "accepted"
        if data.get("fee_expected") is False:
            extra.setdefault("fee_standard", "0")
        party = {**((look(application, "data.party") if application is not None else None) or {})}
        party |= data.get("party") or {}
        if "name" in party:
            agent = party.get("contact_name") or party["name"]
            data["party"] = {"agent_name": agent, "agent_mobile": party.get("contact_mobile"), **party}
        return
    for name in ("legal_limit", "materials"):
        if name in extra:
            data[name] = extra[name]
    if wire_type == "hall.case.refused":
        ready["state"] = data.get("refusal")
        data["accept_doc"] = data.get("doc")
    else:
        ready["state"] = "supplement"
        data["accept_doc"] = {"no": extra.get("accept_receipt_no")}


def _ready_completion(ready: dict[str, Any], data: dict[str, Any]) -> None:
    if ready["type"] == "hall.supplement.lapsed":
        data["result"] = "lapsed"
    if "licence" in data and "licences" not in data:
        data["licences"] = [data["licence"]]
    result = data.get("result")
    if result in ("granted", "denied"):
        ready["granted"] = result
    codes = look(data, "raw.codes") or {}
    if look(data, "raw.flavour") == FLAVOUR and result == "denied":
        raw = (RESULT_CODE.meaning.get(codes.get("BJJGDM", "")), GRANTED_OR_NOT.meaning.get(codes.get("XKYF", "")))
        if raw == ("completed_plain", "denied"):
            data["result"] = "completed_plain"  # 办结 with 不予许可, as the hall said it
    reason = data.get("reason")
    if reason is not None:
        data["extra"]["deny_reason" if result == "denied" else "void_reason"] = reason
