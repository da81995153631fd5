"""Approval on a real PostgreSQL: a schema of its own, the API in process, records applied as by the worker."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.deadletters import Record
from libs.common.runtime.effects import Effects
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from services.approval.main import CASES, build_api, build_parts
from services.approval.store.cases import archive
from tests.engines import Engines
from tests.unit.approval.builders import local

NOW = local("2026-03-11 10:24")


@dataclass
class House:
    """One approval service on its own schema and its own virtual clock, which stands."""

    app: FastAPI
    client: httpx.AsyncClient
    settings: Settings
    clock_file: Path
    effects: Effects
    told: list[Event] = field(default_factory=list)
    forwarded: list[Event] = field(default_factory=list)
    offsets: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def spine(self) -> Spine:
        return self.app.state.spine

    def set_clock(self, now: datetime) -> None:
        write_clock_file(self.clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=now, speed=0.0))

    def bearer(self, role: str, subject: str = "", **scope: Any) -> dict[str, str]:
        """Authorization of a person or a machine."""
        person = Principal(subject or role, subject or role, role, **scope)
        token = mint(token_key(self.settings.secrets_dir), person, now=datetime.now(UTC), ttl=timedelta(hours=1))
        return {"Authorization": f"Bearer {token}"}

    async def post(self, *events: dict[str, Any], role: str = "hall", **params: Any) -> httpx.Response:
        """A batch to the intake."""
        return await self.client.post(
            "/api/approval/v1/events",
            content=orjson.dumps(list(events)),
            params=params,
            headers={**self.bearer(role), "content-type": "application/cloudevents-batch+json"},
        )

    async def feed(self, *events: dict[str, Any]) -> None:
        """A batch that must be taken whole, and everything that follows from it."""
        answer = await self.post(*events)
        assert answer.status_code == 202, answer.text
        assert answer.json()["rejected"] == [], answer.text
        await self.settle()

    async def settle(self) -> None:
        """What relay, broker, consumer and due runner do until nothing moves."""
        while True:
            moved = await self.relay()
            await self.work_off()
            if not moved:
                return

    async def relay(self) -> int:
        """Publish what waits; hall events come back to the worker, as Kafka would bring them."""
        async with self.spine.database.transaction() as tx:
            rows = (await tx.execute(sa.text("DELETE FROM outbox RETURNING seq, topic, payload"))).all()
        events = [(row.topic, bytes(row.payload)) for row in sorted(rows, key=lambda r: r.seq)]
        hall = [raw for topic, raw in events if topic == "hall.events.v1"]
        self.forwarded += [codec.decode(raw) for raw in hall]
        self.told += [codec.decode(raw) for topic, raw in events if topic != "hall.events.v1"]
        await self.consume("hall.events.v1", *hall)
        return len(rows)

    async def consume(self, topic: str, *raws: bytes) -> None:
        """Records of a topic, in one batch."""
        records = [Record(topic, 0, next(self.offsets), None, raw, (), datetime.now(UTC)) for raw in raws]
        if records:
            await self.effects.apply(records)

    async def work_off(self) -> None:
        """What the due runner does until nothing is due."""
        line = next(line for line in build_parts(self.settings).lines if line.name == CASES)
        while True:
            async with self.spine.database.transaction() as tx:
                looks = await come_due(tx, CASES, self.spine.clock.now(), 100)
                if not looks:
                    return
                await run_line(tx, line, self.spine.clock.now(), looks=looks, from_due=True)

    async def get(self, path: str, role: str = "supervisor", **params: Any) -> Any:
        """A read that must succeed."""
        answer = await self.client.get(f"/api/approval/v1{path}", params=params, headers=self.bearer(role))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def types(self) -> list[str]:
        """Types of the facts so far, without those of reference data."""
        return [e.type for e in self.told if e.type.startswith(("approval.case", "approval.penalty"))]

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """A statement past the service."""
        async with self.spine.database.transaction() as tx:
            result = await tx.execute(sa.text(statement), values)
            return list(result.all()) if result.returns_rows else []


@asynccontextmanager
async def opened_house(engines: Engines, tmp_path: Path) -> AsyncIterator[House]:
    """A fresh approval service; the clock stands at `NOW`."""
    corner = engines.migrated_schema("approval")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    settings = Settings(
        home=tmp_path, database=corner.dsn, database_schema=corner.schema, clock=f"virtual:{clock_file}"
    )
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW, speed=0.0))
    app = build_api(settings)
    async with app.router.lifespan_context(app):
        spine: Spine = app.state.spine
        effects = Effects(
            "approval",
            build_parts(settings).lines,
            spine.database,
            spine.clock,
            inbox=archive(),
            metrics=spine.metrics,
            tracing=spine.tracing,
        )
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hall.test") as client:
            yield House(app, client, settings, clock_file, effects)


@pytest.fixture
async def house(engines: Engines, tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(engines, tmp_path) as found:
        yield found
