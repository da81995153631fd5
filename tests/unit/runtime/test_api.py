"""The API's frame: problem documents, limits, documents, probes. No database answers here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from pydantic import BaseModel

from libs.common.kernel.errors import DataError, Problem
from libs.common.runtime.api import build_api
from libs.common.runtime.auth import Principal, mint, require, token_key
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.problems import Refusal, language_of
from libs.common.runtime.settings import Settings


class Thing(BaseModel):
    """A body."""

    name: str
    parts: list[int] = []


def router() -> APIRouter:
    """Routes that go wrong in every way."""
    routes = APIRouter(prefix="/api/demo/v1")

    @routes.post("/things", summary="建立 Make a thing")
    async def make(thing: Thing) -> dict[str, str]:
        return {"name": thing.name}

    @routes.get("/things")
    async def things(limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, int]:
        return {"limit": limit}

    @routes.get("/data-error")
    async def data_error() -> None:
        raise DataError(Problem("TIME_IN_FUTURE", "/time", "时间在未来。", "The time lies ahead."))

    @routes.get("/refusal")
    async def refusal() -> None:
        raise Refusal("unavailable", retry_after_s=7)

    @routes.get("/bug")
    async def bug() -> None:
        raise KeyError("王小明")

    @routes.get("/mine")
    async def mine(principal: Annotated[Principal, Depends(require("supervisor", "auditor"))]) -> dict[str, str]:
        return {"name": principal.name}

    return routes


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files."""
    directory = tmp_path_factory.mktemp("secrets")
    create_keys(directory, [2026])
    return directory


@pytest.fixture
async def client(secrets: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API whose database is not there."""
    settings = Settings(secrets=secrets, database="postgresql://127.0.0.1:1/none", body_limit_bytes=1000)
    app: FastAPI = build_api(settings, "demo", [router()])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as c:
        yield c


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "zh-CN"), ("", "zh-CN"), ("en", "en"), ("zh-CN,en;q=0.8", "zh-CN"), ("en-GB,zh;q=0.5", "en"),
        ("de,en;q=0.3", "en"), ("fr", "zh-CN"), ("en;q=0.5,zh;q=0.9", "zh-CN"), ("en;q=x", "zh-CN"), (";;,,", "zh-CN"),
    ],
)  # fmt: skip
def test_the_reader_chooses_the_language(accept: str | None, language: str) -> None:
    """Chinese unless English is preferred (decision 42)."""
    assert language_of(accept) == language


async def test_a_data_error_is_a_located_problem(client: httpx.AsyncClient) -> None:
    """RFC 9457 with pointer, code and message in the reader's language."""
    zh = await client.get("/api/demo/v1/data-error")
    en = await client.get("/api/demo/v1/data-error", headers={"Accept-Language": "en"})
    assert (zh.status_code, zh.headers["content-type"], zh.json()["type"]) == (
        422,
        "application/problem+json",
        "urn:sunlit:problem:invalid",
    )
    assert zh.json()["errors"] == [{"pointer": "/time", "code": "TIME_IN_FUTURE", "message": "时间在未来。"}]
    assert en.json()["errors"][0]["message"] == "The time lies ahead."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "pointer"),
    [
        ("POST", "/api/demo/v1/things", '{"parts":[1,"x"]}', 422, "/name"),
        ("POST", "/api/demo/v1/things", '{"name":"a","parts":[1,"x"]}', 422, "/parts/1"),
        ("POST", "/api/demo/v1/things", "{", 422, "/1"),
        ("GET", "/api/demo/v1/things?limit=501", None, 422, "?limit"),
        ("GET", "/nowhere", None, 404, None),
        ("DELETE", "/api/demo/v1/things", None, 405, None),
        ("GET", "/api/demo/v1/bug", None, 500, None),
        ("GET", "/ops/demo/api/status", None, 401, None),
    ],
)
async def test_every_refusal_is_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, body: str | None, status: int, pointer: str | None
) -> None:
    """One form for all, with the place where there is one; nothing of the inside is told."""
    answer = await client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert [e["pointer"] for e in answer.json()["errors"]][:1] == ([pointer] if pointer else [])
    assert "王" not in answer.text


async def test_a_refusal_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    """503 with Retry-After."""
    answer = await client.get("/api/demo/v1/refusal")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


async def test_a_body_beyond_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    """Declared or not: 413, and one byte less passes the door."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    headers = {"content-type": "application/json"}
    declared = await client.post("/api/demo/v1/things", content=b" " * 1001, headers=headers)
    undeclared = await client.post("/api/demo/v1/things", content=chunks(), headers=headers)
    fits = await client.post("/api/demo/v1/things", content=b'{"name":"a"}'.ljust(1000), headers=headers)
    assert [declared.status_code, undeclared.status_code, fits.status_code] == [413, 413, 200]
    assert declared.json()["errors"][0]["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize(
    ("role", "status"),
    [("supervisor", 200), ("auditor", 200), ("admin", 200), ("clerk", 403), ("operator", 403), (None, 401)],
)
async def test_roles_open_routes(client: httpx.AsyncClient, secrets: Path, role: str | None, status: int) -> None:
    """The named ones and admin; others 403, nobody 401."""
    headers = {}
    if role is not None:
        token = mint(token_key(secrets), Principal("p", "P", role), now=datetime.now(UTC), ttl=timedelta(minutes=5))
        headers["Authorization"] = f"Bearer {token}"
    answer = await client.get("/api/demo/v1/mine", headers=headers)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_cookie_counts_for_reading_only(client: httpx.AsyncClient, secrets: Path) -> None:
    """Another site's form sends cookies too, so a POST with nothing else is nobody's."""
    token = mint(token_key(secrets), Principal("p", "P", "admin"), now=datetime.now(UTC), ttl=timedelta(minutes=5))
    cookie = {"Cookie": f"sunlit_token={token}"}
    assert (await client.get("/api/demo/v1/mine", headers=cookie)).status_code == 200
    assert (await client.post("/ops/demo/api/dead/1:replay", headers=cookie)).status_code == 401


async def test_the_documents_need_no_other_host(client: httpx.AsyncClient) -> None:
    """The page has no script, its policy allows nothing from elsewhere, and it lists every operation."""
    document = (await client.get("/api/demo/openapi.json")).json()
    page = await client.get("/api/demo/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "http" not in page.text.replace("http://x", "")
    assert all(path in page.text for path in document["paths"])
    assert "建立 Make a thing" in page.text


async def test_probes_answer_without_a_database(client: httpx.AsyncClient) -> None:
    """Alive, not ready, measured, and the status says what is unknown."""
    alive, ready = await client.get("/healthz"), await client.get("/readyz")
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.json()["against"]["database"]
    assert "sunlit_http_requests_total" in (await client.get("/metrics")).text
    status = (await client.get("/status")).json()
    assert (status["outbox"], status["lag"], status["ready"]) == (None, None, False)
