"""A message of the Guangdong exchange as canonical events: what each kind means, and where a guess would be a lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.faults import fault, unknown_code
from services.approval.feeds.columns import Reading, look, read_columns
from services.approval.feeds.envelopes import absent, envelope, fill
from services.approval.feeds.gdbs.kinds import KINDS
from services.approval.feeds.messages import NOTHING_KNOWN, Known, Taken
from services.approval.feeds.refusals import refusal_of
from services.approval.feeds.special_names import special_kind_of

FLAVOUR = "gdbs"
OBJECT = "/spobject"
SYSTEM = "gdbs"
# A notice that is told by a status alone (kind 1 or 2, state 3) has no number of its own; kind 7 counts from 1.
STATUS_SEQNO = {"1": 1001, "2": 1002}
# Columns of kind 2 that only an acceptance can fill.
_OF_ACCEPTANCE = frozenset({"GDBLSX", "GDBLSXDW", "GDSF", "SLZLQD", "SLHZH", "SQDWHSQRXM", "SQDWJBRXM"})


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
    fill(event, item_code=known.item_code, org_code=known.org_code, region_code=known.region_code)
    problems = [*reading.problems, *absent(event, KINDS[kind].columns, reading.problems, OBJECT)]
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
        data["special_kind"] = special_kind_of(name, is_extension=is_extension)
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
        found = refusal_of(str(state), str(data.get("reason", "")))
        data["refusal"] = "not_accepted" if is_provincial and found == "not_required" else found


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
    yield envelope(event, wire_type, data, source, SYSTEM, seqno)
    if kind == "1" and data.get("state") == "supplement":
        asked = {name: data[name] for name in _WHO if name in data}
        note = look(data, "extra.supplement_note") or data.get("reason")
        asked |= {"reason": note} if note else {}
        yield envelope(event, "hall.supplement.requested", asked, source, SYSTEM, STATUS_SEQNO["1"])
    fee = look(data, "extra.fee_amount")
    if kind == "6" and fee is not None and float(fee) > 0:
        charged = {name: data[name] for name in _WHO if name in data} | {"fee_item": "特别程序收费", "amount": fee}
        yield envelope(event, "hall.fee.charged", charged, source, SYSTEM, seqno)


_WHO = ("case_no", "item_code", "org_code", "org_name", "region_code", "service_point", "handler", "raw")
