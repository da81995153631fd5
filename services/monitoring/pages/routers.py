"""The pages of the supervision office: board, wall, lists, a case as the supervision reads it, cards, rules."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.web.frame import AsOf
from libs.common.web.pages import Pages
from services.monitoring.domain.cards import Refused
from services.monitoring.domain.rules.catalogue import RULES
from services.monitoring.domain.sources import Proof, is_stale, watermark
from services.monitoring.handlers import reading_of
from services.monitoring.pages.pictures import card_row, draw, due_words, news_row, parse_as_of, side, timeline
from services.monitoring.ports import Office
from services.monitoring.store import queries
from services.monitoring.store.acts import CardActs
from services.monitoring.store.files import CaseFiles, read_card
from services.monitoring.store.office import OfficeStore
from services.monitoring.store.presets import load_presets

VIEWERS = ("supervisor", "supervisor-admin", "auditor", "operator", "department")
DOERS = ("supervisor", "supervisor-admin", "department")
ROWS, NEWS_ROWS, TURNING_ROWS, EXPORT_ROWS = 50, 8, 12, 10_000
ACTS = {"sign": "signed", "reply": "replied", "revoke": "revoked", "close": "closed"}
CSV_COLUMNS = (
    "case_no", "org_code", "org_name", "item_code", "item_name", "accepted_on", "promise_due_on", "legal_due_on",
    "ended_on", "result", "light",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t")
SEE_OTHER = 303


class SupervisionPages:
    """The pages of one process."""

    def __init__(
        self,
        pages: Pages,
        database: Database,
        clock: Clock,
        cursors: Cursors,
        files: CaseFiles,
        office: OfficeStore,
    ) -> None:
        self._pages, self._database, self._clock, self._cursors = pages, database, clock, cursors
        self._files, self._office, self._acts = files, office, CardActs(database, clock)
        self._presets = load_presets()

    def router(self) -> APIRouter:
        """All pages under `/supervision/`."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        read = [Depends(self._pages.requires(*VIEWERS))]
        router.get("/supervision/", dependencies=read)(self.board)
        router.get("/supervision/wall", dependencies=read)(self.wall)
        router.get("/supervision/cases", dependencies=read)(self.cases)
        router.get("/supervision/cases/{case_no}", dependencies=read)(self.case)
        router.get("/supervision/cards", dependencies=read)(self.cards)
        router.get("/supervision/cards/{card_id}", dependencies=read)(self.card)
        router.post("/supervision/cards/{card_id}", dependencies=[Depends(self._pages.requires(*DOERS))])(self.act)
        router.get("/supervision/overdue", dependencies=read)(self.overdue)
        router.get("/supervision/rules", dependencies=read)(self.rules)
        return router

    async def board(self, request: Request, as_of: str | None = None, part: str | None = None) -> HTMLResponse:
        """Who needs attention."""
        context = await self._board(request, parse_as_of(as_of, self._clock.now()))
        if part == "news":
            return self._pages.render(request, "news.html", context)
        return self._render(request, "board.html", "board", context)

    async def wall(self, request: Request) -> HTMLResponse:
        """The same from five metres."""
        context = await self._board(request, None)
        troubled = [row for row in context["rows"] if any(row.lights.get(k) for k in ("red", "yellow", "grey"))]
        return self._pages.render(
            request, "wall.html", {**context, "troubled": troubled[:8]}, as_of=self._as_of(context["at"])
        )

    async def _board(self, request: Request, as_of: datetime | None) -> dict[str, Any]:
        t, formats = self._pages.texts(request), self._pages.formats(request)
        async with self._database.reading() as tx:
            office = await self._office.office(tx)
            at = self._at(office, as_of)
            day = at.as_of.astimezone(self._clock.zone).date()
            month, midnight = (datetime.combine(d, time(0), self._clock.zone) for d in (queries.month_of(day), day))
            found = await queries.board(tx, at, month, midnight)
            turning = await queries.turning(tx, at, TURNING_ROWS)
            news = await queries.cards(tx, queries.CardsWanted(as_of=as_of), NEWS_ROWS, None)
            live = await queries.live_counts(tx)
        return {
            "at": at,
            "rows": found.rows,
            "totals": found.totals,
            "timely": found.timely,
            "today": (found.opened_today, found.ended_today),
            "turning": turning,
            "day": day,
            "news": [news_row(read_card(body), state, t, formats, self._clock.now()) for body, state in news],
            "live": live,
            "sources": self._sources(office),
            "is_past": as_of is not None,
        }

    async def cases(
        self,
        request: Request,
        org: str = "",
        light: str = "",
        item: str = "",
        turning: bool = False,
        overdue: str = "",
        as_of: str = "",
        cursor: str | None = None,
        format: str = "",  # noqa: A002 - the address's word
    ) -> Response:
        """The list behind a number."""
        own = self._own(request)
        wanted = queries.CasesWanted(
            own or org or None,
            light if light in queries.LIGHTS else None,
            item or None,
            turning,
            overdue if overdue in ("late_finished", "open_past_due") else None,
        )
        scope = f"page cases {wanted!r} {as_of}"
        after = self._cursors.read(scope, cursor)[0] if cursor else None
        limit = EXPORT_ROWS if format == "csv" else ROWS + 1
        async with self._database.reading() as tx:
            at = self._at(await self._office.office(tx), parse_as_of(as_of, self._clock.now()))
            rows = await queries.cases(tx, wanted, at, limit, after)
        if format == "csv":
            return _csv(rows)
        following = self._cursors.write(scope, [rows[ROWS - 1].case_no]) if len(rows) > ROWS else None
        context = {"rows": rows[:ROWS], "wanted": wanted, "next_cursor": following, "at": at, "as_of": as_of}
        return self._render(request, "cases.html", "board", context)

    async def case(self, request: Request, case_no: str) -> HTMLResponse:
        """How late, why: the supervision's own reading of one case."""
        t, now = self._pages.texts(request), self._clock.now()
        async with self._database.reading() as tx:
            file = await self._files.one(tx, case_no)
            office = await self._office.office(tx)
        reading = reading_of(file, office) if file is not None else None
        if file is None or reading is None or self._hidden(request, reading[0].org_code):
            raise HTTPException(404)
        proceeding, clocks, subject = reading
        today = now.astimezone(proceeding.zone).date()
        cards = sorted(file.cards.values(), key=lambda c: c.became_true_at, reverse=True)
        context = {
            "case": proceeding,
            "strip": draw(proceeding, clocks, today, subject.calendar, t),
            "clocks": due_words(clocks, t),
            "cards": [card_row(card, card.state, t) for card in cards],
            "timeline": timeline(proceeding, t, self._pages.formats(request)),
            "calendar_version": subject.calendar.version,
            "today": today,
        }
        return self._render(request, "case.html", "board", context)

    async def cards(
        self,
        request: Request,
        severity: str = "",
        state: str = "",
        org: str = "",
        rule: str = "",
        case_no: str = "",
        as_of: str = "",
        cursor: str | None = None,
    ) -> HTMLResponse:
        """Cards, newest first; without a state only live ones."""
        t = self._pages.texts(request)
        wanted = queries.CardsWanted(
            severity=severity or None,
            state=state if state not in ("", "all") else None,
            org=self._own(request) or org or None,
            rule=rule or None,
            case_no=case_no or None,
            as_of=parse_as_of(as_of, self._clock.now()),
            live=state == "",
        )
        scope = f"page cards {wanted!r}"
        after = None
        if cursor:
            at, card_id = self._cursors.read(scope, cursor)
            after = (datetime.fromisoformat(at), str(card_id))
        async with self._database.reading() as tx:
            rows = await queries.cards(tx, wanted, ROWS + 1, after)
        found = [(read_card(body), state_then) for body, state_then in rows]
        following = None
        if len(found) > ROWS:
            last = found[ROWS - 1][0]
            following = self._cursors.write(scope, [last.issued_at.isoformat(), last.card_id])
        context = {
            "rows": [card_row(card, then, t) for card, then in found[:ROWS]],
            "next_cursor": following,
            "rule_options": [(rule.id, rule.id) for rule in RULES],
        }
        return self._render(request, "cards.html", "cards", context)

    async def card(self, request: Request, card_id: str) -> HTMLResponse:
        """Is it fair? The finding, the calculation, the article, the evidence, the answer."""
        return await self._card(request, card_id, None)

    async def act(self, request: Request, card_id: str) -> Response:
        """A person signs, answers, revokes or closes."""
        form, who = await request.form(), self._pages.principal(request)
        assert who is not None, "pages.requires has let nobody in without a principal"
        act = ACTS.get(str(form.get("act", "")))
        if act is None or (act in ("revoked", "closed") and who.role == "department"):
            raise HTTPException(403)
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
        if found is None or self._hidden(request, found[0]["org_code"]):
            raise HTTPException(404)
        said = str(form.get("answer") or form.get("reason") or "")
        done = await self._acts.do(card_id, act, who.subject, said or None)
        if isinstance(done, Refused):
            return await self._card(request, card_id, done)
        return RedirectResponse(f"/supervision/cards/{card_id}", SEE_OTHER)

    async def _card(self, request: Request, card_id: str, refused: Refused | None) -> HTMLResponse:
        t, now, formats = self._pages.texts(request), self._clock.now(), self._pages.formats(request)
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
            if found is None or self._hidden(request, found[0]["org_code"]):
                raise HTTPException(404)
            card = read_card(found[0])
            file = await self._files.one(tx, card.case_no)
            office = await self._office.office(tx)
        reading = reading_of(file, office) if file is not None else None
        strip, evidence = None, []
        if reading is not None and file is not None:
            proceeding, clocks, subject = reading
            strip = draw(proceeding, clocks, now.astimezone(proceeding.zone).date(), subject.calendar, t)
            evidence = [act.event for act in file.acts.values() if act.event.id in card.evidence]
        context = {
            "card": card_row(card, card.state, t),
            "strip": strip,
            "evidence": evidence,
            "entries": [
                {
                    "at": formats.instant(e.at),
                    "title": t.or_code("supervision.act", e.act),
                    "text": " ".join(filter(None, (e.by, e.note))),
                }
                for e in reversed(found[1])
            ],
            "refused": None if refused is None else refused.message_en if t.language == "en" else refused.message,
        }
        return self._render(request, "card.html", "cards", context, status=409 if refused else 200)

    async def overdue(self, request: Request, as_of: str = "", org: str = "") -> HTMLResponse:
        """Late cases as of any date, by organisation."""
        instant = parse_as_of(as_of, self._clock.now()) or self._clock.now()
        async with self._database.reading() as tx:
            rows = await queries.overdue(tx, instant, self._own(request) or org or None)
        totals = {
            key: sum(getattr(row, key) for row in rows)
            for key in ("late_finished", "open_past_due", "finished", "accepted")
        }
        context = {"rows": rows, "totals": totals, "instant": instant, "as_of": as_of}
        return self._render(request, "overdue.html", "overdue", context)

    async def rules(self, request: Request) -> HTMLResponse:
        """The rules in force, their ladders and parameters."""
        context = {"rules": RULES, "presets": self._presets}
        return self._render(request, "rules.html", "rules", context)

    def _render(
        self, request: Request, template: str, current: str, context: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        t = self._pages.texts(request)
        as_of = self._as_of(context["at"]) if "at" in context else None
        return self._pages.render(request, template, context, status=status, side=side(t, current), as_of=as_of)

    def _as_of(self, at: queries.At) -> AsOf:
        return AsOf(at.as_of, whole=not at.stale)

    def _at(self, office: Office, as_of: datetime | None) -> queries.At:
        now = self._clock.now()
        if as_of is not None and as_of < now:
            return queries.At(as_of)
        stale = tuple(row["source"] for row in self._sources(office) if row["stale"])
        return queries.At(now, stale)

    def _sources(self, office: Office) -> list[dict[str, Any]]:
        now = self._clock.now()
        found = []
        for name in sorted(office.sources):
            proof = Proof(now, office.is_virtual, office.barrier(name))
            up_to = watermark(office.sources[name], proof)
            found.append(
                {
                    "source": name,
                    "stale": is_stale(office.sources[name], proof),
                    "up_to": up_to,
                    "lag_seconds": max(0.0, (now - up_to).total_seconds()),
                }
            )
        return found

    def _own(self, request: Request) -> str | None:
        who = self._pages.principal(request)
        return who.orgs[0] if who is not None and who.role == "department" and who.orgs else None

    def _hidden(self, request: Request, org: str) -> bool:
        who = self._pages.principal(request)
        return who is None or not who.covers(org=org)


def supervision_pages(
    pages: Pages, database: Database, clock: Clock, cursors: Cursors, files: CaseFiles, office: OfficeStore
) -> APIRouter:
    """The pages as a router."""
    return SupervisionPages(pages, database, clock, cursors, files, office).router()


def _csv(rows: Any) -> Response:
    """Exactly what is filtered; a cell that a spreadsheet would run gets a leading quote."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        writer.writerow([_safe(getattr(row, name)) for name in CSV_COLUMNS])
    headers = {"content-disposition": 'attachment; filename="cases.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _safe(value: object) -> str:
    cell = "" if value is None else str(value)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
