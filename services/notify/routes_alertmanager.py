"""`/alertmanager/api/v2`: Alertmanager's own API, so that Prometheus, amtool, karma and Grafana need no change.

Shapes and meanings are those of its OpenAPI document (0.25). Errors are a JSON string, as its clients expect them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry, Counter
from pydantic import BaseModel, Field

from libs.common.kernel.errors import DataError, Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.database import Database
from libs.common.runtime.problems import language_of
from services.notify.domain.matchers import Matcher, all_match, parse_matchers
from services.notify.domain.silences import Silence
from services.notify.masking import plain_document
from services.notify.store import Place, RoutingStore
from services.notify.store_outside import OpenAlert, open_alerts, open_groups, take_pushed
from services.notify.store_silences import one_silence, silences_since
from services.notify.store_silencing import end_silence, put_silence

Reader = Annotated[Principal, Depends(require("supervisor", "supervisor-admin", "operator", "auditor"))]
Keeper = Annotated[Principal, Depends(require("supervisor-admin", "operator"))]
Filters = Annotated[list[str], Query(alias="filter", default_factory=list)]
PUSH_MAX = 10_000
PUSHES_AT_ONCE = 3
NO_NUL = r"^[^\x00]*$"
KEPT = timedelta(days=5)
VERSION = {
    "version": "0.25.0",
    "revision": "sunlit-hall",
    "branch": "main",
    "buildUser": "sunlit-hall",
    "buildDate": "",
    "goVersion": "none",
}


class MatcherIn(BaseModel):
    """A matcher as the API writes it."""

    name: str = Field(pattern=NO_NUL, min_length=1, max_length=200)
    value: str = Field(pattern=NO_NUL, max_length=2000)
    isRegex: bool  # noqa: N815 - Alertmanager's name
    isEqual: bool = True  # noqa: N815


class SilenceIn(BaseModel):
    """A silence to make, or to change when `id` is given."""

    id: str | None = Field(None, pattern=NO_NUL, max_length=200)
    matchers: list[MatcherIn] = Field(min_length=1, max_length=50)
    startsAt: datetime  # noqa: N815
    endsAt: datetime  # noqa: N815
    createdBy: str = Field(pattern=NO_NUL, max_length=200)  # noqa: N815
    comment: str = Field(pattern=NO_NUL, max_length=2000)


class AlertmanagerApi:
    """The routes of one process."""

    def __init__(
        self,
        database: Database,
        tree: RoutingStore,
        place: Place,
        new_id: Callable[[], str],
        registry: CollectorRegistry,
    ) -> None:
        self._database, self._tree, self._place, self._new_id = database, tree, place, new_id
        self._began = place.clock.wall()
        # fewer than the pool has connections: a storm of pushes queues here and leaves the pages their turn
        self._pushes = asyncio.Semaphore(PUSHES_AT_ONCE)
        self._taken = Counter(
            "sunlit_notify_alerts_received", "Alerts pushed by others", ["outcome"], registry=registry
        )

    def router(self) -> APIRouter:
        """All routes; `tags` name them as the original's document does."""
        router = APIRouter(prefix="/alertmanager/api/v2")
        router.get("/status", tags=["general"])(self.status)
        router.get("/receivers", tags=["receiver"])(self.receivers)
        router.get("/silences", tags=["silence"])(self.silences)
        router.post("/silences", tags=["silence"])(self.put)
        router.get("/silence/{silence_id}", tags=["silence"])(self.silence)
        router.delete("/silence/{silence_id}", tags=["silence"])(self.end)
        router.get("/alerts", tags=["alert"])(self.alerts)
        router.post("/alerts", tags=["alert"], openapi_extra=ALERTS_BODY)(self.push)
        router.get("/alerts/groups", tags=["alertgroup"])(self.groups)
        return router

    async def status(self, who: Reader) -> Response:
        """Version, uptime and the configuration in force as Alertmanager's tools read it, its keys masked."""
        async with self._database.reading() as tx:
            document = await self._tree.document(tx)
        return JSONResponse(
            {
                "cluster": {"status": "disabled", "peers": []},
                "versionInfo": VERSION,
                "config": {"original": plain_document(document)},
                "uptime": self._began.isoformat(),
            }
        )

    async def receivers(self, who: Reader) -> Response:
        """The receivers' names."""
        async with self._database.reading() as tx:
            routing = await self._tree.current(tx)
        return JSONResponse([{"name": name} for name in routing.receivers])

    async def silences(self, who: Reader, filters: Filters) -> Response:
        """Silences that are in force, to come, or over since a short while."""
        try:
            wanted = _filters(filters)
        except ValueError as error:
            return _wrong(400, str(error))
        now = self._place.clock.wall()
        async with self._database.reading() as tx:
            found = await silences_since(tx, now - KEPT)
        kept = [s for s in found if all_match(wanted, {m.name: m.value for m in s.matchers})]
        return JSONResponse([_silence_json(silence, now) for silence in kept])

    async def silence(self, silence_id: str, who: Reader) -> Response:
        """One silence."""
        async with self._database.reading() as tx:
            found = await one_silence(tx, silence_id)
        if found is None:
            return _wrong(404, "silence not found")
        return JSONResponse(_silence_json(found, self._place.clock.wall()))

    async def put(self, given: SilenceIn, request: Request, who: Keeper) -> Response:
        """Makes or changes a silence."""
        now = self._place.clock.wall()
        if given.startsAt.tzinfo is None or given.endsAt.tzinfo is None:
            return _wrong(400, "startsAt and endsAt need an offset")
        try:
            matchers = tuple(_matcher(matcher) for matcher in given.matchers)
            silence = Silence(
                given.id or "", matchers, given.startsAt, given.endsAt, given.createdBy, given.comment, now
            )
            async with self._database.transaction() as tx:
                made = await put_silence(tx, silence, now, self._new_id)
        except (DataError, ValueError) as error:
            return _refused(request, error)
        return _wrong(404, "silence not found") if made is None else JSONResponse({"silenceID": made.silence_id})

    async def end(self, silence_id: str, who: Keeper) -> Response:
        """Ends a silence now."""
        async with self._database.transaction() as tx:
            ended = await end_silence(tx, silence_id, self._place.clock.wall())
        if ended is None:
            return _wrong(404, "silence not found")
        return Response(status_code=200) if ended else _wrong(500, f"silence {silence_id} already expired")

    async def push(self, request: Request, who: Keeper) -> Response:
        """Takes alerts; what is wrong is named (400) and the rest is taken all the same."""
        try:
            raws = orjson.loads(await request.body())
        except orjson.JSONDecodeError as error:
            return _wrong(400, f"not JSON: {error}")
        if not isinstance(raws, list) or len(raws) > PUSH_MAX:
            return _wrong(400, f"a list of at most {PUSH_MAX} alerts is expected")
        async with self._pushes, self._database.transaction() as tx:
            wrong = await take_pushed(tx, self._tree, self._place, raws, self._place.clock.wall())
        self._taken.labels("refused").inc(len(wrong))
        self._taken.labels("taken").inc(len(raws) - len(wrong))
        return _refused(request, DataError(*wrong)) if wrong else Response(status_code=200)

    async def alerts(
        self,
        who: Reader,
        filters: Filters,
        active: bool = True,
        silenced: bool = True,
        inhibited: bool = True,
        unprocessed: bool = True,
        receiver: str = "",
    ) -> Response:
        """What fires, with what keeps it silent."""
        try:
            chosen = _Chosen(_filters(filters), active, silenced, inhibited, _expression(receiver))
        except ValueError as error:
            return _wrong(400, str(error))
        now = self._place.clock.wall()
        async with self._database.reading() as tx:
            rows = await open_alerts(tx, self._tree, self._place, now)
            resolve = (await self._tree.current(tx)).resolve_timeout
        return JSONResponse([_alert_json(row, now + resolve) for row in rows if chosen.takes(row, row.receivers)])

    async def groups(
        self,
        who: Reader,
        filters: Filters,
        active: bool = True,
        silenced: bool = True,
        inhibited: bool = True,
        receiver: str = "",
    ) -> Response:
        """What fires, group by group."""
        try:
            chosen = _Chosen(_filters(filters), active, silenced, inhibited, _expression(receiver))
        except ValueError as error:
            return _wrong(400, str(error))
        now = self._place.clock.wall()
        async with self._database.reading() as tx:
            rows = {row.alert.fingerprint: row for row in await open_alerts(tx, self._tree, self._place, now)}
            groups = await open_groups(tx)
            resolve = (await self._tree.current(tx)).resolve_timeout
        found = []
        for name, labels, members in groups:
            alerts = [rows[member] for member in members if member in rows and chosen.takes(rows[member], (name,))]
            if alerts:
                shown = [_alert_json(row, now + resolve) for row in alerts]
                found.append({"labels": dict(labels), "receiver": {"name": name}, "alerts": shown})
        return JSONResponse(found)


