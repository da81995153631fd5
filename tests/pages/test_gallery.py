"""The gallery in real Chromium: every component, both languages, both themes, three sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser

from tests.pages.gallery.app import StandingClock, build_gallery
from tests.pages.harness import LOOKS, SCREENS, THEMES, look_at, serving, visiting

pytestmark = LOOKS


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The gallery, served."""
    with serving(build_gallery()) as found:
        yield found


async def test_components(browser: Browser, origin: str) -> None:
    """All components pass every check in both languages, both themes and three sizes."""
    await look_at(browser, f"{origin}/supervision/?sort=-red", "gallery-components", themes=THEMES)


async def test_case(browser: Browser, origin: str) -> None:
    """The case page with its day strip passes every check in both languages, both themes and three sizes."""
    await look_at(browser, f"{origin}/hall/case", "gallery-case", themes=THEMES)


@pytest.mark.parametrize(("path", "name"), [("/", "portal"), ("/records/1", "record")])
async def test_public_pages(browser: Browser, origin: str, path: str, name: str) -> None:
    """Public pages pass every check in both languages, both themes and three sizes."""
    await look_at(browser, f"{origin}{path}", f"gallery-{name}", themes=THEMES)


async def test_wall(browser: Browser, origin: str) -> None:
    """The wall fills its screen in both languages."""
    await look_at(browser, f"{origin}/supervision/wall", "gallery-wall", sizes=("1920x1080", "1366x768"))


async def test_a_refusal_is_a_page(browser: Browser, origin: str) -> None:
    """An address that leads nowhere gets a page that says what to do."""
    await look_at(browser, f"{origin}/no-such", "gallery-refusal", sizes=("1366x768", "390x844"), expect_status=404)


async def test_simulated_time_is_said(browser: Browser) -> None:
    """Under a virtual clock every page says so, with the speed."""
    with serving(build_gallery(StandingClock(is_virtual=True, speed=3600))) as origin:
        await look_at(browser, f"{origin}/hall/case", "gallery-virtual", sizes=("1366x768", "390x844"))


async def test_slash_goes_to_the_search(browser: Browser, origin: str) -> None:
    """The key `/` puts the cursor into the search field of the page."""
    async with visiting(browser, f"{origin}/") as page:
        await page.keyboard.press("/")
        assert await page.evaluate("document.activeElement.id") == "hero-search"


async def test_the_menu_closes_with_escape(browser: Browser, origin: str) -> None:
    """The menu of the top bar opens by keyboard and closes with Escape."""
    async with visiting(browser, f"{origin}/hall/case") as page:
        await page.focus("details.menu summary")
        await page.keyboard.press("Enter")
        assert await page.is_visible(".menu__body")
        await page.keyboard.press("Escape")
        assert not await page.is_visible(".menu__body")


async def test_a_part_comes_anew_when_the_stream_says_so(browser: Browser, origin: str) -> None:
    """An event of the stream makes htmx fetch the part; a cut stream is said."""
    async with visiting(browser, f"{origin}/hall/live") as page:
        await page.locator("#news a", has_text="1").wait_for()
        await page.wait_for_selector(".live.is-lost")
        assert await page.inner_text(".live") == "已断开，正在重连，以下是此前的数据"


async def test_a_page_prints_without_its_frame(browser: Browser, origin: str) -> None:
    """On paper the bars are gone, the strip keeps its one line and ink is black."""
    async with visiting(browser, f"{origin}/hall/case") as page:
        await page.emulate_media(media="print")
        SCREENS.mkdir(exist_ok=True)
        await page.pdf(path=SCREENS / "gallery-case.pdf", format="A4")
        shown = {name: await page.is_visible(name) for name in (".topbar", ".side", ".strip-line", ".timeline")}
        assert shown == {".topbar": False, ".side": False, ".strip-line": True, ".timeline": True}
        assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


async def test_the_head_of_a_table_sticks_under_the_bar(browser: Browser, origin: str) -> None:
    """Scrolled into the table, its head stands right under the top bar."""
    async with visiting(browser, f"{origin}/supervision/") as page:
        await page.evaluate("() => window.scrollTo(0, document.querySelector('tbody tr:nth-child(3)').offsetTop + 420)")
        head, bar = [await page.locator(name).first.bounding_box() for name in ("#orgs thead th", ".topbar")]
        assert head is not None and bar is not None
        assert round(head["y"]) == round(bar["y"] + bar["height"])


async def test_the_english_switch_is_remembered(browser: Browser, origin: str) -> None:
    """The language switch changes the page and the pages after it."""
    async with visiting(browser, f"{origin}/") as page:
        await page.click("a.language")
        await page.goto(f"{origin}/records/1")
        assert await page.get_attribute("html", "lang") == "en"
