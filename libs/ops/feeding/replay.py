"""`sunlit replay`: the past is lived again on the virtual clock, in order of event time.

1. Events are sorted by the time at which they happened and cut into spans of one legal hour at most.
2. Before the first span of a legal day (in every zone that counts days), and before a span that begins after a moment
   that is known to be due, everything due until then is worked off, each moment as of its own instant, with a barrier
   (all consumers have read everything, all outboxes are empty) on both sides. Between two spans of one day with nothing
   due nobody waits for anybody: limits are dates (C1-C10), a barrier a day judges them as of their own day.
3. Then the clock moves to the span's last event and the span goes in through the intake.
4. At the end the clock moves to `as_of`, or stays at the last event; every source that was fed says a heartbeat, and a
   last barrier closes the run.
A barrier stands for settle time and heartbeats: behind it every source is proven complete, except those that the file
itself lets speak (`hall.source.heartbeat`), whose silence is part of the story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Protocol
from zoneinfo import ZoneInfo

from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import AT_ONCE, Pace, event_time, heartbeat_of, post_rows
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

    def move_on(self, at: datetime) -> None:
        """Lets the clock stand at `at` without working anything off; nothing new is proven complete."""
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
    rows: Sequence[Row],
    client: IntakeClient,
    time: VirtualTime,
    report: Report,
    *,
    zones: Sequence[ZoneInfo],
    as_of: datetime | None = None,
    pace: Pace = AT_ONCE,
) -> Tally:
    """Lives the file again; events after `as_of` have not happened yet and are left out.

    Args:
        report: called after each span with rows taken, rows in all, the legal instant and the tally so far.
        zones: whose midnights begin a legal day: the platform's and the towns'.

    Raises:
        IntakeUnreachableError: the intake does not answer.
    """
    happened = [row for row in rows if as_of is None or (event_time(row.event or {}) or as_of) <= as_of]
    tally, speaking = Tally(), speaking_sources(happened)
    taken, day, due = 0, None, None
    for span in spans(happened):
        today = _days(span.first_at, zones)
        if today != day or (due is not None and due <= span.first_at):
            # clocks never go back: what happened before the platform's own time comes in late
            await time.work_off(max(span.first_at, time.now()), speaking)
            day, due = today, await time.next_due()
        started = monotonic()
        if span.last_at > time.now():
            time.move_on(span.last_at)
        await post_rows(span.rows, client, tally, taken)
        taken += len(span.rows)
        await pace.hold(len(span.rows), started)
        report(taken, len(happened), span.last_at, tally)
    await time.work_off(max(as_of or time.now(), time.now()), speaking)
    silent = sorted({str(row.event["source"]) for row in happened if row.event and "source" in row.event} - speaking)
    if silent:
        await client.post([heartbeat_of(source, time.now()) for source in silent])
        await time.work_off(time.now(), speaking)
    return tally


def _days(at: datetime, zones: Sequence[ZoneInfo]) -> tuple[date, ...]:
    return tuple(at.astimezone(zone).date() for zone in zones)


def _instant_first(pair: tuple[datetime | None, Row]) -> float:
    return pair[0].timestamp() if pair[0] else 0.0


def _hour(at: datetime) -> int:
    return int(at.timestamp() // SPAN.total_seconds())
