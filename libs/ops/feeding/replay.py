"""`sunlit replay`: the past is lived again on the virtual clock, in order of event time.

1. Events are sorted by the time at which they happened (a file may say that one was sent later: `senttime`) and cut
   into spans: of one legal day, of four legal hours at most, and never across a moment that is known to be due.
2. Before every span everything due until then is worked off, each moment as of its own instant, with a barrier (all
   consumers have read everything, all outboxes are empty) on both sides; while a span is on its way nothing is judged.
   So what is found depends on the file and never on the machine's speed: two replays of one file agree.
3. Then the clock moves to the span's last event and the span goes in through the intake.
4. At the end the clock moves to `as_of`, or stays at the last event; every source that was fed says a heartbeat, and a
   last barrier closes the run.
A barrier stands for settle time and heartbeats: behind it every source is proven complete, except those that the file
itself lets speak (`hall.source.heartbeat`), whose silence is part of the story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Protocol
from zoneinfo import ZoneInfo

from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import AT_ONCE, Pace, event_time, heartbeat_of, post_rows, told_time
from libs.ops.feeding.intake import IntakeClient, Tally

# an event goes in at most so long after it happened, by the legal clock: S50 begins to ask at 12 h
SPAN = timedelta(hours=4)

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
class Timed:
    """A row and the instant at which its event is said: when it happened, or when its `senttime` tells."""

    at: datetime
    row: Row


def in_order(rows: Iterable[Row]) -> list[Timed]:
    """Readable rows in order of time; rows of one instant keep the file's order."""
    placed = ((told_time(row.event or {}), row) for row in rows)
    return sorted((Timed(at, row) for at, row in placed if at is not None), key=lambda one: one.at)


def take_span(timed: Sequence[Timed], start: int, due: datetime | None, zones: Sequence[ZoneInfo]) -> Sequence[Timed]:
    """The rows from `start` on that go in together: of one legal day, of one piece of it, and before what is due."""

    def piece(at: datetime) -> tuple[object, ...]:
        return int(at.timestamp() // SPAN.total_seconds()), legal_days(at, zones)

    first = timed[start].at
    end = start + 1
    while end < len(timed) and piece(timed[end].at) == piece(first) and (due is None or timed[end].at < due):
        end += 1
    return timed[start:end]


def legal_days(at: datetime, zones: Sequence[ZoneInfo]) -> tuple[date, ...]:
    """The date of an instant in each zone."""
    return tuple(at.astimezone(zone).date() for zone in zones)


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
    timed = [one for one in in_order(rows) if as_of is None or one.at <= as_of]
    happened = [one.row for one in timed]
    tally, speaking = Tally(), speaking_sources(happened)
    taken = 0
    while taken < len(timed):
        # the clock never goes back: what happened before the platform's own time comes in late
        await time.work_off(max(timed[taken].at, time.now()), speaking)
        span = take_span(timed, taken, await time.next_due(), zones)
        started, last_at = monotonic(), span[-1].at
        if last_at > time.now():
            time.move_on(last_at)
        await post_rows([one.row for one in span], client, tally, taken)
        taken += len(span)
        report(taken, len(timed), last_at, tally)
        await pace.hold(len(span), started)
    await time.work_off(max(as_of or time.now(), time.now()), speaking)
    silent = sorted({str(row.event["source"]) for row in happened if row.event and "source" in row.event} - speaking)
    if silent:
        await client.post([heartbeat_of(source, time.now()) for source in silent])
        await time.work_off(time.now(), speaking)
    return tally
