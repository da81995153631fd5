"""The one origin of a local platform (decision 24): pages, APIs and login behind one port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from libs.common.runtime.auth import TOKEN_COOKIE, Verifier
from libs.common.runtime.clock import build_clock
from libs.common.runtime.keyring import read_key
from libs.common.runtime.settings import Settings
from libs.common.web.pages import Pages
from libs.ops.asyncapi import asyncapi_yaml
from libs.ops.gateway.people import PEOPLE, SESSION_TTL, person, safe_next, sign_in
from libs.ops.gateway.proxy import Proxy
from libs.ops.home import Home, State
from libs.ops.probe import Place, not_ready
from libs.ops.roster import SERVICES
from libs.ops.status import Process, look, look_afar

HERE = Path(__file__).parent
OPERATORS = ("operator", "admin", "auditor", "supervisor-admin")


class Gateway:
    """Routes of the gateway itself; everything else is passed on.

    Args:
        settings: where the home and its keys are.
        home: whose processes answer.
        places: where each process answers: ports of this machine, or host:port.
    """

    def __init__(self, settings: Settings, home: Home, places: Mapping[str, Place]) -> None:
        self._settings, self._home, self._places = settings, home, dict(places)
        self._verifier = Verifier.from_dir(settings.secrets_dir)
        self._proxy = Proxy(places)
        clock = build_clock(settings.clock, settings.timezone)
        self.pages = Pages(
            "gateway",
            templates=HERE / "templates",
            catalogues=[HERE / "texts.toml"],
            clock=clock,
            secret=read_key(settings.secrets_dir, "form.key"),
        )

    def application(self) -> FastAPI:
        """The ASGI application."""

        @asynccontextmanager
        async def life(_: FastAPI) -> AsyncIterator[None]:
            yield
            await self._proxy.stop()

        app = FastAPI(title="Sunlit Hall", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
        app.state.verifier = self._verifier
        own_form = [Depends(self.pages.own_form)]
        app.add_api_route("/readyz", self.ready, methods=["GET"])
        app.add_api_route("/healthz", self.health, methods=["GET"])
        app.add_api_route("/api/asyncapi.yaml", self.asyncapi, methods=["GET"])
        app.add_api_route("/login", self.login_page, methods=["GET"], response_class=HTMLResponse)
        app.add_api_route("/login", self.login, methods=["POST"], dependencies=own_form)
        app.add_api_route("/logout", self.logout, methods=["POST"], dependencies=own_form)
        looks = [Depends(self.pages.requires(*OPERATORS))]
        app.add_api_route("/ops/", self.overview, methods=["GET"], response_class=HTMLResponse, dependencies=looks)
        app.add_api_route("/ops", self.to_overview, methods=["GET"])
        self.pages.install(app)
        app.router.default = self.pass_on
        return app

    async def pass_on(self, scope: Any, receive: Any, send: Any) -> None:
        """Everything that is not the gateway's own."""
        if scope["type"] == "http":
            response = await self._proxy(Request(scope, receive))
            await response(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def ready(self) -> Response:
        """Whether the gateway itself serves."""
        return JSONResponse({"ready": True, "against": {}})

    async def health(self) -> Response:
        """Whether all processes serve."""
        places = {name: at for name, at in self._places.items() if name.endswith(("-api", "-worker"))}
        waiting = await run_in_threadpool(not_ready, places)
        return JSONResponse({"ready": not waiting, "against": waiting}, status_code=503 if waiting else 200)

    async def asyncapi(self) -> Response:
        """The document of the topics."""
        return Response(await run_in_threadpool(self._topics_document), media_type="application/yaml")

    @cache  # noqa: B019 - one gateway a process, which lives as long as it
    def _topics_document(self) -> str:
        """Made once and beside the event loop: it takes half a second, in which nothing else would be passed on."""
        return asyncapi_yaml(version("sunlit-hall"), self._settings.kafka)

    async def login_page(self, request: Request, next: str = "", unknown: bool = False) -> Response:  # noqa: A002
        """The people to choose from."""
        context = {"people": PEOPLE, "next": safe_next(next), "unknown": unknown}
        return self.pages.render(request, "login.html", context)

    async def login(
        self,
        role: Annotated[str, Form()],
        next: Annotated[str, Form()] = "",  # noqa: A002
    ) -> Response:
        """Become one of them."""
        who = person(role)
        if who is None:
            return RedirectResponse("/login?unknown=true", status_code=303)
        token = sign_in(self._settings.secrets_dir, who, datetime.now(UTC))
        answer = RedirectResponse(safe_next(next), status_code=303)
        answer.set_cookie(
            TOKEN_COOKIE, token, max_age=int(SESSION_TTL.total_seconds()), httponly=True, samesite="lax", path="/"
        )
        return answer

    async def logout(self) -> Response:
        """Become nobody."""
        answer = RedirectResponse("/", status_code=303)
        answer.delete_cookie(TOKEN_COOKIE, path="/")
        return answer

    async def overview(self, request: Request) -> Response:
        """Lag, dead letters, processes."""
        processes = await run_in_threadpool(self.look)
        context = {
            "processes": processes,
            "services": [service_row(processes, service) for service in SERVICES],
            "waiting": [process for process in processes if not process.ready],
        }
        return self.pages.render(request, "ops.html", context)

    async def to_overview(self) -> Response:
        """With the slash."""
        return RedirectResponse("/ops/", status_code=308)

    def look(self) -> list[Process]:
        """Every process of this home, or those that the settings name."""
        if self._settings.upstreams:
            return look_afar(self._places)
        state: State = self._home.state()
        return look(state)


def configuration(gateway: Gateway, host: str, port: int) -> uvicorn.Config:
    """How the gateway is served: it is the first to see an asker, so it believes nobody who says for whom he asks."""
    return uvicorn.Config(
        gateway.application(),
        host=host,
        port=port,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=3,
        server_header=False,
    )


def service_row(processes: list[Process], service: str) -> dict[str, Any]:
    """What one service's worker says of itself."""
    worker = next(process for process in processes if process.name == f"{service}-worker")
    names = ("lag", "outbox", "due", "parked", "behind")
    due = worker.details.get("next_due_at")
    return {
        "service": service,
        **{name: worker.details.get(name) for name in names},
        "next_due_at": datetime.fromisoformat(due) if due else None,
    }
