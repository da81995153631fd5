"""Events to bytes and back (contract: docs/events.md).

The quick path is two typed decodes of msgspec: envelope, then body. Only when it fails is the message read again,
strictly and slowly, so that every problem is named at once with its place. What comes from outside (`decode_intake`,
`parse_intake`) is always read strictly: there a name that stands twice matters.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from libs.common.kernel.errors import ContractBroken, DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.binding import Headers, position, to_structured
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.far_days import FIRST_YEAR, LAST_YEAR
from libs.common.kernel.events.faults import fault
from libs.common.kernel.events.judge import judged
from libs.common.kernel.events.registry import REGISTRY, Registry
from libs.common.kernel.events.wire import Incoming, Outgoing, event_of, subject_fits, version_of

# One more than a batch may hold (decision 12), so that whoever counts sees that there are too many.
ROWS_MAX = 10_001
_ENVELOPE = msgspec.json.Decoder(Incoming)
_ENCODER = msgspec.json.Encoder()
_FACTS = uuid5(NAMESPACE_URL, "urn:sunlit:facts")


def decode(raw: bytes | None, headers: Headers | None = None, registry: Registry = REGISTRY) -> Event:
    """The event in a message of one of our topics, in structured or binary mode.

    Raises:
        DataError: with every problem of the event, each at its JSON pointer.
    """
    structured = to_structured(raw, headers)
    event = _quick(structured, registry)
    return event if event is not None else _settled(judged(*strict_json.read(structured), registry, from_hall=False))


def decode_intake(raw: bytes | None, headers: Headers | None = None, registry: Registry = REGISTRY) -> Event:
    """The event that a hall sent, party in clear; `receivedtime` is not the sender's to give and is put aside.

    Raises:
        DataError: with every problem of the event, each at its JSON pointer.
    """
    return _settled(judged(*strict_json.read(to_structured(raw, headers)), registry, from_hall=True))


def parse_intake(row: bytes | Any, registry: Registry = REGISTRY) -> Event | tuple[Problem, ...]:
    """One row of a batch, judged alone: the event, or its problems with pointers relative to the row.

    Args:
        row: the bytes of one event, or a JSON value that a converter has made.
    """
    if isinstance(row, bytes | bytearray | memoryview):
        return judged(*strict_json.read(bytes(row)), registry, from_hall=True)
    faults = tuple(strict_json.faults_in(row))
    if not faults and len(_ENCODER.encode(row)) > strict_json.SIZE_MAX_BYTES:
        faults = (fault("TOO_LARGE", "", limit=strict_json.SIZE_MAX_BYTES // 1024),)
    return judged(row, faults, registry, from_hall=True)


def split_batch(raw: bytes) -> tuple[bytes, ...]:
    """The rows of `application/cloudevents-batch+json`, each still unread; a single object is a batch of one.

    A row that is no JSON is a row like the others, to be refused alone, as long as the rows can be told apart.

    Raises:
        DataError: EMPTY, BAD_ENCODING, BYTE_ORDER_MARK, TOO_DEEP or BROKEN_JSON when they cannot, NOT_AN_OBJECT when
            the body is neither list nor object.
    """
    try:
        rows = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.ValidationError:
        if raw.lstrip()[:1] != b"{":
            raise DataError(fault("NOT_AN_OBJECT", "")) from None
        return (raw,)
    except (msgspec.DecodeError, RecursionError) as error:
        apart = strict_json.rows_of(raw, ROWS_MAX)
        if apart is None:
            raise DataError(_torn(raw, error)) from None
        return apart
    return tuple(bytes(row) for row in rows)


def encode(event: Event) -> bytes:
    """The event as compact structured JSON; offsets are kept, empty optional attributes and fields are left out.

    `event.data` may be a typed body or a plain mapping (so that unknown fields of a hall live on).
    """
    return _ENCODER.encode(
        Outgoing(
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


def new_event(
    type: str,  # noqa: A002 - the wire name
    subject: str,
    data: Any,
    *,
    time: datetime,
    source: str,
    id: str | None = None,  # noqa: A002 - the wire name
    seqno: int = 1,
    dataversion: int = 1,
    org: str | None = None,
    region: str | None = None,
    traceparent: str | None = None,
) -> Event:
    """A fact of ours.

    Without `id` the identity is uuid5 over (source, type, subject, seqno, dataversion, instant): a fact that is found
    again by a replay or a rebuild is the SAME event, and every reader's inbox knows it. Two facts of one type, subject
    and instant must differ in `seqno`, or be given their own `id`.

    Raises:
        ContractBroken: unknown type, a body of another type, an instant without offset.
    """
    info = REGISTRY.types.get(type)
    if info is None:
        raise ContractBroken(f"{type} is no registered event type: add it to libs/common/kernel/events")
    if data.__class__ is not getattr(info.struct, "__origin__", info.struct):
        raise ContractBroken(f"the body of {type} is a {info.name}, not a {data.__class__.__name__}")
    if time.utcoffset() is None:
        raise ContractBroken(f"the time of {type} has no offset")
    if id is None:
        instant = time.astimezone(UTC).isoformat()
        id = str(uuid5(_FACTS, "\n".join((source, type, subject, str(seqno), str(dataversion), instant))))  # noqa: A001
    return Event(
        id=id,
        source=source,
        type=type,
        subject=subject,
        time=time,
        data=data,
        seqno=seqno,
        dataversion=dataversion,
        orgcode=org,
        regioncode=region,
        traceparent=traceparent,
        dataschema=info.dataschema,
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
        if info is None or version_of(wire.dataschema, info) != info.version:
            return None
        if not FIRST_YEAR <= wire.time.year <= LAST_YEAR:
            return None
        event = event_of(wire, _body_decoder(info.struct).decode(wire.data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return event if subject_fits(event, info) else None


def _torn(raw: bytes, error: Exception) -> Problem:
    """Why the rows of a batch cannot be told apart."""
    if problem := strict_json.encoding_fault(raw):
        return problem
    if isinstance(error, RecursionError) or strict_json.depth_of(raw) > strict_json.DEPTH_MAX:
        return fault("TOO_DEEP", "", limit=strict_json.DEPTH_MAX)
    return fault("BROKEN_JSON", "", at=position(error, raw))


def _settled(judged: Event | tuple[Problem, ...]) -> Event:
    if isinstance(judged, Event):
        return judged
    raise DataError(*judged)
