"""The shapes that cross the spine: what a handler receives and what it returns.

A handler is a pure function `handle(batch: Batch[S, C]) -> Outcome[S]`. It sees states, events and moments that came
due; it returns changed states, facts to publish and the next moments at which to look again. It never sees SQL, Kafka
or a clock: `batch.now` is the legal instant at which the batch is judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from libs.common.kernel.events.envelope import Event

S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Received:
    """One event as it came from Kafka: decoded, with its raw bytes and its place.

    `stored_at` is the broker's record timestamp (wall clock, UTC).
    """

    event: Event
    raw: bytes
    topic: str
    partition: int
    offset: int
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of ours to be published; the Kafka key is `event.subject`."""

    topic: str
    event: Event


@dataclass(frozen=True, slots=True)
class Look:
    """A moment at which a subject must be looked at again.

    Args:
        kind: why (`clock`, `stale`, `flush`); one row per (subject, kind).
        due_at: the instant, on the clock of the due table that holds it.
        waits_for: if set, the row sleeps until somebody releases this key (`source:<source>`), whatever the time.
    """

    kind: str
    due_at: datetime
    waits_for: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Wakes the looks that wait for `waits_for` and whose `due_at` is at or before `up_to`."""

    waits_for: str
    up_to: datetime


@dataclass(frozen=True, slots=True)
class Batch(Generic[S, C]):
    """What a handler works on.

    Args:
        states: the stored state of each key of the batch; a key without a state is absent.
        context: what the store gives to every handler of the batch (calendars, watermarks, policies).
        events: fresh events (duplicates are already gone), each key's in order of the partition.
        looks: (subject, kind) pairs that came due.
        now: the legal instant of judgement, aware.
        unproven: keys with a parked letter (decision 11): grey, no card, no deemed outcome.
    """

    states: Mapping[str, S]
    context: C
    events: tuple[Received, ...]
    looks: tuple[tuple[str, str], ...]
    now: datetime
    unproven: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """What a handler decided.

    Args:
        states: changed states by key (only these are written).
        facts: events to publish, in order.
        looks: for each key named here the COMPLETE set of its looks; it replaces what was stored.
            A key that came due and is not named here loses the look that fired.
        releases: sleeping looks to wake.
        extra: rows for the store that are no state (a store documents what it takes).
    """

    states: Mapping[str, S] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    looks: Mapping[str, tuple[Look, ...]] = field(default_factory=dict)
    releases: tuple[Release, ...] = ()
    extra: tuple[Any, ...] = ()
