"""The portal, the record page with its proof, and the review desk, in real Chromium on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import Browser, Page

from libs.common.kernel.events.envelope import Event
from libs.common.runtime.auth import TOKEN_COOKIE, Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, write_clock_file
from libs.common.runtime.database import Database
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from services.disclosure.main import build_api, build_parts
from services.disclosure.store.acts import LINE
from tests.engines import Engines
from tests.pages.harness import LOOKS, THEMES, look_at, serving, visiting
from tests.unit.disclosure.makers import NOW, changed, penalty, permit, received, revoked

pytestmark = [*LOOKS, pytest.mark.engines]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hall:
    """A served disclosure service with some records."""

    origin: str
    settings: Settings
    dsn: str

    def cookie(self, role: str, subject: str) -> dict[str, str]:
        """A signed-in person."""
        key = token_key(self.settings.secrets_dir)
        token = mint(key, Principal(subject, subject, role), now=datetime.now(UTC), ttl=HOUR)
        return {TOKEN_COOKIE: token}

    def one(self, statement: str) -> str:
        """One value of the database."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(statement).fetchone()
        assert row is not None, statement
        return str(row[0])

    def record(self, where: str) -> str:
        """The address of the record page of the first record that fits."""
        return f"{self.origin}/records/" + self.one(f"SELECT record_id FROM record WHERE {where} ORDER BY 1 LIMIT 1")

    def review(self) -> str:
        """The address of the open review."""
        found = self.one("SELECT review_id FROM review WHERE state IN ('open', 'seconding') ORDER BY 1 LIMIT 1")
        return f"{self.origin}/disclosure/desk/{found}"


def story() -> list[tuple[datetime, list[Event]]]:
    """A morning of a county: permits, a natural person, a correction, penalties, a revocation, two held records."""
    person = {"type": "natural_person", "display_name": "赵**"}
    licences = [{"name": "公共场所卫生许可证", "no": "临卫公证字〔2026〕第128号", "valid_until": "2030-05-16"}]
    company = {"type": "enterprise", "display_name": "临澜海棠物业服务有限公司", "code": "91449900MA7C2N5P0X"}
    teacher = [{"name": "教师资格认定", "no": "教-209", "content": "认定为高级中学教师资格"}]
    second = {"no": "临市监处罚〔2026〕88号", "decided_on": "2026-05-12"}
    held = [
        {"name": "城镇污水排入排水管网许可证", "no": "排-57", "content": "法定代表人：王小明，13812345678，准予排放"}
    ]
    first = [
        permit("C-1"),
        permit("C-2", party_public=person, licences=teacher, decision={"no": "临教资许〔2026〕209号"}),
        permit("C-3", party_public=company, licences=held, secrecy={"trade_secret": True}),
        permit("C-4", party_public=company, secrecy={"state_secret": True}),
        permit("C-5", result="denied", licences=[]),
        penalty("P-1"),
        penalty("P-2", decision=second, violation="未按规定公示收费标准", kinds=["warning", "fine"], fine="3000"),
        *(permit(f"M-{n}", decision={"no": f"临卫公许〔2026〕{n}号", "decided_on": "2026-05-19"}) for n in range(30)),
    ]
    return [
        (NOW - 2 * HOUR, first),
        (NOW - HOUR, [permit("C-1", dataversion=2, as_of=NOW, decision_hash="ee" * 32, licences=licences)]),
        (NOW, [revoked("P-1", as_of=NOW), changed("P-2", as_of=NOW, decision_no=second["no"], new={"fine": "2000"})]),
    ]


async def tell(settings: Settings, parts_of_story: list[tuple[datetime, list[Event]]]) -> None:
    line = build_parts(settings).line
    database = Database(settings.dsn, settings.schema_of("disclosure"))
    await database.start()
    try:
        for now, events in parts_of_story:
            async with database.transaction() as tx:
                await run_line(tx, line, now, events=[received(e, i) for i, e in enumerate(events)])
            async with database.transaction() as tx:
                looks = await come_due(tx, LINE, now, 1000)
                await run_line(tx, line, now, looks=looks, from_due=True)
    finally:
        await database.stop()


@pytest.fixture
def hall(engines: Engines, tmp_path: Path) -> Iterator[Hall]:
    """The service on its first day, on a virtual clock that stands."""
    corner = engines.migrated_schema("disclosure")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW, speed=0.0))
    clock = f"virtual:{clock_file}"
    settings = Settings(home=tmp_path, database=corner.dsn, database_schema=corner.schema, clock=clock)
    with serving(build_api(settings)) as origin:
        yield Hall(origin, settings, corner.dsn)


async def proof_done(page: Page) -> None:
    """Until the browser has done its check."""
    await page.wait_for_selector(".verdict--ok, .verdict--bad")


async def test_the_portal_reads_well(browser: Browser, hall: Hall) -> None:
    """Search first, figures with denominators, newest records, changes."""
    await tell(hall.settings, story())
    await look_at(browser, f"{hall.origin}/", "disclosure-portal", themes=THEMES)


