"""Silences: what is quiet and why, a form that shows beforehand what it would keep quiet, and the end of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.kernel.errors import DataError, Problem
from libs.common.runtime.auth import Principal
from libs.common.runtime.database import Database
from libs.common.web.catalogue import Texts
from libs.common.web.pages import Pages
from services.notify.domain.silences import Silence
from services.notify.pages.words import side
from services.notify.routes_silences import read_all
from services.notify.store import Place, RoutingStore
from services.notify.store_outside import OpenAlert
from services.notify.store_silences import silences_since
from services.notify.store_silencing import end_silence, put_silence, would_silence

SEE_OTHER = 303
READERS = ("supervisor", "supervisor-admin", "operator", "auditor")
KEEPERS = ("supervisor-admin", "operator")
KEPT = timedelta(days=30)
HOURS = ("1", "4", "8", "24", "72", "168")
SHOWN_MAX = 50


class SilencePages:
    """`/notify/silences`."""

    def __init__(
        self, pages: Pages, database: Database, tree: RoutingStore, place: Place, new_id: Callable[[], str]
    ) -> None:
        self._pages, self._database, self._tree = pages, database, tree
        self._place, self._new_id = place, new_id

    def router(self) -> APIRouter:
        """The list with its form, and the two acts."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        readers = [Depends(self._pages.requires(*READERS))]
        keepers = [Depends(self._pages.requires(*KEEPERS))]
        router.add_api_route("/notify/silences", self.show, methods=["GET"], dependencies=readers)
        router.add_api_route("/notify/silences", self.act, methods=["POST"], dependencies=keepers)
        return router

    async def show(self, request: Request, matchers: str = "") -> HTMLResponse:
        """The list; with matchers, what they fit now."""
        return await self._page(request, matchers, None)

    async def act(self, request: Request) -> Response:
        """Makes a silence, or ends one."""
        form, who = await request.form(), self._who(request)
        now = self._place.clock.wall()
        if form.get("end"):
            async with self._database.transaction() as tx:
                await end_silence(tx, str(form["end"]), now)
            return RedirectResponse("/notify/silences", SEE_OTHER)
        matchers, comment = str(form.get("matchers", "")), str(form.get("comment", "")).strip()
        hours = str(form.get("hours", "1"))
        ends_at = now + timedelta(hours=int(hours) if hours in HOURS else 1)
        try:
            if not comment:
                raise DataError(Problem("NO_COMMENT", "/comment", "请写明静默的原因", "Say why"))
            wanted = Silence("", read_all(lines_of(matchers)), now, ends_at, who.name, comment, now)
            async with self._database.transaction() as tx:
                await put_silence(tx, wanted, now, self._new_id)
        except DataError as error:
            return await self._page(request, matchers, error, comment)
        return RedirectResponse("/notify/silences", SEE_OTHER)

    async def _page(self, request: Request, matchers: str, error: DataError | None, comment: str = "") -> HTMLResponse:
        t, now = self._pages.texts(request), self._place.clock.wall()
        wrong = "" if error is None else _words(error, t)
        fitting: list[OpenAlert] = []
        async with self._database.reading() as tx:
            rows = await silences_since(tx, now - KEPT)
            if lines_of(matchers) and error is None:
                try:
                    wanted = read_all(lines_of(matchers))
                    fitting = await would_silence(tx, self._tree, self._place, wanted, now)
                except DataError as found:
                    wrong = _words(found, t)
        context = {
            "rows": [self._row(row, now) for row in rows],
            "matchers": matchers,
            "comment": comment,
            "wrong": wrong,
            "tried": bool(lines_of(matchers)) and not wrong,
            "count": len(fitting),
            "fitting": [_fit(row) for row in fitting[:SHOWN_MAX]],
            "hours": [(word, t("silence.for_hours", n=int(word))) for word in HOURS],
            "may_act": self._who(request).role in (*KEEPERS, "admin"),
        }
        status = 200 if error is None else 422
        return self._pages.render(request, "silences.html", context, status=status, side=side(t, None, "silences"))

    def _row(self, silence: Silence, now: datetime) -> dict[str, Any]:
        return {
            "id": silence.silence_id,
            "state": silence.state(now),
            "matchers": [str(matcher) for matcher in silence.matchers],
            "starts_at": silence.starts_at,
            "ends_at": silence.ends_at,
            "by": silence.created_by,
            "comment": silence.comment,
        }

    def _who(self, request: Request) -> Principal:
        who = self._pages.principal(request)
        assert who is not None, "the dependency has asked already"
        return who


def lines_of(text: str) -> list[str]:
    """The matchers of a text field, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(error: DataError, t: Texts) -> str:
    english = t.language == "en"
    return "；".join(problem.message_en if english else problem.message for problem in error.problems)


def _fit(row: OpenAlert) -> dict[str, Any]:
    return {
        "title": row.alert.annotations.get("summary") or row.alert.labels.get("alertname", row.alert.fingerprint),
        "labels": ", ".join(f"{name}={value}" for name, value in sorted(row.alert.labels.items())),
        "receivers": "、".join(row.receivers) or "-",
    }
