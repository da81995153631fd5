"""Looks that came due go through the same pure decision as events, each once, however late.

Several workers may run: per line one of them works at a time. A run that was missed is caught up at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from libs.common.runtime import deadletters
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database, is_transient
from libs.common.runtime.health import Health, describe
from libs.common.runtime.lines import AnyLine, run_line
from libs.common.runtime.looks import come_due, due_state, lines_due, wake
from libs.common.runtime.loops import Loop
from libs.common.runtime.retry import pauses_s
from libs.common.runtime.telemetry import Metrics, log
from libs.common.runtime.tracing import Tracing

BATCH_LOOKS = 500
POLL_WALL_S = 0.2
POLL_VIRTUAL_S = 0.05
SET_ASIDE_S = 60.0

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('sunlit due ' || current_schema()), hashtext(:line))")


class DueRunner(Loop):
    """Works off the due table of every line of a service."""

    def __init__(
        self,
        lines: Sequence[AnyLine],
        database: Database,
        clock: Clock,
        metrics: Metrics,
        health: Health,
        tracing: Tracing | None = None,
    ) -> None:
        super().__init__()
        self._tracing = tracing or Tracing("off")
        self._lines, self._database, self._clock = tuple(lines), database, clock
        self._metrics, self._health = metrics, health
        # Subjects whose look fails for their own sake, until when (wall, seconds): the others must not wait for them.
        self._aside: dict[tuple[str, str], float] = {}
        self._log = log("sunlit.due")

    async def work(self) -> None:
        pauses = pauses_s()
        while not self.should_stop:
            try:
                worked = sum([await self.turn(line) for line in await self._due_lines()])
            except Exception as error:
                self._health.hold("due", f"due moments wait: {describe(error)}")
                self._health.error(describe(error))
                if not is_transient(error):
                    self._log.error("due_failed", error=describe(error))
                await self.sleep(next(pauses))
                continue
            self._health.clear("due")
            pauses = pauses_s()
            if not worked:
                await self.sleep(POLL_VIRTUAL_S if self._clock.is_virtual else POLL_WALL_S)

    async def _due_lines(self) -> list[AnyLine]:
        """The lines that have something to do: on most rounds none, and one statement says so for all."""
        async with self._database.glance() as tx:
            due = await lines_due(tx, {line.name: line.due_up_to(self._clock) for line in self._lines})
        for line in self._lines:
            if line.name not in due:
                self._metrics.due_late.labels(line.name).set(0.0)
        return [line for line in self._lines if line.name in due]

    async def turn(self, line: AnyLine) -> int:
        """Work off one batch of looks that are due; returns how many were seen."""
        wall_s = self._clock.wall().timestamp()
        self._aside = {key: until for key, until in self._aside.items() if until > wall_s}
        aside = [subject for name, subject in self._aside if name == line.name]
        now = line.due_up_to(self._clock)
        async with self._database.glance() as tx:
            looks = await come_due(tx, line.name, now, BATCH_LOOKS, aside)
            first_at = (await due_state(tx, line.name, now)).next_at if looks else None
        late = now - first_at if first_at is not None else timedelta(0)
        self._metrics.due_late.labels(line.name).set(max(late.total_seconds(), 0.0))
        if looks:
            with self._metrics.due_seconds.time(), self._tracing.batch(f"{line.name} due", count=len(looks)):
                await self._work(line, looks)
            self._metrics.due_handled.labels(line.name).inc(len(looks))
            for _ in looks:  # the earliest speaks for all of its batch: the promise is judged strictly
                self._metrics.due_lag.labels(line.name).observe(max(late.total_seconds(), 0.0))
        return len(looks)

    async def _work(self, line: AnyLine, looks: Sequence[tuple[str, str]]) -> None:
        """One transaction over these looks; halves of them when a decision fails; the one that does is set aside."""
        try:
            await self._transaction(line, looks)
        except Exception as error:
            if is_transient(error):
                raise
            if len(looks) > 1:
                middle = len(looks) // 2
                await self._work(line, looks[:middle])
                await self._work(line, looks[middle:])
                return
            subject, kind = looks[0]
            self._aside[line.name, subject] = self._clock.wall().timestamp() + SET_ASIDE_S
            self._health.error(f"look {line.name}/{kind} fails and is tried again: {describe(error)}")
            self._log.error("look_failed", line=line.name, kind=kind, error=describe(error))

    async def _transaction(self, line: AnyLine, looks: Sequence[tuple[str, str]]) -> None:
        async with self._database.transaction() as tx:
            if not (await tx.execute(_ALONE, {"line": line.name})).scalar_one():
                return
            held = await deadletters.open_keys(tx, sorted({subject for subject, _ in looks}))
            unproven = held.get(line.name, frozenset()) | held.get("", frozenset())
            now = line.now(self._clock)
            await wake(tx, await run_line(tx, line, now, looks=looks, unproven=unproven, from_due=True))
