"""Moments that came due: each once, however late, and asleep until released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from libs.common.kernel.spine import Batch, Look, Outcome, Release
from libs.common.runtime.assembly import Spine
from libs.common.runtime.database import Database
from libs.common.runtime.due import DueRunner
from libs.common.runtime.health import Health
from libs.common.runtime.lines import AnyLine, Line
from libs.common.runtime.looks import come_due, due_state, replace_looks, wake
from libs.common.runtime.telemetry import Metrics
from tests.spine.fakes import FakeClock
from tests.spine.house import House, records
from tests.spine.ledger import Account, AccountStore, build_line, event_bytes

pytestmark = pytest.mark.engines
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    """So many hours after noon."""
    return NOON + timedelta(hours=hours)


@dataclass
class Desk:
    """A due runner on a corner, with a clock that is moved by hand."""

    house: House
    spine: Spine
    clock: FakeClock

    def runner(self, *lines: AnyLine, database: Database | None = None) -> DueRunner:
        """A runner of its own."""
        return DueRunner(lines or self.spine.lines, database or self.spine.database, self.clock, Metrics("t"), Health())

    async def looks(self, looks: dict[str, tuple[Look, ...]], line: str = "account") -> None:
        """Store looks."""
        async with self.spine.database.transaction() as tx:
            await replace_looks(tx, line, looks)

    def rows(self) -> list[tuple[Any, ...]]:
        """What the table holds."""
        return self.house.rows("SELECT subject, kind, due_at, waits_for FROM due ORDER BY 1, 2")

    def worked(self) -> list[tuple[Any, ...]]:
        """Looks that had effect."""
        return self.house.rows("SELECT case_no, event_id FROM effect WHERE how = 'look' ORDER BY seq")


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    """The ledger's line."""
    spine = house.spine()
    await spine.database.start()
    yield Desk(house, spine, FakeClock(NOON))
    await spine.database.stop()


async def test_a_set_of_looks_replaces_the_one_before(desk: Desk) -> None:
    """Complete per subject: what is not named goes, what is named stays or changes, other subjects are not touched."""
    await desk.looks({"A": (Look("clock", at(1)), Look("stale", at(2))), "B": (Look("clock", at(3)),)})
    await desk.looks({"A": (Look("clock", at(4)), Look("flush", at(5), "source:x"))})
    assert desk.rows() == [("A", "clock", at(4), None), ("A", "flush", at(5), "source:x"), ("B", "clock", at(3), None)]
    await desk.looks({"A": (), "B": (Look("clock", at(3)),)})
    assert desk.rows() == [("B", "clock", at(3), None)]


async def test_a_look_has_effect_once_when_its_moment_is_there(desk: Desk) -> None:
    """Not before, once at it, never again; the fired look is gone because the handler did not name the key."""
    await desk.looks({"A": (Look("clock", at(1)),)})
    runner = desk.runner()
    assert await runner.turn(desk.spine.lines[0]) == 0
    desk.clock.move(timedelta(hours=1))
    assert await runner.turn(desk.spine.lines[0]) == 1
    assert await runner.turn(desk.spine.lines[0]) == 0
    assert (desk.worked(), desk.rows()) == ([("A", "look clock")], [])


async def test_after_an_outage_everything_is_caught_up_once(desk: Desk) -> None:
    """1 200 moments of ten days, in batches, in order, each once."""
    await desk.looks({f"C-{n:04}": (Look("clock", at(n / 5)),) for n in range(1200)})
    desk.clock.move(timedelta(days=11))
    runner, seen = desk.runner(), 0
    while worked := await runner.turn(desk.spine.lines[0]):
        seen += worked
    assert seen == 1200
    assert [case_no for case_no, _ in desk.worked()] == [f"C-{n:04}" for n in range(1200)]


async def test_a_sleeper_waits_for_its_release_whatever_the_time(desk: Desk) -> None:
    """Released up to an instant: who is due by then wakes, the later ones and other keys sleep on."""
    await desk.looks(
        {
            "A": (Look("c", at(1), "source:x"),),
            "B": (Look("c", at(3), "source:x"),),
            "D": (Look("c", at(1), "source:y"),),
        }
    )
    desk.clock.move(timedelta(days=2))
    runner = desk.runner()
    assert await runner.turn(desk.spine.lines[0]) == 0
    async with desk.spine.database.transaction() as tx:
        await wake(tx, [Release("source:x", at(2))])
    await runner.turn(desk.spine.lines[0])
    assert desk.worked() == [("A", "look c")]
    assert [(subject, waits) for subject, _, _, waits in desk.rows()] == [("B", "source:x"), ("D", "source:y")]


