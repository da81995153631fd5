"""The envelope as it stands on the wire, and what makes an `Event` of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from libs.common.kernel.events.codes import Code, Instant, Ordinal
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.type_info import TypeInfo

_Label = Annotated[str, Meta(min_length=1, max_length=256)]


class Attributes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


class Incoming(Attributes, frozen=True, kw_only=True, omit_defaults=True):
    data: msgspec.Raw


class Outgoing(Attributes, frozen=True, kw_only=True, omit_defaults=True):
    data: Any


def event_of(wire: Attributes, data: Any) -> Event:
    """The event with its typed body; what the sender left out has its default."""
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


def version_of(dataschema: str | None, info: TypeInfo) -> int:
    """The version that `dataschema` names; absent = 1, not understood = 0."""
    if dataschema is None:
        return 1
    head, _, number = dataschema.rpartition(":")
    return int(number) if head == f"urn:sunlit:{info.type}" and number.isdecimal() and len(number) < 6 else 0


def subject_fits(event: Event, info: TypeInfo) -> bool:
    """True when the Kafka key of the event is the number that its body names."""
    if info.key is None:
        return True
    return bool(event.subject == (event.source if info.key == "source" else getattr(event.data, info.key)))
