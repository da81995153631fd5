"""Pages over HTTP: language, theme, who may look, forms, refusals, headers, static files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import TOKEN_COOKIE, Principal
from libs.common.runtime.problems import Refusal
from libs.common.web.pages import Pages
from libs.common.web.security import CONTENT_SECURITY_POLICY, FORM_COOKIE

READER = {"accept": "text/html"}
ROLES = {"c": "clerk", "s": "supervisor", "a": "admin"}
TEMPLATE = """{% extends "layouts/office.html" %}
{% block main %}<h1>{{ t("ui.search") }}</h1>
{% call ui.form(page, "/hall/act") %}{% endcall %}
<a href="{{ page.here(sort="-red", cursor=None) }}">x</a>{% endblock %}"""
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class StandingClock:
    """A clock at one moment."""

    is_virtual: bool = True
    speed: float = 3600.0
    zone: ZoneInfo = SHANGHAI

    def now(self) -> datetime:
        return datetime(2026, 3, 11, 10, 24, 6, tzinfo=self.zone)

    def wall(self) -> datetime:
        return self.now()

    def proven_up_to(self, source: str) -> datetime | None:
        return None


def identify(request: Request) -> Principal | None:
    """The cookie holds the first letter of a role; it counts for reading, or after a checked form."""
    reads = request.method == "GET" or getattr(request.state, "form_checked", False)
    role = ROLES.get(request.cookies.get(TOKEN_COOKIE, "")) if reads else None
    return Principal("p", "陈立言", role) if role else None


@pytest.fixture
async def client(tmp_path: Path) -> httpx.AsyncClient:
    """A service with a page for everybody, one for clerks and supervisors, and a form."""
    (tmp_path / "page.html").write_text(TEMPLATE, encoding="utf-8")
    app = FastAPI()
    pages = Pages("hall", templates=tmp_path, catalogues=[], clock=StandingClock(), secret=b"k", identify=identify)
    pages.install(app)
    clerks = [Depends(pages.requires("clerk"))]

    @app.get("/open")
    async def open_page(request: Request) -> HTMLResponse:
        return pages.render(request, "page.html")

    @app.get("/hall/", dependencies=clerks)
    async def hall(request: Request) -> HTMLResponse:
        return pages.render(request, "page.html")

    @app.post("/hall/act", dependencies=clerks)
    async def act(request: Request) -> str:
        found = pages.principal(request)
        return found.role if found else "nobody"

    @app.get("/conflict")
    @app.get("/api/conflict")
    async def conflict() -> None:
        raise Refusal("conflict", Problem("CHANGED", "", "另一人刚改过。", "Somebody changed it."))

    @app.get("/gone")
    async def gone() -> None:
        raise HTTPException(404)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hall", follow_redirects=False)


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [
        ("", "", "", "zh-CN"),
        ("", "", "en-GB,en;q=0.9,zh;q=0.5", "en"),
        ("", "", "fr", "zh-CN"),
        ("", "zh-CN", "en", "zh-CN"),
        ("?lang=en", "zh-CN", "zh", "en"),
        ("?lang=xx", "", "", "zh-CN"),
    ],
)
async def test_language(client: httpx.AsyncClient, query: str, cookie: str, accept: str, language: str) -> None:
    """The address wins over the cookie, the cookie over the browser, and zh-CN is the rest."""
    headers = {"accept-language": accept, "cookie": f"sunlit_lang={cookie}"}
    answer = await client.get(f"/open{query}", headers=headers)
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"].startswith("Accept-Language, Cookie")


async def test_choices_are_remembered(client: httpx.AsyncClient) -> None:
    """Language and theme of the address become cookies, other values do not."""
    answer = await client.get("/open?lang=en&theme=dark")
    assert (answer.cookies["sunlit_lang"], answer.cookies["sunlit_theme"]) == ("en", "dark")
    assert 'data-theme="dark"' in (await client.get("/open")).text
    assert "sunlit_theme" not in (await client.get("/open?theme=pink")).cookies


async def test_links_to_here_keep_the_question(client: httpx.AsyncClient) -> None:
    """Sorting keeps the filter, forgets the cursor and the language, and is escaped."""
    answer = await client.get("/open?org=a%26b&cursor=x&lang=en")
    assert 'href="/open?org=a%26b&amp;sort=-red"' in answer.text


async def test_simulated_time_is_on_every_page(client: httpx.AsyncClient) -> None:
    """The banner says the moment and the speed."""
    text = (await client.get("/open")).text
    assert "模拟时间" in text
    assert "每秒走 3600 秒" in text


async def test_a_stranger_is_led_to_the_login_and_back(client: httpx.AsyncClient) -> None:
    """A reader is redirected, htmx is told, a machine gets 401."""
    reader = await client.get("/hall/?light=red", headers=READER)
    assert (reader.status_code, reader.headers["location"]) == (303, "/login?next=%2Fhall%2F%3Flight%3Dred")
    part = await client.get("/hall/", headers={**READER, "hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (204, "/login?next=%2Fhall%2F")
    assert (await client.get("/hall/")).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("role", "status"), [("c", 200), ("s", 403), ("a", 200)])
async def test_roles(client: httpx.AsyncClient, role: str, status: int) -> None:
    """Clerks and administrators see the hall; another role gets a page that names the role and the way out."""
    answer = await client.get("/hall/", headers={**READER, "cookie": f"{TOKEN_COOKIE}={role}"})
    assert answer.status_code == status
    assert ("请换一个身份登录" in answer.text) is (status == 403)


async def test_forms_of_others_are_refused(client: httpx.AsyncClient) -> None:
    """The token of the page lets a form through; none, another visitor's, or a made-up one does not."""

    async def token(role: str) -> str:
        page = await client.get("/open", headers={"cookie": f"{TOKEN_COOKIE}={role}"})
        return page.text.split('name="form_token" value="')[1].split('"')[0]

    async def post(form_token: str) -> int:
        headers = {**READER, "cookie": f"{TOKEN_COOKIE}=c"}
        return (await client.post("/hall/act", data={"form_token": form_token}, headers=headers)).status_code

    assert [await post(t) for t in (await token("c"), await token("a"), "", "0" * 64)] == [200, 403, 403, 403]


