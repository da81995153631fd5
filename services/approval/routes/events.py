"""`POST /api/approval/v1/events`: CloudEvents come in, structured, in batches, or in binary mode."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from libs.common.kernel.errors import Problem
from libs.common.kernel.events import codec
from libs.common.kernel.events.binding import Headers, to_structured
from libs.common.kernel.events.envelope import Event
from libs.common.runtime.clock import Clock
from libs.common.runtime.problems import Refusal, error_item, language_of
from services.approval.domain.intake import ID_REUSED
from services.approval.routes.answers import json_answer
from services.approval.routes.senders import Sending
from services.approval.store.gathering import Gathering
from services.approval.store.intake import Answer, Intake, Row

MAX_EVENTS = 10_000
BATCH = "application/cloudevents-batch+json"
SMALL_BODY_BYTES = 16 * 1024
RETRY_AFTER_S = 2

TOO_MANY = Problem(
    "BATCH_TOO_LARGE",
    "",
    f"一批最多 {MAX_EVENTS} 个事件；请分批报送",
    f"a batch holds at most {MAX_EVENTS} events; send it in parts",
)
_PACKED = Problem(
    "CONTENT_ENCODING",
    "",
    "不支持压缩的请求体；请不压缩直接发送，事件多时分批发送",
    "a packed body is not supported; send it unpacked, and many events in parts",
)
FULL = Problem(
    "OUTBOXFULL",
    "",
    "平台暂时无法转发新事件，已停收；什么都没有收下，请稍后原样重发",
    "the platform cannot forward new events at the moment; nothing was taken, send the same again later",
)


def event_routes(intake: Intake, clock: Clock) -> APIRouter:
    """The intake."""
    together = Gathering(intake)
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
        sender: Sending,
        dry_run: Annotated[bool, Query(description="只校验，不收下 Judge only, keep nothing")] = False,
    ) -> Response:
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refusal("media-type", _PACKED)
        body = await request.body()
        is_batch = request.headers.get("content-type", "").lower().startswith(BATCH) or _is_list(body)
        headers = dict(request.headers)
        if is_batch or dry_run or len(body) > SMALL_BODY_BYTES:
            # beside the event loop, for ten thousand rows take a while
            rows = await asyncio.to_thread(_read_batch if is_batch else _read_one, body, headers)
            answer = await intake.take(rows, sender.scope, clock.now(), clock.wall(), dry_run=dry_run)
        else:
            (row,) = _read_one(body, headers)
            answer = await together.take(row, sender.scope, clock.now(), clock.wall())
        if answer.is_full:
            raise Refusal("unavailable", FULL, retry_after_s=RETRY_AFTER_S)
        if not is_batch and answer.rejected:
            problems = answer.rejected[0][2]
            raise Refusal(_refusal_of(problems), *problems)
        language = language_of(request.headers.get("accept-language"))
        return json_answer(_said(answer, language), 202, {"Content-Language": language})

    return router


_MEDIA = ("application/cloudevents+json", BATCH, "application/json")


def _is_list(body: bytes) -> bool:
    return body.lstrip()[:1] == b"["


def _read_batch(body: bytes, _: Headers) -> list[Row]:
    parts = codec.split_batch(body)
    if len(parts) > MAX_EVENTS:
        raise Refusal("too-large", TOO_MANY)
    return [_row(part) for part in parts]


def _read_one(body: bytes, headers: Headers) -> list[Row]:
    return [_row(to_structured(body, headers))]


def _row(raw: bytes) -> Row:
    """Decode a row and judge its form."""
    found = codec.parse_intake(raw)
    return Row(raw, found, id=found.id) if isinstance(found, Event) else Row(raw, None, found, _id_of(raw))


def _refusal_of(problems: tuple[Problem, ...]) -> str:
    """What the refusal of a single event is called: decision 12 names the three answers."""
    if ID_REUSED in problems:
        return "conflict"
    return "too-large" if problems[0].code in ("TOO_LARGE", "TOO_DEEP") else "invalid"


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
