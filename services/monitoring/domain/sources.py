"""Outage fairness: up to when a source is proven complete, and when it counts as silent (rules.md §9, decision 31)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# wall clock: a stream speaks every 5 minutes and is late after two silent intervals; settle 10 minutes [D]
INTERVAL = timedelta(minutes=5)
SETTLE = timedelta(minutes=10)
# a nightly feed is late after two silent nights
LONGEST_INTERVAL = timedelta(hours=24)
# virtual clock: simulated sources speak each legal hour; the barrier stands for settle time
VIRTUAL_INTERVAL = timedelta(minutes=90)


# claims that may wait at once; of more the newest gives way to the next
CLAIMS_MAX = 64


@dataclass(frozen=True, slots=True)
class Claim:
    """A heartbeat's word that is no proof yet: what other partitions hold from before it may not be processed.

    Args:
        up_to: up to when the source says that it has reported everything.
        heard_at: the broker's record time of the heartbeat.
    """

    up_to: datetime
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """A hall system as its heartbeats show it.

    Args:
        complete_up_to: the newest claim; None = it has never sent a heartbeat.
        stale_since: since when it counts as silent, None while it speaks.
        region_code: of its last event.
        interval_seconds: how often it speaks, as its last two heartbeats showed; None = not known yet.
        claims: heartbeats that wait until every partition has been processed past them, oldest first.
    """

    source: str
    complete_up_to: datetime | None = None
    stale_since: datetime | None = None
    region_code: str | None = None
    interval_seconds: float | None = None
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known about completeness at one moment.

    Args:
        now: the legal instant.
        is_virtual: the legal clock is driven; the barrier's word counts as proof.
        barrier_up_to: the driver's word for this source, None = none.
    """

    now: datetime
    is_virtual: bool
    barrier_up_to: datetime | None = None


def heard(source: Source, claim: datetime, region_code: str | None) -> Source:
    """The source after one more heartbeat; claims only grow."""
    known = source.complete_up_to
    if known is None:
        return replace(source, complete_up_to=claim, region_code=region_code)
    if claim <= known:
        return source
    gap = (claim - known).total_seconds()
    return replace(source, complete_up_to=claim, region_code=region_code, interval_seconds=gap)


def claimed(source: Source, claim: Claim, region_code: str | None) -> Source:
    """The source with one more heartbeat that waits for its proof."""
    waiting = (*source.claims, claim)
    if len(waiting) > CLAIMS_MAX:
        waiting = (*waiting[:-2], waiting[-1])
    return replace(source, claims=waiting, region_code=region_code or source.region_code)


def proven(source: Source, processed_up_to: datetime | None) -> Source:
    """The source with every claim taken over that is proof by now (decision 31): "all partitions processed past the
    record time of a heartbeat that carries T"."""
    if processed_up_to is None:
        return source
    ready = [claim for claim in source.claims if claim.heard_at <= processed_up_to]
    for claim in ready:
        source = heard(source, claim.up_to, source.region_code)
    return replace(source, claims=source.claims[len(ready) :]) if ready else source


def watermark(source: Source | None, proof: Proof) -> datetime:
    """Up to when the source has reported everything. A source without heartbeats is a live stream: up to now."""
    if source is None or source.complete_up_to is None:
        return proof.now
    claims = [source.complete_up_to, *([proof.barrier_up_to] if proof.barrier_up_to else [])]
    return min(max(claims), proof.now)


def proven_up_to(source: Source | None, proof: Proof) -> datetime:
    """Up to when a card may be issued: T is proven when the source is complete up to T + settle."""
    settle = timedelta(0) if proof.is_virtual else SETTLE
    return watermark(source, proof) - settle


def stale_at(source: Source, proof: Proof) -> datetime | None:
    """The instant after which the source counts as silent, None for one without heartbeats."""
    if source.complete_up_to is None:
        return None
    shortest = VIRTUAL_INTERVAL if proof.is_virtual else INTERVAL
    spoken = timedelta(seconds=source.interval_seconds or 0)
    interval = min(max(shortest, spoken), LONGEST_INTERVAL)
    return watermark(source, proof) + 2 * interval


def is_stale(source: Source, proof: Proof) -> bool:
    """Whether its lights are grey."""
    at = stale_at(source, proof)
    return at is not None and proof.now > at
