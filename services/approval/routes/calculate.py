"""`POST /deadlines:calculate` and `POST /lights:calculate`: public, pure calls of the kernel."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from libs.common.kernel.calendar import Calendars
from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.collect import problems_of
from libs.common.kernel.statutory_clock import CaseClock, DeadlineQuery, Pause, check_clock, deadline, light
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal, language_of
from services.approval.routes.answers import json_answer
from services.approval.schemas import day_document
from services.approval.store.reference import References

T = TypeVar("T")
_PAUSES = {"type": "array", "items": {"type": "array"}, "description": "[[from, to|null], …]"}
_DEADLINE = {
    "type": "object",
    "required": ["kind", "start", "n"],
    "properties": {
        "rule": {"type": "string", "examples": ["LIC-42"]},
        "kind": {"enum": ["workdays", "calendar_days", "calendar_months", "before_calendar_days"]},
        "start": {"type": "string", "format": "date"},
        "n": {"type": "integer"},
        "pauses": _PAUSES,
        "extension": {"type": "integer"},
        "extension_decided_on": {"type": "string", "format": "date"},
        "roll": {"type": "boolean"},
        "region": {"type": "string"},
        "allow_provisional": {"type": "boolean"},
    },
}
_LIGHT = {
    "type": "object",
    "required": ["start", "as_of"],
    "properties": {
        "start": {"type": "string", "format": "date"},
        "promise_n": {"type": "integer"},
        "legal_n": {"type": "integer"},
        "as_of": {"type": "string", "format": "date"},
        "pauses": _PAUSES,
        "region": {"type": "string"},
    },
}


class LightQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `POST /lights:calculate`."""

    start: date
    as_of: date
    promise_n: int | None = None
    legal_n: int | None = None
    pauses: tuple[Pause, ...] = ()
    region: str | None = None


def calculation_routes(database: Database, references: References) -> APIRouter:
    """The two calculators."""
    router = APIRouter(prefix="/api/approval/v1", tags=["calculators"])

    async def calendars() -> Calendars:
        async with database.glance() as tx:
            return await references.calendars(tx)

    @router.post("/deadlines:calculate", summary="计算届满日 The due day of a limit", openapi_extra=_body(_DEADLINE))
    async def deadlines(request: Request) -> Response:
        query = _read(await request.body(), DeadlineQuery)
        answer = deadline(query, (await calendars()).of(query.region))
        if isinstance(answer, Problem):
            raise Refusal("invalid", answer)
        language = language_of(request.headers.get("accept-language"))
        document: dict[str, Any] = {
            "deadline": answer.deadline,
            "warnings": answer.warnings,
            "calendar_version": answer.calendar_version,
            "days": [day_document(day, language) for day in answer.days],
        }
        if answer.provisional_deadline is not None:
            document["provisional_deadline"] = answer.provisional_deadline
        return json_answer(document)

    @router.post("/lights:calculate", summary="计算亮灯 The light of a clock", openapi_extra=_body(_LIGHT))
    async def lights(request: Request) -> Response:
        query = _read(await request.body(), LightQuery)
        clock = CaseClock(start=query.start, promise_n=query.promise_n, legal_n=query.legal_n, pauses=query.pauses)
        refused = check_clock(clock)
        if refused is not None:
            raise Refusal("invalid", refused)
        answer = light(clock, query.as_of, (await calendars()).of(query.region))
        language = language_of(request.headers.get("accept-language"))
        return json_answer(
            {
                "used": answer.used,
                "remaining_promise": answer.remaining_promise,
                "remaining_legal": answer.remaining_legal,
                "light": answer.light,
                "why": answer.why_en if language == "en" else answer.why,
            }
        )

    return router


def _read(body: bytes, wanted: type[T]) -> T:
    """The body as a question; every problem of it at once."""
    value, faults = strict_json.read(body)
    if faults:
        raise DataError(*faults)
    problems = problems_of(value, wanted, "")
    if problems:
        raise DataError(*problems)
    return msgspec.convert(value, wanted)


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
