"""`/api/notify/v1/silences`: make, change, end, and see beforehand what a silence would keep quiet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from libs.common.kernel.errors import DataError, Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.notify.domain.matchers import Matcher, parse_matchers
from services.notify.domain.silences import Silence
from services.notify.store import Place, RoutingStore
from services.notify.store_outside import OpenAlert
from services.notify.store_silences import silences_since
from services.notify.store_silencing import end_silence, put_silence, would_silence

Reader = Annotated[Principal, Depends(require("supervisor", "supervisor-admin", "operator", "auditor"))]
Keeper = Annotated[Principal, Depends(require("supervisor-admin", "operator"))]
KEPT = timedelta(days=30)


class MatchersIn(BaseModel):
    """What a silence would fit: `severity="notice"`, `org_code=~"QX-.*"`."""

    matchers: list[Annotated[str, Field(pattern=r"^[^\x00]*$", max_length=2000)]] = Field(min_length=1, max_length=50)


class SilenceIn(MatchersIn):
    """A silence to make; instants are wall clock and carry their offset."""

    starts_at: datetime | None = None
    ends_at: datetime
    comment: str = Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$", description="why; everybody reads it")


class SilenceOut(BaseModel):
    """A silence and where it stands: pending, active, expired."""

    silence_id: str
    state: str
    matchers: list[str]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str


class FittingOut(BaseModel):
    """What fires now and would be silent."""

    fingerprint: str
    labels: dict[str, str]
    summary: str
    receivers: list[str]


class SilencesApi:
    """The routes of one process."""

    def __init__(self, database: Database, tree: RoutingStore, place: Place, new_id: Callable[[], str]) -> None:
        self._database, self._tree, self._place, self._new_id = database, tree, place, new_id

    def router(self) -> APIRouter:
        """All routes under `/api/notify/v1/silences`."""
        router = APIRouter(prefix="/api/notify/v1", tags=["silences"])
        router.get("/silences")(self.silences)
        router.post("/silences", status_code=201)(self.make)
        router.post("/silences:preview")(self.preview)
        router.delete("/silences/{silence_id}", status_code=204)(self.end)
        return router

    async def silences(self, who: Reader) -> list[SilenceOut]:
        """Silences in force, to come, and of the last 30 days; at most 500, the latest end first."""
        now = self._place.clock.wall()
        async with self._database.reading() as tx:
            found = await silences_since(tx, now - KEPT)
        return [self._out(silence, now) for silence in found]

    async def make(self, given: SilenceIn, who: Keeper) -> SilenceOut:
        """A new silence."""
        now = self._place.clock.wall()
        starts = given.starts_at or now
        if starts.tzinfo is None or given.ends_at.tzinfo is None:
            raise Refusal("invalid", Problem("NO_OFFSET", "/ends_at", "时间必须带时区", "instants need an offset"))
        wanted = Silence("", read_all(given.matchers), starts, given.ends_at, who.subject, given.comment, now)
        async with self._database.transaction() as tx:
            made = await put_silence(tx, wanted, now, self._new_id)
        assert made is not None, "a new silence is always made"
        return self._out(made, now)

    async def preview(self, given: MatchersIn, who: Reader) -> list[FittingOut]:
        """What fires now and would be silent; nothing is changed."""
        async with self._database.reading() as tx:
            found = await would_silence(tx, self._tree, self._place, read_all(given.matchers), self._place.clock.wall())
        return [_fitting(row) for row in found]

    async def end(self, silence_id: str, who: Keeper) -> None:
        """Ends it now; 409 when it is over already."""
        async with self._database.transaction() as tx:
            ended = await end_silence(tx, silence_id, self._place.clock.wall())
        if ended is None:
            raise Refusal("not-found")
        if not ended:
            raise Refusal("conflict", Problem("OVER", "", "这条静默已经结束。", "The silence is over already."))

    def _out(self, silence: Silence, now: datetime) -> SilenceOut:
        zone = self._place.clock.zone
        return SilenceOut(
            silence_id=silence.silence_id,
            state=silence.state(now),
            matchers=[str(matcher) for matcher in silence.matchers],
            starts_at=silence.starts_at.astimezone(zone),
            ends_at=silence.ends_at.astimezone(zone),
            created_by=silence.created_by,
            comment=silence.comment,
        )


def read_all(texts: list[str]) -> tuple[Matcher, ...]:
    """The matchers of several texts.

    Raises:
        DataError: each text that is none, with its place.
    """
    found: list[Matcher] = []
    wrong: list[Problem] = []
    for number, text in enumerate(texts):
        try:
            found += parse_matchers(text)
        except ValueError as error:
            wrong.append(Problem("BAD_MATCHER", f"/matchers/{number}", str(error), f"not a matcher: {text}"))
    if wrong:
        raise DataError(*wrong)
    return tuple(found)


def _fitting(row: OpenAlert) -> FittingOut:
    return FittingOut(
        fingerprint=row.alert.fingerprint,
        labels=dict(row.alert.labels),
        summary=row.alert.annotations.get("summary", row.alert.labels.get("alertname", "")),
        receivers=list(row.receivers),
    )
