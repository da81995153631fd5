"""The inbox: what waits for a signature, what was signed, what is over; and one notification with its life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.problems import Refusal
from libs.common.web.pages import Pages
from services.notify import store_acts, store_queries
from services.notify.domain.inbox import STATES, Scope, own_scope, scope_of
from services.notify.pages.words import Words, read_place, side, write_place
from services.notify.receivers.letter import build_letter
from services.notify.store_letters import hand_over, letter_of
from services.notify.store_queries import NotificationRow, Wanted

PAGE_ROWS = 50
SECTION_ROWS = 8
SNOOZE = timedelta(hours=1)
SECTIONS = (("waiting", ("waiting",)), ("signed", ("acknowledged", "snoozed")), ("settled", ("settled",)))
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HANDED_OVER = Problem("HANDED_OVER", "", "这份纸质通知已经送达。", "The letter has been handed over already.")
ROLES = ("supervisor", "supervisor-admin", "operator", "department")


class InboxPages:
    """`/notify/` and `/notify/{id}`; auditors read."""

    def __init__(
        self,
        pages: Pages,
        database: Database,
        clock: Clock,
        cursors: Cursors,
        new_id: Callable[[], str],
        external_url: str,
    ) -> None:
        self._pages, self._database, self._clock = pages, database, clock
        self._external = external_url
        self._cursors, self._new_id = cursors, new_id

    def router(self) -> APIRouter:
        """The routes; `/notify/{id}` takes every word, so this router comes last."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        readers = [Depends(self._pages.requires(*ROLES, "auditor"))]
        doers = [Depends(self._pages.requires(*ROLES))]
        router.add_api_route("/notify/", self.inbox, methods=["GET"], dependencies=readers)
        router.add_api_route(
            "/notify/{notification_id}/letter.docx", self.letter, methods=["GET"], dependencies=readers
        )
        router.add_api_route("/notify/{notification_id}", self.one, methods=["GET"], dependencies=readers)
        router.add_api_route("/notify/{notification_id}", self.act, methods=["POST"], dependencies=doers)
        return router

    async def inbox(
        self, request: Request, state: str = "", box: str = "", post: str = "", cursor: str = ""
    ) -> HTMLResponse:
        """Three lists, or all of one state; `box=all` shows everything that the person may see."""
        words, who, wall = self._words(request), self._who(request), self._clock.wall()
        scope = scope_of(who.role, who.orgs) if box == "all" else own_scope(who.role, who.orgs)
        name = f"inbox {state} {box} {post}"
        place = read_place(self._cursors, name, cursor)
        next_cursor = None
        sections = []
        async with self._database.reading() as tx:
            counts = await store_queries.counts(tx, scope, wall)
            if state in STATES:
                wanted = Wanted((state,), post=post)
                rows, following = await store_queries.notifications(tx, wanted, scope, wall, PAGE_ROWS, place)
                next_cursor = write_place(self._cursors, name, following)
                sections.append(await self._section(tx, words, state, rows, counts.get(state, 0)))
            else:
                for key, states in SECTIONS:
                    wanted = Wanted(states, post=post)
                    rows, _ = await store_queries.notifications(tx, wanted, scope, wall, SECTION_ROWS)
                    sections.append(
                        await self._section(tx, words, key, rows, sum(counts.get(word, 0) for word in states))
                    )
            first = next((section["rows"][0] for section in sections if section["rows"]), None)
            shown = await self._detail(tx, words, first["id"], scope) if first else None
        t = words.t
        context = {
            "sections": sections,
            "shown": shown,
            "boxes": [("", t("inbox.mine")), ("all", t("inbox.all"))],
            "states": [("", t("inbox.any_state")), *((word, t(f"state.{word}")) for word in STATES[::-1])],
            "next_cursor": next_cursor,
            "may_act": who.role != "auditor",
        }
        return self._pages.render(request, "inbox.html", context, side=side(t, counts, state or "inbox"))

    async def one(self, request: Request, notification_id: str) -> HTMLResponse:
        """One notification with every way it took."""
        return await self._show(request, notification_id, None)

    async def letter(self, request: Request, notification_id: str) -> Response:
        """The printed notice as DOCX."""
        who = self._who(request)
        async with self._database.reading() as tx:
            found = await store_queries.one(tx, notification_id, scope_of(who.role, who.orgs), self._clock.wall())
            letter = None if found is None else await letter_of(tx, notification_id, self._clock.now(), self._external)
        if letter is None:
            raise Refusal("not-found")
        headers = {"Content-Disposition": f'attachment; filename="notice-{notification_id[:8]}.docx"'}
        return Response(build_letter(letter), media_type=DOCX, headers=headers)

    async def act(self, request: Request, notification_id: str) -> Response:
        """Sign, take the signature back, or have it come again in an hour; a refusal comes back on the page."""
        who, form = self._who(request), await request.form()
        async with self._database.transaction() as tx:
            scope = scope_of(who.role, who.orgs)
            found = await store_queries.one(tx, notification_id, scope, self._clock.wall())
            if found is None:
                raise Refusal("not-found")
            problem = await self._do(tx, found, str(form.get("act", "")), who)
        if problem is not None:
            return await self._show(request, notification_id, problem)
        return RedirectResponse(f"/notify/{notification_id}", HTTPStatus.SEE_OTHER)

    async def _do(self, tx: Tx, found: NotificationRow, act: str, who: Principal) -> Problem | None:
        match act:
            case "ack":
                return await store_acts.acknowledge(
                    tx, found, who.subject, own_scope(who.role, who.orgs), self._new_id(), self._clock.now()
                )
            case "unack":
                return await store_acts.take_back(tx, found, own_scope(who.role, who.orgs))
            case "escalate":
                return await store_acts.escalate(tx, found, self._clock.now())
            case "printed":
                now, legal_now = self._clock.wall(), self._clock.now()
                done = await hand_over(tx, found.notification_id, who.name, now, legal_now)
                return None if done else HANDED_OVER
            case "snooze":
                return await store_acts.snooze(tx, found, self._clock.wall() + SNOOZE)
        raise Refusal("invalid")

    async def _show(self, request: Request, notification_id: str, refused: Problem | None) -> HTMLResponse:
        words, who = self._words(request), self._who(request)
        scope, own = scope_of(who.role, who.orgs), own_scope(who.role, who.orgs)
        async with self._database.reading() as tx:
            shown = await self._detail(tx, words, notification_id, scope)
            if shown is None:
                raise Refusal("not-found")
            counts = await store_queries.counts(tx, own, self._clock.wall())
        told = "" if refused is None else refused.message_en if words.t.language == "en" else refused.message
        context = {"shown": shown, "refused": told, "may_act": who.role != "auditor"}
        status = HTTPStatus.OK if refused is None else HTTPStatus.CONFLICT
        return self._pages.render(
            request, "notification.html", context, status=status, side=side(words.t, counts, "one")
        )

    async def _section(self, tx: Tx, words: Words, key: str, rows: list[NotificationRow], count: int) -> dict[str, Any]:
        ways = await store_queries.deliveries_of(tx, [row.notification_id for row in rows])
        items = [words.item(row, ways[row.notification_id]) for row in rows]
        return {"key": key, "title": words.t(f"section.{key}"), "rows": items, "count": count}

    async def _detail(self, tx: Tx, words: Words, notification_id: str, scope: Scope) -> dict[str, Any] | None:
        row = await store_queries.one(tx, notification_id, scope, self._clock.wall())
        if row is None:
            return None
        ways = (await store_queries.deliveries_of(tx, [notification_id]))[notification_id]
        return {**words.item(row, ways), "timeline": words.timeline(row, ways), "ways": ways}

    def _who(self, request: Request) -> Principal:
        who = self._pages.principal(request)
        assert who is not None, "the dependency has asked already"
        return who

    def _words(self, request: Request) -> Words:
        return Words(self._pages.texts(request), self._pages.formats(request))
