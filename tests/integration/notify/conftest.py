"""Notify on a real PostgreSQL: a schema of its own, the API in process, lines and deliveries driven from here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from services.notify.main import build_api, build_carriers, build_parts
from services.notify.store import GROUPS_LINE
from services.notify.store_notifications import CHAINS_LINE
from services.notify.store_watch import Watched
from services.notify.timers import Deliverer, Watch
from tests.engines import Engines
from tests.unit.notify.makers import NOW, received

API = "/api/notify/v1"
HERE = "http://hall.test"
DAY = timedelta(days=1)


@dataclass
class House:
    """One notify service on its own schema; the legal clock stands, the wall clock is the machine's."""

    app: FastAPI
    client: httpx.AsyncClient
    settings: Settings
    seen: list[Event] = field(default_factory=list)

    @property
    def spine(self) -> Spine:
        return self.app.state.spine

    async def take(self, *events: Event) -> None:
        """One batch of fresh events."""
        line = build_parts(self.settings).lines[0]
        async with self.spine.database.transaction() as tx:
            given = [received(event, n) for n, event in enumerate(events)]
            await run_line(tx, line, self.spine.clock.wall(), events=given)

    async def tell(self, after: timedelta = timedelta(minutes=1)) -> None:
        """What the due runner does with the groups whose moment has come `after` from now."""
        line, now = build_parts(self.settings).lines[1], self.spine.clock.wall() + after
        async with self.spine.database.transaction() as tx:
            looks = await come_due(tx, GROUPS_LINE, now, 100)
            await run_line(tx, line, now, looks=looks, from_due=True)
        # what was made a little in the future is sent now
        await self.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending' AND attempts = 0 AND NOT held")

    def set_legal(self, at: datetime) -> None:
        """The legal clock stands at that instant from now on."""
        file = self.settings.home / "clock.json"
        write_clock_file(file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=at, speed=0.0))

    async def go_on(self) -> None:
        """What the due runner does with chains, mornings and digests that came due by the legal clock."""
        line, now = build_parts(self.settings).lines[2], self.spine.clock.now()
        async with self.spine.database.transaction() as tx:
            looks = await come_due(tx, CHAINS_LINE, now, 100)
            await run_line(tx, line, now, looks=looks, from_due=True)

    async def watch(self) -> tuple[Watched, CollectorRegistry]:
        """One look of the watch, and the metrics that it set."""
        registry, parts = CollectorRegistry(), build_parts(self.settings)
        found = await Watch(self.spine.database, self.spine.clock, parts.routing, parts.place, registry).look_once()
        assert found is not None
        return found, registry

    async def deliver(self, **changes: Any) -> int:
        """One round of the deliverer; answers how many were tried."""
        settings = self.settings.model_copy(update=changes)
        database, clock = self.spine.database, self.spine.clock
        tree = build_parts(settings).routing
        deliverer = Deliverer(database, clock, build_carriers(settings), tree, HERE, Random(1), CollectorRegistry())
        tried = await deliverer.carry_due()
        await self.relay()
        return tried

    async def relay(self) -> None:
        """What the relay would send: the facts, decoded, in their order."""
        rows = await self.sql("DELETE FROM outbox RETURNING seq, payload")
        self.seen.extend(codec.decode(bytes(row.payload)) for row in sorted(rows, key=lambda r: r.seq))

    def told(self) -> list[tuple[str, str]]:
        """(type, channel) of the facts so far, short."""
        kinds = ((event.type.removeprefix("notify.notification."), event.data.channel) for event in self.seen)
        return sorted((kind, channel.split(":")[0]) for kind, channel in kinds)

    def bearer(self, role: str, subject: str = "", **scope: Any) -> dict[str, str]:
        """Authorization of a person."""
        key = token_key(self.settings.secrets_dir)
        person = Principal(subject or role, subject or role, role, **scope)
        return {"Authorization": f"Bearer {mint(key, person, now=datetime.now(UTC), ttl=DAY)}"}

    async def get(self, path: str, role: str = "supervisor", **params: Any) -> Any:
        """A read that must succeed."""
        answer = await self.client.get(f"{API}{path}", params=params, headers=self.bearer(role))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, document: str, role: str = "operator", **headers: str) -> httpx.Response:
        """A routing file is put into force."""
        given = {"content-type": "application/yaml", **self.bearer(role), **headers}
        return await self.client.put(f"{API}/routing", content=document.encode(), headers=given)

    async def act(self, notification_id: str, verb: str, role: str = "supervisor", **body: Any) -> httpx.Response:
        """A person's act."""
        path = f"{API}/notifications/{notification_id}:{verb}"
        return await self.client.post(path, json=body or None, headers=self.bearer(role, f"{role}-1"))

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """A statement past the service."""
        async with self.spine.database.transaction() as tx:
            result = await tx.execute(sa.text(statement), values)
            return list(result.all()) if result.returns_rows else []


@pytest.fixture
async def house(engines: Engines, tmp_path: Path) -> AsyncIterator[House]:
    corner = engines.migrated_schema("notify")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW, speed=0.0))
    settings = Settings(
        home=tmp_path,
        database=corner.dsn,
        database_schema=corner.schema,
        clock=f"virtual:{clock_file}",
        egress_allow="127.0.0.0/8",
        external_url="http://hall.test",
    )
    app = build_api(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hall.test") as client:
            yield House(app, client, settings)
