"""`/progress`: the applicant looks up where the case stands, with nothing personal on the page."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.runtime.clock import Clock
from libs.common.runtime.problems import Refusal
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from libs.common.web.pages import Pages
from services.approval.domain.case import CaseView
from services.approval.handlers import view_of
from services.approval.pages.case_page import draw
from services.approval.pages.guesses import GUESS_WINDOW_S, Guesses
from services.approval.pages.words import entry_text
from services.approval.ports import Desk
from services.approval.store.progress import Progress

# Steps inside the authority are its own matter; the applicant sees what concerns the case from outside.
_INSIDE = frozenset({"hall.step.completed", "hall.record.voided", "hall.evaluation.handled", "hall.material.attached"})


def progress_pages(pages: Pages, clock: Clock, progress: Progress, guesses: Guesses) -> APIRouter:
    """The form, and the answer on the same page. The code is sent by POST, so that it stands in no address."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/progress")
    async def ask(request: Request, case_no: str = "") -> HTMLResponse:
        return pages.render(request, "progress.html", {"case_no": case_no[:64], "failed": False, "found": None})

    @router.post("/progress", dependencies=[Depends(pages.own_form)])
    async def answer(request: Request) -> HTMLResponse:
        form = await request.form()
        case_no, code = str(form.get("case_no", "")).strip()[:64], str(form.get("code", "")).strip()[:64]
        if guesses.are_too_many(case_no, time.monotonic()):
            raise Refusal("too-many-requests", retry_after_s=int(GUESS_WINDOW_S))
        known = await progress.look(case_no, code) if case_no and len(code) >= 4 else None
        view = view_of(*known) if known is not None else None
        if known is None or view is None:
            guesses.note(case_no, time.monotonic())
            failed = {"case_no": case_no, "failed": True, "found": None}
            return pages.render(request, "progress.html", failed, status=404)
        t, formats = pages.texts(request), pages.formats(request)
        found = _found(view, known[1], clock.now(), t, formats)
        return pages.render(request, "progress.html", {"case_no": case_no, "failed": False, "found": found})

    return router


def _found(view: CaseView, desk: Desk, now: datetime, t: Texts, formats: Formats) -> dict[str, Any]:
    calendar = desk.calendars.of(desk.calendar_code(view.common.region_code))
    today = view.procedure.day(now)
    promise, legal = view.clocks.of("promise"), view.clocks.of("legal")
    told = promise or legal
    is_late = view.is_open and told is not None and told.is_late(now, today)
    return {
        "title": view.common.item_name or view.common.case_no,
        "case_no": view.common.case_no,
        "org": view.common.org_name or view.common.org_code,
        "state": t(f"approval.state.{view.state}"),
        "result": t.or_code("approval.result", view.procedure.result) if view.procedure.result else "",
        "due": _due(view, t, formats),
        "is_late": is_late,
        "legal": t("approval.progress.legal", on=formats.date_long(legal.due_on))
        if promise is not None and legal is not None and legal.due_on is not None
        else "",
        "next": t(f"approval.progress.next_{view.state}"),
        "strip": draw([told], today, calendar, t, formats) if told is not None and view.is_open else None,
        "timeline": [
            {
                "at": formats.when(entry.at, now),
                "datetime": entry.at.isoformat(),
                "title": entry_text(entry, t, formats),
                "kind": "key" if entry.is_key else "",
            }
            for entry in reversed(view.timeline)
            if entry.type not in _INSIDE
        ],
    }


def _due(view: CaseView, t: Texts, formats: Formats) -> str:
    """When the answer is due, as it was promised."""
    if not view.is_open:
        return ""
    if view.state == "paused":
        kind = next(
            (s.kind for s in reversed(view.procedure.specials) if s.is_lawful and s.ended_at is None), "other_local"
        )
        return t("approval.progress.due_paused", kind=t.or_code("approval.special", kind))
    clock = view.clocks.of("promise") or view.clocks.of("legal")
    if clock is None:
        return t("approval.progress.due_none")
    if clock.due_on is not None:
        return t("approval.progress.due_on", on=formats.date_long(clock.due_on))
    if clock.provisional_due_on is not None:
        return t("approval.progress.due_provisional", on=formats.date_long(clock.provisional_due_on))
    return t("approval.progress.due_none")
