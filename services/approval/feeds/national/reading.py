"""A row of the national exchange library as canonical events; one row tells the application and its acceptance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.errors import DataError
from services.approval.feeds.columns import Column, look, read_columns
from services.approval.feeds.envelopes import absent, envelope, fill
from services.approval.feeds.messages import Known, Taken
from services.approval.feeds.refusals import refusal_of
from services.approval.feeds.special_names import special_kind_of

FLAVOUR = "national"
_WHO = ("case_no", "item_code", "item_version", "org_code", "org_name", "region_code", "raw")
_TYPES = {
    "up_pro_accept": ("hall.application.submitted", "hall.case.accepted"),
    "up_pro_process": ("hall.step.completed",),
    "up_pro_special_procedure": ("hall.special.started", "hall.special.ended"),
    "up_pro_result": ("hall.case.completed",),
    "up_pro_material": ("hall.material.attached",),
}


def read(
    columns: Sequence[Column], table: str, row: Mapping[str, Any], zone: ZoneInfo, known: Known, source: str | None
) -> Taken:
    """The events of one row.

    Raises:
        DataError: unknown codes, unreadable or missing values, each at its column.
    """
    reading = read_columns({str(name).lower(): cell for name, cell in row.items()}, columns, zone, "")
    said = reading.event
    fill(said, item_code=known.item_code, org_code=known.org_code, region_code=known.region_code)
    if table == "up_pro_material" and "recordedtime" in said:
        said["time"] = said["recordedtime"]  # the row has no time of its own
    problems = [*reading.problems, *absent(said, columns, reading.problems, "")]
    if problems:
        raise DataError(*problems)
    data: dict[str, Any] = said["data"]
    extra: dict[str, Any] = data.setdefault("extra", {})
    said["dataversion"] = _version(said)
    repeats = table not in ("up_pro_accept", "up_pro_result")
    seqno = _number(str(extra.get("row_guid", ""))) if repeats else 1
    if reading.missing:
        extra["missing_columns"] = list(reading.missing)
    if not extra:
        del data["extra"]
    data["raw"] = {"flavour": FLAVOUR, "kind": table, "codes": reading.codes}
    if said.get("operation") == "delete":
        return Taken(tuple(_voided(said, table, seqno, source)), reading.strange)
    tell = {"up_pro_accept": _accept, "up_pro_special_procedure": _special, "up_pro_result": _result}.get(table, _plain)
    return Taken(tuple(tell(said, table, seqno, source)), reading.strange)


def _version(said: Mapping[str, Any]) -> int:
    """Rows carry no version: an insert is the first, an update the later the more recent it was made."""
    made_at = said.get("recordedtime")
    if said.get("operation") != "update" or made_at is None:
        return 1
    return int(datetime.fromisoformat(made_at).timestamp())


def _number(row_guid: str) -> int:
    """A number for an act that can repeat, from the row's own identity."""
    return int.from_bytes(hashlib.sha256(row_guid.encode()).digest()[:4], "big") % (2**31 - 2) + 1


def _voided(said: Mapping[str, Any], table: str, seqno: int, source: str | None) -> Iterator[dict[str, Any]]:
    for place, wire_type in enumerate(_TYPES[table], 1):
        data = {name: said["data"][name] for name in _WHO if name in said["data"]}
        data |= {"voids": {"type": wire_type, "seqno": seqno}, "reason": "报送单位删除了该行"}
        number = _number(f"{table} {seqno} {place}")
        yield envelope({**said, "time": said.get("recordedtime", said["time"])}, _VOIDED, data, source, FLAVOUR, number)


_VOIDED = "hall.record.voided"


def _accept(said: dict[str, Any], table: str, seqno: int, source: str | None) -> Iterator[dict[str, Any]]:
    data = said["data"]
    yield envelope(said, "hall.application.submitted", data, source, FLAVOUR)
    if "accepted_at" not in said:
        return
    accepted = {name: data[name] for name in _WHO if name in data}
    accepted |= {"case_kind": said["case_kind"]} if "case_kind" in said else {}
    accepted |= {"handler": {"name": said["handler_name"]}} if "handler_name" in said else {}
    accepted |= {"accept_doc": {"no": said["accept_doc_no"]}} if "accept_doc_no" in said else {}
    if "promise_due_on" in said:  # a date alone is the hall's claim
        accepted["promise_limit"] = {"due_on": said["promise_due_on"], "claimed": True}
    yield envelope({**said, "time": said["accepted_at"]}, "hall.case.accepted", accepted, source, FLAVOUR)


def _special(said: dict[str, Any], table: str, seqno: int, source: str | None) -> Iterator[dict[str, Any]]:
    data = said["data"]
    name = str(look(data, "extra.special_name") or "")
    data["special_kind"] = special_kind_of(name, is_extension=said.get("special_class") == "extension")
    yield envelope(said, "hall.special.started", data, source, FLAVOUR, seqno)
    if "ended_at" in said:
        ended = {name: data[name] for name in (*_WHO, "handler") if name in data}
        ended |= {"result": said["ended_result"]} if "ended_result" in said else {}
        yield envelope({**said, "time": said["ended_at"]}, "hall.special.ended", ended, source, FLAVOUR, seqno)


def _result(said: dict[str, Any], table: str, seqno: int, source: str | None) -> Iterator[dict[str, Any]]:
    data = said["data"]
    if data.get("result") == "not_accepted":
        refused = {name: data[name] for name in (*_WHO, "reason", "extra") if name in data}
        refused["refusal"] = refusal_of("not_accepted", str(data.get("reason", "")))
        yield envelope(said, "hall.case.refused", refused, source, FLAVOUR)
    else:
        yield envelope(said, "hall.case.completed", data, source, FLAVOUR)
    if "grade" in said:
        rating = {name: data[name] for name in _WHO if name in data} | {"grade": said["grade"]}
        yield envelope(said, "hall.evaluation.submitted", rating, source, FLAVOUR)


def _plain(said: dict[str, Any], table: str, seqno: int, source: str | None) -> Iterator[dict[str, Any]]:
    data = said["data"]
    if table == "up_pro_process":
        data["ended_at"] = said["time"]
        data["step_code"] = "other"
    yield envelope(said, _TYPES[table][0], data, source, FLAVOUR, seqno)
