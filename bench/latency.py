"""Claim: a decision that a hall reports can be read on the public portal at once, with everything running.

Value: median time from the moment at which a hall's `hall.case.completed` is due at the gateway to the moment at which
`GET /api/disclosure/v1/records/{id}` there answers with the record, at 200 events a second on a whole platform:
intake, seal, topic, fold with all clocks, topic, judgement, transparency log, portal, and supervision and alerts beside
them. The load is open-loop. Limit: in the same run and by the same client, one HTTP request that inserts a row and one
that reads it back (`bench.bare_http`), while the platform is idle.

When a record has appeared is heard from the database (the transparency log grows in the transaction that wakes
disclosure's relay) and then proven by the GET, which is part of the time. An intake that answers 503 is asked again, as
a hall does; the time goes on counting.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import aiohttp
import orjson
import psycopg

from bench.bare_http import TABLE
from bench.claim import Order, Result, Target, Wrong, time_result
from bench.material import hall_events
from bench.open_loop import percentile, send
from bench.platform import Platform, running_platform
from bench.stages import stages
from libs.common.runtime.auth import Principal, mint, token_key
from libs.ops import children, plan
from libs.ops.feeding.access import intake_of
from libs.ops.feeding.reference import register, town_of_county
from libs.ops.ports import free_ports
from libs.ops.simulate.county import load_county
from services.disclosure.domain.decision import record_id

RATE, QUICK_RATE = 200.0, 40.0  # events per second
WARM_SECONDS = 5.0
WANTED_P50_MS, WANTED_P99_MS = 150.0, 500.0
CASE_EVERY_S, ACT_EVERY_S = 0.035, 1.0  # how the acts of many cases are woven into one stream
BUSY = 503
KEEPALIVE_SECONDS = 3.0  # below the 5 s after which the gateway closes idle connections
RETRY_PAUSES_S = (0.02, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
WAKE = "LISTEN sunlit_outbox_disclosure"
WAKE_LIMIT_SECONDS = 0.5
BARE_SECONDS, IDLE_SECONDS = 5.0, 4.0
DRAIN_ROUNDS, DRAIN_PAUSE_S = 120, 0.5
NEW_LEAVES = "SELECT leaf_index, record_id FROM disclosure.log_leaf WHERE leaf_index >= %s ORDER BY leaf_index"

Hall = dict[str, Any]


@dataclass
class Run:
    """What was seen; times in seconds on the clock of `time.perf_counter`."""

    client: aiohttp.ClientSession
    gateway: str
    due: dict[str, float] = field(default_factory=dict)  # record → when its event should have gone out
    answered: list[tuple[float, float]] = field(default_factory=list)  # (scheduled, answered)
    readable: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    retried: int = 0

    async def post(self, event: Hall, scheduled: float) -> None:
        """One event to the intake."""
        identity = record_of(event)
        if identity is not None:
            self.due[identity] = scheduled
        headers = {"content-type": "application/cloudevents+json"}
        status, said = await self._ask("POST", "/api/approval/v1/events", orjson.dumps(event), headers)
        self.answered.append((scheduled, time.perf_counter()))
        if status != 202:
            self.refused.append(f"{status} {said[:200]!r}")

    async def read(self, identity: str) -> None:
        """One record from the portal."""
        status, _ = await self._ask("GET", f"/api/disclosure/v1/records/{identity}")
        if status != 200:
            self.refused.append(f"record {identity} is in the log and the portal answers {status}")
        self.readable[identity] = time.perf_counter()

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body; asked again while the answer is 503 or the connection was closed under our hands, as both
        kinds of request may be: an event has its id."""
        status, said = BUSY, b"no answer"
        for pause_s in (*RETRY_PAUSES_S, 0.0):
            try:
                async with self.client.request(method, self.gateway + path, data=body, headers=headers) as answer:
                    status, said = answer.status, await answer.read()
            except aiohttp.ClientError as error:
                status, said = BUSY, repr(error).encode()
            if status != BUSY:
                break
            self.retried += 1
            await asyncio.sleep(pause_s)
        return status, said


