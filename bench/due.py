"""Claim: many clocks that fall due at one midnight cost what they are, not what else is open.

Value: cases that supervision looks at per second when all of them fall due at one midnight, with three times as many
open cases beside them whose moment has not come. Limit: the same with nothing else in the table. Rows are made by COPY;
the looks go through the due runner and the rules of the monitoring worker, and every late case gets its cards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from bench.claim import Order, Result, Wrong, rate_result
from bench.engines import Engines, engines
from bench.material import Message, sealed_events
from libs.common.runtime.assembly import build_spine
from libs.common.runtime.due import DueRunner
from services.monitoring.main import SERVICE, build_parts
from services.monitoring.store.files import archive

MIDNIGHT = datetime(2026, 1, 5, 16, tzinfo=UTC)  # 00:00 in Asia/Shanghai, long after every limit of the material
NEVER = datetime(2099, 1, 1, tzinfo=UTC)
OPEN_PER_DUE = 3
ALONE_SHARE = 5  # the limit is measured on a fifth: its rate does not need all
WARM_CASES = 50
PATTERN_EVENTS = 60
LINE, KIND = "cases", "clock"
_FILES = "COPY monitoring.case_file (case_no, acts, kind, source, org_code, changed_at) FROM STDIN"
_DUE = "COPY monitoring.due (line, subject, kind, due_at) FROM STDIN"
_SOURCES = "COPY monitoring.source (source, complete_up_to) FROM STDIN"


def run(order: Order) -> Result:
    """Measure it."""
    count = order.amount(100_000, 200)
    few = max(count // ALONE_SHARE, 1)
    with engines(order.say) as place:
        pattern, source, org = _pattern(place)
        place.copy(_SOURCES, [(source, datetime.now(UTC))])

        def fill(stem: str, rows: int, due_at: datetime) -> None:
            names = [f"{stem}{number:08d}" for number in range(rows)]
            now = datetime.now(UTC)
            place.copy(_FILES, ((n, acts, "case", source, org, now) for n, acts in _files(pattern, names)))
            place.copy(_DUE, ((LINE, name, KIND, due_at) for name in names))
            place.run("ANALYZE monitoring.case_file, monitoring.due")

        fill("W", WARM_CASES, MIDNIGHT)
        asyncio.run(_work_off(place))
        fill("A", few, MIDNIGHT)
        alone = few / asyncio.run(_work_off(place))
        order.say(f"{few} due and nothing else: {alone:,.0f} cases/s; now beside {OPEN_PER_DUE * count} open ones")
        fill("O", OPEN_PER_DUE * count, NEVER)
        fill("B", count, MIDNIGHT)
        seconds = asyncio.run(_work_off(place))
        _check(place, WARM_CASES + few + count)
    return rate_result(
        "due",
        count / seconds,
        alone,
        "the same looks with nothing else in the tables",
        unit="cases/s",
        due=count,
        open_beside=OPEN_PER_DUE * count,
        seconds_for_all=round(seconds, 1),
    )


def _pattern(place: Engines) -> tuple[tuple[Message, Message], str, str]:
    """Submission and acceptance of one case, with its source and its organisation."""
    by_case: dict[bytes, list[Message]] = {}
    for message in sealed_events(PATTERN_EVENTS, place.home.secrets).messages:
        by_case.setdefault(message.key, []).append(message)
    for acts in by_case.values():
        kinds = {msgspec.json.decode(act.value)["type"]: act for act in acts}
        if {"hall.application.submitted", "hall.case.accepted"} <= kinds.keys():
            first, second = kinds["hall.application.submitted"], kinds["hall.case.accepted"]
            said = msgspec.json.decode(second.value)
            return (first, second), said["source"], said["orgcode"]
    raise Wrong("the simulated county has accepted nothing")


def _files(pattern: tuple[Message, Message], names: list[str]) -> Iterator[tuple[str, bytes]]:
    old = pattern[0].key
    whole = b"[" + b",".join(act.value for act in pattern) + b"]"
    return ((name, whole.replace(old, name.encode())) for name in names)


async def _work_off(place: Engines) -> float:
    """Seconds until nothing is due any more, by the due runner of a monitoring worker in this process."""
    settings = place.settings(SERVICE)
    lines = build_parts(settings).lines
    spine = build_spine(settings, SERVICE, lines, archive())
    await spine.database.start()
    try:
        runner = DueRunner(lines, spine.database, spine.clock, spine.metrics, spine.health)
        line = next(line for line in lines if line.name == LINE)
        started = time.perf_counter()
        while await runner.turn(line):
            pass
        return time.perf_counter() - started
    finally:
        await spine.database.stop()


def _check(place: Engines, due: int) -> None:
    """Every case that was due has its cards, no other has one, and nothing that was due is left.

    Raises:
        Wrong: one of them.
    """
    carded = place.one("SELECT count(DISTINCT case_no) FROM monitoring.card WHERE case_no NOT LIKE 'O%'")
    others = place.one("SELECT count(*) FROM monitoring.card WHERE case_no LIKE 'O%'")
    left = place.one(
        "SELECT count(*) FROM monitoring.due WHERE waits_for IS NULL AND due_at <= %s", MIDNIGHT + timedelta(days=1)
    )
    if (carded, others, left) != (due, 0, 0):
        raise Wrong(f"of {due} late cases {carded} have cards, {others} cards are of others, {left} looks are left")
