"""May this event come in? Pure checks of one decoded hall event; what is broken in form the codec has refused before.

A refused event is told with the place and the mend; nothing is dropped and nothing is defaulted (contract/events.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.instants import future_problems

# Decision 12: the same (source, id) with other content.
ID_REUSED = Problem(
    "ID_REUSED",
    "/id",
    "同一来源的这个 id 已用于另一内容；更正请用新 id 并把 dataversion 加 1",
    "this id of this source already stands for another content; to correct, send a new id with dataversion + 1",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the bearer of a key may speak for; an empty set means: for all. Codes are opaque (decision 4)."""

    regions: frozenset[str] = frozenset()
    orgs: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may speak about a case number (decision 10).

    Args:
        source: the one that first used it.
        guests: organisations that may add to it from another source: parts of the joint group, receivers of a transfer.
    """

    source: str
    guests: frozenset[str] = field(default_factory=frozenset)


def event_problems(event: Event, now: datetime, scope: Scope) -> tuple[Problem, ...]:
    """What speaks against an event by itself, judged at the legal instant `now`: TIME_IN_FUTURE, OUT_OF_SCOPE."""
    return (*future_problems(event, now), *_scope(event, scope))


def _scope(event: Event, scope: Scope) -> Iterator[Problem]:
    said = (
        ("/data/region_code", scope.regions, getattr(event.data, "region_code", None)),
        ("/regioncode", scope.regions, event.regioncode),
        ("/source", scope.regions, event.source.split("/")[3]),
        ("/source", scope.sources, event.source),
        ("/data/org_code", scope.orgs, getattr(event.data, "org_code", None)),
        ("/orgcode", scope.orgs, event.orgcode),
    )
    for pointer, allowed, code in said:
        if allowed and code is not None and code not in allowed:
            yield Problem(
                "OUT_OF_SCOPE",
                pointer,
                f"此密钥无权代表 {code} 报送；请换用该单位的密钥",
                f"this key may not speak for {code}; use that organisation's own key",
            )


def ownership_problem(event: Event, owner: Owner | None) -> Problem | None:
    """The conflict (S69) when another source adds to a number that is not its own (decision 10), else None."""
    if owner is None or owner.source == event.source:
        return None
    if getattr(event.data, "org_code", None) in owner.guests:
        return None
    return Problem(
        "CASE_OF_ANOTHER_SOURCE",
        "/subject",
        f"编号 {event.subject} 已由 {owner.source} 使用；联合审批的成员单位或转办的接收单位才可补报",
        f"{event.subject} belongs to {owner.source}; only a part of its joint group or a transfer's receiver may add",
    )


def owner_after(owner: Owner | None, event: Event) -> Owner:
    """Who may speak about the number once this event is in."""
    known = owner or Owner(event.source)
    guests = set(known.guests)
    joint = getattr(event.data, "joint", None)
    if joint is not None:
        guests |= {part.org_code for part in joint.parts or () if part.org_code}
        guests |= {joint.lead_org_code} if joint.lead_org_code else set()
    receiver = getattr(event.data, "to_org_code", None)
    if event.type in ("hall.case.transferred", "hall.case.passed_up") and receiver:
        guests.add(receiver)
    return known if guests == known.guests else replace(known, guests=frozenset(guests))


def topic_problem(event: Event, topic: str) -> Problem | None:
    """A hall writes only to the topic of its own source, `hall.ingest.<region>.<system>.v1` (decision 19)."""
    wanted = ingest_topic(event.source)
    if topic == wanted:
        return None
    return Problem(
        "SOURCE_OF_ANOTHER_TOPIC",
        "/source",
        f"来源 {event.source} 应写入主题 {wanted}，不是 {topic}",
        f"the source {event.source} writes to the topic {wanted}, not to {topic}",
    )


def ingest_topic(source: str) -> str:
    """The ingest topic of a hall source: `//hall/330106/window` → `hall.ingest.330106.window.v1`."""
    region, system = source.split("/")[3:5]
    return f"hall.ingest.{region}.{system}.v1"
