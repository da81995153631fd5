"""`/ops/notify` for operators: what fires, what waits, what failed, and addresses that said they are gone."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.looks import due_state
from libs.common.runtime.outbox import outbox_state
from libs.common.web.letter_desk import LetterDesk
from libs.common.web.pages import Pages
from services.notify import store_queries
from services.notify.domain.targets import CHANNELS
from services.notify.store import GROUPS_LINE

HOME = "/ops/notify"
SEE_OTHER = 303
STATES = ("pending", "sent", "merged", "failed")
_ENABLE = sa.text("DELETE FROM disabled_target WHERE target = :target")


def ops_pages(pages: Pages, spine: Spine) -> APIRouter:
    """The overview, and the act that lets a disabled address be tried again."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    desk = LetterDesk(pages, spine.letters, HOME)

    @router.get(HOME, dependencies=[Depends(pages.requires("operator", "auditor"))])
    async def overview(request: Request, after: int = 0) -> HTMLResponse:
        t, who = pages.texts(request), pages.principal(request)
        async with spine.database.reading() as tx:
            figures = await store_queries.figures(tx, spine.clock.wall())
            waiting = await outbox_state(tx)
            parked, behind = await deadletters.count(tx)
            due = await due_state(tx, GROUPS_LINE, spine.clock.wall())
        context = {
            "figures": figures,
            "outbox": waiting.rows,
            "dead": parked + behind,
            "letters": await desk.panel(request, after),
            "due": due.due,
            "heads": [
                {"key": "channel", "title": t("log.channel")},
                *({"key": state, "title": t(f"delivery.{state}"), "num": True} for state in STATES),
            ],
            "rows": [
                (t(f"channel.{channel}"), channel, [(s, figures.channels.get((channel, s), 0)) for s in STATES])
                for channel in CHANNELS
            ],
            "may_act": who is not None and who.role != "auditor",
        }
        return pages.render(request, "ops_notify.html", context)

    @router.post(HOME, dependencies=[Depends(pages.requires("operator"))])
    async def enable(request: Request) -> Response:
        form = await request.form()
        async with spine.database.transaction() as tx:
            await tx.execute(_ENABLE, {"target": str(form.get("target", ""))})
        return RedirectResponse(HOME, SEE_OTHER)

    router.include_router(desk.router())
    return router
