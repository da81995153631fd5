"""A service's API process: FastAPI with problem documents, probes, metrics, documents and the operator's calls.

It works while Kafka is down: what it takes in waits in the outbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from libs.common.runtime import garbage
from libs.common.runtime.apidocs import install_docs
from libs.common.runtime.assembly import Spine, build_spine
from libs.common.runtime.auth import Verifier
from libs.common.runtime.cursors import Cursors
from libs.common.runtime.guard import Guard
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.keyring import read_key
from libs.common.runtime.lines import AnyLine
from libs.common.runtime.ops_routes import ops_router
from libs.common.runtime.problems import install_problems
from libs.common.runtime.settings import Settings
from libs.common.runtime.status import status_of
from libs.common.runtime.telemetry import setup_logging

VERSION = "0.1.0"

Hook = Callable[[FastAPI], Awaitable[None]]


def build_api(
    settings: Settings,
    service: str,
    routers: Sequence[APIRouter],
    on_start: Hook | None = None,
    on_stop: Hook | None = None,
    *,
    lines: Sequence[AnyLine] = (),
    inbox: Inbox | None = None,
    title: str | None = None,
) -> FastAPI:
    """The API of a service. `app.state.spine` is there from the start, `.verifier` and `.cursors` too.

    Args:
        routers: the service's routes; API paths start with `/api/<service>/`.
        on_start, on_stop: called with the app after the database was opened and before it is closed.
        lines, inbox: the worker's, so that letters can be replayed here.

    Raises:
        ContractBroken: a key file of the secrets is missing; says which.
    """
    spine = build_spine(settings, service, lines, inbox)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await spine.database.start()
        try:
            if on_start is not None:
                await on_start(app)
            yield
            if on_stop is not None:
                await on_stop(app)
        finally:
            await spine.database.stop()
            spine.tracing.stop()

    app = FastAPI(
        title=title or f"Sunlit Hall · {service}",
        version=VERSION,
        openapi_url=f"/api/{service}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.spine = spine
    app.state.verifier = Verifier.from_dir(settings.secrets_dir)
    app.state.cursors = Cursors(read_key(settings.secrets_dir, "cursor.key"))
    app.add_middleware(Guard, limit_bytes=settings.body_limit_bytes, metrics=spine.metrics, tracing=spine.tracing)
    install_problems(app)
    install_docs(app, f"/api/{service}/docs")
    app.include_router(_probes(spine), include_in_schema=False)
    app.include_router(ops_router(spine))
    for router in routers:
        app.include_router(router)
    return app


def run_api(app: FastAPI) -> None:
    """Serve until SIGTERM; requests in hand are finished."""
    spine: Spine = app.state.spine
    settings = spine.settings
    setup_logging(spine.service, "api", settings.log_level)
    garbage.look_seldom()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=8,
        timeout_keep_alive=30,
    )


def _probes(spine: Spine) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def alive() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def ready() -> Response:
        if await spine.database.answers():
            spine.health.clear("database")
        else:
            spine.health.hold("database", "the database does not answer")
        body = msgspec.json.encode({"ready": spine.health.ready, "against": spine.health.against})
        return Response(body, 200 if spine.health.ready else 503, media_type="application/json")

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(spine.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/status")
    async def status() -> Response:
        return Response(msgspec.json.encode(await status_of(spine)), media_type="application/json")

    return router