async def test_a_visitor_without_a_session_gets_a_form_cookie(client: httpx.AsyncClient) -> None:
    """The first page gives it, http-only; later pages keep it."""
    first = await client.get("/open")
    assert "HttpOnly" in first.headers["set-cookie"]
    assert FORM_COOKIE in first.cookies
    assert "set-cookie" not in (await client.get("/open")).headers


async def test_refusals_are_pages_for_readers_and_documents_for_machines(client: httpx.AsyncClient) -> None:
    """The page says what was wrong in the reader's language and what to do; the API keeps its problem document."""
    page = await client.get("/conflict", headers={**READER, "cookie": "sunlit_lang=en"})
    assert page.status_code == 409
    assert "Somebody changed it." in page.text
    assert "Go to the home page" in page.text
    document = await client.get("/api/conflict", headers=READER)
    assert document.json()["errors"][0]["message"] == "另一人刚改过。"


@pytest.mark.parametrize("path", ["/gone", "/no-such"])
async def test_a_wrong_address_says_where_to_look(client: httpx.AsyncClient, path: str) -> None:
    """Not found is a page with a next step."""
    answer = await client.get(path, headers=READER)
    assert (answer.status_code, "请核对编号，或从首页搜索" in answer.text) == (404, True)


@pytest.mark.parametrize("path", ["/open", "/no-such", "/api/conflict", "/static/x/tokens.css"])
async def test_every_answer_carries_the_policy(client: httpx.AsyncClient, path: str) -> None:
    """Pages, refusals, documents and files alike."""
    headers = (await client.get(path, headers=READER)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"


async def test_static_files_are_kept_for_ever_only_under_their_digest(client: httpx.AsyncClient) -> None:
    """The page's own address is immutable; an older digest is answered and asked again; no other file is given."""
    page = (await client.get("/open")).text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    fresh = await client.get(address)
    assert "immutable" in fresh.headers["cache-control"]
    assert fresh.headers["content-type"].startswith("text/css")
    old = await client.get("/static/000000000000/tokens.css")
    assert (old.status_code, old.headers["cache-control"]) == (200, "public, no-cache")
    assert (await client.get("/static/x/../pages.py")).status_code == 404
