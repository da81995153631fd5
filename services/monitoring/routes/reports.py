"""`/api/supervision/v1/reports/{kind}/{period}`: page, DOCX and JSON of one and the same report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, time, timedelta
from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.pages import Pages
from services.monitoring.domain.reports import Material, Report, bulletin, corrections, daily, latest, monthly, span_of
from services.monitoring.pages.pictures import side
from services.monitoring.report_document import write_docx
from services.monitoring.routes.supervision import Reader, scope_of
from services.monitoring.store import reports as store
from services.monitoring.store.office import OfficeStore

Kind = Literal["daily", "monthly", "bulletin"]
MAKERS: Mapping[str, Callable[[Material], Report]] = {"daily": daily, "monthly": monthly, "bulletin": bulletin}
BAD_PERIOD = Problem(
    "PERIOD",
    "/period",
    "期间应写成 2026-03-02（日报）、2026-03、2026-Q1 或 2026",
    "write the period as 2026-03-02 (daily), 2026-03, 2026-Q1 or 2026",
)
NOT_YET = Problem("PERIOD_AHEAD", "/period", "这一期间还没有开始", "the period has not begun")
VIEWERS = ("supervisor", "supervisor-admin", "auditor", "operator", "department")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class ReportRoutes:
    """The reports of one process."""

    def __init__(self, database: Database, clock: Clock, office: OfficeStore, pages: Pages) -> None:
        self._database, self._clock, self._office, self._pages = database, clock, office, pages

    def router(self) -> APIRouter:
        """All routes of reports; the ending of the address names the form, JSON without one."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["reports"])
        router.get("/reports/{kind}/{period}")(self.report)
        return router

    def page_router(self) -> APIRouter:
        """The page that leads to the reports."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.get("/supervision/reports", dependencies=[Depends(self._pages.requires(*VIEWERS))])(self.shelf)
        return router

    async def shelf(self, request: Request) -> HTMLResponse:
        """The last days, months and quarters, each with its report."""
        t, today = self._pages.texts(request), self._clock.now().astimezone(self._clock.zone).date()
        shelves = [(kind, list(latest(kind, today))) for kind in MAKERS]
        return self._pages.render(request, "reports.html", {"shelves": shelves}, side=side(t, "reports"))

    async def report(self, kind: Kind, period: str, request: Request, reader: Reader) -> Response:
        """A report; one whose period has ended says for ever what it first said, with corrections beside it."""
        name, dot, form = period.rpartition(".")
        if dot and form in ("json", "html", "docx"):
            period = name
        else:
            form = "json"
        found = await self._report(kind, period, scope_of(reader, None))
        if form == "docx":
            headers = {"content-disposition": f'attachment; filename="{kind}-{period}.docx"'}
            return Response(write_docx(found), media_type=WORD, headers=headers)
        if form == "html":
            t = self._pages.texts(request)
            return self._pages.render(request, "report.html", {"report": found}, side=side(t, "reports"))
        return JSONResponse(msgspec.to_builtins(asdict(found)))

    async def _report(self, kind: str, period: str, org: str | None) -> Report:
        span, now, zone = span_of(kind, period), self._clock.now(), self._clock.zone
        if span is None:
            raise Refusal("invalid", BAD_PERIOD)
        if datetime.combine(span[0], time(0), zone) > now:
            raise Refusal("invalid", NOT_YET)
        has_ended = datetime.combine(span[1] + timedelta(days=1), time(0), zone) <= now
        async with self._database.transaction() as tx:
            office = await self._office.office(tx)
            fresh = MAKERS[kind](await store.gather(tx, office, period, span[0], span[1], now, zone, org))
            before = await store.given(tx, kind, period, org or "")
            if before is None:
                if has_ended:
                    await store.keep(tx, fresh, org or "", now)
                return fresh
        return replace(_read(before), corrections=tuple(corrections(before, msgspec.to_builtins(asdict(fresh)))))


def _read(body: Mapping[str, Any]) -> Report:
    return msgspec.convert(body, Report, strict=False)
