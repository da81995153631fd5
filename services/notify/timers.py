"""The deliverer: takes deliveries whose moment has come, tries each once, and notes what became of it.

1. In one transaction a few pending deliveries are leased (`SKIP LOCKED`) and their attempt counted.
2. Outside any transaction each is carried by its channel, all at once; no exception leaves a carrier.
3. In a second transaction the outcome is written together with the fact `notify.notification.sent` or `.failed`.
A process that dies between 1 and 3 leaves a lease that runs out: the delivery is tried again under the same id, so a
receiver that can tell doubles apart sees one message, and nothing is ever dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import structlog
from mode import Service
from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy.exc import DBAPIError

from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.tracing import Tracing
from services.notify.domain.delivery import Again, Answer, Delivered, GaveUp, judge
from services.notify.domain.targets import CHANNELS
from services.notify.ports import Carrier, Parcel
from services.notify.store import Place, RoutingStore, surroundings
from services.notify.store_deliveries import Settled, lease, settle
from services.notify.store_outside import take_pushed
from services.notify.store_watch import Watched, is_mine, look, own_alerts, tidy

IDLE_SECONDS = 0.2
LEASE = timedelta(seconds=60)
PARCELS_AT_ONCE = 50
WATCH_SECONDS = 30.0
QUEUE_AGE_MAX_SECONDS = 600.0

log = structlog.get_logger(__name__)


class Deliverer(Service):
    """Carries what is due until the process stops."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        carriers: Mapping[str, Carrier],
        tree: RoutingStore,
        external_url: str,
        random: Random,
        registry: CollectorRegistry,
        tracing: Tracing | None = None,
    ) -> None:
        super().__init__()
        self._tracing = tracing or Tracing("off")
        self._database, self._clock, self._carriers, self._random = database, clock, carriers, random
        self._tree, self._external_url = tree, external_url
        self._attempts = Counter(
            "sunlit_notify_deliveries", "Attempts to deliver a notification", ["channel", "outcome"], registry=registry
        )

    @Service.task
    async def _run(self) -> None:
        while not self.should_stop:
            try:
                carried = await self.carry_due()
            except (DBAPIError, OSError, TimeoutError) as error:
                log.warning("deliveries wait for the database", error=str(error)[:200])
                carried = 0
            if not carried:
                await self.sleep(IDLE_SECONDS)

    async def carry_due(self) -> int:
        """One round; answers how many deliveries were tried."""
        now = self._clock.wall()
        async with self._database.transaction() as tx:
            limits = (await self._tree.current(tx)).limits
            parcels = await lease(tx, now, now + LEASE, PARCELS_AT_ONCE, limits, self._external_url)
        if not parcels:
            return 0
        answers = await asyncio.gather(*(self._carry(parcel, now) for parcel in parcels))
        settled = [self._judge(parcel, answer) for parcel, answer in zip(parcels, answers, strict=True)]
        async with self._database.transaction() as tx:
            await settle(tx, settled, self._clock.wall(), self._clock.now())
        return len(parcels)

    async def _carry(self, parcel: Parcel, now: datetime) -> Answer:
        carrier = self._carriers.get(parcel.channel)
        if carrier is None:
            return Answer(ok=False, error=f"没有名为 {parcel.channel} 的通道")
        trace = next((alert["traceparent"] for alert in parcel.alerts if alert.get("traceparent")), None)
        try:
            with self._tracing.sending(f"notify deliver {parcel.channel}", trace, attempt=parcel.attempt):
                return await carrier.carry(parcel, now)
        except Exception as error:
            # a carrier answers for every failure it knows; this one is new: keep the alert, try again, tell somebody
            log.exception("carrier failed", channel=parcel.channel, delivery=parcel.delivery_id)
            return Answer(ok=False, retryable=True, error=f"通道内部错误：{type(error).__name__}")

    def _judge(self, parcel: Parcel, answer: Answer) -> Settled:
        verdict = judge(answer, parcel.attempt, self._clock.wall(), self._random.random())
        outcome = {Delivered: "sent", Again: "again", GaveUp: "failed"}[type(verdict)]
        self._attempts.labels(parcel.channel, outcome).inc()
        if not isinstance(verdict, Delivered):
            log.warning("not delivered", channel=parcel.channel, delivery=parcel.delivery_id, outcome=outcome)
        return Settled(parcel, verdict)


class Watch(Service):
    """Looks at notify itself: sets its metrics, tidies up, and lets what is wrong go out as alerts of its own."""

    def __init__(
        self, database: Database, clock: Clock, tree: RoutingStore, place: Place, registry: CollectorRegistry
    ) -> None:
        super().__init__()
        self._database, self._clock, self._tree, self._place = database, clock, tree, place
        self._lost = Gauge("sunlit_notify_lost", "Alerts and deliveries that nobody accounts for", registry=registry)
        self._failed = Gauge("sunlit_notify_failed_last_hour", "Given up", ["channel"], registry=registry)
        self._missing = Gauge("sunlit_notify_deadman_missing", "Alerts that must keep coming", registry=registry)

    @Service.task
    async def _run(self) -> None:
        while not self.should_stop:
            try:
                await self.look_once()
            except (DBAPIError, OSError, TimeoutError) as error:
                log.warning("the watch waits for the database", error=str(error)[:200])
            await self.sleep(WATCH_SECONDS)

    async def look_once(self) -> Watched | None:
        """One look; None when another worker has the watch. A driven clock gets no alerts: two runs tell the same."""
        now = self._clock.wall()
        async with self._database.transaction() as tx:
            if not await is_mine(tx):
                return None
            context = await surroundings(tx, self._tree, self._place, now, whole=False)
            watched = await look(tx, context, now)
            await tidy(tx, context, now, digests=not self._clock.is_driven)
            if not self._clock.is_driven:
                own = own_alerts(watched, context.routing.heartbeat, QUEUE_AGE_MAX_SECONDS)
                await take_pushed(tx, self._tree, self._place, own, now)
        self._lost.set(watched.lost)
        self._missing.set(len(watched.missing))
        for channel in CHANNELS:
            self._failed.labels(channel).set(watched.failed.get(channel, 0))
        if watched.lost:
            log.error("alerts are lost", lost=watched.lost)
        return watched
