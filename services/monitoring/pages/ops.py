"""`/ops/monitoring` for operators: how the service stands, its sources, and its dead letters with what can be done."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.kernel.errors import Problem
from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.deadletters import Letter
from libs.common.runtime.letters import GONE
from libs.common.runtime.outbox import outbox_state
from libs.common.runtime.problems import Refusal
from libs.common.web.pages import Pages
from services.monitoring.store.office import OfficeStore

LETTERS = 50
SEE_OTHER = 303


def ops_pages(pages: Pages, spine: Spine, office: OfficeStore) -> APIRouter:
    """Overview, one letter, and its two acts."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
    may_read = [Depends(pages.requires("operator", "auditor"))]
    may_act = [Depends(pages.requires("operator"))]

    @router.get("/ops/monitoring", dependencies=may_read)
    async def overview(request: Request, after: int = 0) -> HTMLResponse:
        english = pages.language(request) == "en"
        async with spine.database.reading() as tx:
            waiting = await outbox_state(tx)
            parked, behind = await deadletters.count(tx)
            found = await office.office(tx)
        letters = await spine.letters.page(after=after, limit=LETTERS + 1)
        context = {
            "sources": list(found.sources.values()),
            "regions": [(region.name, f"{region.zone.key}，{region.preset}") for region in found.regions.values()],
            "outbox": waiting.rows,
            "dead": parked + behind,
            "letters": [_letter(letter, english) for letter in letters[:LETTERS]],
            "next_after": letters[LETTERS - 1].id if len(letters) > LETTERS else None,
        }
        return pages.render(request, "ops_monitoring.html", context)

    @router.get("/ops/monitoring/dead/{letter_id}", dependencies=may_read)
    async def letter(request: Request, letter_id: int) -> HTMLResponse:
        return await show(request, letter_id, ())

    @router.post("/ops/monitoring/dead/{letter_id}", dependencies=may_act)
    async def settle(request: Request, letter_id: int) -> Response:
        form, who = await request.form(), pages.principal(request)
        assert who is not None, "pages.requires has let nobody in without a principal"
        if form.get("act") == "replay":
            problems = await spine.letters.replay(letter_id, by=who.subject)
        else:
            reason = str(form.get("reason", ""))
            problems = await spine.letters.discard(letter_id, by=who.subject, reason=reason)
        if problems:
            return await show(request, letter_id, problems)
        return RedirectResponse("/ops/monitoring", SEE_OTHER)

    async def show(request: Request, letter_id: int, refused: tuple[Problem, ...]) -> HTMLResponse:
        found = await spine.letters.one(letter_id)
        if found is None:
            raise Refusal("not-found", GONE)
        english = pages.language(request) == "en"
        told = [problem.message_en if english else problem.message for problem in refused]
        context = {"letter": _letter(found, english), "refused": told}
        return pages.render(request, "ops_letter.html", context, status=409 if refused else 200)

    return router


def _letter(letter: Letter, english: bool) -> dict[str, object]:
    """What an operator may see of a letter: reasons and places, no content (personal data)."""
    return {
        "id": letter.id,
        "key": letter.key,
        "line": letter.line,
        "code": letter.code,
        "state": letter.state,
        "is_open": letter.state in ("parked", "behind"),
        "attempts": letter.attempts,
        "place": f"{letter.record.topic}/{letter.record.partition}/{letter.record.offset}",
        "parked_at": letter.parked_at,
        "problems": [
            {"code": p.code, "pointer": p.pointer, "message": p.message_en if english else p.message}
            for p in letter.problems
        ],
    }
