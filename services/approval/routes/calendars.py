"""`/calendars/{year}`: the working calendar as versioned data, drafted by one person and approved by another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import text

from libs.common.kernel.calendar import CalendarYear, WorkingCalendar
from libs.common.kernel.errors import ContractBroken, DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.collect import problems_of
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.problems import Refusal
from services.approval.domain.case import CaseView, view_case
from services.approval.domain.lights import light_at
from services.approval.handlers import view_of
from services.approval.ports import Desk
from services.approval.routes.answers import json_answer
from services.approval.store.cases import read_case
from services.approval.store.queries import open_cases
from services.approval.store.reference import References, with_years

Author = Annotated[Principal, Depends(require("supervisor-admin", "operator"))]
PAGE_CASES = 500
MOVED_SHOWN = 200
# The kind of look with which an approved calendar has every open case judged again.
RECALCULATE = "calendar"

_WAKE_ALL = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT :line, case_no, :kind, :now FROM case_file WHERE kind = 'case' AND ended_at IS NULL ORDER BY case_no
    ON CONFLICT (line, subject, kind) DO UPDATE SET due_at = EXCLUDED.due_at, waits_for = NULL
    """
)
NO_YEAR = Problem(
    "CALENDAR_UNAVAILABLE",
    "/year",
    "该年的放假安排尚未载入；请用 PUT 报送国务院办公厅的通知",
    "the notice of that year is not loaded; send it with PUT",
)
NO_DRAFT = Problem("DRAFT_UNKNOWN", "", "没有待批准的草稿", "there is no draft to approve")
SAME_PERSON = Problem(
    "SAME_PERSON",
    "",
    "起草人不能批准自己的草稿；请由另一人批准",
    "the author may not approve the draft; another person must",
)


def calendar_routes(database: Database, clock: Clock, references: References, line: str) -> APIRouter:
    """Reading, drafting, trying and approving calendar years.

    Args:
        line: the line whose cases are judged again when a calendar comes into force.
    """
    router = APIRouter(prefix="/api/approval/v1", tags=["calendars"])

    @router.get("/calendars/{year}", summary="工作日历 The working calendar of a year")
    async def read(year: int, region: str | None = None) -> Response:
        async with database.glance() as tx:
            calendar = (await references.calendars(tx)).of(region)
        found = calendar.year(year)
        if found is None:
            raise Refusal("not-found", NO_YEAR)
        return json_answer(_document(found, calendar))

    @router.put("/calendars/{year}", summary="起草某年的工作日历 Draft a calendar year (dry_run: what would change)")
    async def draft(
        year: int,
        author: Author,
        request: Request,
        region: Annotated[str, Query(max_length=64)] = "CN",
        dry_run: bool = False,
    ) -> Response:
        given = _read(await request.body(), year, region)
        async with database.transaction() as tx:
            desk = await references.desk(tx, NOBODY)
            _check(given, desk)
            if dry_run:
                return json_answer(await _what_if(tx, desk, given, clock.now()))
            version = await references.put_draft(tx, "calendar", _code(given), given, author.subject, clock.now())
        return json_answer({"region": region, "year": year, "version": version, "state": "draft"}, 202)

    @router.post("/calendars/{year}:approve", summary="批准草稿 Approve the draft (another person than its author)")
    async def approve(year: int, approver: Author, region: Annotated[str, Query(max_length=64)] = "CN") -> Response:
        now = clock.now()
        async with database.transaction() as tx:
            found = await references.draft(tx, "calendar", f"{region}:{year}")
            if found is None:
                raise Refusal("not-found", NO_DRAFT)
            if found.author == approver.subject:
                raise Refusal("conflict", SAME_PERSON)
            await references.approve(tx, found, approver.subject, now)
            await tx.execute(_WAKE_ALL, {"line": line, "kind": RECALCULATE, "now": now})
        return json_answer({"region": region, "year": year, "version": found.version, "state": "effective"})

    return router


class _Nobody:
    """A dry run publishes nothing, so it opens no seals."""

    def name_of(self, case_no: str, event_id: str, party: object) -> str | None:
        """Never asked."""
        return None


NOBODY = _Nobody()


def _code(year: CalendarYear) -> str:
    return f"{year.region}:{year.year}"


def _read(body: bytes, year: int, region: str) -> CalendarYear:
    value, faults = strict_json.read(body)
    if faults:
        raise DataError(*faults)
    if isinstance(value, dict):
        value = {**value, "year": value.get("year", year), "region": value.get("region", region)}
    problems = problems_of(value, CalendarYear, "")
    if problems:
        raise DataError(*problems)
    found: CalendarYear = msgspec.convert(value, CalendarYear)
    if found.year != year or found.region != region:
        pointer = "/year" if found.year != year else "/region"
        raise DataError(
            Problem(
                "ADDRESS_DIFFERS", pointer, "与地址中的年份或区划不同", "differs from the year or region of the address"
            )
        )
    return found


def _check(given: CalendarYear, desk: Desk) -> None:
    """Refuses days outside the year, a make-up day on a weekday, a gap between years, and so on."""
    try:
        with_years(desk.calendars, [given])
    except ContractBroken as error:
        raise DataError(Problem("CALENDAR_BROKEN", "", f"工作日历有误：{error}", str(error))) from error


async def _what_if(tx: Tx, desk: Desk, given: CalendarYear, now: datetime) -> dict[str, Any]:
    """Which open cases' due days would move and which lights would flip."""
    calendars = with_years(desk.calendars, [given])
    looked = moved = flipped = 0
    shown: list[dict[str, Any]] = []
    after = ""
    while rows := await open_cases(tx, after=after, limit=PAGE_CASES):
        after = rows[-1][0]
        for row in rows:
            case = read_case(*row)
            before = view_of(case, desk)
            if before is None:
                continue
            looked += 1
            changed = calendars.of(desk.calendar_code(before.common.region_code))
            then = view_case(case, changed, before.procedure.zone, desk.profiles)
            difference = _difference(before, then, now)
            moved += bool(difference.get("due"))
            flipped += "light" in difference
            if difference and len(shown) < MOVED_SHOWN:
                shown.append({"case_no": case.case_no, **difference})
    return {"open_cases": looked, "due_moved": moved, "lights_flipped": flipped, "cases": shown}


def _difference(before: CaseView, then: CaseView | None, now: datetime) -> dict[str, Any]:
    if then is None:
        return {}
    due = [
        {"clock_id": one.clock_id, "from": one.due_on or one.provisional_due_on, "to": other.due_on}
        for one, other in zip(before.clocks.all, then.clocks.all, strict=True)
        if one.due_on != other.due_on
    ]
    lights = light_at(before.lights, now), light_at(then.lights, now)
    found: dict[str, Any] = {"due": due} if due else {}
    return found | ({"light": {"from": lights[0], "to": lights[1]}} if lights[0] != lights[1] else {})


def _document(year: CalendarYear, calendar: WorkingCalendar) -> dict[str, Any]:
    def listed(rows: Iterable[Any]) -> list[Any]:
        return [msgspec.to_builtins(row) for row in rows]

    return {
        "region": calendar.region,
        "year": year.year,
        "source": year.source,
        "provisional": year.provisional,
        "rest": listed(year.rest),
        "make_up": listed(year.make_up),
        "calendar_version": calendar.version,
        "coverage": {"from": calendar.first_day, "to": calendar.last_day},
    }
