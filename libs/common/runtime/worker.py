"""A service's worker: a Faust app that carries the batch consumer, the due runner, the relay and the probe server.

Faust itself serves light control messages only. What it is told not to do stands in `_faust`, and why.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.runtime import garbage
from libs.common.runtime import topics as topic_list
from libs.common.runtime.assembly import Spine, build_spine
from libs.common.runtime.brokers import client_options
from libs.common.runtime.consume import BatchConsumer
from libs.common.runtime.due import DueRunner
from libs.common.runtime.effects import Effects
from libs.common.runtime.gauges import Counted, Gauges
from libs.common.runtime.health import describe
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.lines import AnyLine
from libs.common.runtime.probe import Probe
from libs.common.runtime.relay import Relay
from libs.common.runtime.retry import EX_TEMPFAIL, pauses_s
from libs.common.runtime.settings import Settings
from libs.common.runtime.telemetry import log, setup_logging

STOP_LIMIT_S = 10.0

OnControl = Callable[[Event], Awaitable[None]]
ServiceMaker = Callable[[Spine], faust.Service]


class SpineApp(faust.App):
    """A Faust app that starts the spine before Faust's own Kafka parts and is never kept from ending."""

    spine: Spine
    services: tuple[Any, ...] = ()

    def on_init_dependencies(self) -> Iterable[Any]:
        return [*self.services, *super().on_init_dependencies()]

    async def on_stop(self) -> None:
        # With a dead broker Faust may wait for ever. Everything that counts is stored by then or will come again.
        guard = threading.Timer(STOP_LIMIT_S, os._exit, (EX_TEMPFAIL,))
        guard.daemon = True
        guard.start()
        await super().on_stop()


class _Ground(faust.Service):
    """Opens the database first and closes it last."""

    def __init__(self, spine: Spine) -> None:
        super().__init__()
        self._spine = spine

    async def on_start(self) -> None:
        await self._spine.database.start()

    async def on_shutdown(self) -> None:
        await self._spine.database.stop()
        self._spine.tracing.stop()


class _Gate(faust.Service):
    """Holds Faust's own Kafka parts back until the broker answers and the topics exist.

    A Faust worker that starts before its topic exists never consumes, and one that starts without a broker ends; the
    due runner and the probe server, which stand before the gate, need neither.
    """

    def __init__(self, app: SpineApp, wanted: Sequence[str]) -> None:
        super().__init__()
        self._app, self._wanted = app, frozenset(wanted)

    async def on_start(self) -> None:
        health, pauses = self._app.spine.health, pauses_s()
        while not self._app.should_stop:
            try:
                missing = self._wanted - await self._topics()
            except (KafkaError, OSError) as error:
                health.hold("kafka", f"Kafka does not answer: {type(error).__name__}")
            else:
                if not missing:
                    health.clear("kafka")
                    return
                health.hold("kafka", f"topics are missing: {', '.join(sorted(missing))}; run `sunlit topics apply`")
            await asyncio.sleep(next(pauses))

    async def _topics(self) -> frozenset[str]:
        probe = AIOKafkaConsumer(**client_options(self._app.spine.settings))
        try:
            await probe.start()
            return frozenset(await probe.topics())
        finally:
            with suppress(KafkaError, OSError):
                await probe.stop()


def build_worker(
    settings: Settings,
    service: str,
    lines: Sequence[AnyLine],
    topics: Sequence[str],
    extra_services: Sequence[ServiceMaker] = (),
    *,
    inbox: Inbox | None = None,
    on_control: OnControl | None = None,
    gauges: Sequence[Counted] = (),
    gather_s: float = 0.0,
) -> SpineApp:
    """The worker of a service; `run_worker` runs it.

    Args:
        lines: what the service folds; an event goes to the first line that wants it.
        topics: what it reads; `*` in a name makes a pattern.
        extra_services: makers of further Faust services (deliveries, timers), given the spine.
        inbox: the archive table, if that is the inbox.
        on_control: called for each light message; it may be lost, and an error of it is logged and nothing more.
        gauges: what the service's tables are counted for.
        gather_s: how long a small batch waits for company (`BatchConsumer`); never on a virtual clock, whose driver
            waits for every batch.
    """
    spine = build_spine(settings, service, lines, inbox)
    app = _faust(settings, service)
    app.spine = spine
    effects = Effects(
        service, lines, spine.database, spine.clock, inbox=spine.inbox, metrics=spine.metrics, tracing=spine.tracing
    )
    consumer = (
        BatchConsumer(
            topics,
            effects,
            spine.database,
            settings,
            spine.metrics,
            spine.health,
            app=app,
            gather_s=0.0 if spine.clock.is_virtual else gather_s,
        )
        if topics
        else None
    )
    app.services = (
        _Ground(spine),
        Probe(spine, consumer),
        DueRunner(lines, spine.database, spine.clock, spine.metrics, spine.health, spine.tracing),
        Relay(service, settings, spine.metrics, spine.health),
        Gauges(gauges, spine.database, spine.clock, spine.metrics.registry),
        *((consumer,) if consumer is not None else ()),
        *(make(spine) for make in extra_services),
        _Gate(app, [topic_list.CONTROL, *(name for name in topics if "*" not in name)]),
    )
    _listen(app, service, on_control)
    return app


def run_worker(app: SpineApp) -> None:
    """Run a worker until SIGTERM or SIGINT; ends the process (0 = stopped, 1 = crashed, 75 = a resource was lost)."""
    settings = app.spine.settings
    setup_logging(app.spine.service, "worker", settings.log_level)
    worker = faust.Worker(
        app, quiet=True, override_logging=False, redirect_stdouts=False, loglevel=settings.log_level, workdir=Path.cwd()
    )
    worker.spinner = None
    garbage.look_seldom()
    worker.execute_from_commandline()


def _faust(settings: Settings, service: str) -> SpineApp:
    """The app for light messages: each process its own group from the newest message on, so that all of them hear."""
    return SpineApp(
        id=f"sunlit-{service}-{uuid4().hex[:12]}",
        broker=[f"kafka://{server}" for server in settings.servers],
        datadir=Path(tempfile.gettempdir()) / f"sunlit-{service}",
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        broker_session_timeout=settings.consumer_session_timeout_ms / 1000,
        broker_heartbeat_interval=2.0,
        consumer_auto_offset_reset="latest",
        worker_redirect_stdouts=False,
        stream_wait_empty=True,
    )


def _listen(app: SpineApp, service: str, on_control: OnControl | None) -> None:
    """The agent on `sunlit.control.v1`; no exception leaves it (Faust would commit past it and restart the agent)."""
    channel = app.topic(topic_list.CONTROL, key_serializer="raw", value_serializer="raw", allow_empty=True)
    logger = log("sunlit.control")

    async def control(stream: faust.StreamT[Any]) -> None:
        async for raw in stream:
            try:
                event = codec.decode(raw)
                if on_control is not None and event.subject in (service, "all"):
                    await on_control(event)
            except DataError as error:
                logger.warning("control_message_unread", code=error.problems[0].code)
            except Exception as error:
                logger.error("control_message_failed", error=describe(error))

    app.agent(channel, name=f"{service}.control", concurrency=1)(control)
