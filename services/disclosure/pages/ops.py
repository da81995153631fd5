"""The operators' page: where the records stand, what waits in the spine, the head of the log. No personal data."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.database import Tx
from libs.common.runtime.looks import due_state
from libs.common.runtime.outbox import outbox_state
from libs.common.web.letter_desk import LetterDesk
from libs.common.web.pages import Pages
from services.disclosure.domain.policy import Policies
from services.disclosure.store import desk, log
from services.disclosure.store.acts import LINE

STATES = ("public", "held", "withheld", "withdrawn", "expired")
KINDS = ("permit", "penalty")
HOME = "/ops/disclosure"


class OpsPages:
    """`/ops/disclosure` for operators."""

    def __init__(self, pages: Pages, spine: Spine, policies: Policies, verifier_key: str) -> None:
        self._pages = pages
        self._database = spine.database
        self._clock = spine.clock
        self._letters = LetterDesk(pages, spine.letters, HOME)
        self._policies = policies
        self._verifier_key = verifier_key

    def router(self) -> APIRouter:
        """The overview, and the desk of the dead letters."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        readers = [Depends(self._pages.requires("operator", "auditor"))]
        router.add_api_route(HOME, self.overview, methods=["GET"], dependencies=readers)
        router.include_router(self._letters.router())
        return router

    async def overview(self, request: Request, after: int = 0) -> HTMLResponse:
        """Records by state, the spine's queues, the signed head, the dead letters."""
        t = self._pages.texts(request)
        async with self._database.reading() as tx:
            head = await log.head(tx)
            counts = await desk.by_state(tx)
            spine = await self._spine(tx)
        rows = [(t(f"disclosure_ops.state_{s}"), [counts.get((k, s), 0) for k in KINDS]) for s in STATES]
        rows.append((t("disclosure_ops.total"), [sum(counts.get((k, s), 0) for s in STATES) for k in KINDS]))
        context = {
            "log": {"size": head.size, "root": head.root.hex(), "at": head.at, "checkpoint": head.checkpoint},
            "spine": spine,
            "letters": await self._letters.panel(request, after),
            "heads": [
                {"key": "state", "title": t("desk.state")},
                *({"key": k, "title": t(f"record.kind_{k}"), "num": True} for k in KINDS),
            ],
            "rows": rows,
            "policies": "、".join(self._policies.versions),
            "verifier": self._verifier_key,
        }
        return self._pages.render(request, "ops_disclosure.html", context)

    async def _spine(self, tx: Tx) -> Mapping[str, int]:
        waiting = await outbox_state(tx)
        due = await due_state(tx, LINE, self._clock.now())
        return {"outbox": waiting.rows, "due": due.due, "dead": sum(await deadletters.count(tx))}
