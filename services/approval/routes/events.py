"""`POST /api/approval/v1/events`: CloudEvents come in, structured, in batches, or in binary mode."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from libs.common.kernel.errors import Problem
from libs.common.kernel.events import codec
from libs.common.kernel.events.binding import to_structured
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.problems import Refusal, error_item, language_of
from services.approval.domain.intake import ID_REUSED, Scope
from services.approval.routes.answers import json_answer
from services.approval.store.intake import Answer, Intake, Row

MAX_EVENTS = 10_000
BATCH = "application/cloudevents-batch+json"
RETRY_AFTER_S = 2

Sender = Annotated[Principal, Depends(require("hall", "clerk", "department", "operator"))]

_TOO_MANY = Problem(
    "BATCH_TOO_LARGE",
    "",
    f"一批最多 {MAX_EVENTS} 个事件；请分批报送",
    f"a batch holds at most {MAX_EVENTS} events; send it in parts",
)
_FULL = Problem(
    "OUTBOX_FULL",
    "",
    "平台暂时无法转发新事件，已停收；什么都没有收下，请稍后原样重发",
    "the platform cannot forward new events at the moment; nothing was taken, send the same again later",
)


def event_routes(intake: Intake, clock: Clock) -> APIRouter:
    """The intake."""
    router = APIRouter(prefix="/api/approval/v1", tags=["events"])

    @router.post(
        "/events",
        status_code=202,
        summary="报送大厅事件 Take in hall events",
        openapi_extra={"requestBody": {"required": True, "content": {media: {"schema": {}} for media in _MEDIA}}},
        responses={202: {"description": "{accepted, duplicates, rejected:[{index, id, errors}]}"}},
    )
    async def post_events(
        request: Request,
        sender: Sender,
        dry_run: Annotated[bool, Query(description="只校验，不收下 Judge only, keep nothing")] = False,
    ) -> Response:
        body = await request.body()
        is_batch = request.headers.get("content-type", "").lower().startswith(BATCH) or _is_list(body)
        if is_batch:
            parts = codec.split_batch(body)
            if len(parts) > MAX_EVENTS:
                raise Refusal("too-large", _TOO_MANY)
        else:
            parts = (to_structured(body, dict(request.headers)),)
        rows = await asyncio.to_thread(_read, parts)
        scope = Scope(frozenset(sender.regions), frozenset(sender.orgs))
        answer = await intake.take(rows, scope, clock.now(), clock.wall(), dry_run=dry_run)
        if answer.is_full:
            raise Refusal("unavailable", _FULL, retry_after_s=RETRY_AFTER_S)
        if not is_batch and answer.rejected:
            problems = answer.rejected[0][2]
            raise Refusal("conflict" if ID_REUSED in problems else "invalid", *problems)
        language = language_of(request.headers.get("accept-language"))
        return json_answer(_said(answer, language), 202, {"Content-Language": language})

    return router


_MEDIA = ("application/cloudevents+json", BATCH, "application/json")


def _is_list(body: bytes) -> bool:
    return body.lstrip()[:1] == b"["


def _read(parts: tuple[bytes, ...]) -> list[Row]:
    """Decode and judge the form of each row; runs beside the event loop, for ten thousand rows take a while."""
    rows: list[Row] = []
    for raw in parts:
        found = codec.parse_intake(raw)
        if isinstance(found, Event):
            rows.append(Row(raw, found, id=found.id))
        else:
            rows.append(Row(raw, None, found, _id_of(raw)))
    return rows


def _id_of(raw: bytes) -> str | None:
    try:
        value: Any = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _said(answer: Answer, language: str) -> dict[str, Any]:
    return {
        "accepted": answer.accepted,
        "duplicates": answer.duplicates,
        "rejected": [
            {"index": index, "id": id_, "errors": [error_item(problem, language) for problem in problems]}
            for index, id_, problems in answer.rejected
        ],
    }
