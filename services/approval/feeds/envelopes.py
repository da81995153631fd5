"""The envelope around what a row says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.faults import fault
from services.approval.feeds.columns import Column, look
from services.approval.feeds.identity import event_id

# What no event can be without (decision 13).
NEEDED = ("data.case_no", "data.item_code", "data.org_code", "data.region_code", "time")


def envelope(
    said: Mapping[str, Any], wire_type: str, data: dict[str, Any], source: str | None, system: str, seqno: int = 1
) -> dict[str, Any]:
    """A CloudEvent in wire form of what `said` tells of its time and version.

    Args:
        source: None = `//hall/<region_code>/<system>`.
    """
    source = source or f"//hall/{data['region_code']}/{system}"
    version = said.get("dataversion", 1)
    event = {
        "specversion": "1.0",
        "id": event_id(source, wire_type, data["case_no"], seqno, version),
        "source": source,
        "type": wire_type,
        "subject": data["case_no"],
        "time": said["time"],
        "dataversion": version,
        "seqno": seqno,
        "regioncode": data["region_code"],
        "orgcode": data["org_code"],
        "datacontenttype": "application/json",
        "data": data,
    }
    if "recordedtime" in said:
        event["recordedtime"] = said["recordedtime"]
    return event


def fill(said: dict[str, Any], **known: str | None) -> None:
    """What the row does not say and the case's earlier rows did; no more than what is needed.

    A row that is sent again must say the same as before, or it would contradict itself.
    """
    data = said.setdefault("data", {})
    for name, value in known.items():
        if value is not None and data.get(name) is None:
            data[name] = value


def absent(
    said: Mapping[str, Any], columns: Iterable[Column], told: Iterable[Problem], pointer: str
) -> Iterator[Problem]:
    """What no event can be without, each at the column of this row that should say it."""
    names = {column.path: column.name for column in columns}
    pointers = {problem.pointer for problem in told}
    for path in NEEDED:
        at = f"{pointer}/{names.get(path, path.rpartition('.')[2])}"
        if look(said, path) is None and at not in pointers:
            yield fault("MISSING_FIELD", at)
