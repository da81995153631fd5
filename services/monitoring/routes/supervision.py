"""`/api/supervision/v1`: cards, board, lists, rules, sources, statistics, the live stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, Role, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX, Cursors
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.problems import Refusal
from services.monitoring.domain.sources import Proof, is_stale, watermark
from services.monitoring.ports import Office
from services.monitoring.schemas import (
    board_document,
    case_document,
    rate,
)
from services.monitoring.store import queries
from services.monitoring.store.news import News
from services.monitoring.store.office import OfficeStore

READERS: tuple[Role, ...] = (
    "department", "clerk", "supervisor", "supervisor-admin", "operator", "auditor", "reviewer", "approver"
)  # fmt: skip
Reader = Annotated[Principal, Depends(require(*READERS))]
Answerer = Annotated[Principal, Depends(require("department", "supervisor", "supervisor-admin"))]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
NO_RULE = Problem("RULE_UNKNOWN", "/rule_id", "没有这条规则", "there is no such rule")
PING_SECONDS = 15


class Api:
    """The routes of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cursors: Cursors,
        office: OfficeStore,
        news: News,
    ) -> None:
        self._database, self._clock, self._cursors = database, clock, cursors
        self._office, self._news = office, news

    def router(self) -> APIRouter:
        """All routes under `/api/supervision/v1`."""
        router = APIRouter(prefix="/api/supervision/v1")
        get = router.get
        get("/cases", tags=["board"])(self.cases)
        get("/board", tags=["board"])(self.board)
        get("/stream", tags=["board"])(self.stream)
        get("/overdue", tags=["board"])(self.overdue)
        get("/sources", tags=["board"])(self.sources)
        return router

    async def cases(
        self,
        reader: Reader,
        org: str | None = None,
        light: Literal["green", "notice", "yellow", "red", "paused", "grey"] | None = None,
        item: str | None = None,
        overdue: Literal["late_finished", "open_past_due"] | None = None,
        as_of: datetime | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Open cases with their lights as of any instant; with `overdue` the late ones."""
        wanted = queries.CasesWanted(scope_of(reader, org), light, item, False, overdue)
        scope = f"cases {wanted!r} {as_of}"
        after = self._cursors.read(scope, cursor)[0] if cursor else None
        async with self._database.reading() as tx:
            at = await self._at(tx, as_of)
            rows = await queries.cases(tx, wanted, at, limit + 1, after)
        following = self._cursors.write(scope, [rows[limit - 1].case_no]) if len(rows) > limit else None
        return {"items": [case_document(row, self._clock.zone) for row in rows[:limit]], "next_cursor": following}

    async def board(self, reader: Reader, as_of: datetime | None = None) -> dict[str, Any]:
        """What the wall shows."""
        async with self._database.reading() as tx:
            at = await self._at(tx, as_of)
            day = at.as_of.astimezone(self._clock.zone).date()
            found = await queries.board(tx, at, self._midnight(queries.month_of(day)), self._midnight(day))
            live = await queries.live_counts(tx)
        if reader.orgs:
            found = replace(found, rows=tuple(row for row in found.rows if row.org_code in reader.orgs))
        return {**board_document(found, at.as_of, at.stale), "live_cards": dict(live)}

    async def stream(self, reader: Reader) -> EventSourceResponse:
        """Live changes: an event `card` whenever cards changed; ask the board again then."""
        return EventSourceResponse(self._events(), ping=PING_SECONDS)

    async def overdue(self, reader: Reader, as_of: datetime | None = None, org: str | None = None) -> dict[str, Any]:
        """Late cases as of any instant: finished after the END of the deadline day in the town's own time zone; open
        and past due are counted apart."""
        instant = as_of or self._clock.now()
        async with self._database.reading() as tx:
            rows = await queries.overdue(tx, instant, scope_of(reader, org))
        items = [
            {
                "org_code": row.org_code,
                "org_name": row.org_name,
                "late_finished": row.late_finished,
                "open_past_due": row.open_past_due,
                "finished": row.finished,
                "accepted": row.accepted,
            }
            for row in rows
        ]
        totals = {
            key: sum(row[key] for row in items) for key in ("late_finished", "open_past_due", "finished", "accepted")
        }
        return {
            "as_of": instant,
            **totals,
            "timely": rate(totals["finished"] - totals["late_finished"], totals["finished"] + totals["open_past_due"]),
            "organisations": items,
        }

    async def sources(self, reader: Reader) -> dict[str, Any]:
        """Hall systems: up to when each is complete, and whether it is silent."""
        async with self._database.reading() as tx:
            office = await self._office.office(tx)
        items = []
        for name in sorted(office.sources):
            proof = Proof(self._clock.now(), office.is_virtual, office.barrier(name))
            source = office.sources[name]
            items.append(
                {
                    "source": name,
                    "complete_up_to": watermark(source, proof).astimezone(self._clock.zone),
                    "stale": is_stale(source, proof),
                    "stale_since": source.stale_since,
                }
            )
        return {"items": items, "next_cursor": None}

    async def _events(self) -> AsyncIterator[ServerSentEvent]:
        async for payload in self._news.listen():
            yield ServerSentEvent(event="card", data=payload)

    async def _at(self, tx: Tx, as_of: datetime | None) -> queries.At:
        """The instant asked for. For the present, silent sources are grey; the past is judged by what is known."""
        now = self._clock.now()
        if as_of is not None and as_of < now:
            return queries.At(as_of)
        return queries.At(now, silent_sources(await self._office.office(tx), now))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), self._clock.zone)


def silent_sources(office: Office, now: datetime) -> tuple[str, ...]:
    """Sources whose lights are grey at `now`."""
    return tuple(
        name
        for name, source in sorted(office.sources.items())
        if is_stale(source, Proof(now, office.is_virtual, office.barrier(name)))
    )


def scope_of(reader: Principal, org: str | None) -> str | None:
    """The organisation that a list is limited to: a reader with a scope sees nothing outside it."""
    if not reader.orgs:
        return org
    if org is not None and org not in reader.orgs:
        raise Refusal("forbidden")
    return org or reader.orgs[0]
