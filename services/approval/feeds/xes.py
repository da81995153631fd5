"""XES event logs (IEEE 1849) as hall events, by a mapping profile.

A profile is data (`profiles/*.toml`): which attribute is the case number, the acceptance, the deadline, which activity
is which step, the time zone of the town. One trace becomes `hall.application.submitted` (it alone carries the channel),
`hall.case.accepted`, one `hall.step.completed` for each event and, if the trace says when it ended,
`hall.case.completed`. A limit that the log states only as a date travels as `{due_on}`: a claim, not our own count.
"""

from __future__ import annotations

import gzip
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from defusedxml.ElementTree import iterparse

from libs.common.kernel.errors import DataError, Problem
from services.approval.feeds.identity import event_id

PROFILES = Path(__file__).parent / "profiles"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation that a profile names for a raw value of the log."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """How one log is read; the field names are those of the TOML file."""

    name: str
    source: str
    region_code: str
    region_name: str
    timezone: ZoneInfo
    item_code: str
    item_name: str
    case: Mapping[str, str]
    step: Mapping[str, str]
    channels: Mapping[str, str]
    organisations: Mapping[str, Organisation]


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace of a log: its own attributes and those of its events, values as text."""

    attributes: Mapping[str, str]
    events: tuple[Mapping[str, str], ...]


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that ship with the platform."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.toml")))


def load_profile(name: str) -> Profile:
    """The profile of that name, or from that path if it ends in `.toml`.

    Raises:
        DataError: UNKNOWN_PROFILE, with the names that there are.
    """
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    if not path.is_file():
        known = "、".join(profile_names())
        raise DataError(
            Problem(
                "UNKNOWN_PROFILE",
                "",
                f"没有名为 {name} 的映射方案；现有：{known}，也可以给出 .toml 文件路径",
                f"no mapping profile named {name}; known: {known}, or give the path of a .toml file",
            )
        )
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return Profile(
        name=raw["name"],
        source=f"//hall/{raw['region']['code']}/{raw['system']}",
        region_code=raw["region"]["code"],
        region_name=raw["region"]["name"],
        timezone=ZoneInfo(raw["region"]["timezone"]),
        item_code=raw["item"]["code"],
        item_name=raw["item"]["name"],
        case=raw["case"],
        step=raw["step"],
        channels=raw.get("channels", {}),
        organisations={key: Organisation(**value) for key, value in raw.get("organisations", {}).items()},
    )


def open_log(path: Path) -> BinaryIO:
    """The log's bytes, unpacked when the name ends in `.gz`."""
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path))
    return path.open("rb")


def read_traces(stream: BinaryIO) -> Iterator[Trace]:
    """The traces of a log, one at a time; memory does not grow with the log.

    Raises:
        DataError: BROKEN_XML, with line and column.
    """
    try:
        for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
            if element.tag.rpartition("}")[2] == "trace":
                yield _trace(element)
                element.clear()
    except SyntaxError as error:
        raise DataError(
            Problem("BROKEN_XML", "", f"不是完好的 XES 文件：{error}", f"not a well-formed XES file: {error}")
        ) from error


def _trace(element: Any) -> Trace:
    events = tuple(_attributes(child) for child in element if child.tag.rpartition("}")[2] == "event")
    return Trace(_attributes(element), events)


def _attributes(element: Any) -> Mapping[str, str]:
    return {child.get("key"): child.get("value") for child in element if child.get("key") is not None}


