"""The one origin: what it passes on, how it streams, who signs in."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from libs.common.runtime.auth import Verifier
from libs.common.runtime.settings import Settings
from libs.ops import keys
from libs.ops.gateway.app import Gateway, configuration
from libs.ops.home import Home
from libs.ops.ports import free_ports
from libs.ops.roster import GATEWAY, NAMES

PAGE = {"accept": "text/html"}


@contextmanager
def serving(config: uvicorn.Config) -> Iterator[str]:
    """An ASGI application on a real port."""
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{config.port}"
    finally:
        server.should_exit = True
        thread.join()


async def echo(request: Request) -> Response:
    """Says what came in."""
    told = {
        "raw_path": request.scope["raw_path"].decode(),
        "query": request.url.query,
        "method": request.method,
        "headers": dict(request.headers.items()),
        "body_bytes": len(await request.body()),
    }
    answer = JSONResponse(told, status_code=207, headers={"x-own": "1", "cache-control": "no-store"})
    answer.headers.append("set-cookie", "a=1")
    answer.headers.append("set-cookie", "b=2")
    return answer


async def ticks(_: Request) -> Response:
    """A live stream that never ends."""

    async def lines() -> AsyncIterator[bytes]:
        for number in range(10_000):
            yield f"event: card\ndata: {number}\n\n".encode()
            await asyncio.sleep(0.05)

    return StreamingResponse(lines(), media_type="text/event-stream")


async def ready(_: Request) -> Response:
    """Like a process that is ready."""
    return JSONResponse({"ready": True, "against": {}})


METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
SERVICE = Starlette(
    routes=[
        Route("/readyz", ready),
        Route("/api/supervision/v1/stream", ticks),
        Route("/{path:path}", echo, methods=METHODS),
    ]
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with keys and nothing else."""
    place = Home(tmp_path_factory.mktemp("home"))
    keys.make(place.secrets, datetime(2026, 3, 2, tzinfo=UTC))
    return place


@pytest.fixture(scope="module")
def origin(home: Home) -> Iterator[str]:
    """A gateway in front of one server that stands for all services but notify, whose process is away."""
    service, gateway, nobody = free_ports(3)
    ports = {name: nobody if name.startswith("notify") else service for name in NAMES} | {GATEWAY: gateway}
    settings = Settings(home=home.path)
    front = configuration(Gateway(settings, home, ports), "127.0.0.1", gateway)
    with serving(uvicorn.Config(SERVICE, port=service, log_level="warning")), serving(front) as address:
        yield address


@pytest.fixture
def client(origin: str) -> Iterator[httpx.Client]:
    """A visitor."""
    with httpx.Client(base_url=origin, trust_env=False) as visitor:
        yield visitor


def test_a_request_arrives_as_it_was_sent(client: httpx.Client) -> None:
    """Path byte for byte, query, method, headers, body; the answer with its status and both cookies."""
    answer = client.put("/api/approval/v1/items/%E5%8A%9E%2F%E4%BB%B6?q=a%20b&q=c", content=b"x" * 100_000)
    told = answer.json()
    assert answer.status_code == 207
    assert told["raw_path"] == "/api/approval/v1/items/%E5%8A%9E%2F%E4%BB%B6"
    assert told["query"] == "q=a%20b&q=c"
    assert (told["method"], told["body_bytes"]) == ("PUT", 100_000)
    assert told["headers"]["host"] == client.base_url.netloc.decode()
    assert told["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["x-own"] == "1"


def test_an_asker_cannot_say_for_whom_it_asks(client: httpx.Client) -> None:
    """A forged x-forwarded-for does not pass."""
    told = client.get("/records/1", headers={"x-forwarded-for": "10.0.0.1"}).json()
    assert told["headers"]["x-forwarded-for"] == "127.0.0.1"


def test_a_body_of_unknown_length_is_streamed_through(client: httpx.Client) -> None:
    """A chunked feed arrives whole."""
    answer = client.post("/api/approval/v1/events", content=(b"y" * 70_000 for _ in range(20)))
    assert answer.json()["body_bytes"] == 1_400_000


def test_a_live_stream_comes_piece_by_piece(client: httpx.Client) -> None:
    """Events arrive while the stream goes on, and leaving it early harms nobody."""
    with client.stream("GET", "/api/supervision/v1/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(5)] == ["event: card", "data: 0", "", "event: card", "data: 1"]
    assert client.get("/records/1").status_code == 207


def test_a_process_that_is_away_is_said_with_a_time_to_try_again(client: httpx.Client) -> None:
    """503 problem+json, in the reader's language."""
    answer = client.get("/api/notify/v1/notifications", headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["type"] == "urn:sunlit:problem:unavailable"


def test_health_names_the_processes_that_are_not_ready(client: httpx.Client) -> None:
    """`/healthz` is all of them."""
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert sorted(answer.json()["against"]) == ["notify-api", "notify-worker"]


def test_the_document_of_the_topics_is_served(client: httpx.Client) -> None:
    """`/api/asyncapi.yaml` is AsyncAPI 3."""
    answer = client.get("/api/asyncapi.yaml")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.text)["asyncapi"].startswith("3.")


def form_token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


def test_one_click_signs_in_and_another_signs_out(client: httpx.Client, home: Home) -> None:
    """The cookie is the token that `sunlit token` gives; no script can read it."""
    page = client.get("/login?next=/hall/", headers=PAGE)
    assert "本机模式" in page.text
    fields = {"role": "clerk", "next": "/hall/", "form_token": form_token(page.text)}
    answer = client.post("/login", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/hall/")
    assert re.search(r"httponly", answer.headers["set-cookie"], re.I)
    assert re.search(r"samesite=lax", answer.headers["set-cookie"], re.I)
    token = client.cookies["sunlit_token"]
    who = Verifier.from_dir(home.secrets).principal(token)
    assert who is not None
    assert who.role == "clerk"
    page = client.get("/login", headers=PAGE)
    client.post("/logout", data={"form_token": form_token(page.text)})
    assert "sunlit_token" not in client.cookies


@pytest.mark.parametrize("fields", [{}, {"form_token": "0" * 64}])
def test_another_sites_form_signs_nobody_in(client: httpx.Client, fields: dict[str, str]) -> None:
    """A login without our form's token is refused and sets no session."""
    answer = client.post("/login", data={"role": "admin", **fields})
    assert answer.status_code == 403
    assert "sunlit_token" not in client.cookies


def test_the_overview_is_for_operators(client: httpx.Client) -> None:
    """A stranger is led to the login and back; a clerk is told that it is not for him."""
    answer = client.get("/ops/", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fops%2F")
    page = client.get("/login", headers=PAGE)
    client.post("/login", data={"role": "clerk", "form_token": form_token(page.text)})
    assert client.get("/ops/", headers=PAGE).status_code == 403


def test_pages_allow_nothing_from_other_hosts(client: httpx.Client) -> None:
    """The login page carries the strict policy."""
    policy = client.get("/login", headers=PAGE).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy


def test_a_home_without_keys_is_named(tmp_path: Path) -> None:
    """The gateway does not start without the keys and says who makes them."""
    with pytest.raises(Exception, match="sunlit up"):
        Gateway(Settings(home=tmp_path), Home(tmp_path), dict.fromkeys(NAMES, 1))
