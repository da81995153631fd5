"""Single events that come in side by side share one transaction.

A transaction costs some ten round trips and one wait for the disk, however few events it holds. While one is under way
the calls that come meanwhile wait, and the next takes them together; a call that comes alone waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.approval.domain.intake import Scope
from services.approval.store.intake import Answer, Intake, Row

MOST_EVENTS = 500


@dataclass(frozen=True, slots=True)
class _Call:
    row: Row
    scope: Scope
    now: datetime
    wall: datetime
    answer: asyncio.Future[Answer]


class Gathering:
    """Takes single events in, as `Intake.take` does, those of one scope together."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._calls: list[_Call] = []
        self._work: asyncio.Task[None] | None = None

    async def take(self, row: Row, scope: Scope, now: datetime, wall: datetime) -> Answer:
        """Take one event; its own answer, given when it is durable.

        Args:
            now, wall: as for `Intake.take`; of events that share a transaction the latest counts for all.
        """
        call = _Call(row, scope, now, wall, asyncio.get_running_loop().create_future())
        self._calls.append(call)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
        return await call.answer

    async def _run(self) -> None:
        while self._calls:
            scope = self._calls[0].scope
            together = [call for call in self._calls if call.scope == scope][:MOST_EVENTS]
            taken = set(map(id, together))
            self._calls = [call for call in self._calls if id(call) not in taken]
            await self._take(together)

    async def _take(self, calls: Sequence[_Call]) -> None:
        """One transaction; when it fails, one for each call, so that nobody fails for another's sake."""
        rows = [call.row for call in calls]
        now, wall = max(call.now for call in calls), max(call.wall for call in calls)
        try:
            answers = apart(await self._intake.take(rows, calls[0].scope, now, wall), rows)
        except Exception as error:
            if len(calls) > 1:
                for call in calls:
                    await self._take([call])
            elif not calls[0].answer.done():
                calls[0].answer.set_exception(error)
            return
        for call, answer in zip(calls, answers, strict=True):
            if not call.answer.done():  # whoever asked may have gone
                call.answer.set_result(answer)


def apart(answer: Answer, rows: Sequence[Row]) -> list[Answer]:
    """Each row's own answer, as if it had come alone."""
    if answer.is_full:
        return [answer for _ in rows]
    refused = {place: problems for place, _, problems in answer.rejected}
    found: list[Answer] = []
    for place, row in enumerate(rows):
        if place in refused:
            found.append(Answer(rejected=((0, row.id, refused[place]),)))
        elif place in answer.fresh:
            found.append(Answer(accepted=1, fresh=frozenset({0})))
        else:
            found.append(Answer(duplicates=1))
    return found