class _Chosen:
    """Which alerts a caller wants to see."""

    def __init__(
        self,
        wanted: tuple[Matcher, ...],
        active: bool,
        silenced: bool,
        inhibited: bool,
        receiver: re.Pattern[str] | None,
    ) -> None:
        self._wanted, self._receiver = wanted, receiver
        self._active, self._silenced, self._inhibited = active, silenced, inhibited

    def takes(self, row: OpenAlert, receivers: Iterable[str]) -> bool:
        """Whether the alert is one of them."""
        if self._receiver is not None and not any(self._receiver.fullmatch(name) for name in receivers):
            return False
        if not self._active and row.state == "active":
            return False
        if (not self._silenced and row.silenced_by) or (not self._inhibited and row.inhibited_by):
            return False
        return all_match(self._wanted, row.alert.labels)


def _filters(texts: Sequence[str]) -> tuple[Matcher, ...]:
    return tuple(matcher for text in texts for matcher in parse_matchers(text))


def _expression(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise ValueError(f"receiver: {error}") from error


def _matcher(given: MatcherIn) -> Matcher:
    op: Literal["=", "!=", "=~", "!~"] = "=" if given.isEqual else "!="
    if given.isRegex:
        op = "=~" if given.isEqual else "!~"
        try:
            re.compile(given.value)
        except re.error as error:
            raise ValueError(f"matcher {given.name}: {error}") from error
    return Matcher(given.name, op, given.value)


def _silence_json(silence: Silence, now: datetime) -> dict[str, Any]:
    return {
        "id": silence.silence_id,
        "status": {"state": silence.state(now)},
        "updatedAt": silence.updated_at.isoformat(),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "startsAt": silence.starts_at.isoformat(),
        "endsAt": silence.ends_at.isoformat(),
        "matchers": [
            {"name": m.name, "value": m.value, "isRegex": m.op.endswith("~"), "isEqual": m.op.startswith("=")}
            for m in silence.matchers
        ],
    }


def _alert_json(row: OpenAlert, otherwise: datetime) -> dict[str, Any]:
    alert = row.alert
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": alert.starts_at.isoformat(),
        "endsAt": (alert.over_at or otherwise).isoformat(),
        "updatedAt": row.updated_at.isoformat(),
        "fingerprint": alert.fingerprint,
        "generatorURL": alert.generator_url,
        "receivers": [{"name": name} for name in row.receivers],
        "status": {
            "state": row.state,
            "silencedBy": list(row.silenced_by),
            "inhibitedBy": list(row.inhibited_by),
        },
    }


def _wrong(status: int, text: str) -> Response:
    return JSONResponse(text, status)


def _refused(request: Request, error: DataError | ValueError) -> Response:
    if not isinstance(error, DataError):
        return _wrong(400, str(error))
    english = language_of(request.headers.get("accept-language", "en")) == "en"
    return _wrong(400, "; ".join(_words(problem, english) for problem in error.problems))


def _words(problem: Problem, english: bool) -> str:
    return f"{problem.pointer} {problem.message_en if english else problem.message}"


ALERTS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
    }
}
