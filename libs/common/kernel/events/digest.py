"""What an event says, as a digest: tells a duplicate from a reused id (decision 12)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.binding import Headers, to_structured
from libs.common.kernel.events.codec import encode
from libs.common.kernel.events.envelope import Event

# How an event travelled says nothing about what happened.
TRANSPORT = frozenset({"traceparent", "tracestate", "receivedtime"})
_QUICK = msgspec.json.Decoder(dict[str, Any])
DEFAULTS = {"datacontenttype": "application/json", "dataversion": 1, "seqno": 1}


def content_digest(
    content: bytes | Mapping[str, Any] | Event, headers: Headers | None = None, *, key: bytes | None = None
) -> bytes:
    """SHA-256 over the canonical JSON of the event: names sorted, no white space, without transport attributes.

    An attribute that is null, absent or at its default says the same, so the two modes of one event have one digest.
    A typed `Event` no longer holds unknown fields: compare like with like (raw with raw).

    Args:
        key: makes it HMAC-SHA-256. Use it wherever the clear party is inside: whoever holds a plain digest of a case
            whose data key was deleted could still try names against it (decision 26).

    Raises:
        DataError: the bytes are no readable JSON object.
    """
    canonical = msgspec.json.encode(_said(content, headers), order="sorted")
    return hmac.digest(key, canonical, "sha256") if key else hashlib.sha256(canonical).digest()


def _object(raw: bytes) -> dict[str, Any]:
    """The object in `raw`; the quick reading gives the same values for all that can hold no fault it would overlook."""
    if strict_json.is_plain(raw):
        with suppress(msgspec.MsgspecError, RecursionError):
            return _QUICK.decode(raw)
    value, faults = strict_json.read_object(raw)
    if faults:
        raise DataError(*faults)
    return value


def _said(content: bytes | Mapping[str, Any] | Event, headers: Headers | None) -> dict[str, Any]:
    if isinstance(content, Event):
        content = encode(content)
    if isinstance(content, bytes):
        content = _object(to_structured(content, headers))
    return {
        name: value
        for name, value in content.items()
        if value is not None and name not in TRANSPORT and DEFAULTS.get(name) != value
    }
