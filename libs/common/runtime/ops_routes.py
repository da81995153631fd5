"""The operator's calls of every service: how it stands, and its dead letters.

Operators see no personal data: of a letter they get its reasons and the shape of its content; the bytes only an
administrator.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, Query
from fastapi.responses import Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.deadletters import Letter, State
from libs.common.runtime.letters import CLOSED, GONE, NOT_FIRST
from libs.common.runtime.problems import Refusal
from libs.common.runtime.status import status_of

Reader = Annotated[Principal, Depends(require("operator", "auditor"))]
Operator = Annotated[Principal, Depends(require("operator"))]


def ops_router(spine: Spine) -> APIRouter:
    """Routes under `/ops/<service>/api`."""
    router = APIRouter(prefix=f"/ops/{spine.service}/api", tags=["ops"])

    @router.get("/status", summary="运行状态 How this service stands")
    async def status(_: Reader) -> Response:
        return _json(await status_of(spine))

    @router.get("/dead", summary="死信列表 Dead letters")
    async def dead(
        _: Reader,
        state: Annotated[list[State] | None, Query(description="parked, behind, replayed, discarded")] = None,
        key: str | None = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Response:
        letters = await spine.letters.page(state or ("parked", "behind"), after=after, key=key, limit=limit + 1)
        more = letters[limit - 1].id if len(letters) > limit else None
        return _json({"items": [_summary(letter) for letter in letters[:limit]], "next_after": more})

    @router.get("/dead/{letter_id}", summary="一封死信 One letter")
    async def letter(letter_id: int, reader: Reader) -> Response:
        found = await spine.letters.one(letter_id)
        if found is None:
            raise Refusal("not-found", GONE)
        return _json(_summary(found) | _content(found, clear=reader.role == "admin"))

    @router.post("/dead/{letter_id}:replay", summary="重放 Replay a letter and what waits behind it")
    async def replay(letter_id: int, operator: Operator) -> Response:
        return _settled(await spine.letters.replay(letter_id, by=operator.subject))

    @router.post("/dead/{letter_id}:discard", summary="丢弃（须写明理由）Discard a letter, with the reason")
    async def discard(letter_id: int, operator: Operator, reason: Annotated[str, Body(embed=True)]) -> Response:
        return _settled(await spine.letters.discard(letter_id, by=operator.subject, reason=reason))

    return router


def _settled(problems: tuple[Problem, ...]) -> Response:
    if problems:
        code = "not-found" if GONE in problems else "conflict" if {CLOSED, NOT_FIRST} & set(problems) else "invalid"
        raise Refusal(code, *problems)
    return _json({"settled": True})


def _summary(letter: Letter) -> dict[str, Any]:
    record = letter.record
    return {
        "id": letter.id,
        "state": letter.state,
        "line": letter.line,
        "key": letter.key,
        "code": letter.code,
        "problems": letter.problems,
        "attempts": letter.attempts,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "stored_at": record.stored_at,
        "parked_at": letter.parked_at,
        "settled_at": letter.settled_at,
        "by": letter.by,
        "reason": letter.reason,
        "size_bytes": len(record.raw) if record.raw is not None else 0,
    }


def _content(letter: Letter, *, clear: bool) -> dict[str, Any]:
    raw = letter.record.raw or b""
    try:
        shape = shape_of(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        shape = None
    content: dict[str, Any] = {"shape": shape, "headers": [name for name, _ in letter.record.headers]}
    if clear:
        content["raw_base64"] = base64.b64encode(raw).decode()
    return content


def shape_of(value: Any) -> Any:
    """A JSON value with every leaf replaced by what kind of thing it is, so that nobody's data are shown."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape_of(each) for each in value]
    return f"text of {len(value)}" if isinstance(value, str) else type(value).__name__


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"Cache-Control": "no-store"})
