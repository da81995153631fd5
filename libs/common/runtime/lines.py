"""A line: one kind of state, the events that change it, and the pure function that decides.

Events, due looks and released letters all go the same way: load the states, decide, save, publish, look again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Outcome, Received, Release
from libs.common.runtime import outbox
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Tx
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.looks import claim, replace_looks
from libs.common.runtime.topics import topic_matches

S = TypeVar("S")
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class StateStore(Protocol[S, C_co]):
    """Where a line's states live; implemented in services/<name>/store.py. Every statement works on the whole batch."""

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, S], C_co]:
        """The states of `keys` (sorted), locked FOR UPDATE in that order, and the context of the handlers."""

    async def save(self, tx: Tx, outcome: Outcome[S], now: datetime) -> None:
        """Write the changed states and the extra rows of an outcome."""


@dataclass(frozen=True, slots=True)
class Line(Generic[S, C]):
    """One kind of state and the events that change it.

    Args:
        name: unique in the service; stands in the due table and in letters.
        wants: whether an event belongs here; an event goes to the first line that wants it.
        key: the state that an event changes.
        store: where states live.
        handle: the pure decision.
        parks_behind: later events of a key wait behind a parked one and are released in order; for topics of our own
            services only (decision 11), a hall's later events are folded and the key is merely unproven.
        clock: the clock of `now` and of the looks: `legal` rules law, `wall` rules machinery.
        topics: the topics it reads (`*` stands for anything); empty = all of the service's.
        inbox: an inbox of its own; None = the service's. What a hall wrote itself and what approval made of it have
            one (source, id), so the line that takes in the first keeps receipts and not the inbox (decision 17).
    """

    name: str
    wants: Callable[[Event], bool] = field(kw_only=True)
    key: Callable[[Event], str] = field(kw_only=True)
    store: StateStore[S, C] = field(kw_only=True)
    handle: Callable[[Batch[S, C]], Outcome[S]] = field(kw_only=True)
    parks_behind: bool = field(default=False, kw_only=True)
    clock: Literal["legal", "wall"] = field(default="legal", kw_only=True)
    topics: tuple[str, ...] = field(default=(), kw_only=True)
    inbox: Inbox | None = field(default=None, kw_only=True)

    def takes(self, topic: str, event: Event) -> bool:
        """Whether an event of this topic belongs here."""
        return (not self.topics or topic_matches(topic, self.topics)) and self.wants(event)

    def now(self, clock: Clock) -> datetime:
        """This line's instant."""
        return clock.now() if self.clock == "legal" else clock.wall()

    def due_up_to(self, clock: Clock) -> datetime:
        """Up to which instant of its clock this line's looks come due."""
        return clock.due_up_to() if self.clock == "legal" else clock.wall_due_up_to()


AnyLine = Line[Any, Any]


def line_of(lines: Sequence[AnyLine], item: Received) -> AnyLine | None:
    """The first line that takes the event; None = it is entered in the inbox and nothing more."""
    return next((line for line in lines if line.takes(item.topic, item.event)), None)


async def run_line(
    tx: Tx,
    line: AnyLine,
    now: datetime,
    *,
    events: Sequence[Received] = (),
    looks: Sequence[tuple[str, str]] = (),
    unproven: frozenset[str] = frozenset(),
    from_due: bool = False,
) -> tuple[Release, ...]:
    """One batch through one line, in the caller's transaction; returns the releases, which the caller wakes last.

    Releases come last because they touch due rows of keys that are not locked here: while a batch holds such rows it
    must not wait for states any more.

    Args:
        from_due: `looks` are candidates of the due table: they are claimed after their states are locked, the order
            in which a consumer takes the same locks, and what is no longer due is left out.
    """
    keys = sorted({line.key(item.event) for item in events} | {subject for subject, _ in looks})
    states, context = await line.store.load(tx, keys, now)
    if from_due:
        looks = await claim(tx, line.name, now, looks)
    if not events and not looks:
        return ()
    outcome = line.handle(Batch(states, context, tuple(events), tuple(looks), now, unproven))
    await line.store.save(tx, outcome, now)
    await outbox.append(tx, outcome.facts)
    await replace_looks(tx, line.name, outcome.looks, looks)
    return outcome.releases
