"""What a batch of records does to the database: one transaction, or, when something in it is poison, as many as it
takes to find the one record, park it and let the others through.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from libs.common.kernel.errors import DataError, Problem, SunlitError
from libs.common.kernel.spine import Received, Release
from libs.common.runtime import deadletters, offsets
from libs.common.runtime.budget import Budget
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database, Tx, as_data_error, blames_the_house, is_transient
from libs.common.runtime.deadletters import NewLetter, Record, printable
from libs.common.runtime.health import describe
from libs.common.runtime.inbox import Admission, Inbox
from libs.common.runtime.lines import AnyLine, line_of, run_line
from libs.common.runtime.looks import wake
from libs.common.runtime.telemetry import Metrics, log
from libs.common.runtime.tracing import Tracing
from libs.common.runtime.wire import INGEST_TOPICS, decode_record, is_deletion, refuse_the_future

TRIES = 3
HANDLER_FAILED = "HANDLER_FAILED"
TRY_PAUSES_S = (0.05, 0.2)

ID_REUSED = Problem(
    "ID_REUSED",
    "/id",
    "同一来源的同一编号已用于另一内容；请用新的编号重报。",
    "This id of this source already stands for another content: send it again with a new id.",
)
BEHIND = Problem(
    "BEHIND",
    "",
    "同一主体先前的事件尚未处理，本事件排在其后。",
    "An earlier event of the same subject is parked; this one waits behind it.",
)


class Tripped(SunlitError):  # noqa: N818 - it says what happened
    """Consuming must stop and a person must look; the text says why."""


@dataclass(slots=True)
class _Share:
    """What one line gets of a batch."""

    events: list[Received] = field(default_factory=list)
    behind: list[NewLetter] = field(default_factory=list)


class Effects:
    """Applies records to the database, each exactly once.

    Raises transient errors of the database unchanged (nothing of the failed transaction is stored; what was stored
    before it the inbox knows) and `Tripped`.
    """

    def __init__(
        self,
        group: str,
        lines: Sequence[AnyLine],
        database: Database,
        clock: Clock,
        *,
        inbox: Inbox,
        metrics: Metrics,
        tracing: Tracing,
        budget: Budget | None = None,
    ) -> None:
        self.group, self.lines, self.inbox = group, tuple(lines), inbox
        self._database, self._clock, self._metrics, self._tracing = database, clock, metrics, tracing
        self._budget = budget or Budget()
        self._log = log("sunlit.effects")

    async def apply(self, records: Sequence[Record]) -> None:
        """Give every record its effect, or park it; records of one partition stand in order."""
        events, refused = self._read(records)
        with (
            self._metrics.batch_seconds.time(),
            self._tracing.batch(f"{self.group} batch", [e.event for e in events], count=len(records)),
        ):
            await self._part(list(records), events, refused)
        self._metrics.batch_events.observe(len(records))
        for topic, taken in Counter(record.topic for record in records).items():
            self._metrics.taken.labels(topic).inc(taken)

    def _read(self, records: Sequence[Record]) -> tuple[list[Received], list[NewLetter]]:
        """The events of the records, and letters of those that are none; a deletion is neither."""
        now = self._clock.now()
        events: list[Received] = []
        refused: list[NewLetter] = []
        for record in records:
            if is_deletion(record):
                continue
            try:
                item = decode_record(record)
            except DataError as error:
                key = printable(record.key) if record.key is not None else None
                refused.append(NewLetter(record, "", key, error.problems))
                continue
            try:
                refuse_the_future(item, now)
            except DataError as error:
                refused.append(self._letter(record, item, error.problems))
                continue
            events.append(item)
        return events, refused

    async def _part(self, records: list[Record], events: list[Received], refused: list[NewLetter]) -> None:
        """One transaction over these records; halves of them when it fails for their sake."""
        if why := self._budget.tripped:
            raise Tripped(why)
        try:
            await self._transaction(records, events, refused)
        except Exception as error:
            if is_transient(error):
                raise
            if blames_the_house(error):
                raise Tripped(f"the schema does not fit this release: {describe(error)}") from error
            if not events:
                raise
            if len(records) == 1:
                await self._single(records[0], events[0], error)
                return
            middle = len(records) // 2
            for half in (records[:middle], records[middle:]):
                places = {(r.topic, r.partition, r.offset) for r in half}
                await self._part(
                    half,
                    [e for e in events if (e.topic, e.partition, e.offset) in places],
                    [r for r in refused if (r.record.topic, r.record.partition, r.record.offset) in places],
                )

    async def _single(self, record: Record, event: Received, error: Exception) -> None:
        """One record that failed alone: try an unknown error again, then park it."""
        attempts = 1
        while (data_error := as_data_error(error)) is None and attempts < TRIES:
            await asyncio.sleep(TRY_PAUSES_S[attempts - 1])
            attempts += 1
            try:
                await self._transaction([record], [event], [])
            except Exception as again:
                if is_transient(again):
                    raise
                error = again
            else:
                return
        problems = data_error.problems if data_error is not None else (_unknown(error),)
        letter = self._letter(record, event, problems, attempts)
        await self._transaction([record], [], [letter], enter=[event])
        self._log.error("event_parked", code=problems[0].code, topic=record.topic, offset=record.offset)

    async def _transaction(
        self,
        records: Sequence[Record],
        events: Sequence[Received],
        letters: Sequence[NewLetter],
        enter: Sequence[Received] = (),
    ) -> None:
        """Inbox, lines, outbox, looks, letters and offsets, all or nothing; `enter` goes into the inbox alone."""
        by_place = {(r.topic, r.partition, r.offset): r for r in records}
        async with self._database.transaction() as tx:
            admitted = await self._enter(tx, [*events, *enter])
            silent = {id(item) for item in enter}
            fresh = [item for item in admitted.fresh if id(item) not in silent]
            reused = [
                self._letter(by_place[item.topic, item.partition, item.offset], item, (ID_REUSED,))
                for item in admitted.reused
                if id(item) not in silent
            ]
            behind = await self._run(tx, fresh, by_place)
            await deadletters.park(tx, [*letters, *reused, *behind], self._clock.wall())
            await offsets.store(tx, self.group, offsets.ends(records))
        self._count(len(fresh) - len(behind), admitted.duplicates, [*letters, *reused])

    async def _enter(self, tx: Tx, events: Sequence[Received]) -> Admission:
        """Each event into its line's inbox (the service's, for nearly all)."""
        wall = self._clock.wall()
        sorted_out: dict[int, tuple[Inbox, list[Received]]] = {}
        for item in events:
            line = line_of(self.lines, item)
            inbox = line.inbox if line is not None and line.inbox is not None else self.inbox
            sorted_out.setdefault(id(inbox), (inbox, []))[1].append(item)
        parts = [await inbox.enter(tx, items, wall) for inbox, items in sorted_out.values()]
        return Admission(
            tuple(item for part in parts for item in part.fresh),
            sum(part.duplicates for part in parts),
            tuple(item for part in parts for item in part.reused),
        )

    async def _run(
        self, tx: Tx, fresh: Sequence[Received], by_place: dict[tuple[str, int, int], Record]
    ) -> list[NewLetter]:
        """Each line's share of the fresh events; returns the letters of those that wait behind others."""
        shares: dict[str, _Share] = {line.name: _Share() for line in self.lines}
        wanted = [(item, line) for item in fresh if (line := line_of(self.lines, item)) is not None]
        keyed = [(item, line, line.key(item.event)) for item, line in wanted]
        held = await deadletters.open_keys(tx, sorted({key for _, _, key in keyed}))
        unnamed = held.get("", frozenset())
        for item, line, key in keyed:
            if line.parks_behind and key in held.get(line.name, frozenset()) | unnamed:
                record = by_place[item.topic, item.partition, item.offset]
                shares[line.name].behind.append(NewLetter(record, line.name, key, (BEHIND,), 0, "behind"))
            else:
                shares[line.name].events.append(item)
        releases: list[Release] = []
        for line in self.lines:
            if events := shares[line.name].events:
                unproven = held.get(line.name, frozenset()) | unnamed
                releases += await run_line(tx, line, line.now(self._clock), events=events, unproven=unproven)
        await wake(tx, releases)
        return [letter for share in shares.values() for letter in share.behind]

    def _letter(self, record: Record, item: Received, problems: tuple[Problem, ...], attempts: int = 1) -> NewLetter:
        line = line_of(self.lines, item)
        if line is None:
            return NewLetter(record, "", item.event.subject, problems, attempts)
        return NewLetter(record, line.name, line.key(item.event), problems, attempts)

    def _count(self, good: int, duplicates: int, parked: Sequence[NewLetter]) -> None:
        self._metrics.duplicates.inc(duplicates)
        self._budget.good(good + duplicates)
        for letter in parked:
            if not _is_halls_fault(letter):
                self._budget.bad()
            self._metrics.parked.labels(letter.problems[0].code).inc()


def _is_halls_fault(letter: NewLetter) -> bool:
    """Whether a hall wrote nonsense to its own topic: one careless hall must not stop all the others.

    What stands on topics of our own services, or what made a handler fail, is a fault of this house.
    """
    return letter.record.topic.startswith(INGEST_TOPICS) and letter.problems[0].code != HANDLER_FAILED


def _unknown(error: Exception) -> Problem:
    what = describe(error)
    return Problem(
        HANDLER_FAILED,
        "",
        f"处理程序出错（{what}），请联系开发人员。",
        f"Our handler failed ({what}): tell the developers.",
    )
