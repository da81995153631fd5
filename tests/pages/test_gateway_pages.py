"""The login of local mode and the operations overview, in real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser

from libs.common.runtime.auth import TOKEN_COOKIE
from libs.common.runtime.settings import Settings
from libs.ops import keys
from libs.ops.gateway.app import Gateway
from libs.ops.gateway.people import PEOPLE, person, sign_in
from libs.ops.home import Home, State
from libs.ops.ports import free_ports
from libs.ops.roster import ENGINES, GATEWAY, NAMES
from tests.pages.harness import LOOKS, THEMES, look_at, serving, visiting

pytestmark = LOOKS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with keys, none of whose processes runs."""
    place = Home(tmp_path / "home")
    place.make()
    keys.make(place.secrets, datetime.now(UTC))
    ports = dict(zip((*NAMES, GATEWAY, *ENGINES), free_ports(11), strict=True))
    place.note(State(ports=ports, engines=dict.fromkeys(ENGINES, "local")))
    return place


@pytest.fixture
def origin(home: Home) -> Iterator[str]:
    """Its gateway."""
    with serving(Gateway(Settings(home=home.path), home, home.state().ports).application()) as address:
        yield address


def session(home: Home, role: str) -> dict[str, str]:
    who = person(role)
    assert who is not None
    return {TOKEN_COOKIE: sign_in(home.secrets, who, datetime.now(UTC))}


async def test_the_login_reads_well(browser: Browser, origin: str) -> None:
    """It says that it is local mode and offers every role by one click."""
    await look_at(browser, f"{origin}/login", "gateway-login", themes=THEMES)
    async with visiting(browser, f"{origin}/login") as page:
        assert "这是本机模式" in await page.inner_text("main")
        assert await page.locator("button[name=role]").count() == len(PEOPLE)


async def test_one_click_leads_back_to_where_one_was(browser: Browser, origin: str) -> None:
    """A stranger who asks for the overview signs in and sees it."""
    async with visiting(browser, f"{origin}/ops/") as page:
        assert page.url.endswith("/login?next=%2Fops%2F")
        await page.click("button[value=operator]")
        await page.wait_for_url("**/ops/")
        assert await page.inner_text("h1") == "运维概览"


async def test_the_overview_reads_well_when_nothing_answers(browser: Browser, origin: str, home: Home) -> None:
    """Every process by name; what is not known is said, not shown as zero."""
    cookies = session(home, "operator")
    await look_at(
        browser, f"{origin}/ops/", "gateway-ops", sizes=("1366x768", "390x844"), themes=THEMES, cookies=cookies
    )
    async with visiting(browser, f"{origin}/ops/", cookies=cookies) as page:
        names = await page.locator("#processes tbody th").all_inner_texts()
        assert names == [*NAMES, GATEWAY, *ENGINES]
        assert "未知" in await page.inner_text("#services")
