"""The desk of the dead letters: show them, replay them after a mend, or discard them with a reason.

Whatever waits behind a letter is released in order in the same transaction, up to the next letter of its key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.spine import Received, Release
from libs.common.runtime import deadletters
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database, Tx, as_data_error, is_transient
from libs.common.runtime.deadletters import Letter, State
from libs.common.runtime.health import describe
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.lines import AnyLine, line_of, run_line
from libs.common.runtime.looks import wake
from libs.common.runtime.wire import decode_record, refuse_the_future

# The kind of look with which a line judges a key again after its letter was discarded.
SETTLED = "letter_settled"

GONE = Problem("LETTER_UNKNOWN", "", "没有这封死信。", "There is no such letter.")
CLOSED = Problem("LETTER_SETTLED", "", "这封死信已处理完毕。", "This letter has been settled already.")
NOT_FIRST = Problem(
    "LETTER_NOT_FIRST",
    "",
    "同一主体还有更早的死信，请先处理那一封。",
    "An earlier letter of the same subject is open: settle that one first.",
)
NOT_HERE = Problem(
    "LETTER_OF_A_FEED",
    "",
    "这封死信是报送消息，只能由接收它的服务重新读取。",
    "This letter is a message of a feed: only the service that took it in can read it again.",
)
# Letters that are no records: messages of halls in formats of their own.
FEED_TOPICS = "feed."
NO_REASON = Problem("REASON_MISSING", "/reason", "丢弃死信必须写明理由。", "Discarding a letter needs a reason.")


class Letters:
    """Acts on the letters of one service. Every act answers () or the problems that stand against it."""

    def __init__(self, lines: Sequence[AnyLine], database: Database, clock: Clock, inbox: Inbox) -> None:
        self._lines, self._database, self._clock, self._inbox = tuple(lines), database, clock, inbox
        # what is no record of a topic of ours (`feed.<flavour>`) is read again by the service that parked it
        self.read_again: Callable[[Tx, Letter], Awaitable[tuple[Problem, ...]]] | None = None

    async def page(
        self, states: Sequence[State] = ("parked", "behind"), *, after: int = 0, key: str | None = None, limit: int = 50
    ) -> list[Letter]:
        """Letters in order of parking, behind the id `after`."""
        async with self._database.reading() as tx:
            return await deadletters.page(tx, states, after=after, key=key, limit=limit)

    async def one(self, id_: int) -> Letter | None:
        """One letter, or None."""
        async with self._database.reading() as tx:
            return await deadletters.one(tx, id_)

    async def replay(self, id_: int, *, by: str) -> tuple[Problem, ...]:
        """Give the letter's event its effect, and those behind it; the letter stays parked if that fails again."""
        async with self._database.transaction() as tx:
            letter, against = await self._first(tx, id_)
            if letter is None:
                return against
            problems = await self._try(tx, letter)
            if problems:
                await deadletters.fail(tx, letter, problems)
                return problems
            await deadletters.settle(tx, letter, "replayed", by=by, reason=None, now=self._clock.wall())
            await self._release(tx, letter, by)
            return ()

    async def discard(self, id_: int, *, by: str, reason: str) -> tuple[Problem, ...]:
        """Give the letter up, with the reason; its key is judged again without it."""
        if not reason.strip():
            return (NO_REASON,)
        async with self._database.transaction() as tx:
            letter, against = await self._first(tx, id_)
            if letter is None:
                return against
            await deadletters.settle(tx, letter, "discarded", by=by, reason=reason.strip(), now=self._clock.wall())
            await self._release(tx, letter, by)
            line = self._line(letter)
            if line is not None and letter.key is not None:
                unproven = await self._unproven(tx, line, letter.key)
                looks = [(letter.key, SETTLED)]
                await wake(tx, await run_line(tx, line, line.now(self._clock), looks=looks, unproven=unproven))
            return ()

    async def _first(self, tx: Tx, id_: int) -> tuple[Letter | None, tuple[Problem, ...]]:
        """The letter, locked with its key's others, if it may be settled now; else what stands against it."""
        letter = await deadletters.one(tx, id_)
        if letter is None:
            return None, (GONE,)
        queue = await deadletters.lock_key(tx, letter)
        mine = next((other for other in queue if other.id == id_), None)
        if mine is None:
            return None, (CLOSED,)
        line = self._line(mine)
        if line is not None and line.parks_behind and queue[0].id != id_:
            return None, (NOT_FIRST,)
        return mine, ()

    async def _try(self, tx: Tx, letter: Letter) -> tuple[Problem, ...]:
        """Handle a letter's event inside a savepoint; the problems if it fails again."""
        try:
            async with tx.begin_nested():
                if letter.record.topic.startswith(FEED_TOPICS):
                    return await self.read_again(tx, letter) if self.read_again is not None else (NOT_HERE,)
                item = decode_record(letter.record)
                refuse_the_future(item, self._clock.now())
                # An event that was parked after decoding is in the inbox already; one whose bytes could not be read
                # enters now, and counts as a duplicate if it came again in a readable form meanwhile.
                mine = line_of(self._lines, item)
                inbox = mine.inbox if mine is not None and mine.inbox is not None else self._inbox
                admitted = await inbox.enter(tx, [item], self._clock.wall())
                known_before = letter.line != "" or bool(admitted.reused)
                if admitted.fresh or known_before:
                    await wake(tx, await self._handle(tx, item, letter))
        except DataError as error:
            return error.problems
        except Exception as error:
            if is_transient(error):
                raise
            data_error = as_data_error(error)
            return data_error.problems if data_error is not None else (_failed(error),)
        return ()

    async def _handle(self, tx: Tx, item: Received, letter: Letter) -> tuple[Release, ...]:
        line = line_of(self._lines, item)
        if line is None:
            return ()
        key = line.key(item.event)
        unproven = await self._unproven(tx, line, key, but=letter.id)
        return await run_line(tx, line, line.now(self._clock), events=[item], unproven=unproven)

    async def _release(self, tx: Tx, settled: Letter, by: str) -> None:
        """Let go in order what waits behind a settled letter; stop at the next letter, or make one of what fails."""
        if settled.key is None:
            return
        for waiting in await deadletters.lock_key(tx, settled):
            if waiting.state != "behind":
                return
            problems = await self._try(tx, waiting)
            if problems:
                await deadletters.fail(tx, waiting, problems)
                return
            await deadletters.settle(tx, waiting, "replayed", by=by, reason=None, now=self._clock.wall())

    async def _unproven(self, tx: Tx, line: AnyLine, key: str, but: int | None = None) -> frozenset[str]:
        """The key, if a letter other than `but` still stands parked for it (what waits behind is no open question)."""
        letters = await deadletters.page(tx, ("parked",), key=key, limit=10)
        others = [letter for letter in letters if letter.id != but and letter.line in (line.name, "")]
        return frozenset({key}) if others else frozenset()

    def _line(self, letter: Letter) -> AnyLine | None:
        return next((line for line in self._lines if line.name == letter.line), None)


def _failed(error: Exception) -> Problem:
    what = describe(error)
    return Problem("HANDLER_FAILED", "", f"处理程序再次出错（{what}）。", f"Our handler failed again ({what}).")
