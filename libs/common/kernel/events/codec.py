"""Events to bytes and back (contract: docs/events.md).

The quick path is two typed decodes of msgspec: envelope, then body. Only when it fails is the message read again,
strictly and slowly, so that every problem is named at once with its place. What comes from outside (`decode_intake`,
`parse_intake`) is always read strictly: there a name that stands twice matters.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.binding import Headers, position, to_structured
from libs.common.kernel.events.codes import Code, Instant, Ordinal
from libs.common.kernel.events.collect import problems_of
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.faults import fault, unknown_type
from libs.common.kernel.events.registry import REGISTRY, Registry, TypeInfo

_Label = Annotated[str, Meta(min_length=1, max_length=256)]


class _Attributes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The context attributes as they stand on the wire; what is None is left out."""

    specversion: Literal["1.0"]
    id: _Label
    source: _Label
    type: _Label
    subject: _Label
    time: Instant
    datacontenttype: Annotated[str, Meta(pattern=r"^application/([a-z0-9.-]+\+)?json\s*(;.*)?$")] | None = None
    recordedtime: Instant | None = None
    receivedtime: Instant | None = None
    dataversion: Ordinal | None = None
    seqno: Ordinal | None = None
    regioncode: Code | None = None
    orgcode: Code | None = None
    traceparent: Annotated[str, Meta(max_length=256)] | None = None
    dataschema: Annotated[str, Meta(max_length=256)] | None = None


class _Wire(_Attributes, frozen=True, kw_only=True, omit_defaults=True):
    data: msgspec.Raw


class _Outgoing(_Attributes, frozen=True, kw_only=True, omit_defaults=True):
    data: Any


_ENVELOPE = msgspec.json.Decoder(_Wire)
_ENCODER = msgspec.json.Encoder()
_HALL_SOURCE = r"//hall/<region_code>/<system>"


def decode(raw: bytes | None, headers: Headers | None = None, registry: Registry = REGISTRY) -> Event:
    """The event in a message of one of our topics, in structured or binary mode.

    Raises:
        DataError: with every problem of the event, each at its JSON pointer.
    """
    structured = to_structured(raw, headers)
    event = _quick(structured, registry)
    return event if event is not None else _settled(_judged(*strict_json.read(structured), registry, from_hall=False))


def decode_intake(raw: bytes | None, headers: Headers | None = None, registry: Registry = REGISTRY) -> Event:
    """The event that a hall sent, party in clear; `receivedtime` is not the sender's to give and is put aside.

    Raises:
        DataError: with every problem of the event, each at its JSON pointer.
    """
    return _settled(_judged(*strict_json.read(to_structured(raw, headers)), registry, from_hall=True))


