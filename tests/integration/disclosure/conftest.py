"""Disclosure on a real PostgreSQL: a schema of its own, the API in process, the line driven as the worker drives it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from services.disclosure.main import build_api, build_parts
from services.disclosure.store.acts import LINE
from tests.engines import Engines
from tests.unit.disclosure.makers import NOW, received


@dataclass
class House:
    """One disclosure service on its own schema and its own virtual clock, which stands."""

    app: FastAPI
    client: httpx.AsyncClient
    settings: Settings
    clock_file: Path
    now: datetime = NOW
    seen: list[Event] = field(default_factory=list)

    @property
    def spine(self) -> Spine:
        return self.app.state.spine

    def set_clock(self, now: datetime) -> None:
        self.now = now
        write_clock_file(self.clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=now, speed=0.0))

    async def take(self, *events: Event) -> None:
        """One batch of fresh events, then everything that is due by now."""
        line = build_parts(self.settings).line
        async with self.spine.database.transaction() as tx:
            await run_line(tx, line, self.now, events=[received(e, i) for i, e in enumerate(events)])
        await self.work_off()

    async def work_off(self) -> None:
        """What the due runner does until nothing is due."""
        line = build_parts(self.settings).line
        while True:
            async with self.spine.database.transaction() as tx:
                looks = await come_due(tx, LINE, self.now, 100)
                if not looks:
                    break
                await run_line(tx, line, self.now, looks=looks, from_due=True)
        await self.relay()

    async def relay(self) -> None:
        """What the relay would send: the facts, decoded, in their order."""
        async with self.spine.database.transaction() as tx:
            rows = (await tx.execute(sa.text("DELETE FROM outbox RETURNING seq, payload"))).all()
        self.seen.extend(codec.decode(bytes(row.payload)) for row in sorted(rows, key=lambda r: r.seq))

    def told(self) -> list[str]:
        """Types of the facts so far, short."""
        return [event.type.removeprefix("disclosure.record.") for event in self.seen]

    def bearer(self, role: str, subject: str = "", **scope: Any) -> dict[str, str]:
        """Authorization of a person."""
        person = Principal(subject or role, subject or role, role, **scope)
        key = token_key(self.settings.secrets_dir)
        token = mint(key, person, now=datetime.now(UTC), ttl=timedelta(hours=1))
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **params: Any) -> Any:
        """A public read that must succeed."""
        answer = await self.client.get(f"/api/disclosure/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """A statement past the service, as somebody with a database console would do it."""
        async with self.spine.database.transaction() as tx:
            result = await tx.execute(sa.text(statement), values)
            return list(result.all()) if result.returns_rows else []


@pytest.fixture
async def house(engines: Engines, tmp_path: Path) -> AsyncIterator[House]:
    corner = engines.migrated_schema("disclosure")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    settings = Settings(
        home=tmp_path, database=corner.dsn, database_schema=corner.schema, clock=f"virtual:{clock_file}"
    )
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW, speed=0.0))
    app = build_api(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
            yield House(app, client, settings, clock_file)
