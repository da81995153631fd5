"""Binary mode of CloudEvents, of Kafka (`ce_*` headers) and of HTTP (`ce-*`), turned into structured mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.faults import fault

Headers = Mapping[str, bytes | str | None]


def to_structured(raw: bytes | None, headers: Headers | None) -> bytes:
    """The message in structured mode; one that already is passes unchanged.

    Attributes of HTTP are percent-decoded (CloudEvents HTTP binding 3.1.3.2).

    Raises:
        DataError: BAD_ENCODING for a header that is not UTF-8; for a body that is not one value, what is wrong with it.
    """
    attributes = _attributes(headers) if headers else {}
    content_type = attributes.get("datacontenttype", "").lower()
    if "specversion" not in attributes or content_type.startswith("application/cloudevents"):
        return raw or b""
    for name in ("dataversion", "seqno"):
        number = attributes.get(name, "")
        if number.isascii() and number.isdigit() and len(number) < 19:
            attributes[name] = int(number)
    head = msgspec.json.encode(attributes)
    return head[:-1] + b',"data":' + _one_value(raw) + b"}" if raw else head


def _attributes(headers: Headers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for header, sent in headers.items():
        name = header.lower()
        if sent is None or name in ("ce_data", "ce-data"):
            continue
        if name.startswith(("ce_", "ce-")):
            text = _text(name[3:], sent)
            found[name[3:]] = _unquoted(name[3:], text) if name[2] == "-" else text
        elif name == "content-type":
            found["datacontenttype"] = _text("datacontenttype", sent)
    return found


def _text(attribute: str, sent: bytes | str) -> str:
    try:
        return sent if isinstance(sent, str) else sent.decode()
    except UnicodeDecodeError as error:
        raise DataError(fault("BAD_ENCODING", f"/{attribute}", byte=error.start)) from None


def _unquoted(attribute: str, text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise DataError(fault("BAD_ENCODING", f"/{attribute}", byte=error.start)) from None


def _one_value(raw: bytes) -> bytes:
    """The bytes, if they are one JSON value: what follows it would else slip into the envelope."""
    encoding = strict_json.encoding_fault(raw)
    try:
        if encoding is None:
            return bytes(msgspec.json.decode(raw, type=msgspec.Raw))
        faults: tuple[Problem, ...] = (encoding,)
    except (msgspec.DecodeError, RecursionError) as error:
        _, faults = strict_json.read(raw)
        faults = faults or (fault("BROKEN_JSON", "", at=position(error, raw)),)
    raise DataError(*(Problem(f.code, f"/data{f.pointer}", f.message, f.message_en) for f in faults))


def position(error: Exception, raw: bytes) -> int:
    """The byte at which a decoder stopped; the end when the message broke off."""
    at = str(error).rpartition("byte ")[2].rstrip(")")
    return int(at) if at.isdigit() else len(raw)
