"""`/api/notify/v1`: notifications, deliveries, the routing tree and its trials (contract/api.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import Principal, require
from libs.common.runtime.clock import Clock
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.problems import Refusal
from services.notify import store_acts, store_queries, store_routing
from services.notify.domain.inbox import own_scope, scope_of
from services.notify.masking import masked_document
from services.notify.routing_file import read_document
from services.notify.schemas import (
    DeliveryPage,
    NotificationOut,
    NotificationPage,
    ReceiverOut,
    RoutingOut,
    SnoozeIn,
    ToldPage,
    TrialIn,
    TrialOut,
    delivery_out,
    notification_out,
    receiver_out,
    told_out,
    trial_out,
)
from services.notify.store import Place as Stands
from services.notify.store import RoutingStore, surroundings
from services.notify.store_queries import NotificationRow, Place, Wanted
from services.notify.store_trial import send_trial
from services.notify.trying import try_labels

Reader = Annotated[Principal, Depends(require("supervisor", "supervisor-admin", "operator", "department", "auditor"))]
Doer = Annotated[Principal, Depends(require("supervisor", "supervisor-admin", "operator", "department"))]
TreeReader = Annotated[Principal, Depends(require("supervisor", "supervisor-admin", "operator", "auditor"))]
TreeKeeper = Annotated[Principal, Depends(require("supervisor-admin", "operator"))]
Limit = Annotated[int, Query(ge=1, le=500)]
Channel = Literal[
    "inbox", "webhook", "email", "wecom", "dingtalk", "feishu", "wechat", "sms", "letter", "apprise", "console"
]
State = Literal["waiting", "snoozed", "acknowledged", "replaced", "settled"]
YAML = "application/yaml"
KEEPERS = frozenset({"supervisor-admin", "operator", "admin"})
YAML_TYPES = frozenset({YAML, "application/x-yaml", "text/yaml"})


class Api:
    """The routes of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cursors: Cursors,
        tree: RoutingStore,
        stands: Stands,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._zone = clock.zone
        self._cursors = cursors
        self._tree, self._stands = tree, stands
        self._new_id = new_id

    def router(self) -> APIRouter:
        """All routes under `/api/notify/v1`."""
        router = APIRouter(prefix="/api/notify/v1")
        get, post = router.get, router.post
        get("/notifications", tags=["notifications"], response_model_exclude_none=False)(self.notifications)
        get("/notifications/{notification_id}", tags=["notifications"])(self.notification)
        post("/notifications/{notification_id}:ack", tags=["notifications"])(self.acknowledge)
        post("/notifications/{notification_id}:unack", tags=["notifications"])(self.take_back)
        post("/notifications/{notification_id}:snooze", tags=["notifications"])(self.snooze)
        post("/notifications/{notification_id}:escalate", tags=["notifications"])(self.escalate)
        get("/cases/{case_no}/told", tags=["notifications"])(self.told)
        get("/deliveries", tags=["deliveries"])(self.deliveries)
        get("/routing", tags=["routing"], response_class=Response, responses={200: {"content": {YAML: {}}}})(
            self.routing
        )
        router.put("/routing", tags=["routing"], openapi_extra=_yaml_body())(self.put_routing)
        post("/routing:test", tags=["routing"])(self.try_routing)
        get("/receivers", tags=["receivers"])(self.receivers)
        post("/receivers/{name}:test", tags=["receivers"], status_code=202)(self.try_receiver)
        return router

    # -- notifications -----------------------------------------------------------------------------------------------

    async def notifications(
        self,
        who: Reader,
        state: State | None = None,
        receiver: str = "",
        post: str = "",
        case_no: str = "",
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> NotificationPage:
        """Notifications within the person's scope, the newest first; `post` is an inbox (`supervision/duty`)."""
        wanted = Wanted((state,) if state else (), receiver, post, case_no)
        place = self._place(repr(wanted), cursor)
        async with self._database.reading() as tx:
            rows, following = await store_queries.notifications(
                tx, wanted, scope_of(who.role, who.orgs), self._clock.wall(), limit, place
            )
        items = [notification_out(row, self._zone) for row in rows]
        return NotificationPage(items=items, next_cursor=self._next(repr(wanted), following))

    async def notification(self, notification_id: str, who: Reader) -> NotificationOut:
        """One notification with its deliveries."""
        async with self._database.reading() as tx:
            return await self._shown(tx, notification_id, who)

    async def acknowledge(self, notification_id: str, who: Doer) -> NotificationOut:
        """The person signs for it; `notify.notification.acknowledged` goes out. 409 when somebody has already."""
        async with self._database.transaction() as tx:
            found, scope = await self._found(tx, notification_id, who), own_scope(who.role, who.orgs)
            _raise(await store_acts.acknowledge(tx, found, who.subject, scope, self._new_id(), self._clock.now()))
            return await self._shown(tx, notification_id, who)

    async def take_back(self, notification_id: str, who: Doer) -> NotificationOut:
        """The signature is taken back."""
        async with self._database.transaction() as tx:
            found, scope = await self._found(tx, notification_id, who), own_scope(who.role, who.orgs)
            _raise(await store_acts.take_back(tx, found, scope))
            return await self._shown(tx, notification_id, who)

    async def snooze(self, notification_id: str, given: SnoozeIn, who: Doer) -> NotificationOut:
        """Leaves the list of what waits for some minutes (wall clock)."""
        until = self._clock.wall() + timedelta(minutes=given.minutes)
        async with self._database.transaction() as tx:
            _raise(await store_acts.snooze(tx, await self._found(tx, notification_id, who), until))
            return await self._shown(tx, notification_id, who)

    async def escalate(self, notification_id: str, who: Doer) -> NotificationOut:
        """The next step of its chain is taken now; 409 when there is none."""
        async with self._database.transaction() as tx:
            found = await self._found(tx, notification_id, who)
            _raise(await store_acts.escalate(tx, found, self._clock.now()))
            return await self._shown(tx, notification_id, who)

    async def told(self, case_no: str, who: Reader, limit: Limit = 50, cursor: str | None = None) -> ToldPage:
        """Who was told of a case, over which way, with what outcome; `limit` counts notifications."""
        wanted, scope = Wanted(case_no=case_no), scope_of(who.role, who.orgs)
        place = self._place(f"told {case_no}", cursor)
        async with self._database.reading() as tx:
            rows, following = await store_queries.notifications(tx, wanted, scope, self._clock.wall(), limit, place)
            ways = await store_queries.deliveries_of(tx, [row.notification_id for row in rows])
        items = [line for row in rows for line in told_out(row, ways[row.notification_id], self._zone)]
        return ToldPage(case_no=case_no, items=items, next_cursor=self._next(f"told {case_no}", following))

    async def deliveries(
        self,
        who: Reader,
        state: Literal["pending", "sent", "failed", "merged"] | None = None,
        channel: Channel | None = None,
        limit: Limit = 50,
        cursor: str | None = None,
    ) -> DeliveryPage:
        """The log of deliveries, the newest first."""
        name = f"deliveries {state} {channel}"
        place, scope = self._place(name, cursor), scope_of(who.role, who.orgs)
        async with self._database.reading() as tx:
            rows, following = await store_queries.deliveries(tx, state or "", channel or "", scope, limit, place)
        return DeliveryPage(
            items=[delivery_out(row, self._zone) for row in rows], next_cursor=self._next(name, following)
        )

    # -- routing -----------------------------------------------------------------------------------------------------

    async def routing(self, who: TreeReader) -> Response:
        """The routing file in force (an Alertmanager configuration); its version is the ETag."""
        async with self._database.reading() as tx:
            newest = await self._tree.newest(tx)
        headers = {"ETag": f'"{newest.version}"', "Cache-Control": "no-store"}
        # who may not change the file need not know its keys
        document = newest.document if who.role in KEEPERS else masked_document(newest.document)
        return Response(document, media_type=YAML, headers=headers)

    async def put_routing(self, request: Request, who: TreeKeeper) -> RoutingOut:
        """A new routing file; it is in force when the answer arrives (decision 45).

        With `If-Match` it is refused (409) when another version than that one is in force.
        """
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in YAML_TYPES:
            raise Refusal(
                "media-type",
                Problem("YAML_WANTED", "", f"请以 {YAML} 提交路由文件", f"send the routing file as {YAML}"),
            )
        routing, document = read_document(await request.body())
        expected = _version_of(request.headers.get("if-match"))
        now, legal_now = self._clock.wall(), self._clock.now()
        async with self._database.transaction() as tx:
            version = await store_routing.replace(tx, routing, document, who.subject, now, legal_now, expected)
        if version is None:
            raise Refusal("conflict", CHANGED)
        return RoutingOut(version=version, receivers=list(routing.receivers))

    async def try_routing(self, given: TrialIn, who: TreeReader) -> TrialOut:
        """Who would be told of an alert with these labels at that legal instant, and when; nothing is sent."""
        now = self._clock.wall()
        async with self._database.reading() as tx:
            context = await surroundings(tx, self._tree, self._stands, now)
            newest = await self._tree.newest(tx)
        at = given.at or context.legal_now
        if at.tzinfo is None:
            raise Refusal("invalid", Problem("NO_OFFSET", "/at", "at 必须带时区", "`at` needs an offset"))
        return trial_out(newest.version, try_labels(given.labels, context, at, now), self._zone, context)

    async def receivers(self, who: TreeReader) -> list[ReceiverOut]:
        """The receivers of the tree in force."""
        async with self._database.reading() as tx:
            routing = await self._tree.current(tx)
        return [receiver_out(receiver) for receiver in routing.receivers.values()]

    async def try_receiver(self, name: str, who: TreeKeeper) -> NotificationOut:
        """Sends a test message over every way of the receiver; read its notification for what became of it."""
        now = self._clock.wall()
        async with self._database.transaction() as tx:
            sent = await send_trial(tx, self._tree, self._stands, name, self._new_id(), now)
            if sent is None:
                raise Refusal("not-found")
            found = await store_queries.one(tx, sent, scope_of("admin", ()), now)
            assert found is not None, "the notification was written in this transaction"
            ways = await store_queries.deliveries_of(tx, [sent])
        return notification_out(found, self._zone, ways[sent])

    # -- inside ------------------------------------------------------------------------------------------------------

    async def _found(self, tx: Tx, notification_id: str, who: Principal) -> NotificationRow:
        found = await store_queries.one(tx, notification_id, scope_of(who.role, who.orgs), self._clock.wall())
        if found is None:
            raise Refusal("not-found")
        return found

    async def _shown(self, tx: Tx, notification_id: str, who: Principal) -> NotificationOut:
        found = await self._found(tx, notification_id, who)
        ways = await store_queries.deliveries_of(tx, [notification_id])
        return notification_out(found, self._zone, ways[notification_id])

    def _place(self, scope: str, cursor: str | None) -> Place | None:
        if cursor is None:
            return None
        at, identity = self._cursors.read(scope, cursor)
        return at, identity

    def _next(self, scope: str, place: Place | None) -> str | None:
        return None if place is None else self._cursors.write(scope, list(place))


CHANGED = Problem(
    "CHANGED_MEANWHILE",
    "",
    "路由已被他人修改，请重新读取后再提交。",
    "Somebody has changed the routing meanwhile: read it again and repeat your change.",
)


def _raise(problem: Problem | None) -> None:
    if problem is not None:
        raise Refusal("conflict", problem)


def _version_of(tag: str | None) -> int | None:
    """The version that an `If-Match` names; None = any. Something else matches no version."""
    if tag is None or tag.strip() == "*":
        return None
    number = tag.strip().strip('"')
    return int(number) if number.isdigit() else -1


def _yaml_body() -> dict[str, object]:
    return {"requestBody": {"required": True, "content": {YAML: {"schema": {"type": "string"}}}}}