def run(order: Order) -> Result:
    """Measure it."""
    seconds, rate = order.amount(40, 4), QUICK_RATE if order.is_quick else RATE
    with running_platform(order.say) as platform:
        events = woven(hall_events(int((seconds + WARM_SECONDS) * rate)))
        return asyncio.run(_measure(platform, events, rate, order))


async def _measure(platform: Platform, events: Sequence[Hall], rate: float, order: Order) -> Result:
    async with intake_of(platform.home, platform.state) as intake:
        await register(intake, town_of_county(load_county()))
    token = mint(
        token_key(platform.home.secrets),
        Principal("bench:hall", "bench", "operator"),
        now=datetime.now(UTC),
        ttl=timedelta(hours=1),
    )
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_SECONDS)
    async with aiohttp.ClientSession(connector=connector, headers={"authorization": f"Bearer {token}"}) as client:
        bare_ms = await _bare(platform, client, rate)
        order.say(f"insert and read back by HTTP: p50 {percentile(bare_ms, 0.5):.1f} ms; now {len(events)} events")
        idle_cores = await _idle_cores(platform)
        before, began = platform.cpu_seconds(), time.perf_counter()
        seen = Run(client, platform.state.url)
        await _load(platform, seen, events, rate)
        lasted = time.perf_counter() - began
        used = {name: seconds - before.get(name, 0.0) for name, seconds in platform.cpu_seconds().items()}
    _check(platform, seen, len(events))
    shares = {
        "events_per_s": rate,
        "cores_idle": idle_cores,
        "cores_used": round(sum(used.values()) / lasted, 2),
        "cpu_ms_per_event": {
            name: round(1000 * s / len(events), 2) for name, s in sorted(used.items(), key=lambda u: -u[1])
        },
    }
    return _result(platform, seen, bare_ms, shares)


async def _idle_cores(platform: Platform) -> float:
    """Processor that the platform uses while nothing is asked of it."""
    before, began = sum(platform.cpu_seconds().values()), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    return round((sum(platform.cpu_seconds().values()) - before) / (time.perf_counter() - began), 2)


async def _load(platform: Platform, seen: Run, events: Sequence[Hall], rate: float) -> None:
    """Send everything, watch what appears, wait until all that will appear has."""
    watch = asyncio.create_task(_watch(platform, seen))
    await send(events, rate, seen.post)
    for _ in range(DRAIN_ROUNDS):
        if not seen.due.keys() - seen.readable.keys() - _held(platform):
            break
        await asyncio.sleep(DRAIN_PAUSE_S)
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch


async def _watch(platform: Platform, seen: Run) -> None:
    following = 0
    async with (
        await psycopg.AsyncConnection.connect(platform.state.database, autocommit=True) as connection,
        asyncio.TaskGroup() as reads,
    ):
        await connection.execute(WAKE)
        while True:
            for index, identity in await (await connection.execute(NEW_LEAVES, (following,), prepare=True)).fetchall():
                following = index + 1
                reads.create_task(seen.read(identity))
            async for _ in connection.notifies(timeout=WAKE_LIMIT_SECONDS, stop_after=1):
                pass


def _held(platform: Platform) -> set[str]:
    """Records that wait for a reviewer: they are not to be public."""
    return {str(row[0]) for row in platform.rows("SELECT record_id FROM disclosure.record WHERE state <> 'public'")}


def _check(platform: Platform, seen: Run, sent: int) -> None:
    """Everything was taken, forwarded and folded once, and every decision is public or held.

    Raises:
        Wrong: something was lost, refused or doubled.
    """
    if seen.refused:
        raise Wrong(f"{len(seen.refused)} requests were refused, the first: {seen.refused[0]}")
    lost = seen.due.keys() - seen.readable.keys() - _held(platform)
    if lost:
        raise Wrong(f"{len(lost)} of {len(seen.due)} decided records are neither public nor held")
    for table in ("approval.receipt", "approval.event"):
        where = "WHERE topic = 'hall.events.v1'" if table.endswith("event") else ""
        if (found := platform.one(f"SELECT count(*) FROM {table} {where}")) != sent:
            raise Wrong(f"{table} holds {found} events instead of {sent}")
    for service in ("approval", "disclosure", "monitoring", "notify"):
        if parked := platform.one(f"SELECT count(*) FROM {service}.dead_letter"):
            raise Wrong(f"{service} parked {parked} letters")


