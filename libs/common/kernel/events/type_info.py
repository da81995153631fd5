"""What the house knows of an event type, and the topics on which types stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

HALL_EVENTS = "hall.events.v1"
APPROVAL_CASES = "approval.cases.v1"
APPROVAL_REFERENCE = "approval.reference.v1"
DISCLOSURE_RECORDS = "disclosure.records.v1"
SUPERVISION_FINDINGS = "supervision.findings.v1"
NOTIFY_DELIVERIES = "notify.deliveries.v1"
SUNLIT_CONTROL = "sunlit.control.v1"

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """What the house knows of one wire type.

    Args:
        type: wire type (`hall.case.accepted`).
        version: the present schema version; older ones are lifted by upcasters.
        struct: the typed body as it stands on `topic`.
        topic: where it is published.
        title, title_en: its name for people.
        intake: the typed body as a hall sends it (party in clear); None = the same as `struct`, or not from halls.
        key: field of the body that must equal the envelope's `subject`; None = not checked here.
    """

    type: str
    version: int
    struct: Any
    topic: str
    title: str
    title_en: str
    intake: Any = None
    key: str | None = None

    @property
    def name(self) -> str:
        """Name of the class of the body (`CaseAccepted`)."""
        return str(getattr(self.struct, "__origin__", self.struct).__name__)

    @property
    def dataschema(self) -> str:
        """`urn:sunlit:<type>:<version>` (decision 14)."""
        return f"urn:sunlit:{self.type}:{self.version}"


@dataclass(frozen=True, slots=True)
class Registry:
    """Types, and the steps that lift old bodies: `upcasters[type, n]` makes version n + 1 of a body of version n.

    An upcaster is pure and makes a new dictionary; a body that is not of version n may make it raise LookupError,
    TypeError, ValueError or AttributeError.
    """

    types: Mapping[str, TypeInfo]
    upcasters: Mapping[tuple[str, int], Upcaster] = field(default_factory=lambda: MappingProxyType({}))
