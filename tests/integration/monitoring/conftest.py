"""The supervision on a real PostgreSQL: a schema of its own, the API in process, the lines driven as the worker
does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from libs.common.kernel.events.envelope import Event
from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from services.monitoring.main import build_api, build_parts
from tests.engines import Engines
from tests.unit.monitoring.makers import at, received

START = at("2026-03-02 08:00")


@dataclass
class House:
    """One supervision on its own schema and its own virtual clock, which stands."""

    app: FastAPI
    client: httpx.AsyncClient
    settings: Settings
    clock_file: Path
    now: datetime = START

    @property
    def spine(self) -> Spine:
        return self.app.state.spine

    def set_clock(self, now: datetime) -> None:
        """Everything up to `now` is proven: the driver's barrier says so."""
        self.now = now
        stands = ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=now, speed=0.0, proven_up_to=now)
        write_clock_file(self.clock_file, stands)

    async def live(self, events: list[Event], until: datetime) -> None:
        """The events in one batch for each line, then every moment that is due up to an instant."""
        lines = build_parts(self.settings).lines
        self.set_clock(until)
        for line in lines:
            mine = [_without_party(event) for event in events if line.wants(event)]
            if mine:
                async with self.spine.database.transaction() as tx:
                    await run_line(tx, line, self.now, events=received(mine))
        await self.work_off()

    async def work_off(self) -> None:
        """What the due runner does until nothing is due."""
        for line in build_parts(self.settings).lines:
            while True:
                async with self.spine.database.transaction() as tx:
                    looks = await come_due(tx, line.name, self.now, 200)
                    if not looks:
                        break
                    await run_line(tx, line, self.now, looks=looks, from_due=True)

    def bearer(self, role: str, subject: str = "", **scope: Any) -> dict[str, str]:
        """Authorization of a person."""
        person = Principal(subject or role, subject or role, role, **scope)
        key = token_key(self.settings.secrets_dir)
        token = mint(key, person, now=datetime.now(UTC), ttl=timedelta(hours=1))
        return {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, *, role: str = "supervisor", subject: str = "", status: int = 200,
                  body: Any = None, **params: Any) -> Any:  # fmt: skip
        """One call that must answer with a status."""
        answer = await self.client.request(
            method,
            f"/api/supervision/v1{path}",
            params=params,
            json=body,
            headers=self.bearer(role, subject),
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """A statement past the service."""
        async with self.spine.database.transaction() as tx:
            result = await tx.execute(sa.text(statement), values)
            return list(result.all()) if result.returns_rows else []


def _without_party(event: Event) -> Event:
    """As it stands on the topic: no person in clear."""
    if getattr(event.data, "party", None) is None:
        return event
    return msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, party=None))


@pytest.fixture
async def house(engines: Engines, tmp_path: Path) -> AsyncIterator[House]:
    corner = engines.migrated_schema("monitoring")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    settings = Settings(
        home=tmp_path, database=corner.dsn, database_schema=corner.schema, clock=f"virtual:{clock_file}"
    )
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=START, speed=0.0))
    app = build_api(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://office.test") as client:
            yield House(app, client, settings, clock_file)
