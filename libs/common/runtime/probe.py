"""The small server of a worker: /healthz, /readyz, /metrics, /status, on its own loop.

A loop that is blocked does not answer, and that is the one reason to restart a worker: a database or broker that is
away makes it not ready, never dead.
"""

from __future__ import annotations

import faust
import msgspec
from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from libs.common.runtime.assembly import Spine
from libs.common.runtime.consume import BatchConsumer
from libs.common.runtime.status import status_of
from libs.common.runtime.telemetry import log


class Probe(faust.Service):
    """Answers the questions of a supervisor."""

    def __init__(self, spine: Spine, consumer: BatchConsumer | None) -> None:
        super().__init__()
        self._spine, self._consumer = spine, consumer
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        server = web.Application()
        server.add_routes(
            [
                web.get("/healthz", self._alive),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._metrics),
                web.get("/status", self._status),
            ]
        )
        self._runner = web.AppRunner(server, access_log=None)
        await self._runner.setup()
        settings = self._spine.settings
        await web.TCPSite(self._runner, settings.host, settings.port).start()
        log("sunlit.probe").info("probe_listens", addresses=[str(a) for a in self._runner.addresses])

    async def on_shutdown(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _alive(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _: web.Request) -> web.Response:
        health = self._spine.health
        body = msgspec.json.encode({"ready": health.ready, "against": health.against})
        return web.Response(body=body, status=200 if health.ready else 503, content_type="application/json")

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._spine.metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _status(self, _: web.Request) -> web.Response:
        body = msgspec.json.encode(await status_of(self._spine, self._consumer))
        return web.Response(body=body, content_type="application/json")
