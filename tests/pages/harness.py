"""How a page is looked at by a test: real Chromium, both languages, three sizes, axe-core, nothing from elsewhere.

    pytestmark = LOOKS

    async def test_the_board_reads_well(browser: Browser) -> None:
        '''The board passes every check in both languages at three sizes.'''
        with serving(build_board_app()) as origin:
            await look_at(browser, f"{origin}/supervision/", "board")

`look_at` opens the page for each language and size, fails when a request leaves the origin, when the console shows an
error (a breach of the Content-Security-Policy is one), when axe-core finds something or when the page scrolls sideways,
and saves `tests/screens/<name>-<language>-<size>.png` to be looked at by eye. Cookies (a session) go in as a mapping;
`act` is awaited with the page before the checks, for what only shows after a click.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright
from starlette.types import ASGIApp

SCREENS = Path(__file__).parents[1] / "screens"
SIZES = {"1366x768": (1366, 768), "1920x1080": (1920, 1080), "390x844": (390, 844)}
LANGUAGES = ("zh-CN", "en")
THEMES = ("light", "dark")
LOOKS = [pytest.mark.pages, pytest.mark.asyncio(loop_scope="session")]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--hide-scrollbars", "--font-render-hinting=none",
]  # fmt: skip
AXE_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


_CUT_TABLES = """[...document.querySelectorAll('.table-wrap--stuck')]
  .filter(e => getComputedStyle(e).overflowX === 'visible' && e.firstElementChild.offsetWidth > e.clientWidth)
  .map(e => e.getAttribute('aria-label'))"""


def find_chromium() -> str:
    """The browser of this machine: SUNLIT_CHROMIUM, else the first usual name on the path."""
    found = os.environ.get("SUNLIT_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    assert found, "no Chromium found: install one (Debian: apt-get install chromium) or set SUNLIT_CHROMIUM to its path"
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium that talks to nobody but the pages under test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of 127.0.0.1; gives its origin."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the application did not start"
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


async def look_at(
    browser: Browser,
    url: str,
    name: str,
    *,
    sizes: Sequence[str] = tuple(SIZES),
    languages: Sequence[str] = LANGUAGES,
    themes: Sequence[str] = ("light",),
    cookies: Mapping[str, str] | None = None,
    act: Callable[[Page], Awaitable[None]] | None = None,
    expect_status: int = 200,
) -> None:
    """Open a page in every language, size and theme; check it and take its picture."""
    for language in languages:
        for size in sizes:
            for theme in themes:
                visible = f"{name}-{language}-{size}" + ("-dark" if theme == "dark" else "")
                async with visiting(browser, url, language, size, theme, cookies, expect_status) as page:
                    if act is not None:
                        await act(page)
                    await shoot(page, visible)
                    await assert_accessible(page, visible)
                    await assert_fits(page, visible)


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    language: str = "zh-CN",
    size: str = "1366x768",
    theme: str = "light",
    cookies: Mapping[str, str] | None = None,
    expect_status: int = 200,
) -> AsyncIterator[Page]:
    """A page in its own context; on leaving, nothing may have come from elsewhere and the console must be quiet."""
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale=language, color_scheme=theme, reduced_motion="reduce"
    )
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    given = {"sunlit_lang": language, **(cookies or {})}
    await context.add_cookies([{"name": key, "value": value, "url": origin} for key, value in given.items()])
    page = await context.new_page()
    foreign: list[str] = []
    errors: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith((origin, "data:")):
            foreign.append(request.url)

    def on_console(message: ConsoleMessage) -> None:
        # The browser itself logs the status of the page that we ask for; a refused page is no error of the page.
        if message.type in ("error", "warning") and message.location.get("url") != url:
            errors.append(message.text)

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        answer = await page.goto(url, wait_until="load")
        assert answer is not None and answer.status == expect_status, f"{url} answered {answer and answer.status}"
        yield page
        assert not foreign, f"{url} asked other hosts: {foreign}"
        assert not errors, f"{url}: the console shows {errors}"
    finally:
        await context.close()


async def shoot(page: Page, name: str) -> Path:
    """Save the whole page as `tests/screens/<name>.png`."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    path = SCREENS / f"{name}.png"
    await page.screenshot(path=path, full_page=True)
    return path


async def assert_accessible(page: Page, name: str) -> None:
    """axe-core finds nothing: WCAG 2.2 A and AA and its best practices."""
    result = await Axe().run(page, options=AXE_RULES)
    found = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result.response["violations"]
        for node in violation["nodes"]
    ]
    assert not found, f"{name}: axe-core finds\n" + "\n".join(found[:12])


async def assert_fits(page: Page, name: str) -> None:
    """The page does not scroll sideways (a wide table scrolls inside its own frame)."""
    over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{name}: the page is {over} px wider than the screen"
    cut = await page.evaluate(_CUT_TABLES)
    assert not cut, f"{name}: these tables are wider than their frame and are cut: {cut}"
