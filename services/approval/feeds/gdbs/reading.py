"""A message of the Guangdong exchange as canonical events: what each kind means, and where a guess would be a lie."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.faults import fault, unknown_code
from services.approval.feeds.columns import Reading, look, put, read_columns
from services.approval.feeds.gdbs.codes import SPECIAL_NAMES
from services.approval.feeds.gdbs.kinds import KINDS
from services.approval.feeds.identity import event_id
from services.approval.feeds.messages import NOTHING_KNOWN, Known, Taken

FLAVOUR = "gdbs"
OBJECT = "/spobject"
SYSTEM = "gdbs"
# A notice that is told by a status alone (kind 1 or 2, state 3) has no number of its own; kind 7 counts from 1.
STATUS_SEQNO = {"1": 1001, "2": 1002}
_NAMES_ANOTHER = re.compile(
    r"(?:请向|应向|应当向|应由|属于|由)[^，。；,;]{1,30}?(?:局|委|厅|部门|机关|政府|中心)(?:申请|提出|办理|负责|管辖|受理|的?职权)"
)
# Columns of kind 2 that only an acceptance can fill.
_OF_ACCEPTANCE = frozenset({"GDBLSX", "GDBLSXDW", "GDSF", "SLZLQD", "SLHZH", "SQDWHSQRXM", "SQDWJBRXM"})
_NAME_TAIL = re.compile(r"[（(].*?[)）]|(?:程序|论证|会)$")


def read(
    message: Mapping[str, Any],
    zone: ZoneInfo,
    *,
    known: Known = NOTHING_KNOWN,
    source: str | None = None,
    is_provincial: bool = False,
) -> Taken:
    """The events of one message `{sblsh, sptype, spobject}`; `spobject` is an object or its JSON text (decision 47).

    Args:
        zone: legal time zone of the hall; its instants carry no offset.
        known: fills what the message does not say of its case.
        source: of the events; default `//hall/<XZQHDM>/gdbs`.
        is_provincial: the message was reported on by the province, where 2 stands for 不受理 and 不予受理 alike.

    Raises:
        DataError: unknown kinds and codes, unreadable values, no case, item, organisation, region or time; every
            problem at its column. Nothing is defaulted.
    """
    kind = _kind(message)
    row = _row(message, kind)
    reading = read_columns(row, KINDS[kind].columns, zone, OBJECT)
    event = reading.event
    # no more than what is needed: a row that is sent again must say the same as before
    for name, value in (
        ("item_code", known.item_code),
        ("org_code", known.org_code),
        ("region_code", known.region_code),
    ):
        if value is not None and look(event, f"data.{name}") is None:
            put(event, f"data.{name}", value)
    problems = [*reading.problems, *_absent(event, reading, kind)]
    contradiction = _contradiction(event, kind)
    if contradiction is not None:
        problems.append(contradiction)
    if problems:
        raise DataError(*problems)
    _settle(event, kind, reading, is_provincial=is_provincial)
    return Taken(tuple(_events(event, kind, source, reading)), reading.strange)


def _kind(message: Mapping[str, Any]) -> str:
    raw = message.get("sptype")
    kind = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if kind not in KINDS:
        raise DataError(unknown_code("/sptype", "", "", "0–9"))
    return kind


def _row(message: Mapping[str, Any], kind: str) -> dict[str, Any]:
    body = message.get("spobject")
    if isinstance(body, str):
        body, faults = strict_json.read(body.encode())
        if faults:
            raise DataError(*(Problem(f.code, f"{OBJECT}{f.pointer}", f.message, f.message_en) for f in faults))
    if not isinstance(body, Mapping):
        raise DataError(fault("NOT_AN_OBJECT", OBJECT))
    row = {str(name).upper(): value for name, value in body.items()}
    number = message.get("sblsh")
    if isinstance(number, str) and number.strip():
        if row.get("SBLSH") not in (None, "", number):
            raise DataError(
                Problem(
                    "NUMBERS_DIFFER",
                    f"{OBJECT}/SBLSH",
                    "与外层的 sblsh 不同；请核对后重报",
                    "differs from the outer sblsh; check both and send again",
                )
            )
        row["SBLSH"] = number
    return row


def _absent(event: dict[str, Any], reading: Reading, kind: str) -> Iterator[Problem]:
    """What no event can be without (decision 13), each at the column of this kind that should say it."""
    told = {problem.pointer for problem in reading.problems}
    for path in ("data.case_no", "data.item_code", "data.org_code", "data.region_code", "time"):
        column = next(c.name for c in KINDS[kind].columns if c.path == path)
        pointer = f"{OBJECT}/{column}"
        if look(event, path) is None and pointer not in told:
            yield fault("MISSING_FIELD", pointer)


def _contradiction(event: dict[str, Any], kind: str) -> Problem | None:
    said, result = event.get("granted"), look(event, "data.result")
    if kind != "4" or (said, result) not in (("denied", "granted"), ("granted", "denied")):
        return None
    return Problem(
        "CODES_CONTRADICT",
        f"{OBJECT}/XKYF",
        "XKYF 与 BJJGDM 相矛盾：一个准予、一个不予；请更正后重报",
        "XKYF and BJJGDM contradict each other: one grants, the other denies; correct and send again",
    )


def _settle(event: dict[str, Any], kind: str, reading: Reading, *, is_provincial: bool) -> None:
    """What a kind means beyond its columns."""
    data: dict[str, Any] = event["data"]
    extra: dict[str, Any] = data.setdefault("extra", {})
    if kind == "0" and data.get("original_case_no") == data["case_no"]:
        del data["original_case_no"]  # the first case names itself
    elif kind == "2":
        _settle_acceptance(event, data, extra, is_provincial=is_provincial)
    elif kind == "3":
        data["ended_at"] = event["time"]
    elif kind == "4":
        if event.pop("granted", None) == "denied" and data.get("result") == "completed_plain":
            data["result"] = "denied"  # 办结 with 不予许可: a denial must not vanish behind the plain code
        reason = extra.pop("deny_reason" if data.get("result") == "denied" else "void_reason", None)
        if reason is not None:
            data["reason"] = reason
    elif kind == "5":
        is_extension = event.pop("special_class", None) == "extension"
        name = str(extra.get("special_name", ""))
        found = "extension" if is_extension else SPECIAL_NAMES.get(_NAME_TAIL.sub("", name), "other_local")
        data["special_kind"] = "other_local" if found == "extension" and not is_extension else found
    elif kind == "6" and extra.get("result_at") == event["time"]:
        del extra["result_at"]
    elif kind == "9":
        data["served_at"] = event["time"]
    missing = [n for n in reading.missing if event.get("state", "accepted") == "accepted" or n not in _OF_ACCEPTANCE]
    if missing:
        extra["missing_columns"] = missing
    if not extra:
        del data["extra"]


def _settle_acceptance(
    event: dict[str, Any], data: dict[str, Any], extra: dict[str, Any], *, is_provincial: bool
) -> None:
    if extra.get("jurisdiction_code") == data["region_code"]:
        del extra["jurisdiction_code"]
    state = event.get("state")
    if state == "accepted":
        fee = extra.get("fee_standard")
        if fee is not None:
            data["fee_expected"] = float(fee) > 0
            if not data["fee_expected"]:
                del extra["fee_standard"]
        return
    # Only an acceptance has a sealed place for persons; what belongs to it alone is kept aside.
    data.pop("party", None)
    for name in ("legal_limit", "materials"):
        if name in data:
            extra[name] = data.pop(name)
    document = data.pop("accept_doc", None)
    if document is not None and state != "supplement":
        data["doc"] = document
    elif document is not None:
        extra["accept_receipt_no"] = document["no"]
    if state != "supplement":
        data["refusal"] = _refusal(str(state), str(data.get("reason", "")), is_provincial=is_provincial)


def _refusal(state: str, reason: str, *, is_provincial: bool) -> str:
    if state == "not_required":
        return "not_accepted" if is_provincial else "not_required"
    return "not_competent" if _NAMES_ANOTHER.search(reason) else "not_accepted"


_TYPES = {
    "0": "hall.application.submitted",
    "1": "hall.application.prereviewed",
    "3": "hall.step.completed",
    "4": "hall.case.completed",
    "5": "hall.special.started",
    "6": "hall.special.ended",
    "7": "hall.supplement.requested",
    "8": "hall.supplement.received",
    "9": "hall.result.collected",
}
_TYPES_OF_STATE = {"accepted": "hall.case.accepted", "supplement": "hall.supplement.requested"}


def _events(event: dict[str, Any], kind: str, source: str | None, reading: Reading) -> Iterator[dict[str, Any]]:
    data = event["data"]
    state = event.pop("state", None)
    wire_type = _TYPES.get(kind) or _TYPES_OF_STATE.get(str(state), "hall.case.refused")
    seqno = STATUS_SEQNO["2"] if state == "supplement" else event.get("seqno", 1)
    data["raw"] = {"flavour": FLAVOUR, "kind": kind, "codes": reading.codes}
    yield _envelope(event, wire_type, seqno, data, source)
    if kind == "1" and data.get("state") == "supplement":
        asked = {name: data[name] for name in _WHO if name in data}
        note = look(data, "extra.supplement_note") or data.get("reason")
        asked |= {"reason": note} if note else {}
        yield _envelope(event, "hall.supplement.requested", STATUS_SEQNO["1"], asked, source)
    fee = look(data, "extra.fee_amount")
    if kind == "6" and fee is not None and float(fee) > 0:
        charged = {name: data[name] for name in _WHO if name in data} | {"fee_item": "特别程序收费", "amount": fee}
        yield _envelope(event, "hall.fee.charged", seqno, charged, source)


_WHO = ("case_no", "item_code", "org_code", "org_name", "region_code", "service_point", "handler", "raw")


def _envelope(
    event: Mapping[str, Any], wire_type: str, seqno: int, data: dict[str, Any], source: str | None
) -> dict[str, Any]:
    source = source or f"//hall/{data['region_code']}/{SYSTEM}"
    version = event.get("dataversion", 1)
    return {
        "specversion": "1.0",
        "id": event_id(source, wire_type, data["case_no"], seqno, version),
        "source": source,
        "type": wire_type,
        "subject": data["case_no"],
        "time": event["time"],
        "dataversion": version,
        "seqno": seqno,
        "regioncode": data["region_code"],
        "orgcode": data["org_code"],
        "datacontenttype": "application/json",
        "data": data,
    }
