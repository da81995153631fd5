"""`GET /api/approval/v1/cases…` and `/progress`."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, Role, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX, Cursors
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.problems import Refusal, language_of
from libs.common.web.pages import Pages
from services.approval.domain.case import CaseView
from services.approval.domain.lights import light_at
from services.approval.handlers import view_of
from services.approval.pages.guesses import GUESS_WINDOW_S, Guesses
from services.approval.pages.hall import days_at
from services.approval.pages.words import entry_text, entry_words
from services.approval.ports import Desk
from services.approval.routes.answers import json_answer
from services.approval.schemas import LightName, State, case_document, row_document, traced_document
from services.approval.store.cards import Cards
from services.approval.store.cases import CaseFiles
from services.approval.store.progress import Progress
from services.approval.store.queries import Filter, is_unproven, list_cases

READERS: tuple[Role, ...] = (
    "clerk", "department", "reviewer", "approver", "supervisor", "supervisor-admin", "operator", "auditor"
)  # fmt: skip
Reader = Annotated[
    Principal,
    Depends(require(*READERS)),
]

NO_CASE = Problem(
    "CASE_UNKNOWN",
    "/case_no",
    "没有这个办件，或不在您的职权范围内；请核对编号",
    "there is no such case, or it is outside your scope; check the number",
)
NO_MATCH = Problem(
    "CASE_OR_CODE_WRONG",
    "",
    "编号或查询码不对；请核对受理回执",
    "the number or the code is wrong; check your receipt",
)


def case_routes(
    database: Database,
    clock: Clock,
    cursors: Cursors,
    files: CaseFiles,
    cards: Cards,
    progress: Progress,
    pages: Pages,
    guesses: Guesses,
) -> APIRouter:
    """Lists, single cases, clocks, the applicant's look-up."""
    router = APIRouter(prefix="/api/approval/v1", tags=["cases"])

    @router.get("/cases", summary="办件列表 Cases by what is due first")
    async def cases(
        reader: Reader,
        org: Annotated[str | None, Query(max_length=64)] = None,
        state: State | None = None,
        light: LightName | None = None,
        item: Annotated[str | None, Query(max_length=64)] = None,
        q: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50,
        cursor: str | None = None,
    ) -> Response:
        wanted = Filter(org, state, light, item, q, regions=reader.regions, orgs=reader.orgs)
        after = cursors.read(wanted.scope(), cursor) if cursor else None
        async with database.reading() as tx:
            desk = await files.desk(tx, [])
            found = await list_cases(tx, wanted, days_at(clock.now(), desk.calendars.default), after=after, limit=limit)
        next_cursor = cursors.write(wanted.scope(), found.behind) if found.behind is not None else None
        items = [row_document(row, clock.zone) for row in found.rows]
        return json_answer({"items": items, "next_cursor": next_cursor})

    @router.get("/cases/{case_no}", summary="一个办件 One case")
    async def case(case_no: str, reader: Reader, request: Request) -> Response:
        async with database.reading() as tx:
            view, desk = await visible_case(files, tx, case_no, reader)
            unproven = await is_unproven(tx, case_no)
            live = await cards.of_case(tx, case_no)
        now = clock.now()
        words = entry_words(view, pages.texts(request), pages.formats(request))
        light = light_at(view.lights, now, unproven=unproven)
        return json_answer(case_document(view, now, calendar_of(view, desk), light, live, words))

    @router.get("/cases/{case_no}/clocks", summary="时钟与逐日计时 Every clock with its day-by-day trace")
    async def clocks(case_no: str, reader: Reader, request: Request) -> Response:
        async with database.reading() as tx:
            view, desk = await visible_case(files, tx, case_no, reader)
        now = clock.now()
        language = language_of(request.headers.get("accept-language"))
        today, calendar = view.procedure.day(now), calendar_of(view, desk)
        found = [traced_document(each, now, today, calendar, language) for each in view.clocks.all]
        return json_answer({"case_no": case_no, "as_of": now.isoformat(timespec="seconds"), "clocks": found})

    @router.get("/progress", summary="申请人查进度 The applicant's own look-up")
    async def look_up(
        request: Request,
        case_no: Annotated[str, Query(min_length=1, max_length=64)],
        code: Annotated[str, Query(min_length=4, max_length=64)],
    ) -> Response:
        if guesses.are_too_many(case_no, time.monotonic()):
            raise Refusal("too-many-requests", retry_after_s=int(GUESS_WINDOW_S))
        found = await progress.look(case_no, code)
        view = view_of(*found) if found is not None else None
        if view is None:
            guesses.note(case_no, time.monotonic())
            raise Refusal("not-found", NO_MATCH)
        t, formats = pages.texts(request), pages.formats(request)
        due = view.next_clock
        return json_answer(
            {
                "case_no": case_no,
                "state": view.state,
                "result": view.procedure.result,
                "item": {"code": view.common.item_code, "name": view.common.item_name},
                "org_name": view.common.org_name,
                "due_on": due.due_on if due is not None else None,
                "provisional_due_on": due.provisional_due_on if due is not None else None,
                # No note, no name: what clerks wrote is not for this page.
                "timeline": [
                    {
                        "at": entry.at.astimezone(view.procedure.zone).isoformat(timespec="seconds"),
                        "type": entry.type,
                        "text": entry_text(entry, t, formats),
                    }
                    for entry in view.timeline
                ],
            }
        )

    return router


async def visible_case(files: CaseFiles, tx: Tx, case_no: str, reader: Principal) -> tuple[CaseView, Desk]:
    """The view of a case inside the reader's scope; refuses with 404 for any other."""
    found = await files.one(tx, case_no)
    if found is None:
        raise Refusal("not-found", NO_CASE)
    desk = await files.desk(tx, [case_no])
    view = view_of(found, desk)
    if view is None or not reader.covers(region=view.common.region_code, org=view.common.org_code):
        raise Refusal("not-found", NO_CASE)
    return view, desk


def calendar_of(view: CaseView, desk: Desk) -> WorkingCalendar:
    """The working calendar that counts for a case."""
    return desk.calendars.of(desk.calendar_code(view.common.region_code))
