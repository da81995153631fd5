"""How many messages an address bears: a token bucket that delays and merges, and never drops.

Robots of WeCom and DingTalk take 20 messages a minute and then throttle; a person's phone bears fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` messages at once, and as many again within `per_seconds`."""

    burst: int
    per_seconds: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens of one address at a wall instant."""

    tokens: float
    at: datetime


LIMITS: Mapping[str, Limit] = {
    "wecom": Limit(20, 60.0),
    "dingtalk": Limit(20, 60.0),
    "feishu": Limit(100, 60.0),
    "sms": Limit(5, 900.0),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to the messages that wait for one address.

    Args:
        alone: these go out one by one.
        host, riders: the host goes out as a digest that carries the riders' words too.
        wait_until: nothing goes out before it (wall clock).
    """

    alone: tuple[str, ...]
    host: str | None
    riders: tuple[str, ...]
    bucket: Bucket
    wait_until: datetime | None = None


def refilled(bucket: Bucket | None, limit: Limit, now: datetime) -> Bucket:
    """The bucket at `now`; a new address has all its tokens. A clock that went back adds nothing."""
    if bucket is None:
        return Bucket(float(limit.burst), now)
    seconds = max(0.0, (now - bucket.at).total_seconds())
    return Bucket(min(float(limit.burst), bucket.tokens + seconds * limit.burst / limit.per_seconds), now)


def plan(waiting: Sequence[str], bucket: Bucket | None, limit: Limit, now: datetime) -> Plan:
    """Which of the waiting messages go now, which ride on a digest, or until when all wait.

    Args:
        waiting: ids of messages, the oldest first.
    """
    full = refilled(bucket, limit, now)
    free = int(full.tokens)
    if not waiting:
        return Plan((), None, (), full)
    if free < 1:
        seconds = (1.0 - full.tokens) * limit.per_seconds / limit.burst
        return Plan((), None, (), full, now + timedelta(seconds=seconds + 0.001))
    if len(waiting) <= free:
        return Plan(tuple(waiting), None, (), Bucket(full.tokens - len(waiting), now))
    alone, rest = tuple(waiting[: free - 1]), waiting[free - 1 :]
    return Plan(alone, rest[0], tuple(rest[1:]), Bucket(full.tokens - free, now))
