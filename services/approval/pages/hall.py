"""`/hall/`: the work queue by what is due first, and the page of a case: how late, why, what now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import over
from libs.common.runtime.auth import Principal
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.catalogue import Texts
from libs.common.web.frame import NavGroup, NavItem
from libs.common.web.pages import Pages
from services.approval.handlers import view_of
from services.approval.pages.case_page import case_context
from services.approval.pages.words import row_act
from services.approval.ports import Desk
from services.approval.store.cards import Cards
from services.approval.store.cases import CaseFiles
from services.approval.store.queries import QUEUES, Days, Filter, count_queues, is_unproven, list_cases

PAGE_ROWS = 50
LIGHTS = ("green", "notice", "yellow", "red", "paused", "grey")
ROLES = ("clerk", "department", "approver", "reviewer", "supervisor", "supervisor-admin", "operator", "auditor")
# The queues beside the page, by heading.
GROUPS = (
    ("title", ("over", "today", "day1", "day3", "paused", "open")),
    ("intake", ("received", "supplement")),
    ("after", ("delivery", "all")),
)


def days_at(now: datetime, calendar: WorkingCalendar) -> Days:
    """The dates at which queues are cut, by the platform's calendar; past it they fall together with today."""
    today = now.date()
    day1, day3 = calendar.nth_after(today, 1), calendar.nth_after(today, 3)
    return Days(now, today, day1 or today, day3 or today)


def hall_pages(
    pages: Pages, database: Database, clock: Clock, cursors: Cursors, files: CaseFiles, cards: Cards
) -> APIRouter:
    """The queue and the case."""
    router = APIRouter(
        default_response_class=HTMLResponse, include_in_schema=False, dependencies=[Depends(pages.requires(*ROLES))]
    )

    def reader(request: Request) -> Principal:
        found = pages.principal(request)
        assert found is not None, "pages.requires has let nobody in without a principal"
        return found

    @router.get("/hall/")
    async def queue(
        request: Request,
        queue: str = "open",
        org: str = "",
        item: str = "",
        light: str = "",
        q: str = "",
        cursor: str = "",
    ) -> HTMLResponse:
        who, t, now = reader(request), pages.texts(request), clock.now()
        chosen = queue if queue in QUEUES else "open"
        if q and "queue" not in request.query_params:
            chosen = "all"  # a search from the bar on top looks everywhere
        wanted = Filter(
            org=org or None,
            item=item or None,
            light=light if light in LIGHTS else None,
            q=q or None,
            queue=chosen,
            regions=who.regions,
            orgs=who.orgs,
        )
        after = cursors.read(wanted.scope(), cursor) if cursor else None
        async with database.reading() as tx:
            desk = await files.desk(tx, [])
            days = days_at(now, desk.calendars.default)
            counts = await count_queues(tx, wanted, days)
            found = await list_cases(tx, wanted, days, after=after, limit=PAGE_ROWS)
        behind = cursors.write(wanted.scope(), found.behind) if found.behind is not None else None
        context = {
            "queue": chosen,
            "rows": [_row(row, desk, now, t) for row in found.rows],
            "next_cursor": behind,
            "count": counts.get(chosen) if not (item or light or q) else None,
            "lights": [("", t("approval.queue.any")), *((name, t(f"light.{name}")) for name in LIGHTS)],
        }
        return pages.render(request, "queue.html", context, side=_side(t, counts, chosen, org))

    @router.get("/hall/cases/{case_no}")
    async def case(request: Request, case_no: str) -> HTMLResponse:
        who, t, now = reader(request), pages.texts(request), clock.now()
        async with database.reading() as tx:
            found = await files.one(tx, case_no)
            desk = await files.desk(tx, [case_no])
            counts = await count_queues(
                tx, Filter(regions=who.regions, orgs=who.orgs), days_at(now, desk.calendars.default)
            )
            live = await cards.of_case(tx, case_no)
            unproven = await is_unproven(tx, case_no)
        view = view_of(found, desk) if found is not None else None
        if view is None or not who.covers(region=view.common.region_code, org=view.common.org_code):
            raise Refusal("not-found")
        context = case_context(view, desk, now, live, t, pages.formats(request), unproven=unproven)
        return pages.render(request, "case.html", context, side=_side(t, counts, "", ""))

    return router


def _side(t: Texts, counts: Mapping[str, int], current: str, org: str) -> Sequence[NavGroup]:
    def address(name: str) -> str:
        return "/hall/?" + urlencode({"queue": name, **({"org": org} if org else {})})

    return [
        NavGroup(
            t(f"approval.queue.{title}"),
            [
                NavItem(t(f"approval.queue.{name}"), address(name), counts.get(name), current=name == current)
                for name in names
            ],
        )
        for title, names in GROUPS
    ]


def _row(row: Mapping[str, Any], desk: Desk, now: datetime, t: Texts) -> dict[str, Any]:
    calendar = desk.calendars.of(desk.calendar_code(row["region_code"]))
    today = now.astimezone(desk.zone_of(row["region_code"])).date()
    left = _left(row["due_on"], today, calendar)
    act = row_act(row["state"], row["result"], row["light"], left)
    return {
        **row,
        "left": left,
        "left_text": _left_text(left, t),
        "state_text": t(f"approval.state.{row['state']}"),
        "act": t(f"approval.act.{act}"),
        "is_urgent": act in ("decide_late", "decide_now"),
    }


def _left(due_on: date | None, today: date, calendar: WorkingCalendar) -> int | None:
    """Working days left, 0 on the due day, below 0 after it; None where no due day or no calendar says it."""
    if due_on is None:
        return None
    if today > due_on:
        passed = over(due_on, today, calendar)
        return -passed if passed is not None else None
    return calendar.count(today, due_on)


def _left_text(left: int | None, t: Texts) -> str:
    if left is None:
        return ""
    if left == 0:
        return t("approval.queue.day_today")
    return t("approval.queue.days_left", n=left) if left > 0 else t("approval.queue.days_over", n=-left)
