"""`/api/disclosure/v1/feeds/…`: what was published and what became of it, for feed readers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from services.disclosure.domain.feed import FeedEntry
from services.disclosure.feeds import atom, json_feed
from services.disclosure.store import portal
from services.disclosure.store.portal import SHOWN, PublicRecord, Wanted

FEED_ROWS = 50
FEEDS: Mapping[str, tuple[str | None, str, str]] = MappingProxyType(
    {
        "permits": ("permit", "行政许可公开", "/records?kind=permit"),
        "penalties": ("penalty", "行政处罚公开", "/records?kind=penalty"),
        "all": (None, "政府信息公开", "/records"),
    }
)
Name = Literal["permits", "penalties", "all"]


class FeedRoutes:
    """The newest releases as Atom and as JSON Feed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/api/disclosure/v1/feeds", tags=["feeds"])
        router.get("/{name}.atom", response_class=Response)(self.atom)
        router.get("/{name}.json")(self.json)
        return router

    async def atom(self, name: Name, request: Request) -> Response:
        """Atom, the latest changed first."""
        _, title, path = FEEDS[name]
        base = str(request.base_url).rstrip("/")
        entries = await self._entries(name, base)
        return Response(atom(title, str(request.url), base + path, entries), media_type="application/atom+xml")

    async def json(self, name: Name, request: Request) -> JSONResponse:
        """JSON Feed 1.1, the latest changed first."""
        _, title, path = FEEDS[name]
        base = str(request.base_url).rstrip("/")
        entries = await self._entries(name, base)
        body = json_feed(title, str(request.url), base + path, entries)
        return JSONResponse(body, media_type="application/feed+json")

    async def _entries(self, name: Name, base: str) -> list[FeedEntry]:
        kind, _, _ = FEEDS[name]
        async with self._database.reading() as tx:
            rows, _ = await portal.find(tx, Wanted(kind=kind), FEED_ROWS)
        return [self._entry(row, base) for row in rows]

    def _entry(self, row: PublicRecord, base: str) -> FeedEntry:
        shown = row.status in SHOWN
        content = str(row.fields.get("content") or row.fields.get("violation") or "") if shown else row.reason
        words = (row.decision_no, row.org_name, content)
        return FeedEntry(
            record_id=row.record_id,
            kind=row.kind,
            status=row.status,
            title=row.title,
            summary="，".join(word for word in words if word),
            org_name=row.org_name,
            url=f"{base}/records/{row.record_id}",
            published_at=row.first_published_at.astimezone(self._clock.zone),
            updated_at=row.published_at.astimezone(self._clock.zone),
        )
