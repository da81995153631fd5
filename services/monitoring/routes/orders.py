"""`/api/supervision/v1/orders`: 督办 with clocks, and the office's papers as Word documents."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.problems import Refusal
from services.monitoring.domain.cards import Refused
from services.monitoring.domain.orders import Order
from services.monitoring.letters import card_letter, order_letter
from services.monitoring.routes.cards import NO_CARD, Answerer
from services.monitoring.routes.supervision import Reader, scope_of
from services.monitoring.store import orders as store
from services.monitoring.store import queries
from services.monitoring.store.files import read_card
from services.monitoring.store.office import OfficeStore

Supervisor = Annotated[Principal, Depends(require("supervisor", "supervisor-admin"))]
NO_ORDER = Problem("ORDER_UNKNOWN", "/order_no", "没有这件督办", "there is no such order")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ACTS = {"reply": "replied", "return": "returned", "close": "closed"}


class OrderIn(BaseModel):
    """An order: to whom, what; without a day the reply is due in the parameter's working days."""

    org_code: str = Field(min_length=1, max_length=64)
    org_name: str = Field(min_length=1, max_length=500)
    region_code: str = Field(min_length=1, max_length=64)
    text: str = Field(min_length=1, max_length=4000)
    due_on: date | None = None
    card_id: str | None = Field(None, max_length=64)
    case_no: str | None = Field(None, max_length=64)


class OrderActIn(BaseModel):
    """What is said with an act; `due_on` of a return."""

    text: str | None = Field(None, max_length=4000)
    due_on: date | None = None


class OrderRoutes:
    """The routes of orders."""

    def __init__(self, database: Database, clock: Clock, office: OfficeStore) -> None:
        self._database, self._clock, self._office = database, clock, office

    def router(self) -> APIRouter:
        """All routes of orders and letters."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["orders"])
        router.get("/orders")(self.orders)
        router.post("/orders", status_code=201)(self.issue)
        router.get("/orders/{order_no}")(self.order)
        router.get("/orders/{order_no}/letter.docx")(self.letter)
        router.post("/orders/{order_no}:{act}")(self.act)
        router.get("/cards/{card_id}/letter.docx")(self.card_letter)
        return router

    async def orders(
        self,
        reader: Reader,
        org: str | None = None,
        state: Literal["issued", "replied", "returned", "closed"] | None = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50,
    ) -> dict[str, Any]:
        """Orders, newest first."""
        async with self._database.reading() as tx:
            found = await store.listed(tx, scope_of(reader, org), state, limit)
        return {"items": [_document(order) for order in found], "next_cursor": None}

    async def issue(self, body: OrderIn, who: Supervisor) -> dict[str, Any]:
        """Issues an order from a card or by hand."""
        if not who.covers(org=body.org_code, region=body.region_code):
            raise Refusal("forbidden")
        now = self._clock.now()
        async with self._database.transaction() as tx:
            due_on = body.due_on or await self._due_on(tx, body.region_code)
            draft = Order(
                order_no="",
                first_due_on=due_on,
                issued_at=now,
                issued_by=who.subject,
                **{**body.model_dump(), "due_on": due_on},
            )
            return _document(await store.issue(tx, draft))

    async def order(self, order_no: str, reader: Reader) -> dict[str, Any]:
        """One order with its acts."""
        return _document(await self._one(order_no, reader))

    async def letter(self, order_no: str, reader: Reader) -> Response:
        """督办通知书 as Word."""
        order = await self._one(order_no, reader)
        return Response(order_letter(order, self._today()), media_type=WORD)

    async def card_letter(self, card_id: str, reader: Reader) -> Response:
        """监察建议书 (red) or 整改建议书 (yellow) as Word."""
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
        if found is None or not reader.covers(org=found[0]["org_code"]):
            raise Refusal("not-found", NO_CARD)
        return Response(card_letter(read_card(found[0]), self._today()), media_type=WORD)

    async def act(
        self, order_no: str, act: Literal["reply", "return", "close"], body: OrderActIn, who: Answerer
    ) -> dict[str, Any]:
        """The organisation replies; the office returns with a new day or closes."""
        if act != "reply" and who.role == "department":
            raise Refusal("forbidden")
        order = await self._one(order_no, who)
        async with self._database.transaction() as tx:
            due_on = body.due_on
            if act == "return" and due_on is None:
                due_on = await self._due_on(tx, order.region_code)
            done = await store.do(tx, order_no, ACTS[act], who.subject, body.text, self._clock.now(), due_on)
        if done is None:
            raise Refusal("not-found", NO_ORDER)
        if isinstance(done, Refused):
            raise Refusal("conflict", Problem(done.code, "", done.message, done.message_en))
        return _document(done)

    async def _one(self, order_no: str, who: Principal) -> Order:
        async with self._database.reading() as tx:
            order = await store.read(tx, order_no)
        if order is None or not who.covers(org=order.org_code):
            raise Refusal("not-found", NO_ORDER)
        return order

    async def _due_on(self, tx: Tx, region: str) -> date | None:
        office = await self._office.office(tx)
        days = office.preset_of(region).parameters.get("S62.reply_days", 5)
        today = self._clock.now().astimezone(office.zone_of(region)).date()
        return office.calendars.of(office.calendar_code(region)).nth_after(today, days)

    def _today(self) -> str:
        day = self._clock.now().astimezone(self._clock.zone).date()
        return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _document(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(asdict(order))
    return found
