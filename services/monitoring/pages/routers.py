"""The pages of the supervision office: board, wall, lists, a case as the supervision reads it, cards, rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.frame import AsOf
from libs.common.web.pages import Pages
from services.monitoring.domain.card_process import STATE_NAMES, STEPS
from services.monitoring.domain.cards import Refused
from services.monitoring.domain.sources import Proof, is_stale, watermark
from services.monitoring.judging import reading_of
from services.monitoring.pages.answers import answers
from services.monitoring.pages.board import Look, board_context, own_org
from services.monitoring.pages.card_page import ACTS, OFFICE, card_context, is_office, open_acts
from services.monitoring.pages.lists import export, filters
from services.monitoring.pages.pictures import card_row, draw, parse_as_of, side, timeline
from services.monitoring.ports import Office
from services.monitoring.store import queries
from services.monitoring.store.acts import CardActs
from services.monitoring.store.files import CaseFiles, read_card
from services.monitoring.store.office import OfficeStore
from services.monitoring.store.presets import load_presets
from services.monitoring.store.rulebook import load_rules

VIEWERS = ("supervisor", "supervisor-admin", "auditor", "operator", "department")
DOERS = ("supervisor", "supervisor-admin", "department")
ROWS, EXPORT_ROWS, WALL_ROWS, WALL_NEWS = 50, 100_000, 7, 3
NO_DATE = Problem("AS_OF", "/as_of", "日期读不懂；请写成 2026-03-31", "this is no date; write it as 2026-03-31")
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
        self._files, self._office, self._acts = files, office, CardActs(database, clock, office)
        self._presets, self._rules = load_presets(), load_rules()

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
        context = await self._board(request, self._instant(as_of))
        if part == "news":
            return self._pages.render(request, "news.html", context)
        return self._render(request, "board.html", "board", context)

    async def wall(self, request: Request) -> HTMLResponse:
        """The same from five metres."""
        context = await self._board(request, None)
        troubled = [row for row in context["rows"] if any(row.lights.get(k) for k in ("red", "yellow", "grey"))]
        silent = [row for row in context["sources"] if row["stale"]]
        note = ""
        if silent:
            t, span = self._pages.texts(request), self._pages.formats(request).span(silent[0]["lag_seconds"])
            total = len(context["sources"])
            note = t("supervision.wall.silent", ok=total - len(silent), total=total, name=silent[0]["name"], span=span)
        shown = {
            **context,
            "troubled": troubled[:WALL_ROWS],
            "calm": len(context["rows"]) - len(troubled),
            "news": context["news"][:WALL_NEWS],
        }
        as_of = AsOf(context["at"].as_of, whole=not silent, note=note)
        return self._pages.render(request, "wall.html", shown, as_of=as_of)

    async def _board(self, request: Request, as_of: datetime | None) -> dict[str, Any]:
        t, formats, now = self._pages.texts(request), self._pages.formats(request), self._clock.now()
        own = own_org(self._pages.principal(request))
        async with self._database.reading() as tx:
            office = await self._office.office(tx)
            look = Look(self._at(office, as_of), self._clock.zone, as_of is not None and as_of < now, own)
            context = await board_context(tx, look, t, formats, now)
        return {**context, "sources": self._sources(office)}

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
        own, t = self._own(request), self._pages.texts(request)
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
            at = self._at(await self._office.office(tx), self._instant(as_of))
            rows = await queries.cases(tx, wanted, at, limit, after)
        if format == "csv":
            return export(rows)
        following = self._cursors.write(scope, [rows[ROWS - 1].case_no]) if len(rows) > ROWS else None
        context = {
            "rows": rows[:ROWS],
            "next_cursor": following,
            "at": at,
            "as_of": as_of,
            "light_options": [(light, t(f"light.{light}")) for light in queries.LIGHTS],
            "words": list(filters(wanted, rows)),
        }
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
        formats = self._pages.formats(request)
        unproven = any(row["stale"] and row["source"] in file.sources for row in self._sources(office))
        cards = sorted(file.cards.values(), key=lambda c: c.became_true_at, reverse=True)
        context = {
            "case": proceeding,
            "strip": draw(proceeding, clocks, today, subject.calendar, t),
            "answers": answers(proceeding, clocks, today, subject.calendar, t, formats, unproven=unproven),
            "unproven": unproven,
            "cards": [card_row(card, card.state, t) for card in cards],
            "timeline": timeline(proceeding, t, formats, now),
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
            as_of=self._instant(as_of),
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
            "rule_options": [
                (r.id, f"{r.id} {r.name_en if t.language == 'en' else r.name}") for r in self._rules.newest()
            ],
            "state_options": [(state, t(f"supervision.state.{state}")) for state in STATE_NAMES],
            "as_of": wanted.as_of,
        }
        return self._render(request, "cards.html", "cards", context)

    async def card(self, request: Request, card_id: str) -> HTMLResponse:
        """Is it fair? The finding, the calculation, the article, the evidence, the answer."""
        return await self._card(request, card_id)

    async def act(self, request: Request, card_id: str) -> Response:
        """A person signs, answers, revokes or closes."""
        form, who = await request.form(), self._pages.principal(request)
        assert who is not None, "pages.requires has let nobody in without a principal"
        act = ACTS.get(str(form.get("act", "")))
        if act is None or (STEPS[act].by_office and who.role not in OFFICE):
            raise HTTPException(403)
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
        if found is None or self._hidden(request, found[0]["org_code"]):
            raise HTTPException(404)
        said = str(form.get("said") or "")
        done = await self._acts.do(card_id, act, who.subject, said.strip() or None)
        if done is None:
            raise HTTPException(404)
        if isinstance(done, Refused):
            return await self._card(request, card_id, done, said)
        return RedirectResponse(f"/supervision/cards/{card_id}", SEE_OTHER)

    async def _card(
        self, request: Request, card_id: str, refused: Refused | None = None, draft: str = ""
    ) -> HTMLResponse:
        """The card; after a refused act with its reason and with what was typed."""
        t, formats, now = self._pages.texts(request), self._pages.formats(request), self._clock.now()
        who = self._pages.principal(request)
        async with self._database.reading() as tx:
            found = await queries.card(tx, card_id)
            if found is None or self._hidden(request, found[0]["org_code"]):
                raise HTTPException(404)
            card = read_card(found[0])
            file = await self._files.one(tx, card.case_no)
            office = await self._office.office(tx)
        context = {
            **card_context(card, found[1], file, office, now, t, formats),
            "acts": open_acts(
                card,
                may_answer=who is not None and who.role in (*DOERS, "admin"),
                may_decide=is_office(who),
            ),
            "draft": draft,
            "refused": None if refused is None else refused.message_en if t.language == "en" else refused.message,
        }
        return self._render(request, "card.html", "cards", context, status=409 if refused else 200)

    async def overdue(self, request: Request, as_of: str = "", org: str = "") -> HTMLResponse:
        """Late cases as of any date, by organisation."""
        instant = self._instant(as_of) or self._clock.now()
        async with self._database.reading() as tx:
            rows = await queries.overdue(tx, instant, self._own(request) or org or None)
        totals = {
            key: sum(getattr(row, key) for row in rows)
            for key in ("late_finished", "open_past_due", "finished", "accepted")
        }
        context = {"rows": rows, "totals": totals, "instant": instant}
        return self._render(request, "overdue.html", "overdue", context)

    async def rules(self, request: Request) -> HTMLResponse:
        """The rules in force, their ladders and parameters."""
        context = {"rules": self._rules.newest(), "presets": self._presets}
        return self._render(request, "rules.html", "rules", context)

    def _render(
        self, request: Request, template: str, current: str, context: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        t = self._pages.texts(request)
        as_of = self._as_of(context["at"]) if "at" in context else None
        return self._pages.render(request, template, context, status=status, side=side(t, current), as_of=as_of)

    def _instant(self, as_of: str | None) -> datetime | None:
        """The instant asked for; refuses what is no date instead of showing another day's numbers."""
        found = parse_as_of(as_of, self._clock.now())
        if as_of and found is None:
            raise Refusal("invalid", NO_DATE)
        return found

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
                    "name": name.removeprefix("//hall/"),
                    "stale": is_stale(office.sources[name], proof),
                    "up_to": up_to,
                    "lag_seconds": max(0.0, (now - up_to).total_seconds()),
                }
            )
        return found

    def _own(self, request: Request) -> str | None:
        return own_org(self._pages.principal(request))

    def _hidden(self, request: Request, org: str) -> bool:
        who = self._pages.principal(request)
        return who is None or not who.covers(org=org)


def supervision_pages(
    pages: Pages, database: Database, clock: Clock, cursors: Cursors, files: CaseFiles, office: OfficeStore
) -> APIRouter:
    """The pages as a router."""
    return SupervisionPages(pages, database, clock, cursors, files, office).router()
