"""Duty rosters: who is on duty now and in the coming days, and the chains that run when nobody signs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.runtime.database import Database
from libs.common.web.catalogue import Texts
from libs.common.web.pages import Pages
from services.notify.domain.duty import Roster
from services.notify.domain.escalation import Chain, is_worked
from services.notify.pages.words import side
from services.notify.store import Place, RoutingStore

DAYS = 14


def roster_pages(pages: Pages, database: Database, tree: RoutingStore, place: Place) -> APIRouter:
    """`/notify/rosters`."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    readers = [Depends(pages.requires("supervisor", "supervisor-admin", "operator", "auditor"))]

    @router.get("/notify/rosters", dependencies=readers)
    async def show(request: Request) -> HTMLResponse:
        t = pages.texts(request)
        async with database.reading() as tx:
            routing = await tree.current(tx)
        now = place.clock.now()
        context = {
            "rosters": [_roster(roster, now, place.calendar, t) for roster in routing.rosters.values()],
            "chains": [_chain(chain, t) for chain in routing.chains.values()],
            "digests": list(routing.digests.values()),
        }
        return pages.render(request, "rosters.html", context, side=side(t, None, "rosters"))

    return router


def _roster(roster: Roster, now: datetime, calendar: WorkingCalendar | None, t: Texts) -> dict[str, Any]:
    days = []
    for number in range(DAYS):
        at = now + timedelta(days=number)
        day = roster.day_of(at)
        person = roster.on_duty(at, calendar)
        why = "swap" if day in roster.swaps else "rest" if not is_worked(day, calendar) else "work"
        days.append({"on": day, "name": person.name, "why": t(f"roster.{why}"), "now": number == 0})
    return {
        "post": roster.post,
        "now": roster.on_duty(now, calendar).name,
        "turn": t(f"roster.turn_{roster.turn}"),
        "handover": roster.handover.strftime("%H:%M"),
        "days": days,
    }


def _chain(chain: Chain, t: Texts) -> dict[str, Any]:
    steps = [
        {
            "receiver": step.receiver,
            "seconds": step.seconds,
            "kind": t("roster.in_hours" if step.working else "roster.in_minutes"),
        }
        for step in chain.steps
    ]
    return {"name": chain.name, "steps": steps, "rounds": chain.rounds}
