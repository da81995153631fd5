"""The routing tree as it is in force, with a trial: which labels reach whom, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from libs.common.web.catalogue import Texts
from libs.common.web.pages import Pages
from services.notify.domain.routing import Route, Routing, group_labels, route
from services.notify.pages.words import side
from services.notify.schemas import target_out
from services.notify.store import Place, RoutingStore
from services.notify.store_trial import send_trial

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
    async def show(request: Request, labels: str = "") -> HTMLResponse:
        t, who = pages.texts(request), pages.principal(request)
        assert who is not None, "the dependency has asked already"
        async with database.reading() as tx:
            routing, newest = await tree.current(tx), await tree.newest(tx)
        given = read_labels(labels)
        reached = route(routing.root, given) if given else ()
        context = {
            "version": newest,
            "nodes": [_node(node, depth, reached, t) for node, depth in _walk(routing.root, 0)],
            "receivers": [
                (receiver.name, [_target(target, t) for target in receiver.targets])
                for receiver in routing.receivers.values()
            ],
            "labels": labels or EXAMPLE,
            "asked": bool(labels),
            "wrong": t("routing.labels_wrong") if labels and given is None else "",
            "hits": [_hit(node, given or {}, routing, t) for node in reached],
            "may_send": who.role in KEEPERS,
        }
        return pages.render(request, "routing.html", context, side=side(t, None, "routing"))

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


def _hit(node: Route, labels: Mapping[str, str], routing: Routing, t: Texts) -> dict[str, Any]:
    group = group_labels(node, labels)
    return {
        "path": node.path,
        "receiver": node.receiver,
        "words": ", ".join(str(matcher) for matcher in node.matchers) or t("routing.everything"),
        "group": "、".join(f"{name}={value}" for name, value in group.items()) or "-",
        "targets": "；".join(
            _target(target, t).replace("{org_code}", labels.get("org_code", "unknown"))
            for target in routing.receivers[node.receiver].targets
        ),
    }


def _target(target: Any, t: Texts) -> str:
    found = target_out(target)
    return f"{t('channel.' + found.channel)} {found.target}"