def _result(platform: Platform, seen: Run, bare_ms: Sequence[float], shares: Mapping[str, Any]) -> Result:
    counts_from = min(scheduled for scheduled, _ in seen.answered) + WARM_SECONDS
    counted = {identity: at for identity, at in seen.due.items() if at >= counts_from and identity in seen.readable}
    if not counted:
        raise Wrong("no decision was made public in the time that counts")
    times = [(seen.readable[identity] - at) * 1000 for identity, at in counted.items()]
    posts = [(answered - scheduled) * 1000 for scheduled, answered in seen.answered if scheduled >= counts_from]
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    return time_result(
        "latency",
        p50,
        percentile(bare_ms, 0.5),
        "one HTTP request that inserts and commits a row and one that reads it back, platform idle",
        targets=[
            Target("p50 in ms", WANTED_P50_MS, round(p50, 1), at_least=False),
            Target("p99 in ms", WANTED_P99_MS, round(p99, 1), at_least=False),
        ],
        **shares,
        records=len(times),
        retried=seen.retried,
        p90_ms=round(percentile(times, 0.9), 1),
        p99_ms=round(p99, 1),
        max_ms=round(max(times), 1),
        intake_p50_ms=round(percentile(posts, 0.5), 1),
        intake_p99_ms=round(percentile(posts, 0.99), 1),
        limit_p99_ms=round(percentile(bare_ms, 0.99), 1),
        stages_p50_ms=stages(platform, {identity: seen.readable[identity] for identity in counted}, counted),
    )


async def _bare(platform: Platform, client: aiohttp.ClientSession, rate: float) -> list[float]:
    """Times in ms of insert and read back, open-loop at the same rate."""
    platform_dsn = platform.state.database
    with psycopg.connect(platform_dsn, autocommit=True) as connection:
        connection.execute(TABLE)
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "bench.bare_http", str(port), platform_dsn]
    server = children.spawn(command, log=platform.home.logs / "bare-http.log", env=plan.inherited())
    found: list[float] = []

    async def there_and_back(number: int, scheduled: float) -> None:
        url = f"http://127.0.0.1:{port}/rows/{number}"
        async with client.post(url, data=b"{}" + b" " * 900) as answer:
            await answer.read()
        async with client.get(url) as answer:
            await answer.read()
        if answer.status != 200:
            raise Wrong(f"the bare server answers {answer.status}")
        found.append((time.perf_counter() - scheduled) * 1000)

    try:
        await _until_serves(client, f"http://127.0.0.1:{port}/rows/none")
        await send(range(round(rate * BARE_SECONDS)), rate, there_and_back)
    finally:
        server.kill()
        server.wait()
    return found[len(found) // 5 :]


async def _until_serves(client: aiohttp.ClientSession, url: str) -> None:
    for _ in range(300):
        with suppress(aiohttp.ClientError):
            async with client.get(url) as answer:
                await answer.read()
                return
        await asyncio.sleep(0.1)
    raise Wrong("the bare HTTP server does not serve")


def woven(events: Sequence[Hall]) -> list[Hall]:
    """Many cases side by side, each act some time after the one before: a stream that looks the same at any time."""
    by_case = groupby(sorted(events, key=lambda e: e["subject"]), key=lambda e: e["subject"])
    placed = [
        (case * CASE_EVERY_S + act * ACT_EVERY_S, case, act, event)
        for case, (_, acts) in enumerate(by_case)
        for act, event in enumerate(sorted(acts, key=lambda e: e["time"]))
    ]
    return [event for *_, event in sorted(placed, key=lambda item: item[:3])]


def record_of(event: Hall) -> str | None:
    """The record of a decision that grants a licence."""
    data = event["data"]
    if event["type"] != "hall.case.completed" or data.get("result") != "granted" or not data.get("licences"):
        return None
    licence = data["licences"][0]
    return record_id(data["case_no"], "permit", str(licence.get("no") or licence.get("name")))
