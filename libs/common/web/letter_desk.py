"""The operators' desk of the dead letters, the same in every service: a panel of its page, one letter, two acts.

What an operator sees of a letter are reasons and places, never its content (personal data, decision 26).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.deadletters import Letter
from libs.common.runtime.letters import GONE, Letters
from libs.common.runtime.problems import Refusal
from libs.common.web.pages import Pages

LETTERS = 50
SEE_OTHER = 303
READERS, ACTORS = ("operator", "auditor"), ("operator",)


class LetterDesk:
    """The letters of one service on its operators' page.

    Args:
        home: the operators' page of the service, `/ops/<service>`; letters stand under `<home>/dead/<id>`.
        subject_page: where the page of a letter's subject begins (`/hall/cases/`); empty = it has none.
    """

    def __init__(self, pages: Pages, letters: Letters, home: str, subject_page: str = "") -> None:
        self._pages, self._letters, self._home, self._subject_page = pages, letters, home, subject_page

    async def panel(self, request: Request, after: int = 0) -> Mapping[str, Any]:
        """What `ui.letters_panel` shows: open letters behind the id `after`, and whether there are more."""
        found = await self._letters.page(after=after, limit=LETTERS + 1)
        english = self._pages.language(request) == "en"
        return {
            "home": self._home,
            "rows": [_shown(letter, english) for letter in found[:LETTERS]],
            "next_after": found[LETTERS - 1].id if len(found) > LETTERS else None,
        }

    def router(self) -> APIRouter:
        """One letter, and what can be done with it."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        path = f"{self._home}/dead/{{letter_id}}"
        may_read, may_act = ([Depends(self._pages.requires(*roles))] for roles in (READERS, ACTORS))
        router.add_api_route(path, self.show, methods=["GET"], dependencies=may_read)
        router.add_api_route(path, self.settle, methods=["POST"], dependencies=may_act)
        return router

    async def show(self, request: Request, letter_id: int) -> HTMLResponse:
        """One letter; 404 when there is none."""
        return await self._page(request, letter_id, ())

    async def settle(self, request: Request, letter_id: int) -> Response:
        """Replay or discard; back to the service's page, or the letter again with what stands against it (409)."""
        form, who = await request.form(), self._pages.principal(request)
        assert who is not None, "pages.requires has let nobody in without a principal"
        if form.get("act") == "replay":
            problems = await self._letters.replay(letter_id, by=who.subject)
        else:
            problems = await self._letters.discard(letter_id, by=who.subject, reason=str(form.get("reason", "")))
        if problems:
            return await self._page(request, letter_id, problems)
        return RedirectResponse(self._home, SEE_OTHER)

    async def _page(self, request: Request, letter_id: int, refused: tuple[Problem, ...]) -> HTMLResponse:
        found = await self._letters.one(letter_id)
        if found is None:
            raise Refusal("not-found", GONE)
        english = self._pages.language(request) == "en"
        who = self._pages.principal(request)
        context = {
            "letter": _shown(found, english),
            "refused": [problem.message_en if english else problem.message for problem in refused],
            "home": self._home,
            "subject_page": self._subject_page,
            "may_act": who is not None and who.role in (*ACTORS, "admin"),
        }
        return self._pages.render(request, "letter.html", context, status=409 if refused else 200)


def _shown(letter: Letter, english: bool) -> dict[str, object]:
    return {
        "id": letter.id,
        "key": letter.key,
        "code": letter.code,
        "state": letter.state,
        "is_open": letter.state in ("parked", "behind"),
        "attempts": letter.attempts,
        "place": f"{letter.record.topic}/{letter.record.partition}/{letter.record.offset}",
        "parked_at": letter.parked_at,
        "reason": letter.reason,
        "by": letter.by,
        "settled_at": letter.settled_at,
        "problems": [
            {"code": p.code, "pointer": p.pointer, "message": p.message_en if english else p.message}
            for p in letter.problems
        ],
    }
