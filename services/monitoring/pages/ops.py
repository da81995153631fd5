"""`/ops/monitoring` for operators: how the service stands, its sources, and its dead letters with what can be done."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.outbox import outbox_state
from libs.common.web.letter_desk import LetterDesk
from libs.common.web.pages import Pages
from services.monitoring.store.office import OfficeStore

HOME = "/ops/monitoring"


def ops_pages(pages: Pages, spine: Spine, office: OfficeStore) -> APIRouter:
    """Overview, and the desk of the dead letters."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    may_read = [Depends(pages.requires("operator", "auditor"))]
    desk = LetterDesk(pages, spine.letters, HOME, "/supervision/cases/")

    @router.get(HOME, dependencies=may_read)
    async def overview(request: Request, after: int = 0) -> HTMLResponse:
        async with spine.database.reading() as tx:
            waiting = await outbox_state(tx)
            parked, behind = await deadletters.count(tx)
            found = await office.office(tx)
        context = {
            "sources": list(found.sources.values()),
            "regions": [(region.name, f"{region.zone.key}，{region.preset}") for region in found.regions.values()],
            "outbox": waiting.rows,
            "dead": parked + behind,
            "letters": await desk.panel(request, after),
        }
        return pages.render(request, "ops_monitoring.html", context)

    router.include_router(desk.router())
    return router
