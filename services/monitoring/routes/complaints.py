"""`/api/supervision/v1/complaints`: the desk. An act is an event of ours; the fold is the same for hall and desk."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from libs.common.kernel.errors import Problem
from libs.common.kernel.events import supervision
from libs.common.kernel.events.codec import encode, new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Fact, Received
from libs.common.runtime import outbox
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import LIMIT_MAX, Cursors
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.lines import AnyLine, run_line
from libs.common.runtime.problems import Refusal
from services.monitoring.domain.case_file import standing
from services.monitoring.domain.complaints import STEPS, Complaint, fold
from services.monitoring.domain.telling import FINDINGS, SOURCE
from services.monitoring.routes.supervision import Reader, scope_of
from services.monitoring.store import complaints as store
from services.monitoring.store.files import CaseFiles

Desk = Annotated[Principal, Depends(require("supervisor", "supervisor-admin", "department"))]
BODIES = {
    "opened": supervision.ComplaintOpened,
    "accepted": supervision.ComplaintAccepted,
    "arrived": supervision.ComplaintArrived,
    "returned": supervision.ComplaintReturned,
    "extended": supervision.ComplaintExtended,
    "replied": supervision.ComplaintReplied,
    "met": supervision.ComplaintMet,
    "closed": supervision.ComplaintClosed,
}
ACTS = {"accept": "accepted", "arrive": "arrived", "return": "returned", "extend": "extended", "reply": "replied",
        "meet": "met", "close": "closed"}  # fmt: skip
NO_COMPLAINT = Problem("COMPLAINT_UNKNOWN", "/complaint_no", "没有这件诉求", "there is no such complaint")
DISSATISFIED = Problem(
    "MEETING_NEEDED",
    "",
    "评价不满意的，须先约谈再办结",
    "whoever is not satisfied is met before the complaint is closed",
)


class ComplaintIn(BaseModel):
    """A complaint as it is entered at the desk."""

    channel: Literal["hotline", "portal", "letter", "visit", "mailbox"]
    category: str = Field(max_length=200)
    title: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=20_000)
    org_code: str = Field(min_length=1, max_length=64)
    region_code: str = Field(min_length=1, max_length=64)
    due: str | None = None


class ComplaintActIn(BaseModel):
    """What an act says; `to_org_code` of a transfer, `due` of an extension, stars and satisfaction of a reply."""

    reply_text: str | None = Field(None, max_length=20_000)
    reason: str | None = Field(None, max_length=4000)
    to_org_code: str | None = Field(None, max_length=64)
    arrived_at: datetime | None = None
    due: str | None = None
    resolved: bool | None = None
    satisfied: bool | None = None
    stars: Literal[1, 2, 3, 4, 5] | None = None


class ComplaintRoutes:
    """The routes of the desk; an act goes through the line of the files at once, so that it is read back at once."""

    def __init__(self, database: Database, clock: Clock, cursors: Cursors, files: CaseFiles, line: AnyLine) -> None:
        self._database, self._clock, self._cursors = database, clock, cursors
        self._files, self._line = files, line

    def router(self) -> APIRouter:
        """All routes of complaints."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["complaints"])
        router.get("/complaints")(self.complaints)
        router.post("/complaints", status_code=201)(self.open)
        router.get("/complaints/{complaint_no}")(self.complaint)
        router.post("/complaints/{complaint_no}:{act}")(self.act)
        return router

    async def complaints(
        self,
        reader: Reader,
        org: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Complaints by number."""
        wanted = scope_of(reader, org)
        scope = f"complaints {wanted}"
        after = str(self._cursors.read(scope, cursor)[0]) if cursor else ""
        async with self._database.reading() as tx:
            numbers = await store.numbers(tx, wanted, after, limit + 1)
            found = [await self._read(tx, number) for number in numbers[:limit]]
        following = self._cursors.write(scope, [numbers[limit - 1]]) if len(numbers) > limit else None
        return {"items": [_document(c) for c in found if c is not None], "next_cursor": following}

    async def complaint(self, complaint_no: str, reader: Reader) -> dict[str, Any]:
        """One complaint with its acts."""
        async with self._database.reading() as tx:
            return _document(await self._known(tx, complaint_no, reader))

    async def open(self, body: ComplaintIn, who: Desk) -> dict[str, Any]:
        """Enters a complaint."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            number = await store.next_number(tx, now.year)
            await self._tell(tx, "opened", number, body.model_dump(), now, 1)
            return _document(await self._known(tx, number, who))

    async def act(
        self,
        complaint_no: str,
        act: Literal["accept", "arrive", "return", "extend", "reply", "meet", "close"],
        body: ComplaintActIn,
        who: Desk,
    ) -> dict[str, Any]:
        """Leads a complaint on; who is dissatisfied is met before it is closed (群众约谈)."""
        name, now = ACTS[act], self._clock.now()
        async with self._database.transaction() as tx:
            known = await self._known(tx, complaint_no, who)
            if known.state not in STEPS[name]:
                states = ", ".join(STEPS[name])
                message = f"诉求现为 {known.state}，此操作须在 {states}"
                raise Refusal("conflict", Problem("WRONG_STATE", "", message, f"it is {known.state}; needs {states}"))
            if name == "closed" and known.satisfied is False and known.state != "met":
                raise Refusal("conflict", DISSATISFIED)
            said = {key: value for key, value in body.model_dump().items() if value is not None}
            seqno = 1 + len([done for done, _, _ in known.acts if done == name])
            await self._tell(tx, name, complaint_no, {"org_code": known.org_code, **said}, now, seqno)
            return _document(await self._known(tx, complaint_no, who))

    async def _tell(self, tx: Tx, name: str, number: str, said: dict[str, Any], now: datetime, seqno: int) -> None:
        body = BODIES[name](complaint_no=number, **said)
        event: Event = new_event(
            f"supervision.complaint.{name}",
            f"org:{said['org_code']}",
            body,
            time=now,
            source=SOURCE,
            id=f"{number}/{name}/{seqno}",
            seqno=seqno,
            org=said["org_code"],
            region=said.get("region_code"),
        )
        await outbox.append(tx, [Fact(FINDINGS, event)])
        await run_line(tx, self._line, now, events=[Received(event, encode(event), FINDINGS, 0, 0, now)])

    async def _read(self, tx: Tx, number: str) -> Complaint | None:
        file = await self._files.one(tx, f"{store.HEAD}{number}")
        return fold(number, standing(file)) if file is not None else None

    async def _known(self, tx: Tx, number: str, who: Principal) -> Complaint:
        found = await self._read(tx, number)
        if found is None or not who.covers(org=found.org_code):
            raise Refusal("not-found", NO_COMPLAINT)
        return found


def _document(complaint: Complaint) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(asdict(complaint))
    return found
