"""The portal: search first, the newest records, one page per record that says how to check it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from libs.common.kernel.merkle import leaf_hash
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.catalogue import Texts
from libs.common.web.pages import Pages
from services.disclosure.domain.policy import Policies
from services.disclosure.pages.words import Words, json_ld, json_ld_block, read_place, write_place
from services.disclosure.store import log, portal
from services.disclosure.store.log import Inclusion, SignedHead
from services.disclosure.store.portal import SHOWN, PublicRecord, ReleaseRow, Wanted

API = "/api/disclosure/v1"
PAGE_ROWS = 20
NEWEST_ROWS = 6
FEW_ROWS = 4


class PublicPages:
    """Home page, search and records; they read the public view and nothing else."""

    def __init__(self, pages: Pages, database: Database, clock: Clock, cursors: Cursors, policies: Policies) -> None:
        self._pages = pages
        self._database = database
        self._clock = clock
        self._cursors = cursors
        self._order = {policy.kind: [rule.name for rule in policy.fields] for policy in policies.policies}

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route("/", self.home, methods=["GET"])
        router.add_api_route("/search", self.search, methods=["GET"])
        router.add_api_route("/records", self.search, methods=["GET"])
        router.add_api_route("/records/{record_id}.jsonld", self.linked_data, methods=["GET"])
        router.add_api_route("/records/{record_id}", self.record, methods=["GET"])
        return router

    async def home(self, request: Request) -> HTMLResponse:
        """Search first, the figures of the month with their denominators, what is new, what was changed."""
        words = self._words(request)
        t = words.t
        today = self._clock.now().astimezone(self._clock.zone).date()
        month = today.replace(day=1)
        since_at = datetime.combine(month, time(), self._clock.zone)
        async with self._database.reading() as tx:
            figures = await portal.month_figures(tx, month, since_at, today, str(self._clock.zone))
            permits, _ = await portal.find(tx, Wanted(kind="permit", statuses=SHOWN), NEWEST_ROWS)
            penalties, _ = await portal.find(tx, Wanted(kind="penalty", statuses=SHOWN), FEW_ROWS)
            changes, _ = await portal.find(tx, Wanted(statuses=("corrected", "withdrawn")), FEW_ROWS)
        context = {
            "figures": figures,
            "month": month.isoformat(),
            "examples": [(row.decision_no, f"/search?q={row.decision_no}") for row in permits[:1] if row.decision_no],
            "entries": entries(t),
            "parts": [
                self._newest(words, "permits", permits, "/records?kind=permit"),
                self._newest(words, "penalties", penalties, "/records?kind=penalty"),
                self._changes(words, changes),
            ],
        }
        return self._pages.render(request, "portal.html", context)

    async def search(
        self,
        request: Request,
        q: str = Query("", max_length=200),
        kind: str = "",
        org: str = Query("", max_length=64),
        from_on: str = Query("", alias="from"),
        to_on: str = Query("", alias="to"),
        status: str = "",
        sort: str = "",
        cursor: str = "",
    ) -> HTMLResponse:
        """Everything that was published, filtered, newest first."""
        words = self._words(request)
        wanted = Wanted(
            kind=kind or None,
            q=q.strip() or None,
            org=org.strip() or None,
            from_on=_day(from_on),
            to_on=_day(to_on),
            statuses=(status,) if status else (),
            sort=sort if sort.lstrip("-") in portal.SORTS else portal.DEFAULT_SORT,
        )
        place = read_place(self._cursors, repr(wanted), cursor)
        async with self._database.reading() as tx:
            rows, following = await portal.find(tx, wanted, PAGE_ROWS, place)
            found = await portal.count(tx, wanted)
        t = words.t
        context = {
            "q": q.strip(),
            "rows": [self._line(words, row) for row in rows],
            "found": found,
            "next_cursor": write_place(self._cursors, repr(wanted), following),
            "controls": controls(t),
            "kinds": [(k, t(f"record.kind_{k or 'all'}")) for k in ("", "permit", "penalty")],
        }
        return self._pages.render(request, "search.html", context)

    async def record(self, request: Request, record_id: str) -> HTMLResponse:
        """One record: what was published, how it came to be so, and the proof of it."""
        words = self._words(request)
        async with self._database.reading() as tx:
            found = await portal.one(tx, record_id)
            if found is None:
                raise Refusal("not-found")
            releases = await portal.history(tx, record_id)
            inclusion = await log.inclusion(tx, record_id, found.release)
            head = await log.head(tx)
            same = await portal.same_party(tx, found)
        assert inclusion is not None, "a release and its leaf are written in one transaction"
        t, last, shown = words.t, releases[-1], found.status in SHOWN
        context = {
            "record": found,
            "showing": shown,
            "crumbs": [
                (t("records.home"), "/"),
                (t(f"record.kind_{found.kind}"), f"/records?kind={found.kind}"),
                (found.decision_no or t("records.no_number"), ""),
            ],
            "status": words.status(found),
            "meta": [
                *([found.decision_no] if found.decision_no else []),
                t("record.release_n", n=found.release),
                t("record.decided", on=words.f.date_long(found.decided_on)),
                t("record.published", at=words.f.when(found.first_published_at, self._clock.now())),
            ],
            "rows": words.field_rows(found.fields, self._order[found.kind]) if shown else [],
            "tomb": words.tombstone(found, last),
            "history": words.timeline(releases, found),
            "same": [
                ("，".join(filter(None, (row.title, row.decision_no))), f"/records/{row.record_id}") for row in same
            ],
            "json_ld": json_ld_block(found, str(request.base_url)),
            **proof_context(found, last, inclusion, head),
        }
        return self._pages.render(request, "record.html", context)

    async def linked_data(self, request: Request, record_id: str) -> Response:
        """The record for machines."""
        async with self._database.reading() as tx:
            found = await portal.one(tx, record_id)
        if found is None:
            raise Refusal("not-found")
        body = json.dumps(json_ld(found, str(request.base_url)), ensure_ascii=False)
        return Response(body, media_type="application/ld+json")

    def _words(self, request: Request) -> Words:
        return Words(self._pages.texts(request), self._pages.formats(request))

    def _line(self, words: Words, row: PublicRecord) -> dict[str, Any]:
        return words.line(row, words.f.when(row.published_at, self._clock.now()))

    def _newest(self, words: Words, name: str, rows: Sequence[PublicRecord], href: str) -> Mapping[str, Any]:
        return {
            "id": f"new-{name}",
            "title": words.t(f"portal.new_{name}"),
            "more": words.t(f"portal.all_{name}"),
            "href": href,
            "rows": [self._line(words, row) for row in rows],
            "empty": words.t("portal.none_yet"),
            "empty_text": words.t("portal.none_yet_text"),
        }

    def _changes(self, words: Words, rows: Sequence[PublicRecord]) -> Mapping[str, Any]:
        t = words.t
        lines = [
            {
                **self._line(words, row),
                "meta": "，".join(
                    (t(f"record.status_{row.status}"), words.reason(row.reason, row.reason_en), row.org_name)
                ),
            }
            for row in rows
        ]
        return {
            "id": "changes",
            "title": words.t("portal.changes"),
            "more": words.t("portal.all_changes"),
            "href": "/records?status=withdrawn",
            "rows": lines,
            "empty": words.t("portal.no_changes"),
            "empty_text": words.t("portal.no_changes_text"),
        }


def proof_context(found: PublicRecord, last: ReleaseRow, inclusion: Inclusion, head: SignedHead) -> dict[str, Any]:
    """What the steps of the proof show, and what the browser needs to redo them."""
    content = last.content or ""
    entry: Mapping[str, Any] = msgspec.json.decode(inclusion.leaf)
    return {
        "proof": {
            "content_hash": entry["content"],
            "path": [sibling.hex() for sibling in inclusion.path],
            "leaf_index": inclusion.leaf_index,
            "leaf_hash": leaf_hash(inclusion.leaf).hex(),
            "tree_size": inclusion.tree_size,
            "root": inclusion.root.hex(),
            "checkpoint": head.checkpoint,
        },
        "content": content,
        "salt": last.salt or "",
        "content_bytes": len(content.encode()),
        "api": f"{API}/records/{found.record_id}",
        "proof_url": f"{API}/records/{found.record_id}/proof?release={found.release}",
        "head_url": f"{API}/log/head",
    }


def entries(t: Texts) -> list[dict[str, str]]:
    """The ways on from the home page."""
    places = (
        ("progress", "/progress"),
        ("verify", "/records"),
        ("feeds", f"{API}/feeds/all.atom"),
        ("data", "/api/disclosure/docs"),
        ("log", f"{API}/log/head"),
    )
    return [
        {"title": t(f"portal.{name}"), "href": href, "meta": t(f"portal.{name}_note"), "at": ""}
        for name, href in places
    ]


def controls(t: Texts) -> list[dict[str, Any]]:
    """The filter of the search page."""
    return [
        {"name": "q", "label": t("ui.search"), "type": "search", "hint": t("records.search_hint")},
        {"name": "from", "label": t("records.from"), "type": "date"},
        {"name": "to", "label": t("records.to"), "type": "date"},
        {
            "name": "status",
            "label": t("records.status"),
            "type": "select",
            "options": [
                ("", t("records.all")),
                *((s, t(f"record.status_{s}")) for s in ("published", "corrected", "withdrawn", "expired")),
            ],
        },
        {
            "name": "sort",
            "label": t("records.sort"),
            "type": "select",
            "options": [
                ("", t("records.sort_published")),
                ("-decided_on", t("records.sort_decided")),
                ("published_at", t("records.sort_oldest")),
            ],
        },
    ]


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refusal("invalid") from error
