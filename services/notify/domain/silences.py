"""Silences: for a while, what fits their matchers is not told. Semantics are Alertmanager's (0.25, `silence`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from libs.common.kernel.errors import Problem
from services.notify.domain.matchers import Matcher, all_match


@dataclass(frozen=True, slots=True)
class Silence:
    """From `starts_at` up to `ends_at` (wall clock) alerts that fit every matcher are not told."""

    silence_id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    updated_at: datetime

    def state(self, now: datetime) -> Literal["pending", "active", "expired"]:
        """Where it stands at that wall instant."""
        if now < self.starts_at:
            return "pending"
        return "active" if now < self.ends_at else "expired"


def silenced_by(silences: Iterable[Silence], labels: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    """The ids of the active silences that fit the labels."""
    return tuple(s.silence_id for s in silences if s.state(now) == "active" and all_match(s.matchers, labels))


def problems_of(silence: Silence, now: datetime) -> list[Problem]:
    """Why the silence is refused; empty = it may stand."""
    found = []
    if not silence.matchers:
        found.append(Problem("NO_MATCHER", "/matchers", "静默必须有至少一个匹配条件", "a silence needs a matcher"))
    elif all(m.matches({}) for m in silence.matchers):
        message = "匹配条件全都能匹配空值，会静默一切；请至少写一个 标签=值"
        found.append(
            Problem("MATCHES_ALL", "/matchers", message, "at least one matcher must not match the empty value")
        )
    if silence.ends_at <= silence.starts_at:
        found.append(Problem("ENDS_FIRST", "/endsAt", "结束时间必须晚于开始时间", "it must end after it starts"))
    if silence.ends_at <= now:
        found.append(Problem("IN_THE_PAST", "/endsAt", "结束时间不能在过去", "the end must not be in the past"))
    return found


def expired(silence: Silence, now: datetime) -> Silence | None:
    """The silence ended now; None when it is over already. One that has not begun never begins."""
    match silence.state(now):
        case "active":
            return replace(silence, ends_at=now, updated_at=now)
        case "pending":
            return replace(silence, starts_at=now, ends_at=now, updated_at=now)
        case _:
            return None


def may_become(known: Silence, wanted: Silence, now: datetime) -> bool:
    """Whether a change keeps what the silence has said so far: else the old one ends and a new one begins."""
    if known.matchers != wanted.matchers:
        return False
    match known.state(now):
        case "active":
            # clients send back what they read, in whole milliseconds or seconds
            return int(known.starts_at.timestamp()) == int(wanted.starts_at.timestamp()) and wanted.ends_at >= now
        case "pending":
            return wanted.starts_at >= now
        case _:
            return False