def parse_intake(row: bytes | Any, registry: Registry = REGISTRY) -> Event | tuple[Problem, ...]:
    """One row of a batch, judged alone: the event, or its problems with pointers relative to the row.

    Args:
        row: the bytes of one event, or a JSON value that a converter has made.
    """
    if isinstance(row, bytes | bytearray | memoryview):
        return _judged(*strict_json.read(bytes(row)), registry, from_hall=True)
    faults = tuple(strict_json.faults_in(row))
    if not faults and len(_ENCODER.encode(row)) > strict_json.SIZE_MAX_BYTES:
        faults = (fault("TOO_LARGE", "", limit=strict_json.SIZE_MAX_BYTES // 1024),)
    return _judged(row, faults, registry, from_hall=True)


def split_batch(raw: bytes) -> tuple[bytes, ...]:
    """The rows of `application/cloudevents-batch+json`, each still unread; a single object is a batch of one.

    Raises:
        DataError: BROKEN_JSON when the body as a whole is no JSON, NOT_AN_OBJECT when it is neither list nor object.
    """
    try:
        rows = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        if raw.lstrip()[:1] != b"{":
            raise DataError(fault("NOT_AN_OBJECT", "")) from None
        return (raw,)
    except RecursionError:
        raise DataError(fault("TOO_DEEP", "", limit=strict_json.DEPTH_MAX)) from None
    except msgspec.DecodeError as error:
        raise DataError(fault("BROKEN_JSON", "", at=position(error, raw))) from None
    return tuple(bytes(row) for row in rows)


def encode(event: Event) -> bytes:
    """The event as compact structured JSON; offsets are kept, empty optional attributes and fields are left out.

    `event.data` may be a typed body or a plain mapping (so that unknown fields of a hall live on).
    """
    return _ENCODER.encode(
        _Outgoing(
            specversion="1.0",
            id=event.id,
            source=event.source,
            type=event.type,
            subject=event.subject,
            time=event.time,
            recordedtime=event.recordedtime,
            receivedtime=event.receivedtime,
            dataversion=event.dataversion,
            seqno=event.seqno,
            regioncode=event.regioncode,
            orgcode=event.orgcode,
            traceparent=event.traceparent,
            dataschema=event.dataschema,
            datacontenttype=event.datacontenttype,
            data=event.data,
        )
    )


@cache
def _body_decoder(struct: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(struct)


def _quick(raw: bytes, registry: Registry) -> Event | None:
    """The event when nothing is wrong with it and nothing is old about it, else None."""
    if not strict_json.is_plain(raw):
        return None
    try:
        wire = _ENVELOPE.decode(raw)
        info = registry.types.get(wire.type)
        if info is None or _version(wire.dataschema, info) != info.version:
            return None
        event = _event(wire, _body_decoder(info.struct).decode(wire.data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return event if _subject_fits(event, info) else None


def _event(wire: _Attributes, data: Any) -> Event:
    return Event(
        id=wire.id,
        source=wire.source,
        type=wire.type,
        subject=wire.subject,
        time=wire.time,
        data=data,
        recordedtime=wire.recordedtime,
        receivedtime=wire.receivedtime,
        dataversion=wire.dataversion or 1,
        seqno=wire.seqno or 1,
        regioncode=wire.regioncode,
        orgcode=wire.orgcode,
        traceparent=wire.traceparent,
        dataschema=wire.dataschema,
        datacontenttype=wire.datacontenttype or "application/json",
    )


def _version(dataschema: str | None, info: TypeInfo) -> int:
    """The version that `dataschema` names; absent = 1, not understood = 0."""
    if dataschema is None:
        return 1
    head, _, number = dataschema.rpartition(":")
    return int(number) if head == f"urn:sunlit:{info.type}" and number.isdecimal() and len(number) < 6 else 0


def _subject_fits(event: Event, info: TypeInfo) -> bool:
    if info.key is None:
        return True
    return bool(event.subject == (event.source if info.key == "source" else getattr(event.data, info.key)))


def _settled(judged: Event | tuple[Problem, ...]) -> Event:
    if isinstance(judged, Event):
        return judged
    raise DataError(*judged)


def _judged(
    value: Any, faults: tuple[Problem, ...], registry: Registry, *, from_hall: bool
) -> Event | tuple[Problem, ...]:
    """The slow path: all problems of envelope and body, or the event (lifted to the present version)."""
    if faults:
        return faults
    if not isinstance(value, dict):
        return (fault("NOT_AN_OBJECT", ""),)
    problems = [_envelope_problem(problem) for problem in problems_of(value, _Attributes, "")]
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
    return tuple(problems[: strict_json.PROBLEMS_MAX])


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
    lifted = _lifted(data, _version(schema if isinstance(schema, str) else None, info), info, registry)
    if lifted is None:
        problems.append(fault("UNKNOWN_VERSION", "/dataschema", known=info.dataschema))
        return tuple(problems[: strict_json.PROBLEMS_MAX])
    problems.extend(problems_of(lifted, struct, "/data"))
    if not problems:
        event = _event(msgspec.convert(value, _Attributes), msgspec.convert(lifted, struct))
        if _subject_fits(event, info):
            return msgspec.structs.replace(event, receivedtime=None) if from_hall and event.receivedtime else event
        field = "source" if info.key == "source" else f"data.{info.key}"
        problems.append(_envelope("/subject", f"subject 应与 {field} 相同。", f"`subject` must equal `{field}`."))
    return tuple(problems[: strict_json.PROBLEMS_MAX])


def _lifted(data: dict[str, Any], version: int, info: TypeInfo, registry: Registry) -> dict[str, Any] | None:
    """The body in the present version; None when no chain of upcasters leads there."""
    if not 1 <= version <= info.version:
        return None
    for step in range(version, info.version):
        upcaster = registry.upcasters.get((info.type, step))
        if upcaster is None:
            return None
        data = upcaster(data)
    return data


def _is_hall_source(source: str) -> bool:
    parts = source.split("/")
    return len(parts) == 5 and parts[:3] == ["", "", "hall"] and all(0 < len(part) <= 64 for part in parts[3:])


def _envelope(pointer: str, zh: str, en: str) -> Problem:
    return fault("ENVELOPE_FIELD", pointer, zh=zh, en=en)


def _envelope_problem(problem: Problem) -> Problem:
    return _envelope(problem.pointer, problem.message, problem.message_en[:1].lower() + problem.message_en[1:])
