"""May this event come in? Pure checks of one decoded hall event; what is broken in form the codec has refused before.

A refused event is told with the place and the mend; nothing is dropped and nothing is defaulted (contract/events.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event

# Decision 3: up to this far ahead of the legal clock an event is taken and flagged; beyond it is refused.
TOLERANCE_AHEAD = timedelta(minutes=5)
MAX_EVENT_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_SUBJECT = 64

_HALL_SOURCE = re.compile(r"//hall/[^/\s]{1,64}/[^/\s]{1,64}")
_UNFIT = re.compile(r"[/\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the bearer of a key may speak for; an empty set means: for all.

    Args:
        sources: event sources (`//hall/330106/window`).
        regions: division codes, opaque (decision 4).
        orgs: organisation codes.
    """

    sources: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    orgs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may speak about a case number (decision 10).

    Args:
        source: the one that first used it.
        guests: organisations that may add to it from another source: parts of the joint group, receivers of a transfer.
    """

    source: str
    guests: frozenset[str] = field(default_factory=frozenset)


def envelope_problems(event: Event, now: datetime, scope: Scope) -> tuple[Problem, ...]:
    """What speaks against an event by itself, judged at the legal instant `now`.

    Codes: TYPE_NOT_TAKEN, SOURCE_INVALID, SUBJECT_INVALID, SUBJECT_DIFFERS, VERSION_INVALID, TIME_IN_FUTURE,
    OUT_OF_SCOPE.
    """
    return (*_identity(event), *_times(event, now), *_scope(event, scope))


def _identity(event: Event) -> Iterator[Problem]:
    if not event.type.startswith("hall."):
        yield Problem(
            "TYPE_NOT_TAKEN",
            "/type",
            f"这里只收 hall.* 事件，不收 {event.type}",
            f"only hall.* events come in here, not {event.type}",
        )
    if not _HALL_SOURCE.fullmatch(event.source):
        yield Problem(
            "SOURCE_INVALID",
            "/source",
            "source 应写作 //hall/<区划代码>/<系统>",
            "source must read //hall/<region_code>/<system>",
        )
    subject = event.subject
    # Heartbeats speak of a source, whose name has slashes; every other subject is a number of a case or a ticket.
    if event.type != "hall.source.heartbeat" and (not 0 < len(subject) <= MAX_SUBJECT or _UNFIT.search(subject)):
        yield Problem(
            "SUBJECT_INVALID",
            "/subject",
            f"编号须为 1 至 {MAX_SUBJECT} 个字符，不含斜杠和控制字符",
            f"the number must have 1 to {MAX_SUBJECT} characters, without a slash or control characters",
        )
    wanted = subject_of(event)
    if wanted is not None and wanted != subject:
        yield Problem(
            "SUBJECT_DIFFERS",
            "/subject",
            f"subject 应与数据中的编号 {wanted} 相同",
            f"subject must be the number in the data, {wanted}",
        )
    if event.dataversion < 1 or event.seqno < 1:
        place = "dataversion" if event.dataversion < 1 else "seqno"
        yield Problem("VERSION_INVALID", f"/{place}", f"{place} 从 1 开始", f"{place} starts at 1")


def subject_of(event: Event) -> str | None:
    """The number that the body names, which the subject must repeat; None where the body names none."""
    if event.type == "hall.source.heartbeat":
        return event.source
    for name in ("complaint_no", "consultation_no", "case_no"):
        value = getattr(event.data, name, None)
        if isinstance(value, str):
            return value
    return None


def _times(event: Event, now: datetime) -> Iterator[Problem]:
    legal = now.isoformat(timespec="seconds")
    for name, at in (("time", event.time), ("recordedtime", event.recordedtime)):
        if at is not None and at > now + TOLERANCE_AHEAD:
            yield Problem(
                "TIME_IN_FUTURE",
                f"/{name}",
                f"{name} 比平台时间 {legal} 晚 5 分钟以上；请校准时钟后重报",
                f"{name} is more than 5 minutes ahead of {legal}; set the clock right and send again",
            )


def _scope(event: Event, scope: Scope) -> Iterator[Problem]:
    region = getattr(event.data, "region_code", None) or event.regioncode
    org = getattr(event.data, "org_code", None) or event.orgcode
    refused = (
        (scope.sources and event.source not in scope.sources, "/source", event.source),
        (scope.regions and region is not None and region not in scope.regions, "/data/region_code", region),
        (scope.orgs and org is not None and org not in scope.orgs, "/data/org_code", org),
    )
    for out, pointer, value in refused:
        if out:
            yield Problem(
                "OUT_OF_SCOPE",
                pointer,
                f"此密钥无权代表 {value} 报送",
                f"this key may not speak for {value}",
            )


def ownership_problem(event: Event, owner: Owner | None) -> Problem | None:
    """The conflict (S69) when another source adds to a case number that is not its own (decision 10), else None."""
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
    """Who may speak about the case once this event is in."""
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


def nesting_problem(raw: bytes) -> Problem | None:
    """Too big or too deep (decision 12); the check reads bytes, so that a deep document is never built in memory."""
    if len(raw) > MAX_EVENT_BYTES:
        return Problem(
            "EVENT_TOO_LARGE",
            "",
            f"单个事件 {len(raw)} 字节，超过 {MAX_EVENT_BYTES} 字节；附件请只报摘要",
            f"the event has {len(raw)} bytes, more than {MAX_EVENT_BYTES}; send digests of attachments only",
        )
    if depth_of(raw) > MAX_DEPTH:
        return Problem("EVENT_TOO_DEEP", "", f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")
    return None


_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def depth_of(raw: bytes) -> int:
    """How deep a JSON text nests, without parsing it; brackets inside strings do not count."""
    depth = deepest = 0
    for mark in _MARKS.finditer(raw):
        match mark.group()[:1]:
            case b"[" | b"{":
                depth += 1
                deepest = max(deepest, depth)
            case b"]" | b"}":
                depth -= 1
    return deepest
