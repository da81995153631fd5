"""What a configuration file says beyond Alertmanager: manners of a node, chains, rosters, digests, limits, watching."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.notify.domain.duty import Person, Roster
from services.notify.domain.escalation import Chain, Digest, Step
from services.notify.domain.rates import LIMITS, Limit
from services.notify.domain.reading import Reading, seconds_of
from services.notify.domain.routing import Deadman, Manners, Routing

OWN_KEYS = frozenset({"chains", "rosters", "digests", "limits", "heartbeat", "deadman"})
MANNER_KEYS = frozenset({"escalate", "everyone", "hold", "urgent", "dedupe"})
RATE = re.compile(r"(\d+)/(.+)$")


def read_manners(reading: Reading, raw: Any, parent: Manners, pointer: str) -> Manners:
    """The manners of a node; what it does not say comes from its parent."""
    if raw is None:
        return parent
    value = reading.mapping(raw, pointer)
    reading.only(value, MANNER_KEYS, pointer)
    urgent = reading.matchers(value, ("urgent", "", ""), pointer) if "urgent" in value else parent.urgent
    return Manners(
        chain=str(value["escalate"] or "") if "escalate" in value else parent.chain,
        everyone=reading.flag(value, "everyone", pointer, parent.everyone),
        holds=reading.flag(value, "hold", pointer, parent.holds),
        urgent=urgent,
        dedupe_seconds=reading.duration(value, "dedupe", parent.dedupe_seconds, pointer),
    )


def read_own(reading: Reading, raw: Any, routing: Routing) -> Routing:
    """The routing with all that stands under `sunlit:` at the top."""
    value = reading.mapping(raw or {}, "/sunlit")
    reading.only(value, OWN_KEYS, "/sunlit")
    chains = {
        c.name: c
        for c in (_chain(reading, *row, routing) for row in reading.rows(value.get("chains"), "/sunlit/chains"))
    }
    rosters = [_roster(reading, *row) for row in reading.rows(value.get("rosters"), "/sunlit/rosters")]
    digests = [_digest(reading, *row, routing) for row in reading.rows(value.get("digests"), "/sunlit/digests")]
    for node in routing.root.walk():
        if node.manners.chain and node.manners.chain not in chains:
            place = "/route" + "".join(f"/routes/{step}" for step in node.path.split("/") if step)
            message = f"没有名为「{node.manners.chain}」的升级链，请在 sunlit.chains 里加上"
            reading.wrong("UNKNOWN_CHAIN", f"{place}/sunlit/escalate", message, f"no chain {node.manners.chain!r}")
    return replace(
        routing,
        chains=chains,
        rosters={roster.post: roster for roster in rosters if roster is not None},
        digests={digest.name: digest for digest in digests if digest is not None},
        limits={**LIMITS, **_limits(reading, value.get("limits"))},
        heartbeat=reading.flag(value, "heartbeat", "/sunlit", False),
        deadman=tuple(_deadman(reading, *row) for row in reading.rows(value.get("deadman"), "/sunlit/deadman")),
    )


def _chain(reading: Reading, value: Mapping[str, Any], pointer: str, routing: Routing) -> Chain:
    reading.only(value, frozenset({"name", "steps", "rounds"}), pointer)
    steps = []
    for row, place in reading.rows(value.get("steps"), f"{pointer}/steps"):
        reading.only(row, frozenset({"after", "working", "receiver"}), place)
        receiver = reading.text(row, "receiver", place)
        if receiver and receiver not in routing.receivers:
            message = f"没有名为「{receiver}」的接收者"
            reading.wrong("UNKNOWN_RECEIVER", f"{place}/receiver", message, f"no receiver is named {receiver!r}")
        working = "working" in row
        seconds = reading.duration(row, "working" if working else "after", 0.0, place)
        if seconds < 60:
            message = "每一步至少等 1 分钟：写 after: 30m，或按工作时间 working: 4h"
            reading.wrong("BAD_DURATION", place, message, "a step waits at least a minute: after: 30m or working: 4h")
        steps.append(Step(receiver, seconds, working))
    if not steps:
        reading.wrong("MISSING_FIELD", f"{pointer}/steps", "升级链至少要有一步", "a chain needs a step")
    return Chain(reading.text(value, "name", pointer), tuple(steps), reading.number(value, "rounds", pointer, 1, 1))


def _roster(reading: Reading, value: Mapping[str, Any], pointer: str) -> Roster | None:
    known = {"post", "people", "start_on", "turn", "handover", "location", "rest_people", "swaps"}
    reading.only(value, frozenset(known), pointer)
    before = len(reading.problems)
    people = _people(reading, value.get("people"), f"{pointer}/people")
    rest = _people(reading, value.get("rest_people"), f"{pointer}/rest_people")
    if not people:
        reading.wrong("MISSING_FIELD", f"{pointer}/people", "名册里没有人", "the roster names nobody")
    names = {person.name for person in (*people, *rest)}
    swaps: dict[date, str] = {}
    for row, place in reading.rows(value.get("swaps"), f"{pointer}/swaps"):
        reading.only(row, frozenset({"day", "name"}), place)
        on, name = _date(reading, row, "day", place), reading.text(row, "name", place)
        if name not in names:
            reading.wrong("UNKNOWN_PERSON", f"{place}/name", f"名册里没有「{name}」", f"{name!r} is not in the roster")
        swaps[on] = name
    turn = str(value.get("turn") or "week")
    if turn not in ("day", "week"):
        reading.wrong("BAD_KIND", f"{pointer}/turn", "turn 应为 day 或 week", "turn must be day or week")
    roster = Roster(
        post=reading.text(value, "post", pointer),
        people=people,
        start_on=_date(reading, value, "start_on", pointer),
        turn=cast(Literal["day", "week"], turn),
        handover=_time(reading, value, "handover", pointer, time(8, 30)),
        location=_zone(reading, value, pointer),
        rest_people=rest,
        swaps=swaps,
    )
    return roster if len(reading.problems) == before else None


def _people(reading: Reading, raw: Any, pointer: str) -> tuple[Person, ...]:
    found = []
    for row, place in reading.rows(raw, pointer):
        reading.only(row, frozenset({"name", "email", "mobile", "wecom"}), place)
        name = reading.text(row, "name", place)
        found.append(Person(name, *(str(row.get(key) or "") for key in ("email", "mobile", "wecom"))))
    return tuple(found)


def _digest(reading: Reading, value: Mapping[str, Any], pointer: str, routing: Routing) -> Digest | None:
    reading.only(value, frozenset({"name", "receiver", "at", "workdays", "location"}), pointer)
    before = len(reading.problems)
    receiver = reading.text(value, "receiver", pointer)
    if receiver and receiver not in routing.receivers:
        message = f"没有名为「{receiver}」的接收者"
        reading.wrong("UNKNOWN_RECEIVER", f"{pointer}/receiver", message, f"no receiver is named {receiver!r}")
    digest = Digest(
        name=reading.text(value, "name", pointer),
        receiver=receiver,
        at=_time(reading, value, "at", pointer, time(8, 30)),
        workdays=reading.flag(value, "workdays", pointer, True),
        location=_zone(reading, value, pointer),
    )
    return digest if len(reading.problems) == before else None


def _limits(reading: Reading, raw: Any) -> dict[str, Limit]:
    found = {}
    for channel, words in reading.mapping(raw or {}, "/sunlit/limits").items():
        hit = RATE.match(str(words))
        seconds = seconds_of(hit[2]) if hit else None
        if hit is None or not seconds or int(hit[1]) < 1:
            message = "限速应写成 条数/时长，例：20/1m"
            reading.wrong("BAD_RATE", f"/sunlit/limits/{channel}", message, "write messages/duration, such as 20/1m")
            continue
        found[str(channel)] = Limit(int(hit[1]), seconds)
    return found


def _deadman(reading: Reading, value: Mapping[str, Any], pointer: str) -> Deadman:
    reading.only(value, frozenset({"name", "matchers", "within"}), pointer)
    matchers = reading.matchers(value, ("matchers", "", ""), pointer)
    if not matchers:
        reading.wrong("MISSING_FIELD", f"{pointer}/matchers", "缺少 matchers", "matchers are missing")
    return Deadman(reading.text(value, "name", pointer), matchers, reading.duration(value, "within", 600.0, pointer))


def _date(reading: Reading, value: Mapping[str, Any], key: str, pointer: str) -> date:
    raw = value.get(key)
    try:
        return raw if isinstance(raw, date) else date.fromisoformat(str(raw))
    except ValueError:
        reading.wrong("BAD_DATE", f"{pointer}/{key}", f"{key} 应为日期，如 2026-03-02", f"{key} must be a date")
        return date.min


def _time(reading: Reading, value: Mapping[str, Any], key: str, pointer: str, otherwise: time) -> time:
    raw = value.get(key)
    if raw is None:
        return otherwise
    try:
        return time.fromisoformat(str(raw))
    except ValueError:
        message = f'{key} 应写成 "08:30"（加引号）'
        reading.wrong("BAD_TIME", f"{pointer}/{key}", message, f'write {key} as "08:30", quoted')
        return otherwise


def _zone(reading: Reading, value: Mapping[str, Any], pointer: str) -> str:
    name = str(value.get("location") or "Asia/Shanghai")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        reading.wrong("UNKNOWN_ZONE", f"{pointer}/location", f"没有时区 {name}", f"no time zone {name!r}")
        return "Asia/Shanghai"
    return name
