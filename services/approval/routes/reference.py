"""Regions, organisations, items: what a feed must name before its events, what the catalogue knows (decision 20)."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.collect import problems_of
from libs.common.kernel.events.reference import ItemPublished, OrgPublished, RegionPublished
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX, Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.approval.domain.item import item_problems
from services.approval.routes.answers import in_zone, json_answer
from services.approval.routes.calendars import NO_DRAFT, SAME_PERSON
from services.approval.schemas import OrganisationProfile, RegionProfile
from services.approval.store.reference import Kind, References, Stored

Registrar = Annotated[Principal, Depends(require("hall", "operator", "supervisor-admin"))]
Cataloguer = Annotated[Principal, Depends(require("clerk", "department", "operator", "supervisor-admin"))]
Code = Annotated[str, Path(min_length=1, max_length=64)]
NATIONAL_CALENDAR = "CN"
NOT_KNOWN = Problem("CODE_UNKNOWN", "", "没有这个代码", "there is no such code")


def reference_routes(database: Database, clock: Clock, cursors: Cursors, references: References) -> APIRouter:
    """Reading is public: names and codes of authorities and items are published anyway (许可法 30)."""
    router = APIRouter(prefix="/api/approval/v1", tags=["reference"])

    async def one(kind: Kind, code: str) -> Response:
        async with database.glance() as tx:
            found = await references.current(tx, kind, code)
        if found is None:
            raise Refusal("not-found", NOT_KNOWN)
        return json_answer(_document(found))

    @router.get("/regions/{region_code}", summary="地区 A region's profile")
    async def region(region_code: Code) -> Response:
        return await one("region", region_code)

    @router.put("/regions/{region_code}", summary="登记地区 Register a region: name, time zone, preset, calendar")
    async def put_region(region_code: Code, registrar: Registrar, profile: RegionProfile) -> Response:
        _in_scope(registrar, region=region_code)
        body = RegionPublished(
            region_code=region_code,
            name=profile.name,
            timezone=_zone(profile.timezone),
            calendar=profile.calendar or NATIONAL_CALENDAR,
            preset=profile.preset,
            author=registrar.subject,
        )
        return await put("region", region_code, body, registrar)

    @router.get("/organisations/{org_code}", summary="组织 An organisation")
    async def organisation(org_code: Code) -> Response:
        return await one("org", org_code)

    @router.put("/organisations/{org_code}", summary="登记组织 Register an organisation")
    async def put_organisation(org_code: Code, registrar: Registrar, profile: OrganisationProfile) -> Response:
        _in_scope(registrar, region=profile.region_code, org=org_code)
        body = OrgPublished(org_code=org_code, author=registrar.subject, **profile.model_dump())
        return await put("org", org_code, body, registrar)

    async def put(kind: Kind, code: str, body: Any, author: Principal) -> Response:
        now = clock.now()
        async with database.transaction() as tx:
            known = await references.current(tx, kind, code)
            if known is not None and known.state == "effective" and _same(known.body, body):
                return json_answer({"code": code, "version": known.version, "state": "effective"})
            version = await references.put(tx, kind, code, body, author.subject, now)
        return json_answer({"code": code, "version": version, "state": "effective"})

    @router.get("/items", summary="事项 Items by code")
    async def items(limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50, cursor: str | None = None) -> Response:
        after = str(cursors.read("items", cursor)[0]) if cursor else ""
        async with database.glance() as tx:
            found = await references.listed(tx, "item", after=after, limit=limit + 1)
        behind = cursors.write("items", [found[limit - 1].code]) if len(found) > limit else None
        return json_answer({"items": [_document(row) for row in found[:limit]], "next_cursor": behind})

    @router.get("/items/{item_code}", summary="一个事项 One item as it is in force")
    async def item(item_code: Code) -> Response:
        return await one("item", item_code)

    @router.put("/items/{item_code}", summary="起草事项版本 Draft a version of an item")
    async def put_item(item_code: Code, author: Cataloguer, request: Request) -> Response:
        body = _item(await request.body(), item_code)
        _in_scope(author, region=body.region_code, org=body.org_code)
        async with database.transaction() as tx:
            version = await references.put_draft(tx, "item", item_code, body, author.subject, clock.now())
        return json_answer({"code": item_code, "version": version, "state": "draft"}, 202)

    @router.post(
        "/items/{item_code}:approve", summary="批准事项版本 Approve the draft (another person than its author)"
    )
    async def approve_item(item_code: Code, approver: Cataloguer) -> Response:
        async with database.transaction() as tx:
            draft = await references.draft(tx, "item", item_code)
            if draft is None:
                raise Refusal("not-found", NO_DRAFT)
            if draft.author == approver.subject:
                raise Refusal("conflict", SAME_PERSON)
            await references.approve(tx, draft, approver.subject, clock.now())
        return json_answer({"code": item_code, "version": draft.version, "state": "effective"})

    def _document(row: Stored) -> dict[str, Any]:
        said = {"code": row.code, "version": row.version, "state": row.state, "author": row.author}
        found: dict[str, Any] = in_zone(
            {**row.body, **said, "approver": row.approver, "changed_at": row.changed_at}, clock.zone
        )
        return found

    return router


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataError(
            Problem(
                "ZONE_UNKNOWN",
                "/timezone",
                "没有这个时区；请写 IANA 名称，如 Asia/Shanghai",
                "there is no such time zone; write its IANA name, e.g. Asia/Shanghai",
            )
        ) from error


def _in_scope(principal: Principal, *, region: str | None = None, org: str | None = None) -> None:
    if not principal.covers(region=region, org=org):
        raise Refusal("forbidden")


def _same(stored: dict[str, Any], body: Any) -> bool:
    given = msgspec.to_builtins(body)
    return {**stored, "author": None} == {**given, "author": None}


def _item(raw: bytes, item_code: str) -> ItemPublished:
    value, faults = strict_json.read(raw)
    if faults:
        raise DataError(*faults)
    if isinstance(value, dict):
        value = {**value, "item_code": value.get("item_code", item_code), "version": 1}
    problems = problems_of(value, ItemPublished, "")
    if problems:
        raise DataError(*problems)
    body: ItemPublished = msgspec.convert(value, ItemPublished)
    if against := item_problems(body):
        raise DataError(*against)
    if body.item_code != item_code:
        raise DataError(
            Problem(
                "ADDRESS_DIFFERS", "/item_code", "与地址中的事项编码不同", "differs from the item code of the address"
            )
        )
    return body