async def test_the_portal_says_how_it_fills_when_it_is_empty(browser: Browser, hall: Hall) -> None:
    """Nothing published yet: the page says what will come."""
    await look_at(browser, f"{hall.origin}/", "disclosure-portal-empty", sizes=("1366x768", "390x844"))


async def test_the_search_reads_well(browser: Browser, hall: Hall) -> None:
    """Hits with paging, and no hit with what to do."""
    await tell(hall.settings, story())
    await look_at(browser, f"{hall.origin}/search?q=云汀", "disclosure-search")
    await look_at(browser, f"{hall.origin}/search?q=没有的", "disclosure-search-none", sizes=("1366x768", "390x844"))
    async with visiting(browser, f"{hall.origin}/search?q=云汀") as page:
        first = await page.locator(".releases__title").all_inner_texts()
        await page.click("a[rel=next]")
        await page.wait_for_url("**cursor=**")
        assert len(first) == 20
        assert await page.locator(".releases__title").count() == 11


async def test_a_record_is_checked_in_the_browser(browser: Browser, hall: Hall) -> None:
    """A corrected record: fields, history with what changed, and a proof that the browser itself has done."""
    await tell(hall.settings, story())
    address = hall.record("status = 'corrected' AND kind = 'permit'")
    await look_at(browser, address, "disclosure-record", themes=THEMES, act=proof_done)
    async with visiting(browser, address) as page:
        await proof_done(page)
        assert await page.inner_text("[data-proof-verdict] strong") == "一致：公开后没有被改过"
        assert "2030 年 5 月 17 日" in await page.inner_text("#history")


async def test_a_forged_page_does_not_pass(browser: Browser, hall: Hall) -> None:
    """Somebody rewrote the stored content: the browser's check says so."""
    await tell(hall.settings, story())
    address = hall.record("status = 'published' AND kind = 'permit'")
    with psycopg.connect(hall.dsn) as connection:
        connection.execute("UPDATE release SET content = replace(content, '云汀', '别家')")
    async with visiting(browser, address) as page:
        await proof_done(page)
        assert "不一致" in await page.inner_text("[data-proof-verdict] strong")


async def test_a_withdrawn_record_keeps_its_tombstone(browser: Browser, hall: Hall) -> None:
    """Number, reason, ground; never the party; and its last entry can be checked."""
    await tell(hall.settings, story())
    address = hall.record("status = 'withdrawn'")
    await look_at(browser, address, "disclosure-tombstone", act=proof_done)
    async with visiting(browser, address) as page:
        assert "锦川" not in await page.content()
        assert "行政复议决定撤销原处罚" in await page.inner_text("#main")


async def test_two_persons_release_a_held_record_at_the_desk(browser: Browser, hall: Hall) -> None:
    """The queue, the record side by side, the first signature, the refusal of the same hand, the second signature."""
    await tell(hall.settings, story())
    first, second = hall.cookie("reviewer", "李审"), hall.cookie("approver", "周核")
    await look_at(browser, f"{hall.origin}/disclosure/desk", "disclosure-desk", cookies=first, themes=THEMES)
    await look_at(browser, hall.review(), "disclosure-review", cookies=first, themes=THEMES)
    address = hall.review()
    for cookies in (first, first, second):
        async with visiting(browser, address, cookies=cookies) as page:
            await page.fill("#reason", "不涉及商业秘密，可以公开")
            await page.click("button[value=approve]")
            await page.wait_for_load_state("load")
    identity = address.rsplit("/", 1)[1]
    assert hall.one(f"SELECT state FROM review WHERE review_id = '{identity}'") == "approved"
    assert hall.one(f"SELECT persons FROM review WHERE review_id = '{identity}'") == "['李审', '周核']"


async def test_strangers_and_clerks_do_not_see_the_desk(browser: Browser, hall: Hall) -> None:
    """A clerk gets a page that says whose room this is."""
    clerk = hall.cookie("clerk", "王办")
    await look_at(
        browser, f"{hall.origin}/disclosure/desk", "disclosure-desk-refused", cookies=clerk, sizes=("1366x768",),
        expect_status=403,
    )  # fmt: skip


async def test_the_operators_page_reads_well(browser: Browser, hall: Hall) -> None:
    """Records by state, the spine's queues, the signed head."""
    await tell(hall.settings, story())
    operator = hall.cookie("operator", "运维")
    await look_at(browser, f"{hall.origin}/ops/disclosure", "disclosure-ops", cookies=operator)


async def test_the_record_page_works_without_javascript(browser: Browser, hall: Hall) -> None:
    """The steps of the proof stand in the page itself."""
    await tell(hall.settings, story())
    context = await browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = await context.new_page()
    await page.goto(hall.record("status = 'published' AND kind = 'permit'"))
    words = await page.inner_text("#verify")
    await context.close()
    assert "按下面三步即可核对" in words
    assert "总指纹" in words
