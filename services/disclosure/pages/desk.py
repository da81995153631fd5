"""The review desk: held records with reason and clock, original beside public copy, release by two persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.runtime.auth import Principal
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.frame import NavGroup, NavItem
from libs.common.web.pages import Pages
from services.disclosure.domain.policy import Policies
from services.disclosure.domain.review import REVIEW_VERBS, Deed
from services.disclosure.pages.words import Words, read_place, write_place
from services.disclosure.store import desk
from services.disclosure.store.acts import Acts
from services.disclosure.store.desk import OPEN_STATES, ReviewRow, Scope

PAGE_ROWS = 50
SETTLED = "settled"


class DeskPages:
    """Pages of the review desk, for reviewers and approvers; auditors read."""

    def __init__(
        self,
        pages: Pages,
        database: Database,
        clock: Clock,
        cursors: Cursors,
        acts: Acts,
        policies: Policies,
        new_id: Callable[[], str],
    ) -> None:
        self._pages = pages
        self._database = database
        self._clock = clock
        self._cursors = cursors
        self._acts = acts
        self._rules = {policy.kind: {r.name: r.treatment for r in policy.fields} for policy in policies.policies}
        self._new_id = new_id

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        readers = [Depends(self._pages.requires("reviewer", "approver", "auditor"))]
        doers = [Depends(self._pages.requires("reviewer", "approver"))]
        router.add_api_route("/disclosure/desk", self.queue, methods=["GET"], dependencies=readers)
        router.add_api_route("/disclosure/desk/{review_id}", self.review, methods=["GET"], dependencies=readers)
        router.add_api_route("/disclosure/desk/{review_id}", self.act, methods=["POST"], dependencies=doers)
        return router

    async def queue(self, request: Request, state: str = "", cursor: str = "") -> HTMLResponse:
        """What waits, the longest waiting first."""
        words, who = self._words(request), self._who(request)
        scope, today = Scope(who.orgs), self._today()
        states = _states(state)
        place = read_place(self._cursors, f"desk {state}", cursor)
        async with self._database.reading() as tx:
            counts = await desk.waiting(tx, scope, today)
            rows, following = await desk.reviews(tx, states, scope, PAGE_ROWS, place)
        t = words.t
        context = {
            "counts": counts,
            "states": [("", t("desk.all_waiting")), *((s, t(f"desk.{s}")) for s in (*OPEN_STATES, SETTLED))],
            "rows": [_row(row, today) for row in rows],
            "next_cursor": write_place(self._cursors, f"desk {state}", following),
        }
        return self._pages.render(request, "desk.html", context, side=self._side(words, counts, state))

    async def review(self, request: Request, review_id: str) -> HTMLResponse:
        """One held record: what the authority sent beside what would go out."""
        return await self._show(request, review_id, "", HTTPStatus.OK)

    async def act(self, request: Request, review_id: str) -> Response:
        """An act of the person who looks; a refusal comes back on the same page."""
        who, form = self._who(request), await request.form()
        verb = str(form.get("verb", ""))
        if verb not in REVIEW_VERBS:
            raise Refusal("invalid")
        async with self._database.transaction() as tx:
            found = await desk.one_review(tx, review_id, Scope(who.orgs))
            if found is None:
                raise Refusal("not-found")
            deed = Deed(
                id=self._new_id(),
                record_id=found.record_id,
                verb=verb,
                on=review_id,
                by=who.subject,
                at=self._clock.now(),
                reason=str(form.get("redact_reason" if verb == "redact" else "reason", "")).strip(),
                fields=_redactions(form, found) if verb == "redact" else {},
                meeting=str(form.get("meeting", "")).strip() or None,
            )
            problem = await self._acts.do(tx, deed)
        if problem is not None:
            text = problem.message if self._pages.language(request) == "zh-CN" else problem.message_en
            return await self._show(request, review_id, text, HTTPStatus.CONFLICT)
        return RedirectResponse(f"/disclosure/desk/{review_id}", status_code=HTTPStatus.SEE_OTHER)

    async def _show(self, request: Request, review_id: str, refused: str, status: HTTPStatus) -> HTMLResponse:
        words, who = self._words(request), self._who(request)
        async with self._database.reading() as tx:
            found = await desk.one_review(tx, review_id, Scope(who.orgs))
            if found is None:
                raise Refusal("not-found")
            counts = await desk.waiting(tx, Scope(who.orgs), self._today())
        rows = _compared(words, found, self._rules[found.kind])
        context = {
            "review": found,
            "refused": refused,
            "late": _late(found, self._today()),
            "is_open": found.state in OPEN_STATES and who.role != "auditor",
            "rows": rows,
            "texts": [row for row in rows if row["public"] is not None and row["is_text"]],
            "masked": [
                words.t(
                    "desk.masked_one", field=words.field(m["field"]), kind=_mask_name(words, m["kind"]), n=m["count"]
                )
                for m in found.masked
            ],
            "persons": "、".join(found.persons),
        }
        side = self._side(words, counts, "")
        return self._pages.render(request, "review.html", context, status=status, side=side)

    def _who(self, request: Request) -> Principal:
        who = self._pages.principal(request)
        assert who is not None, "the dependency has asked already"
        return who

    def _words(self, request: Request) -> Words:
        return Words(self._pages.texts(request), self._pages.formats(request))

    def _today(self) -> date:
        return self._clock.now().astimezone(self._clock.zone).date()

    def _side(self, words: Words, counts: Mapping[str, int], state: str) -> list[NavGroup]:
        waiting = [
            NavItem(words.t(f"desk.{s}"), f"/disclosure/desk?state={s}", counts[s], current=s == state)
            for s in OPEN_STATES
        ]
        settled = NavItem(words.t("desk.settled"), f"/disclosure/desk?state={SETTLED}", current=state == SETTLED)
        return [
            NavGroup(words.t("desk.queue"), [*waiting, settled]),
            NavGroup(words.t("records.title"), [NavItem(words.t("records.no_hit_act"), "/records")]),
        ]


def _states(state: str) -> Sequence[str]:
    if state == SETTLED:
        return ("approved", "withheld", "superseded")
    return (state,) if state in OPEN_STATES else OPEN_STATES


def _late(row: ReviewRow, today: date) -> bool:
    return row.state in OPEN_STATES and row.due_on is not None and today > row.due_on


def _row(row: ReviewRow, today: date) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in ReviewRow.__dataclass_fields__}
    return {**fields, "late": _late(row, today)}


def _compared(words: Words, row: ReviewRow, rules: Mapping[str, str]) -> list[dict[str, Any]]:
    """Field by field in the policy's order, what is never public last; `is_text` = may be redacted in the form."""
    names = [*(name for name in rules if name in row.original), *(name for name in row.original if name not in rules)]
    return [
        {
            "name": name,
            "term": words.field(name),
            "original": "-" if row.original[name] is None else words.value(name, row.original[name]),
            "public": words.value(name, row.public[name]) if name in row.public else None,
            "differs": row.original[name] != row.public.get(name),
            "is_text": rules.get(name) in ("mask", "hold", "name"),
        }
        for name in names
    ]


def _redactions(form: Mapping[str, Any], row: ReviewRow) -> dict[str, str | None]:
    """The fields whose words were changed; an emptied one is taken away."""
    changed: dict[str, str | None] = {}
    for name, before in row.public.items():
        given = form.get(f"field_{name}")
        if isinstance(given, str) and given.strip() != str(before).strip():
            changed[name] = given.strip() or None
    return changed


def _mask_name(words: Words, kind: str) -> str:
    key = f"desk.mask_{kind}"
    return words.t(key) if words.t.has(key) else kind
