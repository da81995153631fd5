"""`sunlit replay`: the past is lived again on the virtual clock, in order of event time.

1. Events are sorted by the time at which they happened and cut into spans of one legal hour at most.
2. Before a span that begins after a due moment, everything due until then is worked off, each moment as of its own
   instant, with a barrier (all consumers have read everything, all outboxes are empty) on both sides.
3. Then the clock moves to the span's last event and the span goes in through the intake.
4. At the end the clock moves to `as_of`, or stays at the last event, and a last barrier closes the run.
The barrier stands for settle time and heartbeats: after it every source is proven complete, except those that the file
itself lets speak (`hall.source.heartbeat`), whose silence is part of the story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import event_time, post_rows
from libs.ops.feeding.intake import IntakeClient, Tally

SPAN = timedelta(hours=1)

Report = Callable[[int, int, datetime, Tally], None]


class VirtualTime(Protocol):
    """The legal clock of a platform that was started on a virtual one."""

    def now(self) -> datetime:
        """The legal instant at which the platform stands."""
        ...

    async def work_off(self, until: datetime, speaking: frozenset[str]) -> None:
        """Moves the clock to `until`, from due moment to due moment, with a barrier at each."""
        ...

    def stand_at(self, at: datetime, speaking: frozenset[str]) -> None:
        """Sets the clock to `at` without working anything off (no due moment lies between)."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest moment at which something is due, after a barrier."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """Rows that go in together; `first_at` and `last_at` bound their event times."""

    rows: list[Row]
    first_at: datetime
    last_at: datetime


def spans(rows: Iterable[Row]) -> Iterator[Span]:
    """Readable rows in order of time, cut so that no span is longer than an hour or crosses into another hour."""
    timed = sorted(((event_time(row.event or {}), row) for row in rows if row.event), key=_instant_first)
    block: list[Row] = []
    first_at = last_at = None
    for at, row in timed:
        if at is None:
            continue
        if first_at is not None and last_at is not None and _hour(at) != _hour(first_at):
            yield Span(block, first_at, last_at)
            block, first_at = [], None
        first_at = first_at or at
        last_at = at
        block.append(row)
    if first_at is not None and last_at is not None:
        yield Span(block, first_at, last_at)


def unreadable(rows: Iterable[Row]) -> list[Row]:
    """Rows that cannot be placed in time: they are shown, not fed."""
    return [row for row in rows if row.event is None or event_time(row.event) is None]


def speaking_sources(rows: Iterable[Row]) -> frozenset[str]:
    """Sources whose own heartbeats are part of the file."""
    return frozenset(
        str(row.event["source"]) for row in rows if row.event and row.event.get("type") == "hall.source.heartbeat"
    )


async def replay(
    rows: list[Row], client: IntakeClient, time: VirtualTime, report: Report, *, as_of: datetime | None = None
) -> Tally:
    """Lives the file again; events after `as_of` have not happened yet and are left out.

    Raises:
        IntakeUnreachableError: the intake does not answer.
    """
    tally, speaking = Tally(), speaking_sources(rows)
    taken, total = 0, len(rows)
    for span in spans(rows):
        block = [row for row in span.rows if as_of is None or (event_time(row.event or {}) or as_of) <= as_of]
        if not block:
            break
        due = await time.next_due()
        if due is not None and due <= span.first_at:
            await time.work_off(span.first_at, speaking)
        last_at = min(span.last_at, as_of) if as_of else span.last_at
        if last_at > time.now():
            time.stand_at(last_at, speaking)
        await post_rows(block, client, tally, taken)
        taken += len(block)
        report(taken, total, last_at, tally)
    await time.work_off(max(as_of or time.now(), time.now()), speaking)
    return tally


def _instant_first(pair: tuple[datetime | None, Row]) -> float:
    return pair[0].timestamp() if pair[0] else 0.0


def _hour(at: datetime) -> int:
    return int(at.timestamp() // SPAN.total_seconds())
