"""`/api/supervision/v1/cards`: lists, one card with its evidence, and the acts of the due process."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX, Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.monitoring.domain.card_process import STEPS
from services.monitoring.domain.cards import Change, Refused
from services.monitoring.routes.supervision import Reader, scope_of
from services.monitoring.schemas import (
    ActIn,
    CardIn,
    ReplyIn,
    card_document,
    card_page,
    entry_document,
)
from services.monitoring.store import queries
from services.monitoring.store.acts import CardActs, Written
from services.monitoring.store.files import read_card
from services.monitoring.store.office import OfficeStore

Answerer = Annotated[Principal, Depends(require("department", "supervisor", "supervisor-admin"))]
Supervisor = Annotated[Principal, Depends(require("supervisor", "supervisor-admin"))]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Act = Literal[
    "sign",
    "reply",
    "keep",
    "return",
    "appeal",
    "decide",
    "pass_up",
    "revoke",
    "rectify",
    "verify",
    "close",
    "confirm",
    "drop",
]
# the word of the address → the act; `decide` names its outcome
ACTS = {
    "sign": "signed", "reply": "replied", "keep": "kept", "return": "returned", "appeal": "appealed",
    "pass_up": "passed_up", "revoke": "revoked", "rectify": "rectified", "verify": "verified", "close": "closed",
    "confirm": "confirmed", "drop": "dropped",
}  # fmt: skip
OUTCOMES = {"uphold": "upheld", "revoke": "revoked", "pass_up": "passed_up"}
NO_CARD = Problem("CARD_UNKNOWN", "/card_id", "没有这张牌；请核对编号", "there is no such card; check its id")
NO_OUTCOME = Problem(
    "OUTCOME_NEEDED",
    "/outcome",
    "请写明处理结果：uphold 维持、revoke 撤销、pass_up 上报",
    "say uphold, revoke or pass_up",
)
NO_RULE = Problem("RULE_UNKNOWN", "/rule_id", "没有这条人工规则", "there is no such manual rule")
BAD_SEVERITY = Problem("SEVERITY", "/severity", "这条规则没有这一级", "the rule has no such severity")


class CardRoutes:
    """The routes of cards."""

    def __init__(self, database: Database, clock: Clock, cursors: Cursors, office: OfficeStore, acts: CardActs) -> None:
        self._database, self._clock, self._cursors = database, clock, cursors
        self._office, self._acts = office, acts

    def router(self) -> APIRouter:
        """All routes of cards; `cards:reply` before `cards/{id}:{act}`."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["cards"])
        router.get("/cards")(self.cards)
        router.post("/cards", status_code=201)(self.write)
        router.post("/cards:reply")(self.reply_all)
        router.get("/cards/{card_id}")(self.card)
        router.post("/cards/{card_id}:{act}")(self.act)
        return router

    async def cards(
        self,
        reader: Reader,
        severity: Literal["notice", "yellow", "red"] | None = None,
        state: str | None = None,
        org: str | None = None,
        rule: str | None = None,
        case_no: str | None = None,
        as_of: datetime | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Cards, newest first; `as_of` answers from their history."""
        wanted = queries.CardsWanted(severity, state, scope_of(reader, org), rule, case_no, as_of)
        scope = f"cards {wanted!r}"
        after = None
        if cursor is not None:
            at, card_id = self._cursors.read(scope, cursor)
            after = (datetime.fromisoformat(at), str(card_id))
        async with self._database.reading() as tx:
            rows = await queries.cards(tx, wanted, limit + 1, after)
        items = card_page(rows[:limit], self._clock.zone)
        following = None
        if len(rows) > limit:
            last = read_card(rows[limit - 1][0])
            following = self._cursors.write(scope, [last.issued_at.isoformat(), last.card_id])
        return {"items": items, "next_cursor": following}

    async def card(self, card_id: str, reader: Reader) -> dict[str, Any]:
        """One card with its history."""
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
        if found is None or not reader.covers(org=found[0]["org_code"]):
            raise Refusal("not-found", NO_CARD)
        card = read_card(found[0])
        history = [entry_document(entry, self._clock.zone) for entry in found[1]]
        return {**card_document(card, card.state, self._clock.zone), "history": history}

    async def act(self, card_id: str, act: Act, body: ActIn, who: Answerer) -> dict[str, Any]:
        """Due process. The organisation signs, replies, appeals, rectifies; the supervision office does the rest."""
        name = OUTCOMES.get(body.outcome or "") if act == "decide" else ACTS[act]
        if name is None:
            raise Refusal("invalid", NO_OUTCOME)
        if STEPS[name].by_office and who.role == "department":
            raise Refusal("forbidden")
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
        if found is None or not who.covers(org=found[0]["org_code"]):
            raise Refusal("not-found", NO_CARD)
        done = await self._acts.do(card_id, name, who.subject, body.text)
        if done is None:
            raise Refusal("not-found", NO_CARD)
        if isinstance(done, Refused):
            raise Refusal("conflict", Problem(done.code, "", done.message, done.message_en))
        return card_document(done.card, done.card.state, self._clock.zone)

    async def reply_all(self, body: ReplyIn, who: Answerer) -> dict[str, Any]:
        """One feedback for many cards; each card keeps a reply of its own."""
        words = {card_id: body.texts.get(card_id, body.text or "") for card_id in body.card_ids}
        async with self._database.reading() as tx:
            known = [(card_id, await queries.card(tx, card_id)) for card_id in words]
        covered = [card_id for card_id, found in known if found and who.covers(org=found[0]["org_code"])]
        done = await self._acts.reply_all([(card_id, words[card_id]) for card_id in covered], who.subject)
        rejected = [
            {"card_id": card_id, "code": result.code, "message": result.message}
            for card_id, result in done
            if isinstance(result, Refused)
        ]
        rejected += [
            {"card_id": card_id, "code": NO_CARD.code, "message": NO_CARD.message}
            for card_id in words
            if card_id not in covered
        ]
        return {"replied": [c for c, result in done if isinstance(result, Change)], "rejected": rejected}

    async def write(self, body: CardIn, who: Supervisor) -> dict[str, Any]:
        """A manual card: it waits until another person confirms or drops it."""
        async with self._database.reading() as tx:
            rule = (await self._office.office(tx)).rules.get(body.rule_id)
        if rule is None or rule.mode != "manual":
            raise Refusal("invalid", NO_RULE)
        if body.severity not in rule.severities:
            raise Refusal("invalid", BAD_SEVERITY)
        if not who.covers(org=body.org_code, region=body.region_code):
            raise Refusal("forbidden")
        written = Written(rule=rule, **body.model_dump(exclude={"rule_id", "evidence"}), evidence=tuple(body.evidence))
        card = await self._acts.write(written, who.subject)
        return card_document(card, card.state, self._clock.zone)
