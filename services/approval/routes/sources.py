"""Hall systems and their keys: the operator registers, pauses and resumes a source, makes and revokes its keys."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX, Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.approval.routes.answers import in_zone, json_answer
from services.approval.store.api_keys import ApiKey, ApiKeys, TooManyKeysError
from services.approval.store.sources import Sources

Operator = Annotated[Principal, Depends(require("operator"))]
Reader = Annotated[Principal, Depends(require("operator", "supervisor", "supervisor-admin", "auditor"))]
SOURCE = r"^//hall/[^/\s]{1,64}/[^/\s]{1,64}$"
SOURCE_UNKNOWN = Problem(
    "SOURCE_UNKNOWN",
    "/source",
    "没有登记过这个来源；先用 PUT /sources 登记",
    "this source is not registered; PUT /sources first",
)
KEY_UNKNOWN = Problem("KEY_UNKNOWN", "", "没有这把有效的密钥", "there is no living key of this id")
TOO_MANY_KEYS = Problem(
    "TOO_MANY_KEYS",
    "/source",
    "此来源已有两把有效密钥；换发前请先吊销旧的一把",
    "two keys of this source live; revoke the old one before you make another",
)


class SourceProfile(BaseModel):
    """`PUT /sources`."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(pattern=SOURCE, description="//hall/<region_code>/<system>")
    flavour: str = Field(description="cloudevents, gdbs, shandong, national")


class Reason(BaseModel):
    """`POST /sources:pause` and `:resume`."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(pattern=SOURCE)
    reason: str = Field(min_length=1, max_length=500)


class KeyOrder(BaseModel):
    """`POST /keys`."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(pattern=SOURCE, description="the one source that the key speaks for")
    name: str = Field(min_length=1, max_length=200, description="the system, for people")
    regions: list[str] = Field(default_factory=list, max_length=200)
    orgs: list[str] = Field(
        default_factory=list, max_length=2000, description="empty = all organisations of the source"
    )
    ttl_days: int = Field(365, ge=1, le=730)


def source_routes(database: Database, clock: Clock, cursors: Cursors, sources: Sources) -> APIRouter:
    """What hall systems there are."""
    router = APIRouter(prefix="/api/approval/v1", tags=["sources"])

    @router.get("/sources", summary="报送系统 Hall systems, what each cannot send, what waits of the paused ones")
    async def listed(
        _: Reader, limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50, cursor: str | None = None
    ) -> Response:
        after = str(cursors.read("sources", cursor)[0]) if cursor else ""
        async with database.reading() as tx:
            found = await sources.listed(tx, after=after, limit=limit + 1)
        behind = cursors.write("sources", [found[limit - 1][0].code]) if len(found) > limit else None
        items = [
            {**row.body, "version": row.version, "changed_at": row.changed_at, "waiting": waiting}
            for row, waiting in found[:limit]
        ]
        return json_answer(in_zone({"items": items, "next_cursor": behind}, clock.zone))

    @router.put("/sources", summary="登记报送系统及其格式 Register a source and the format it speaks")
    async def register(operator: Operator, profile: SourceProfile) -> Response:
        if profile.flavour not in sources.flavours:
            known = "、".join(sources.flavours)
            raise Refusal(
                "invalid",
                Problem(
                    "FLAVOUR_UNKNOWN", "/flavour", f"没有这种格式；现有：{known}", f"no such format; known: {known}"
                ),
            )
        async with database.transaction() as tx:
            version = await sources.register(tx, profile.source, profile.flavour, clock.now(), author=operator.subject)
        return json_answer({"source": profile.source, "flavour": profile.flavour, "version": version})

    @router.post("/sources:pause", summary="暂停来源：照收、不处理 Pause: everything is stored, nothing processed")
    async def pause(operator: Operator, order: Reason) -> Response:
        async with database.transaction() as tx:
            done = await sources.pause(tx, order.source, operator.subject, order.reason, clock.now())
        if not done:
            raise Refusal("not-found", SOURCE_UNKNOWN)
        return json_answer({"source": order.source, "state": "paused"})

    @router.post("/sources:resume", summary="恢复来源：补处理 Resume: what waits is processed in its order")
    async def resume(operator: Operator, order: Reason) -> Response:
        async with database.transaction() as tx:
            passed_on = await sources.resume(tx, order.source, operator.subject, order.reason, clock.now())
        if passed_on is None:
            raise Refusal("not-found", SOURCE_UNKNOWN)
        return json_answer({"source": order.source, "state": "open", "processed": passed_on})

    return router


def key_routes(database: Database, clock: Clock) -> APIRouter:
    """Keys of hall systems; the secret is shown once, in the answer that makes it."""
    router = APIRouter(prefix="/api/approval/v1", tags=["keys"])

    @router.get("/keys", summary="密钥（不含秘密）Keys without their secrets")
    async def listed(request: Request, _: Reader) -> Response:
        keys: ApiKeys = request.app.state.api_keys
        async with database.reading() as tx:
            found = await keys.listed(tx)
        wall = clock.wall()
        return json_answer(in_zone({"items": [_document(key, key.lives(wall)) for key in found]}, clock.zone))

    @router.post("/keys", status_code=201, summary="发放密钥 Make a key: its text is shown this once")
    async def make(request: Request, operator: Operator, order: KeyOrder) -> Response:
        keys: ApiKeys = request.app.state.api_keys
        ttl = timedelta(days=order.ttl_days)
        try:
            key, shown = await keys.make(
                order.source, order.name, order.regions, order.orgs, operator.subject, clock.wall(), ttl
            )
        except TooManyKeysError as error:
            raise Refusal("conflict", TOO_MANY_KEYS) from error
        return json_answer(in_zone({**_document(key, True), "key": shown}, clock.zone), 201)

    @router.delete("/keys/{kid}", summary="吊销密钥 Revoke a key")
    async def revoke(
        request: Request, operator: Operator, kid: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
    ) -> Response:
        keys: ApiKeys = request.app.state.api_keys
        if not await keys.revoke(kid, operator.subject, clock.wall()):
            raise Refusal("not-found", KEY_UNKNOWN)
        return json_answer({"kid": kid, "state": "revoked"})

    return router


def _document(key: ApiKey, lives: bool) -> dict[str, Any]:
    return {**asdict(key), "lives": lives}
