"""`POST /api/approval/v1/feeds/xes`: an event log (IEEE 1849), `.xes` or `.xes.gz`, taken in by a mapping profile."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, BinaryIO, cast

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.reference import OrgPublished, RegionPublished
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal, error_item, language_of
from services.approval.feeds.xes import Profile, Trace, convert, load_profile, profile_names, read_traces
from services.approval.routes.answers import json_answer
from services.approval.routes.events import FULL, RETRY_AFTER_S
from services.approval.routes.senders import Sender, Sending
from services.approval.store.intake import Intake, Row
from services.approval.store.reference import References

BATCH_EVENTS = 2000
GZIP = b"\x1f\x8b"
CALENDAR = "CN"


def xes_routes(intake: Intake, database: Database, clock: Clock, references: References) -> APIRouter:
    """Event logs of other systems."""
    router = APIRouter(prefix="/api/approval/v1", tags=["feeds"])

    @router.post(
        "/feeds/xes",
        status_code=202,
        summary="XES 事件日志 An XES event log, .xes or .xes.gz, by a mapping profile",
        openapi_extra={"requestBody": {"required": True, "content": {"application/xml": {"schema": {}}}}},
        responses={202: {"description": "{accepted, duplicates, rejected:[{index, id, errors}]}"}},
    )
    async def take(
        request: Request,
        sender: Sending,
        profile: Annotated[str, Query(max_length=64, description="映射方案 A mapping profile")],
        dry_run: Annotated[bool, Query(description="只校验，不收下 Judge only, keep nothing")] = False,
    ) -> Response:
        if profile not in profile_names():  # a name of ours, never a path of the sender's
            known = "、".join(profile_names())
            raise Refusal(
                "invalid",
                Problem(
                    "UNKNOWN_PROFILE",
                    "?profile",
                    f"没有这个映射方案；现有：{known}",
                    f"no such profile; known: {known}",
                ),
            )
        mapping = load_profile(profile)
        language = language_of(request.headers.get("accept-language"))
        tally: dict[str, Any] = {"accepted": 0, "duplicates": 0, "rejected": []}
        with tempfile.SpooledTemporaryFile(max_size=8 << 20) as log:
            async for piece in request.stream():
                log.write(piece)
            log.seek(0)
            packed = log.read(2) == GZIP
            log.seek(0)
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=log, mode="rb") if packed else log)
            if not dry_run:
                await introduce(mapping, sender)
            rows = _rows(stream, mapping)
            while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH_EVENTS))):
                await _post(batch, sender, tally, language, dry_run)
        return json_answer(tally, 202, {"Content-Language": language})

    async def introduce(mapping: Profile, sender: Sender) -> None:
        """The town that the log is of, unless somebody has registered it: its days end at its own midnight."""
        principal = sender.principal
        if not principal.covers(region=mapping.region_code):
            raise Refusal("forbidden")
        region = RegionPublished(
            region_code=mapping.region_code,
            name=mapping.region_name,
            timezone=mapping.timezone.key,
            calendar=CALENDAR,
            preset="default",
            author=principal.subject,
        )
        async with database.transaction() as tx:
            known = await references.current(tx, "region", mapping.region_code)
            if known is None or known.state == "seen":
                await references.put(tx, "region", mapping.region_code, region, principal.subject, clock.now())
            for org in mapping.organisations.values():
                there = await references.current(tx, "org", org.code)
                if there is None or there.state == "seen":
                    body = OrgPublished(org_code=org.code, name=org.name, region_code=mapping.region_code)
                    await references.put(tx, "org", org.code, body, principal.subject, clock.now())

    async def _post(rows: Sequence[Row], sender: Sender, tally: dict[str, Any], language: str, dry_run: bool) -> None:
        now: datetime = clock.now()
        answer = await intake.take(rows, sender.scope, now, clock.wall(), dry_run=dry_run)
        if answer.is_full:
            raise Refusal("unavailable", FULL, retry_after_s=RETRY_AFTER_S)
        first = tally["accepted"] + tally["duplicates"] + len(tally["rejected"])
        tally["accepted"] += answer.accepted
        tally["duplicates"] += answer.duplicates
        tally["rejected"] += [
            {"index": first + place, "id": id_, "errors": [error_item(problem, language) for problem in problems]}
            for place, id_, problems in answer.rejected
        ]

    return router


def _rows(stream: BinaryIO, mapping: Profile) -> Iterator[Row]:
    """The events of a log as rows; a trace that cannot be read is one row with its problems.

    Raises:
        DataError: BROKEN_XML or BROKEN_GZIP, where the log breaks off; what came before it is taken.
    """
    for trace in _traces(stream):
        try:
            events = convert(trace, mapping)
        except DataError as error:
            yield Row(b"", None, error.problems, trace.attributes.get(mapping.case["number"]))
            continue
        for event in events:
            raw = msgspec.json.encode(event)
            found = codec.parse_intake(raw)
            yield Row(raw, found, id=found.id) if isinstance(found, Event) else Row(raw, None, found, event["id"])


def _traces(stream: BinaryIO) -> Iterator[Trace]:
    try:
        yield from read_traces(stream)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(_BROKEN_GZIP) from error


_BROKEN_GZIP = Problem("BROKEN_GZIP", "", "压缩文件已损坏；请重新导出", "the packed file is broken; export it again")
