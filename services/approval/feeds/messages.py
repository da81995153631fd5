"""What all feeds share: a message as it came, what was known of its case, and what it became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from libs.common.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a case from its earlier messages: some kinds name no organisation, some senders no region.

    Args:
        carried: what an application says of the acceptance (`extra.carried`): Shandong sends the limits with it.
    """

    item_code: str | None = None
    org_code: str | None = None
    region_code: str | None = None
    carried: Mapping[str, Any] = field(default_factory=dict)

    def after(self, event: Mapping[str, Any]) -> Known:
        """What is known once an event of the case has been read."""
        data = event["data"]
        return Known(
            data.get("item_code", self.item_code),
            data.get("org_code", self.org_code),
            data.get("region_code", self.region_code),
            (data.get("extra") or {}).get("carried", self.carried),
        )


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message became.

    Args:
        events: CloudEvents in wire form; one message may tell several.
        strange: columns outside the format; their values are not kept.
    """

    events: tuple[dict[str, Any], ...]
    strange: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message or row of a feed.

    Args:
        raw: its bytes, as they are parked when it cannot be read.
        value: what it says; None when it is no JSON object.
        kind: which of the flavour's kinds (`4`, `receiveProc`, `up_pro_result`), as far as it can be told.
        act: the kind and the number of the act in it: a later message about the same act answers an earlier one.
        case_no: as far as it can be told.
    """

    raw: bytes
    value: Mapping[str, Any] | None
    kind: str
    case_no: str | None
    act: str = ""
    problems: tuple[Problem, ...] = ()


class Converter(Protocol):
    """A flavour as the intake sees it; pure."""

    @property
    def flavour(self) -> str:
        """Its name."""

    def message(self, raw: bytes, kind: str | None = None) -> Message:
        """The message in these bytes; unreadable ones carry their problems. `kind`: where the address tells it."""

    def read(self, message: Message, known: Known, source: str | None) -> Taken:
        """Its events; raises `DataError` with located problems. `source` None = told by the message's region."""

    def told(self, problems: tuple[Problem, ...], message: Message) -> tuple[Problem, ...]:
        """Problems of the canonical event, told at the columns of the message."""
