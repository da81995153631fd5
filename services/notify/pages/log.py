"""The log of deliveries: every way of every notification, with what the other side said."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.web.pages import Pages
from services.notify import store_queries
from services.notify.domain.inbox import scope_of
from services.notify.domain.targets import CHANNELS
from services.notify.pages.words import read_place, side, write_place

PAGE_ROWS = 50
STATES = ("pending", "sent", "merged", "failed")


def log_pages(pages: Pages, database: Database, cursors: Cursors) -> APIRouter:
    """`/notify/deliveries`."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    readers = [Depends(pages.requires("supervisor", "supervisor-admin", "operator", "department", "auditor"))]

    @router.get("/notify/deliveries", dependencies=readers)
    async def deliveries(request: Request, state: str = "", channel: str = "", cursor: str = "") -> HTMLResponse:
        t, who = pages.texts(request), pages.principal(request)
        assert who is not None, "the dependency has asked already"
        state, channel = state if state in STATES else "", channel if channel in CHANNELS else ""
        name = f"log {state} {channel}"
        place, scope = read_place(cursors, name, cursor), scope_of(who.role, who.orgs)
        async with database.reading() as tx:
            rows, following = await store_queries.deliveries(tx, state, channel, scope, PAGE_ROWS, place)
        any_ = [("", t("log.any"))]
        context = {
            "rows": rows,
            "controls": [
                {
                    "name": "state",
                    "label": t("log.state"),
                    "type": "select",
                    "options": any_ + [(word, t(f"delivery.{word}")) for word in STATES],
                },
                {
                    "name": "channel",
                    "label": t("log.channel"),
                    "type": "select",
                    "options": any_ + [(word, t(f"channel.{word}")) for word in CHANNELS],
                },
            ],
            "next_cursor": write_place(cursors, name, following),
        }
        here = "failed" if state == "failed" else "log"
        return pages.render(request, "deliveries.html", context, side=side(t, None, here))

    return router
