"""`/ops/approval` for operators: how the service stands, its sources, and its dead letters with what can be done."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.outbox import outbox_state
from libs.common.web.letter_desk import LetterDesk
from libs.common.web.pages import Pages
from services.approval.store.queries import figures
from services.approval.store.reference import References

HOME = "/ops/approval"


def ops_pages(pages: Pages, spine: Spine, references: References) -> APIRouter:
    """Overview, and the desk of the dead letters."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    may_read = [Depends(pages.requires("operator", "auditor"))]
    desk = LetterDesk(pages, spine.letters, HOME, "/hall/cases/")

    @router.get(HOME, dependencies=may_read)
    async def overview(request: Request, after: int = 0) -> HTMLResponse:
        async with spine.database.reading() as tx:
            counted = await figures(tx)
            waiting = await outbox_state(tx)
            parked, behind = await deadletters.count(tx)
            calendars = await references.calendars(tx)
        context = {
            "figures": counted,
            "outbox": waiting.rows,
            "dead": parked + behind,
            "letters": await desk.panel(request, after),
            "calendars": [
                (calendar.region, calendar.version) for calendar in (calendars.default, *calendars.by_region.values())
            ],
        }
        return pages.render(request, "ops_approval.html", context)

    router.include_router(desk.router())
    return router
