"""`/api/supervision/v1/exports`: event logs of a slice for process mining, streamed page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.event_logs import write_ocel, write_xes
from services.monitoring.judging import reading_of
from services.monitoring.routes.supervision import Reader, scope_of
from services.monitoring.store.files import CaseFiles
from services.monitoring.store.office import OfficeStore

PAGE = 500
# an OCEL is one JSON object: a slice that is larger is taken as XES
OCEL_CASES_MAX = 20_000
From = Annotated[date, Query(alias="from")]
To = Annotated[date, Query(alias="to")]


@dataclass(frozen=True, slots=True)
class Slice:
    """Cases of an organisation and an item that were opened in [first_on, last_on]."""

    first_on: date
    last_on: date
    org: str | None
    item: str | None

    def holds(self, case: Proceeding) -> bool:
        """Whether the case belongs to the slice, by the legal date of its own region."""
        opened_on = case.opened_at.astimezone(case.zone).date()
        return (
            self.first_on <= opened_on <= self.last_on
            and self.org in (None, case.org_code)
            and self.item in (None, case.item_code)
        )


class ExportRoutes:
    """The routes of exports."""

    def __init__(self, database: Database, clock: Clock, office: OfficeStore, files: CaseFiles) -> None:
        self._database, self._clock, self._office, self._files = database, clock, office, files

    def router(self) -> APIRouter:
        """Both formats."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["exports"])
        router.get("/exports/log.xes")(self.xes)
        router.get("/exports/log.ocel.json")(self.ocel)
        return router

    async def xes(
        self, reader: Reader, from_on: From, to_on: To, org: str | None = None, item: str | None = None
    ) -> StreamingResponse:
        """The slice as XES, streamed."""
        wanted = Slice(from_on, to_on, scope_of(reader, org), item)
        headers = {"content-disposition": 'attachment; filename="log.xes"'}
        return StreamingResponse(self._written(wanted), media_type="application/xml", headers=headers)

    async def ocel(
        self, reader: Reader, from_on: From, to_on: To, org: str | None = None, item: str | None = None
    ) -> Response:
        """The slice as OCEL 2.0 JSON, at most 20 000 cases."""
        wanted = Slice(from_on, to_on, scope_of(reader, org), item)
        found: list[Proceeding] = []
        async for cases in self._cases(wanted):
            found += cases
            if len(found) >= OCEL_CASES_MAX:
                break
        return Response(msgspec.json.encode(write_ocel(found[:OCEL_CASES_MAX])), media_type="application/json")

    async def _written(self, wanted: Slice) -> AsyncIterator[str]:
        head, _, tail = "".join(write_xes([])).rpartition("</log>")
        yield head
        async for cases in self._cases(wanted):
            yield "".join(write_xes(cases)).removeprefix(head).removesuffix(f"</log>{tail}")
        yield f"</log>{tail}"

    async def _cases(self, wanted: Slice) -> AsyncIterator[list[Proceeding]]:
        after = ""
        while True:
            async with self._database.reading() as tx:
                files = await self._files.page(tx, after, PAGE)
                office = await self._office.office(tx)
            if not files:
                return
            after = files[-1].case_no
            readings = [reading_of(file, office) for file in files if file.kind == "case"]
            yield [reading[0] for reading in readings if reading is not None and wanted.holds(reading[0])]