async def test_a_handler_releases_and_looks_again(desk: Desk) -> None:
    """Events put looks and wake others, in one transaction with their effects."""
    effects = desk.house.effects(desk.spine)
    sleep = event_bytes(1, "A", comment="sleep:60,source:x")
    look = event_bytes(2, "B", comment="look:60")
    await effects.apply(records([sleep, look]))
    assert [(s, w) for s, _, _, w in desk.rows()] == [("A", "source:x"), ("B", None)]
    await effects.apply(records([event_bytes(3, "D", comment="wake:source:x")], first=2))
    assert [(s, w) for s, _, _, w in desk.rows()] == [("A", None), ("B", None)]


async def test_two_runners_never_work_the_same_look(desk: Desk) -> None:
    """Two processes' worth of runners at once: each look has effect once."""
    await desk.looks({f"C-{n:03}": (Look("clock", at(0)),) for n in range(300)})
    other = Database(desk.house.corner.dsn, desk.house.corner.schema)
    await other.start()
    one, two = desk.runner(), desk.runner(database=other)

    async def work(runner: DueRunner) -> None:
        for _ in range(20):
            await runner.turn(desk.spine.lines[0])

    await asyncio.gather(work(one), work(two))
    await other.stop()
    assert sorted(desk.worked()) == [(f"C-{n:03}", "look clock") for n in range(300)]


async def test_a_look_that_fails_does_not_hold_up_the_others(desk: Desk) -> None:
    """It is set aside and stays in the table; the process says so."""

    def handle(batch: Batch[Account, datetime]) -> Outcome[Account]:
        if any(subject == "C-3" for subject, _ in batch.looks):
            raise KeyError("a bug")
        return Outcome(extra=tuple((subject, f"look {kind}", "look", False) for subject, kind in batch.looks))

    line = Line("account", wants=lambda _: True, key=lambda e: e.subject, store=AccountStore(), handle=handle)
    await desk.looks({f"C-{n}": (Look("clock", at(0)),) for n in range(6)})
    runner = desk.runner(line)
    while await runner.turn(line):
        pass
    assert [case_no for case_no, _ in desk.worked()] == [f"C-{n}" for n in (0, 1, 2, 4, 5)]
    assert [subject for subject, *_ in desk.rows()] == ["C-3"]


async def test_a_line_of_the_wall_clock_ignores_legal_time(desk: Desk) -> None:
    """Machinery (grouping, retries) runs on the wall clock while a year of law passes."""
    line = build_line(desk.house.out_topic, clock="wall")
    desk.clock.machine = NOON
    await desk.looks({"A": (Look("flush", at(1)),)})
    desk.clock.move(timedelta(days=365))
    assert await desk.runner(line).turn(line) == 0
    desk.clock.machine = at(2)
    assert await desk.runner(line).turn(line) == 1


async def test_a_look_that_was_moved_meanwhile_does_not_fire(desk: Desk) -> None:
    """A consumer changes the looks of a key between the runner's glance and its lock: what counts is what is stored."""
    await desk.looks({"A": (Look("clock", at(0)),)})
    async with desk.spine.database.transaction() as consumer:
        await consumer.execute(text("INSERT INTO account VALUES ('A', 1, 1, '') ON CONFLICT DO NOTHING"))
    async with desk.spine.database.transaction() as consumer:
        await consumer.execute(text("SELECT * FROM account WHERE case_no = 'A' FOR UPDATE"))
        turn = asyncio.create_task(desk.runner().turn(desk.spine.lines[0]))
        await asyncio.sleep(0.3)
        await replace_looks(consumer, "account", {"A": (Look("clock", at(5)),)})
    await turn
    assert (desk.worked(), desk.rows()) == ([], [("A", "clock", at(5), None)])


async def test_the_state_of_a_line_tells_what_is_due_and_what_comes_next(desk: Desk) -> None:
    """Sleepers count for neither."""
    await desk.looks({"A": (Look("c", at(-1)),), "B": (Look("c", at(-2), "source:x"),), "D": (Look("c", at(4)),)})
    async with desk.spine.database.glance() as tx:
        state = await due_state(tx, "account", NOON)
        assert (state.due, state.next_at) == (1, at(-1))
        assert await come_due(tx, "account", at(9), 10, aside=["A"]) == [("D", "c")]
        assert (await due_state(tx, "other", NOON)).next_at is None
