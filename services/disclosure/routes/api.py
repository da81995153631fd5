"""`/api/disclosure/v1`: the public reads, the review desk and the acts on records (contract/api.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from libs.common.kernel.errors import Problem
from libs.common.kernel.identifiers import check_identifier
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.disclosure.domain.review import Deed
from services.disclosure.schemas import (
    ChangeIn,
    ConsistencyOut,
    HeadOut,
    HistoryOut,
    IdentifierIn,
    IdentifierOut,
    ProofOut,
    RecordOut,
    RecordPage,
    ReviewActIn,
    ReviewOut,
    ReviewPage,
    proof_out,
    record_out,
    release_out,
    review_out,
)
from services.disclosure.store import desk, log, portal
from services.disclosure.store.acts import Acts
from services.disclosure.store.desk import Scope

Reader = Annotated[Principal, Depends(require("reviewer", "approver", "auditor"))]
Doer = Annotated[Principal, Depends(require("reviewer", "approver"))]
Limit = Annotated[int, Query(ge=1, le=500)]
Sort = Literal[
    "published_at", "-published_at", "first_published_at", "-first_published_at", "decided_on", "-decided_on"
]
# refusals that are about the input; all others are about the state of things
INPUT_CODES = frozenset(
    {"REASON_NEEDED", "MEETING_NEEDED", "NO_FIELDS", "FIELD_NOT_PUBLIC", "FIELD_NOT_TEXT", "PERSONAL_DATA"}
)


class Api:
    """The routes of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cursors: Cursors,
        acts: Acts,
        origin: str,
        verifier_key: str,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = clock.zone
        self._cursors = cursors
        self._acts = acts
        self._origin = origin
        self._verifier_key = verifier_key
        self._new_id = new_id

    def router(self) -> APIRouter:
        """All routes under `/api/disclosure/v1`."""
        router = APIRouter(prefix="/api/disclosure/v1")
        get, post = router.get, router.post
        get("/records", tags=["records"], response_model_exclude_unset=True)(self.records)
        get("/records/{record_id}", tags=["records"], response_model_exclude_unset=True)(self.record)
        get("/records/{record_id}/history", tags=["records"])(self.history)
        get("/records/{record_id}/proof", tags=["log"])(self.proof)
        get("/log/head", tags=["log"])(self.head)
        get("/log/consistency", tags=["log"])(self.consistency)
        post("/identifiers:check", tags=["identifiers"], response_model_exclude_none=True)(self.check_identifier)
        get("/reviews", tags=["reviews"])(self.reviews)
        post("/reviews/{review_id}:{verb}", tags=["reviews"])(self.review_act)
        post("/records/{record_id}:{verb}", tags=["records"], response_model_exclude_unset=True)(self.record_act)
        return router

    # -- public reads ------------------------------------------------------------------------------------------------

    async def records(
        self,
        kind: str | None = None,
        q: Annotated[str | None, Query(max_length=200)] = None,
        org: str | None = None,
        from_on: Annotated[date | None, Query(alias="from")] = None,
        to_on: Annotated[date | None, Query(alias="to")] = None,
        status: Literal["published", "corrected", "withdrawn", "expired"] | None = None,
        party_code: str | None = None,
        sort: Sort = "-published_at",
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> RecordPage:
        """Public records; `from` and `to` are days of the decision, `q` is full text over all published fields."""
        wanted = portal.Wanted(
            kind=kind,
            q=q.strip() or None if q else None,
            org=org,
            from_on=from_on,
            to_on=to_on,
            party_code=party_code,
            statuses=(status,) if status else (),
            sort=sort,
        )
        place = self._place(repr(wanted), cursor)
        async with self._database.reading() as tx:
            rows, following = await portal.find(tx, wanted, limit, place)
        items = [record_out(row, self._zone) for row in rows]
        return RecordPage(items=items, next_cursor=self._next(repr(wanted), following))

    async def record(self, record_id: str) -> RecordOut:
        """The current release of a record; of a withdrawn one its tombstone."""
        async with self._database.reading() as tx:
            found = await portal.one(tx, record_id)
        if found is None:
            raise Refusal("not-found")
        return record_out(found, self._zone)

    async def history(self, record_id: str) -> HistoryOut:
        """All releases, oldest first."""
        async with self._database.reading() as tx:
            rows = await portal.history(tx, record_id)
        if not rows:
            raise Refusal("not-found")
        return HistoryOut(record_id=record_id, items=[release_out(row, self._zone) for row in rows])

    async def proof(self, record_id: str, release: Annotated[int | None, Query(ge=1)] = None) -> ProofOut:
        """The inclusion proof of the latest release, or of the one named."""
        async with self._database.reading() as tx:
            found = await log.inclusion(tx, record_id, release)
        if found is None:
            raise Refusal("not-found")
        return proof_out(found)

    async def head(self) -> HeadOut:
        """The signed head of the transparency log."""
        async with self._database.reading() as tx:
            found = await log.head(tx)
        return HeadOut(
            origin=self._origin,
            tree_size=found.size,
            root=found.root.hex(),
            at=None if found.at is None else found.at.astimezone(self._zone),
            checkpoint=found.checkpoint,
            verifier=self._verifier_key,
        )

    async def consistency(
        self, first: Annotated[int, Query(ge=0)], second: Annotated[int | None, Query(ge=0)] = None
    ) -> ConsistencyOut:
        """The proof that the log of `first` leaves is a prefix of that of `second` (the current one when not named)."""
        async with self._database.reading() as tx:
            size = (await log.head(tx)).size
            end = size if second is None else second
            if not first <= end <= size:
                raise Refusal(
                    "invalid",
                    Problem(
                        "SIZE_OUT_OF_RANGE",
                        "?second",
                        f"应满足 first ≤ second ≤ {size}",
                        f"first <= second <= {size} must hold; the log has {size} leaves",
                    ),
                )
            path = await log.consistency(tx, first, end)
            roots = [(await log.compact_range(tx, n)).root() for n in (first, end)]
        return ConsistencyOut(
            first=first,
            second=end,
            first_root=roots[0].hex(),
            second_root=roots[1].hex(),
            path=[node.hex() for node in path],
        )

    async def check_identifier(self, given: IdentifierIn) -> IdentifierOut:
        """Judges a unified social credit code or a resident ID number; nothing is stored or logged."""
        today = self._clock.now().astimezone(self._zone).date()
        return IdentifierOut.model_validate(check_identifier(given.kind, given.value, today), from_attributes=True)

    # -- acts of people ----------------------------------------------------------------------------------------------

    async def reviews(
        self, who: Reader, state: str = desk.WAITING, limit: Limit = 50, cursor: str | None = None
    ) -> ReviewPage:
        """The review desk; `held` (the default) is everything that waits for somebody."""
        if state not in (desk.WAITING, *desk.STATES):
            words = "、".join((desk.WAITING, *desk.STATES))
            raise Refusal(
                "invalid", Problem("STATE_UNKNOWN", "?state", f"状态应为 {words}", f"the state must be one of {words}")
            )
        states = desk.OPEN_STATES if state == desk.WAITING else (state,)
        place = self._place(f"reviews {state}", cursor)
        async with self._database.reading() as tx:
            rows, following = await desk.reviews(tx, states, Scope(who.orgs), limit, place)
        items = [review_out(row, self._zone) for row in rows]
        return ReviewPage(items=items, next_cursor=self._next(f"reviews {state}", following))

    async def review_act(
        self, review_id: str, verb: Literal["approve", "redact", "withhold", "escalate"], given: ReviewActIn, who: Doer
    ) -> ReviewOut:
        """An act at the review desk; a held record goes out when two different persons agree."""
        scope = Scope(who.orgs)
        async with self._database.transaction() as tx:
            found = await desk.one_review(tx, review_id, scope)
            if found is None:
                raise Refusal("not-found")
            deed = self._deed(found.record_id, verb, review_id, given.reason, given.ground, who)
            problem = await self._acts.do(tx, replace(deed, fields=given.fields, meeting=given.meeting))
            _raise(problem)
            after = await desk.one_review(tx, review_id, scope)
        assert after is not None, "a review that was acted on is still there"
        return review_out(after, self._zone)

    async def record_act(
        self, record_id: str, verb: Literal["correct", "withdraw"], given: ChangeIn, who: Doer
    ) -> RecordOut:
        """Corrects or withdraws a public record; the reason is published, the tombstone stays."""
        async with self._database.transaction() as tx:
            org = await desk.org_of_record(tx, record_id)
            if org is None or not who.covers(org=org):
                raise Refusal("not-found")
            deed = self._deed(record_id, verb, "", given.reason, given.ground, who)
            _raise(await self._acts.do(tx, replace(deed, fields=given.fields, hides_earlier=given.hide_previous)))
            found = await portal.one(tx, record_id)
        assert found is not None, "a record that was acted on has a page"
        return record_out(found, self._zone)

    def _deed(self, record_id: str, verb: str, on: str, reason: str, ground: str, who: Principal) -> Deed:
        now: datetime = self._clock.now()
        return Deed(self._new_id(), record_id, verb, on, who.subject, now, reason.strip(), ground.strip())

    def _place(self, scope: str, cursor: str | None) -> tuple[str, str] | None:
        if cursor is None:
            return None
        value, identity = self._cursors.read(scope, cursor)
        return value, identity

    def _next(self, scope: str, place: tuple[str, str] | None) -> str | None:
        return None if place is None else self._cursors.write(scope, list(place))


def _raise(problem: Problem | None) -> None:
    if problem is not None:
        raise Refusal("invalid" if problem.code in INPUT_CODES else "conflict", problem)