def convert(trace: Trace, profile: Profile) -> tuple[dict[str, Any], ...]:
    """The hall events of one trace, as CloudEvents in wire form (dictionaries).

    Raises:
        DataError: MISSING_FIELD, BAD_INSTANT or UNKNOWN_CODE, located by the attribute's key.
    """
    case_no = _required(trace.attributes, profile.case["number"])
    organisation = _organisation(trace.attributes, profile)
    common = {
        "case_no": case_no,
        "item_code": profile.item_code,
        "org_code": organisation.code,
        "org_name": organisation.name,
        "region_code": profile.region_code,
        "raw": {"flavour": "xes", "kind": profile.name, "codes": _raw_codes(trace, profile)},
    }
    accepted_at = _instant(trace.attributes, profile.case["accepted_at"], profile)
    handler = trace.attributes.get(profile.case["handler"])
    bodies: list[tuple[str, int, datetime, dict[str, Any]]] = [
        (
            "hall.application.submitted",
            1,
            accepted_at,
            {"item_name": profile.item_name, "submit_channel": _channel(trace.attributes, profile)},
        ),
        ("hall.case.accepted", 1, accepted_at, _acceptance(trace, profile, handler)),
    ]
    for number, event in enumerate(trace.events, 1):
        at = _instant(event, profile.step["at"], profile)
        bodies.append(("hall.step.completed", number, at, _step(event, profile, at)))
    if profile.case["completed_at"] in trace.attributes:
        completed_at = _instant(trace.attributes, profile.case["completed_at"], profile)
        bodies.append(("hall.case.completed", 1, completed_at, {"result": profile.case["completed_result"]}))
    return tuple(_event(profile, kind, seqno, at, {**common, **body}) for kind, seqno, at, body in bodies)


def _raw_codes(trace: Trace, profile: Profile) -> dict[str, str]:
    keys = (profile.case["channel"], profile.case["organisation"])
    return {key: trace.attributes[key] for key in keys if key in trace.attributes}


def _acceptance(trace: Trace, profile: Profile, handler: str | None) -> dict[str, Any]:
    due = _instant(trace.attributes, profile.case["due"], profile)
    body: dict[str, Any] = {
        "case_kind": "committed",
        "legal_limit": {"due_on": due.astimezone(profile.timezone).date().isoformat()},
    }
    if handler:
        body["handler"] = {"no": handler}
    return body


def _step(event: Mapping[str, str], profile: Profile, at: datetime) -> dict[str, Any]:
    body: dict[str, Any] = {
        "step_code": profile.step["code"],
        "step_name": event.get(profile.step["name"], ""),
        "outcome": profile.step["outcome"],
        "started_at": at.isoformat(),
        "ended_at": at.isoformat(),
    }
    if handler := event.get(profile.step["handler"]):
        body["handler"] = {"no": handler}
    return body


def _event(profile: Profile, kind: str, seqno: int, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id(profile.source, kind, data["case_no"], seqno, 1),
        "source": profile.source,
        "type": kind,
        "subject": data["case_no"],
        "time": at.isoformat(),
        "dataversion": 1,
        "seqno": seqno,
        "regioncode": data["region_code"],
        "orgcode": data["org_code"],
        "datacontenttype": "application/json",
        "data": data,
    }


def _required(attributes: Mapping[str, str], key: str) -> str:
    value = attributes.get(key)
    if not value:
        raise DataError(
            Problem("MISSING_FIELD", f"/{key}", f"缺少属性 {key}，无法转换", f"the attribute {key} is missing")
        )
    return value


def _instant(attributes: Mapping[str, str], key: str, profile: Profile) -> datetime:
    text = _required(attributes, key)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(
            Problem("BAD_INSTANT", f"/{key}", f"属性 {key} 不是时刻：{text}", f"{key} is no instant: {text}")
        ) from error
    # an instant without an offset is the town's own time
    return at if at.tzinfo else at.replace(tzinfo=profile.timezone)


def _channel(attributes: Mapping[str, str], profile: Profile) -> str:
    raw = _required(attributes, profile.case["channel"])
    if raw not in profile.channels:
        raise _unknown(profile.case["channel"], raw, profile.channels)
    return profile.channels[raw]


def _organisation(attributes: Mapping[str, str], profile: Profile) -> Organisation:
    raw = _required(attributes, profile.case["organisation"])
    if raw not in profile.organisations:
        raise _unknown(profile.case["organisation"], raw, profile.organisations)
    return profile.organisations[raw]


def _unknown(key: str, raw: str, known: Iterable[str]) -> DataError:
    names = "、".join(known)
    return DataError(
        Problem(
            "UNKNOWN_CODE",
            f"/{key}",
            f"属性 {key} 的值 {raw} 不在映射方案里；已知：{names}",
            f"the value {raw} of {key} is not in the mapping profile; known: {names}",
        )
    )
