"""`POST /api/approval/v1/feeds/…`: halls that speak a format of their own; all of it ends as the same events."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import codec
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.deadletters import Letter
from libs.common.runtime.problems import Refusal, error_item, language_of
from services.approval.feeds.messages import Converter, Message
from services.approval.routes.answers import in_zone, json_answer
from services.approval.routes.events import FULL, MAX_EVENTS, RETRY_AFTER_S, TOO_MANY
from services.approval.routes.senders import Sending
from services.approval.store.feeds import Feeds, Result

TAKEN = "1"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
DryRun = Annotated[bool, Query(description="只校验，不收下 Judge only, keep nothing")]
NO_RECEIPT = Problem("RECEIPT_UNKNOWN", "", "没有这个回执", "there is no such receipt")


def feed_routes(feeds: Feeds, database: Database, clock: Clock, converters: Mapping[str, Converter]) -> APIRouter:
    """The feeds of other formats, and the receipts by which a sender learns what became of a message."""
    router = APIRouter(prefix="/api/approval/v1", tags=["feeds"])

    async def take(sender: Sending, flavour: str, messages: Sequence[Message], dry_run: bool) -> list[Result]:
        if len(messages) > MAX_EVENTS:
            raise Refusal("too-large", TOO_MANY)
        now, wall = clock.now(), clock.wall()
        results = await feeds.take(
            converters[flavour], messages, sender.source, sender.scope, now, wall, dry_run=dry_run
        )
        if results is None:
            raise Refusal("unavailable", FULL, retry_after_s=RETRY_AFTER_S)
        return results

    @router.post(
        "/feeds/gdbs",
        summary="广东省网上办事大厅报文 Messages of the Guangdong exchange: form or JSON {sblsh, sptype, spobject}",
        openapi_extra={"requestBody": {"required": True, "content": {m: {"schema": {}} for m in (*FORMS, _JSON)}}},
        responses={200: {"description": "form: the plain text 1; JSON: {results:[{case_no, status, errors}]}"}},
    )
    async def gdbs(request: Request, sender: Sending, dry_run: DryRun = False) -> Response:
        converter = converters["gdbs"]
        is_form = request.headers.get("content-type", "").lower().startswith(FORMS)
        if is_form:
            form = await request.form()
            said = {name: str(form[name]) for name in ("sblsh", "sptype", "spobject") if name in form}
            messages = [converter.message(msgspec.json.encode(said))]
        else:
            messages = [converter.message(raw) for raw in codec.split_batch(await request.body())]
        results = await take(sender, "gdbs", messages, dry_run)
        if is_form:
            return _plain(results[0], request)
        return json_answer({"results": _said(results, request)})

    @router.post("/feeds/shandong/{call}", summary="山东省交换：五个接口 The five calls of the Shandong exchange")
    async def shandong(
        call: Literal["receiveBasicInfo", "receiveProc", "receiveSpecialnode", "receiveApplyFile", "receiveDone"],
        request: Request,
        sender: Sending,
        dry_run: DryRun = False,
    ) -> Response:
        converter = converters["shandong"]
        messages = [converter.message(raw, call) for raw in await _rows(request)]
        results = await take(sender, "shandong", messages, dry_run)
        is_taken = all(result.status != "rejected" for result in results)
        code, word = (200, "success") if is_taken else (500, "rejected")
        return json_answer({"code": code, "message": word, "results": _said(results, request)})

    @router.post("/feeds/national/{table}", summary="国家前置库行集，JSON 或 CSV Rows of the national exchange library")
    async def national(
        table: Literal[
            "up_pro_accept", "up_pro_process", "up_pro_result", "up_pro_special_procedure", "up_pro_material"
        ],
        request: Request,
        sender: Sending,
        dry_run: DryRun = False,
    ) -> Response:
        converter = converters["national"]
        messages = [converter.message(raw, table) for raw in await _rows(request)]
        results = await take(sender, "national", messages, dry_run)
        return json_answer({"results": _said(results, request)})

    @router.get("/receipts/{receipt_no}", summary="回执 What became of a message: parked, re-reported, taken")
    async def receipt(receipt_no: Annotated[str, Path(max_length=128)], request: Request, sender: Sending) -> Response:
        async with database.reading() as tx:
            letter = await feeds.letter(tx, receipt_no)
            source = sender.source or request.query_params.get("source")
            taken_at = await feeds.taken_at(tx, source, receipt_no) if letter is None and source else None
        if letter is not None and _may_read(sender, letter):
            return json_answer(in_zone(_letter_document(receipt_no, letter, request), clock.zone))
        if taken_at is not None:
            return json_answer(
                in_zone({"receipt_no": receipt_no, "state": "accepted", "received_at": taken_at}, clock.zone)
            )
        raise Refusal("not-found", NO_RECEIPT)

    return router


_JSON = "application/json"
_NOT_UTF8 = Problem("BAD_ENCODING", "", "CSV 不是 UTF-8 编码；请另存为 UTF-8", "the CSV is not UTF-8; save it as UTF-8")


async def _rows(request: Request) -> Sequence[bytes]:
    """The rows of a body: a JSON object, an array of them, or CSV with a head line."""
    body = await request.body()
    if not request.headers.get("content-type", "").lower().startswith("text/csv"):
        return codec.split_batch(body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(_NOT_UTF8) from error
    return [msgspec.json.encode(row) for row in csv.DictReader(io.StringIO(text), restkey="")]


def _plain(result: Result, request: Request) -> Response:
    """What the halls of the exchange expect: `1` = taken; anything else says why, with the number of the receipt."""
    if result.status != "rejected":
        return PlainTextResponse(TAKEN)
    language = language_of(request.headers.get("accept-language"))
    items = [error_item(problem, language) for problem in result.problems]
    lines = [f"{item['pointer']} {item['code']} {item['message']}" for item in items]
    return PlainTextResponse("\n".join(["0", f"receipt {result.receipt_no or '-'}", *lines]), 422)


def _said(results: Iterable[Result], request: Request) -> list[dict[str, Any]]:
    language = language_of(request.headers.get("accept-language"))
    return [
        {
            "case_no": result.message.case_no,
            "kind": result.message.kind,
            "status": result.status,
            "receipt_no": result.receipt_no,
            "errors": [error_item(problem, language) for problem in result.problems],
            "warnings": [error_item(problem, language) for problem in result.warnings],
        }
        for result in results
    ]


def _may_read(sender: Sending, letter: Letter) -> bool:
    """A key reads the receipts of its own source; persons and services inside no scope read all."""
    source = dict(letter.record.headers).get("source", b"").decode()
    if sender.source is not None:
        return source == sender.source
    return not sender.principal.orgs and sender.principal.covers(region=source.split("/")[3] if source else None)


_STATES = {"parked": "parked", "behind": "parked", "replayed": "accepted", "discarded": "settled"}


def _letter_document(receipt_no: str, letter: Letter, request: Request) -> dict[str, Any]:
    language = language_of(request.headers.get("accept-language"))
    headers = dict(letter.record.headers)
    return {
        "receipt_no": receipt_no,
        "state": _STATES[letter.state],
        "case_no": letter.key,
        "kind": headers.get("kind", b"").decode(),
        "errors": [error_item(problem, language) for problem in letter.problems],
        "received_at": letter.parked_at,
        "settled_at": letter.settled_at,
        "reason": letter.reason,
    }


def read_again(
    feeds: Feeds, clock: Clock, converters: Mapping[str, Converter]
) -> Callable[[Tx, Letter], Awaitable[tuple[Problem, ...]]]:
    """What the desk of the dead letters does with a letter of a feed: the problems that still stand against it."""

    async def again(tx: Tx, letter: Letter) -> tuple[Problem, ...]:
        converter = converters[letter.record.topic.removeprefix("feed.")]
        return (await feeds.replay(tx, converter, letter, clock.now(), clock.wall())).problems

    return again
