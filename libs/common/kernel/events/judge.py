"""The slow path: an event that is refused, with all its problems, or one that had to be read slowly."""

from __future__ import annotations

from typing import Any

import msgspec

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.collect import problems_of
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.far_days import far_days
from libs.common.kernel.events.faults import fault, unknown_type
from libs.common.kernel.events.strict_json import PROBLEMS_MAX
from libs.common.kernel.events.type_info import HALL_EVENTS, Registry, TypeInfo
from libs.common.kernel.events.wire import Attributes, event_of, subject_fits, version_of

_HALL_SOURCE = r"//hall/<region_code>/<system>"


def judged(
    value: Any, faults: tuple[Problem, ...], registry: Registry, *, from_hall: bool
) -> Event | tuple[Problem, ...]:
    """The slow path: all problems of envelope and body, or the event (lifted to the present version)."""
    if faults:
        return faults
    if not isinstance(value, dict):
        return (fault("NOT_AN_OBJECT", ""),)
    problems = [_envelope_problem(problem) for problem in problems_of(value, Attributes, "")]
    source, wire_type = value.get("source"), value.get("type")
    if from_hall and isinstance(source, str) and source and not _is_hall_source(source):
        problems.append(_envelope("/source", f"来源应为 {_HALL_SOURCE}。", f"a hall's source is {_HALL_SOURCE}."))
    info = registry.types.get(wire_type) if isinstance(wire_type, str) else None
    if isinstance(wire_type, str) and wire_type and (info is None or (from_hall and info.intake is None)):
        problems.append(unknown_type("/type", wire_type))
        info = None
    data = value.get("data")
    if data is None:
        problems.append(fault("MISSING_FIELD", "/data"))
    elif not isinstance(data, dict):
        problems.append(fault("NOT_AN_OBJECT", "/data"))
    elif info is not None:
        struct = info.intake if from_hall else info.struct
        return _judged_body(value, data, info, struct, registry, problems, from_hall=from_hall)
    return tuple(problems[:PROBLEMS_MAX])


def _judged_body(
    value: dict[str, Any],
    data: dict[str, Any],
    info: TypeInfo,
    struct: Any,
    registry: Registry,
    problems: list[Problem],
    *,
    from_hall: bool,
) -> Event | tuple[Problem, ...]:
    schema = value.get("dataschema")
    version = version_of(schema if isinstance(schema, str) else None, info)
    lifted = _lifted(data, version, info, registry)
    if isinstance(lifted, Problem):
        problems.append(lifted)
        return tuple(problems[:PROBLEMS_MAX])
    problems.extend(problems_of(lifted, struct, "/data"))
    if not problems:
        event = event_of(msgspec.convert(value, Attributes), msgspec.convert(lifted, struct))
        if from_hall and event.receivedtime:
            event = msgspec.structs.replace(event, receivedtime=None)
        far = tuple(far_days(event)) if info.topic == HALL_EVENTS else ()
        if not far and subject_fits(event, info):
            return event
        if far:
            return tuple(p if p.pointer.startswith("/data") else _envelope_problem(p) for p in far[:PROBLEMS_MAX])
        field = "source" if info.key == "source" else f"data.{info.key}"
        problems.append(_envelope("/subject", f"subject 应与 {field} 相同。", f"`subject` must equal `{field}`."))
    return tuple(problems[:PROBLEMS_MAX])


def _lifted(data: dict[str, Any], version: int, info: TypeInfo, registry: Registry) -> dict[str, Any] | Problem:
    """The body in the present version, or why no chain of upcasters leads there."""
    steps = [registry.upcasters.get((info.type, step)) for step in range(version, info.version)]
    if not 1 <= version <= info.version or None in steps:
        return fault("UNKNOWN_VERSION", "/dataschema", known=info.dataschema)
    try:
        for step in steps:
            data = step(data) if step else data
    except (LookupError, TypeError, ValueError, AttributeError):  # the body was never one of that version
        return fault("NOT_OF_VERSION", "/data", version=version)
    return data


def _is_hall_source(source: str) -> bool:
    parts = source.split("/")
    return len(parts) == 5 and parts[:3] == ["", "", "hall"] and all(0 < len(part) <= 64 for part in parts[3:])


def _envelope(pointer: str, zh: str, en: str) -> Problem:
    return fault("ENVELOPE_FIELD", pointer, zh=zh, en=en)


def _envelope_problem(problem: Problem) -> Problem:
    return _envelope(problem.pointer, problem.message, problem.message_en[:1].lower() + problem.message_en[1:])
