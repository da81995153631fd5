"""The routing tree as it is in force, with a trial: which labels reach whom, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from libs.common.web.pages import Pages
from services.notify.domain.routing import Route
from services.notify.pages.words import side
from services.notify.schemas import target_out
from services.notify.store import Place, RoutingStore, surroundings
from services.notify.store_trial import send_trial
from services.notify.trying import Told, try_labels

SEE_OTHER = 303
READERS = ("supervisor", "supervisor-admin", "operator", "auditor")
KEEPERS = ("supervisor-admin", "operator", "admin")
EXAMPLE = "severity=red, org_code=QX-ZJ, alertname=S01"


def routing_pages(
    pages: Pages, database: Database, tree: RoutingStore, place: Place, new_id: Callable[[], str]
) -> APIRouter:
    """`/notify/routing`."""
    router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

    @router.get("/notify/routing", dependencies=[Depends(pages.requires(*READERS))])
    async def show(request: Request, labels: str = "", at: str = "") -> HTMLResponse:
        t, who = pages.texts(request), pages.principal(request)
        assert who is not None, "the dependency has asked already"
        now = place.clock.wall()
        async with database.reading() as tx:
            context = await surroundings(tx, tree, place, now)
            newest = await tree.newest(tx)
        routing, given = context.routing, read_labels(labels)
        moment = read_moment(at, place) if at else context.legal_now
        told = try_labels(given, context, moment, now) if given and moment else ()
        reached = tuple(row.node for row in told)
        shown = {
            "version": newest,
            "nodes": [_node(node, depth, reached, t) for node, depth in _walk(routing.root, 0)],
            "receivers": [
                (receiver.name, [_target(target, t) for target in receiver.targets])
                for receiver in routing.receivers.values()
            ],
            "labels": labels or EXAMPLE,
            "at": at,
            "asked": bool(labels),
            "wrong": t("routing.labels_wrong") if labels and given is None else "",
            "wrong_at": t("routing.at_wrong") if moment is None else "",
            "hits": [_hit(row, t, pages.formats(request)) for row in told],
            "may_send": who.role in KEEPERS,
        }
        return pages.render(request, "routing.html", shown, side=side(t, None, "routing"))

    @router.post("/notify/routing", dependencies=[Depends(pages.requires("supervisor-admin", "operator"))])
    async def send(request: Request) -> Response:
        form = await request.form()
        async with database.transaction() as tx:
            sent = await send_trial(tx, tree, place, str(form.get("receiver", "")), new_id(), place.clock.wall())
        if sent is None:
            raise Refusal("not-found")
        return RedirectResponse(f"/notify/{sent}", SEE_OTHER)

    return router


def read_labels(text: str) -> dict[str, str] | None:
    """`name=value` pairs between commas or line ends; None when one of them is none."""
    found = {}
    for piece in text.replace("\n", ",").replace("，", ",").split(","):
        if not piece.strip():
            continue
        name, sign, value = piece.partition("=")
        if not sign or not name.strip():
            return None
        found[name.strip()] = value.strip().strip('"')
    return found or None


def _walk(node: Route, depth: int) -> list[tuple[Route, int]]:
    below = [found for child in node.routes for found in _walk(child, depth + 1)]
    return [(node, depth), *below]


def _node(node: Route, depth: int, reached: tuple[Route, ...], t: Texts) -> dict[str, Any]:
    return {
        "path": node.path,
        "indent": "│ " * max(depth - 1, 0) + ("└ " if depth else ""),
        "words": ", ".join(str(matcher) for matcher in node.matchers) or t("routing.everything"),
        "receiver": node.receiver,
        "group_by": "、".join(node.group_by) or "-",
        "wait": node.group_wait_seconds,
        "interval": node.group_interval_seconds,
        "repeat": node.repeat_interval_seconds,
        "continues": node.continues,
        "hit": node in reached,
    }


def _hit(told: Told, t: Texts, f: Formats) -> dict[str, Any]:
    node = told.node
    kind, _, name = told.kept.partition(":")
    held = t("routing.held_until", at=f.instant(told.held_until)) if told.held_until else ""
    return {
        "path": node.path,
        "receiver": node.receiver,
        "words": ", ".join(str(matcher) for matcher in node.matchers) or t("routing.everything"),
        "group": "、".join(f"{label}={value}" for label, value in told.group.items()) or "-",
        "targets": "；".join(
            f"{t('channel.' + way.channel)} {way.target}" + (f"（{held}）" if way.held else "") for way in told.ways
        )
        or "-",
        "first_at": told.first_at,
        "kept": t(f"routing.kept_{kind}", name=name) if kind else "",
        "steps": [t("routing.then_step", at=f.instant(at), receiver=to) for at, to in told.steps],
    }


def read_moment(text: str, place: Place) -> datetime | None:
    """A legal instant as people write it; None when it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=place.clock.zone)


def _target(target: Any, t: Texts) -> str:
    found = target_out(target)
    return f"{t('channel.' + found.channel)} {found.target}"
