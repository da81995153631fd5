"""The catalogue as a whole: import and export of files, versions and what they changed, approval of many drafts."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal, error_item, language_of
from services.approval.domain.item import changes
from services.approval.feeds.item_files import ItemRow, read_items, write_csv, write_xlsx
from services.approval.routes.answers import in_zone, json_answer
from services.approval.routes.reference import NOT_KNOWN
from services.approval.store import catalogue

Cataloguer = Annotated[Principal, Depends(require("clerk", "department", "operator", "supervisor-admin"))]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = {"text/csv": "csv", XLSX: "xlsx", "application/json": "json"}
Code = Annotated[str, Path(min_length=1, max_length=64)]


class Approval(BaseModel):
    """`POST /items:approve`."""

    model_config = ConfigDict(extra="forbid")

    item_codes: list[str] | None = Field(None, max_length=20_000, description="absent = every draft of other persons")


def item_routes(database: Database, clock: Clock) -> APIRouter:
    """Import, export, versions, differences."""
    router = APIRouter(prefix="/api/approval/v1", tags=["items"])

    @router.post(
        "/items:import",
        summary="导入事项 Import items from CSV, XLSX or JSON: drafts, with a report row by row",
        openapi_extra={"requestBody": {"required": True, "content": {media: {"schema": {}} for media in MEDIA}}},
    )
    async def take(
        request: Request,
        author: Cataloguer,
        dry_run: Annotated[bool, Query(description="只校验 Judge only, keep nothing")] = False,
    ) -> Response:
        media = MEDIA.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
        if media is None:
            raise Refusal("media-type", _MEDIA)
        rows = await asyncio.to_thread(read_items, await request.body(), media)
        rows = [_in_scope(row, author) for row in rows]
        bodies = [row.body for row in rows if row.body is not None]
        async with database.transaction() as tx, tx.begin_nested() as point:
            fates = await catalogue.draft_many(tx, bodies, author.subject, clock.now())
            if dry_run:
                await point.rollback()
        return json_answer(_report(rows, fates, language_of(request.headers.get("accept-language"))), 202)

    @router.post("/items:approve", summary="批准事项草稿（另一人）Approve drafts of other persons, all or the named")
    async def approve(approver: Cataloguer, order: Approval) -> Response:
        async with database.transaction() as tx:
            done = await catalogue.approve_many(tx, order.item_codes, approver.subject, clock.now())
        return json_answer({"approved": done.count})

    @router.get("/items:export", summary="导出事项 Items in force as CSV, XLSX or JSON, as the import reads them")
    async def export(
        format_name: Annotated[Literal["csv", "xlsx", "json"], Query(alias="format")] = "csv", kind: str | None = None
    ) -> Response:
        async with database.reading() as tx:
            bodies = await catalogue.everything(tx, kind)
        if format_name == "json":
            return json_answer({"items": bodies})
        content = await asyncio.to_thread(write_csv if format_name == "csv" else write_xlsx, bodies)
        media = "text/csv; charset=utf-8" if format_name == "csv" else XLSX
        name = f'attachment; filename="items.{format_name}"'
        return Response(content, media_type=media, headers={"Content-Disposition": name})

    @router.get("/items/{item_code}/versions", summary="事项的各版本 Every version; `on` = the one in force that day")
    async def versions(item_code: Code, on: date | None = None) -> Response:
        async with database.reading() as tx:
            found = await catalogue.versions(tx, item_code)
        if on is not None:
            held = catalogue.in_force_on(found, on)
            found = [held] if held is not None else []
        if not found:
            raise Refusal("not-found", NOT_KNOWN)
        said = [
            {**stored.body, "version": stored.version, "state": stored.state, "author": stored.author}
            | {"approver": stored.approver, "changed_at": stored.changed_at}
            for stored in found
        ]
        return json_answer(in_zone({"items": said, "next_cursor": None}, clock.zone))

    @router.get("/items/{item_code}/diff", summary="两个版本的差别 What changed between two versions")
    async def diff(
        item_code: Code,
        before: Annotated[int, Query(alias="from", ge=1)],
        after: Annotated[int, Query(alias="to", ge=1)],
    ) -> Response:
        async with database.reading() as tx:
            found = {stored.version: stored.body for stored in await catalogue.versions(tx, item_code)}
        if before not in found or after not in found:
            raise Refusal("not-found", NOT_KNOWN)
        listed = [asdict(change) for change in changes(found[before], found[after])]
        return json_answer({"item_code": item_code, "from": before, "to": after, "changes": listed})

    return router


_MEDIA = Problem(
    "MEDIA_TYPE",
    "",
    "只接受 CSV（text/csv）、XLSX 和 JSON（application/json）",
    "CSV (text/csv), XLSX and JSON (application/json) are taken",
)
_FOREIGN = Problem(
    "OUT_OF_SCOPE",
    "/org_code",
    "您无权维护该单位或地区的事项",
    "you may not keep items of this organisation or region",
)


def _in_scope(row: ItemRow, author: Principal) -> ItemRow:
    body = row.body
    if body is None or author.covers(region=body.region_code, org=body.org_code):
        return row
    return ItemRow(row.number, row.code, None, (_FOREIGN,))


def _report(rows: list[ItemRow], fates: dict[str, catalogue.Fate], language: str) -> dict[str, Any]:
    said = [
        {
            "row": row.number,
            "item_code": row.code,
            "status": fates[row.body.item_code] if row.body is not None else "rejected",
            "errors": [error_item(problem, language) for problem in row.problems],
        }
        for row in rows
    ]
    counts = {name: sum(one["status"] == name for one in said) for name in ("drafted", "unchanged", "rejected")}
    return {"rows": len(rows), **counts, "report": said}
