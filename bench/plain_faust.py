"""What a first version with Faust does: a Record, an agent, one INSERT and one commit per event.

`python -m bench.plain_faust` is the worker; `rate` runs it as a process and watches its table.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import faust
import psycopg

from bench.claim import Wrong
from bench.engines import Engines, Worker
from libs.ops import children, plan

GROUP = "bench-plain-faust"
TABLE = """
CREATE SCHEMA IF NOT EXISTS bench;
DROP TABLE IF EXISTS bench.inserted;
CREATE TABLE bench.inserted (source text, id text, type text, subject text, time text, PRIMARY KEY (source, id))
"""
INSERT = "INSERT INTO bench.inserted (source, id, type, subject, time) VALUES (%s, %s, %s, %s, %s)"
PATIENCE_SECONDS = 90.0
WINDOW_SECONDS = 15.0


class HallEvent(faust.Record, serializer="json", validation=False):  # type: ignore[misc, call-arg]  # faust is untyped
    """The envelope as a Record; the body stays what JSON makes of it."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: Any = None


def rate(place: Engines, topic: str, count: int) -> float:
    """Committed events per second of the agent, on the first `count` of the topic or in a quarter of a minute.

    Raises:
        Wrong: it commits nothing.
    """
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        connection.execute(TABLE)
    log = place.home.logs / "plain-faust.log"
    env = plan.inherited() | {"BENCH_KAFKA": place.bootstrap, "BENCH_DSN": place.dsn, "BENCH_TOPIC": topic}
    process = children.spawn([sys.executable, "-m", "bench.plain_faust"], log=log, env=env)
    worker = Worker("plain-faust", process, 0, log)
    place.workers.append(worker)
    try:
        return _watch(place, worker, count)
    finally:
        process.kill()
        process.wait()


def _watch(place: Engines, worker: Worker, count: int) -> float:
    until = time.monotonic() + PATIENCE_SECONDS
    first, started = 0, 0.0
    while time.monotonic() < until:
        done, now = place.one("SELECT count(*) FROM bench.inserted"), time.perf_counter()
        if done and not first:
            first, started = done, now
        elif first and done > first and (done >= count or now - started > WINDOW_SECONDS):
            return (done - first) / (now - started)
        if worker.process.poll() is not None:
            break
        time.sleep(0.05)
    raise Wrong(f"the plain Faust agent did not do its work:\n{worker.tail()}")


def build_app(broker: str, dsn: str, topic: str) -> faust.App:
    """The app as one writes it after reading Faust's tutorial."""
    app = faust.App(
        GROUP,
        broker=f"kafka://{broker}",
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        datadir=Path(tempfile.gettempdir()) / GROUP,
    )

    async def keep(events: faust.StreamT[HallEvent]) -> None:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            async for event in events:
                await connection.execute(INSERT, (event.source, event.id, event.type, event.subject, event.time))
                await connection.commit()

    app.agent(app.topic(topic, value_type=HallEvent, key_type=bytes))(keep)
    return app


if __name__ == "__main__":
    application = build_app(os.environ["BENCH_KAFKA"], os.environ["BENCH_DSN"], os.environ["BENCH_TOPIC"])
    faust.Worker(application, loglevel="WARNING", quiet=True).execute_from_commandline()
