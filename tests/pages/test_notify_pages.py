"""The inbox, one notification, the log, the routing tree and the operators' page, in real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest
from playwright.async_api import Browser
from prometheus_client import CollectorRegistry

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.supervision import SourceStale
from libs.common.runtime.auth import TOKEN_COOKIE, Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, build_clock, write_clock_file
from libs.common.runtime.database import Database
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from services.notify.main import build_api, build_carriers, build_parts
from services.notify.store import GROUPS_LINE
from services.notify.timers import Deliverer
from tests.engines import Engines
from tests.pages.harness import LOOKS, THEMES, look_at, serving, visiting
from tests.unit.notify.makers import NOW, card, received

pytestmark = [*LOOKS, pytest.mark.engines]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Desk:
    """A served notify service with a morning's notifications."""

    origin: str
    settings: Settings
    dsn: str

    def cookie(self, role: str) -> dict[str, str]:
        """A signed-in person."""
        key = token_key(self.settings.secrets_dir)
        return {TOKEN_COOKIE: mint(key, Principal(f"孙若澜 {role}", "孙若澜", role), now=datetime.now(UTC), ttl=HOUR)}

    def one(self, where: str) -> str:
        """The address of the first notification that fits."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                f"SELECT notification_id FROM notification WHERE {where} ORDER BY 1 LIMIT 1"
            ).fetchone()
        assert row is not None, where
        return f"{self.origin}/notify/{row[0]}"


def morning() -> list[Event]:
    """A red card, two yellow ones of one organisation, notices, a source that fell silent."""
    water = {"org_code": "QX-SW", "org_name": "水务局", "item_name": "洪水影响评价类审批"}
    stale = SourceStale(source="人社业务系统", from_at=NOW - HOUR, cases=112)
    return [
        card("K-1"),
        card("K-2", "yellow", rule_id="S23", case_no="SW-20260205-0031", **water),
        card("K-3", "yellow", rule_id="S23", case_no="SW-20260205-0032", **water),
        card("K-4", "notice", rule_id="S02", case_no="HJ-20260203-0007", due_on=NOW.date()),
        card("K-5", "red", rule_id="S05", case_no="HJ-20260203-0008", org_code="QX-HJ", org_name="生态环境局"),
        new_event("supervision.source.stale", "source:人社业务系统", stale, time=NOW, source="//sunlit/monitoring"),
    ]


async def fill(settings: Settings) -> None:
    """The morning goes through both lines and the deliverer; one card is over again."""
    parts = build_parts(settings)
    alerts, groups, _ = parts.lines
    database, clock = Database(settings.dsn, settings.schema_of("notify")), build_clock(settings.clock)
    await database.start()
    try:
        rounds = (morning(), [card("K-5", at=NOW + HOUR, over=True, org_code="QX-HJ", case_no="HJ-20260203-0008")])
        for number, events in enumerate(rounds):
            now = clock.wall() - 2 * HOUR + number * HOUR
            async with database.transaction() as tx:
                await run_line(tx, alerts, now, events=[received(event, n) for n, event in enumerate(events)])
            async with database.transaction() as tx:
                looks = await come_due(tx, GROUPS_LINE, now + HOUR / 2, 100)
                await run_line(tx, groups, now + HOUR / 2, looks=looks, from_due=True)
            carriers = build_carriers(settings)
            await Deliverer(database, clock, carriers, parts.routing, "", Random(1), CollectorRegistry()).carry_due()
    finally:
        await database.stop()


def lose_one(dsn: str) -> None:
    """One way of the yellow cards' notification failed, and its address was disabled."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "UPDATE delivery SET state = 'failed', channel = 'webhook', target = 'https://example.invalid/hook',"
            " receipt = NULL, error = '接收方返回 410' WHERE delivery_id ="
            " (SELECT d.delivery_id FROM delivery d JOIN notification n USING (notification_id)"
            "  WHERE n.severity = 'yellow' ORDER BY d.target DESC LIMIT 1)"
        )
        connection.execute(
            "INSERT INTO disabled_target VALUES ('https://example.invalid/hook', '接收方返回 410', now())"
        )


@pytest.fixture
def desk(engines: Engines, tmp_path: Path) -> Iterator[Desk]:
    corner = engines.migrated_schema("notify")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW + HOUR, speed=0.0))
    clock = f"virtual:{clock_file}"
    settings = Settings(home=tmp_path, database=corner.dsn, database_schema=corner.schema, clock=clock)
    with serving(build_api(settings)) as origin:
        yield Desk(origin, settings, corner.dsn)


async def test_the_inbox_reads_well(browser: Browser, desk: Desk) -> None:
    """What waits, what is signed, what is over, with life lines; and the same for an empty desk."""
    supervisor = desk.cookie("supervisor")
    sizes = ("1366x768", "390x844")
    await look_at(browser, f"{desk.origin}/notify/", "notify-inbox-empty", cookies=supervisor, sizes=sizes)
    await fill(desk.settings)
    lose_one(desk.dsn)
    await look_at(browser, f"{desk.origin}/notify/?box=all", "notify-inbox", cookies=supervisor, themes=THEMES)
    await look_at(
        browser, f"{desk.origin}/notify/?state=settled", "notify-inbox-settled", cookies=supervisor, sizes=sizes
    )


async def test_a_person_signs_on_the_page(browser: Browser, desk: Desk) -> None:
    """The letter with its ways; signing changes its state and leaves a fact."""
    await fill(desk.settings)
    lose_one(desk.dsn)
    supervisor = desk.cookie("supervisor")
    await look_at(browser, desk.one("severity = 'yellow'"), "notify-one", cookies=supervisor, themes=THEMES)
    address = desk.one("severity = 'red' AND group_id IN (SELECT group_id FROM alert_group WHERE emptied_at IS NULL)")
    async with visiting(browser, address, cookies=supervisor) as page:
        await page.click("button[value=ack]")
        await page.wait_for_selector("button[value=unack]")
        assert "孙若澜 supervisor" in await page.inner_text("#letter")
    await look_at(browser, f"{desk.origin}/notify/", "notify-inbox-signed", cookies=supervisor, sizes=("1366x768",))
    with psycopg.connect(desk.dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM outbox WHERE convert_from(payload, 'UTF8') LIKE '%acknowledged%'"
        )
        assert row.fetchone() == (1,)


async def test_the_log_of_deliveries_reads_well(browser: Browser, desk: Desk) -> None:
    """Every way with what the other side said."""
    await fill(desk.settings)
    lose_one(desk.dsn)
    await look_at(browser, f"{desk.origin}/notify/deliveries", "notify-log", cookies=desk.cookie("supervisor"))


async def test_the_routing_tree_reads_well_and_is_tried(browser: Browser, desk: Desk) -> None:
    """The tree, a trial that names the receiver, a trial with a mistake, and a test message."""
    operator = desk.cookie("operator")
    asked = f"{desk.origin}/notify/routing?labels=severity%3Dred,org_code%3DQX-ZJ"
    await look_at(browser, asked, "notify-routing", cookies=operator, themes=THEMES)
    async with visiting(browser, asked, cookies=operator) as page:
        assert "QX-ZJ/head" in await page.inner_text("#try")
        await page.fill("#labels", "red")
        await page.click("#try button")
        await page.wait_for_selector(".field--error")
        await page.click("#receivers button >> nth=0")
        await page.wait_for_selector("#letter")
        assert "测试消息" in await page.inner_text("#letter")


async def test_a_silence_is_tried_and_made_on_the_page(browser: Browser, desk: Desk) -> None:
    """Matchers show what they fit, the silence is made with its reason, stands in the list, and is ended."""
    await fill(desk.settings)
    operator, page_ = desk.cookie("operator"), f"{desk.origin}/notify/silences"
    sizes = ("1366x768", "390x844")
    tried = f"{page_}?matchers=severity%3D%22notice%22"
    await look_at(browser, page_, "notify-silences-empty", cookies=operator, sizes=("1366x768",))
    async with visiting(browser, tried, cookies=operator) as page:
        assert "S02" in await page.inner_text("#fits")
        await page.fill("#comment", "换服务器")
        await page.click("#make button")
        await page.wait_for_selector("button[name=end]")
        assert "换服务器" in await page.inner_text("#list")
    await look_at(browser, tried, "notify-silences", cookies=operator, sizes=sizes, themes=THEMES)
    async with visiting(browser, f"{page_}?matchers=oops", cookies=operator) as page:
        assert await page.locator(".field--error").count() == 1
    async with visiting(browser, page_, cookies=operator) as page:
        await page.click("button[name=end]")
        await page.wait_for_load_state("load")
        assert await page.locator("button[name=end]").count() == 0


def appoint(dsn: str) -> None:
    """A routing file with a roster, a chain, a printed notice, and signatures of everyone."""
    document = (
        "route:\n  receiver: desk\n  group_wait: 0s\n  sunlit: {escalate: overdue, everyone: true, hold: true}\n"
        "receivers:\n  - name: desk\n    sunlit:\n"
        "      inbox_configs: [{post: supervision/duty}, {post: '{org_code}/handler'}]\n"
        "      letter_configs: [{to: 住房和城乡建设局}]\n"
        "  - name: heads\n    sunlit: {inbox_configs: [{post: supervision/leader}]}\n"
        "sunlit:\n  chains: [{name: overdue, steps: [{after: 30m, receiver: heads}, {working: 4h, receiver: desk}]}]\n"
        "  digests: [{name: 每日摘要, receiver: heads, at: '08:30'}]\n"
        "  rosters:\n    - post: supervision/duty\n      start_on: 2026-03-02\n"
        "      people: [{name: 孙若澜}, {name: 周启明}]\n      rest_people: [{name: 何一舟}]\n"
        "      swaps: [{day: 2026-03-12, name: 周启明}]\n"
    )
    with psycopg.connect(dsn) as connection:
        insert = "INSERT INTO routing (document, author, effective_at) VALUES (%s, 'test', now())"
        connection.execute(insert, [document])


async def test_duty_chains_and_letters_read_well(browser: Browser, desk: Desk) -> None:
    """Who is on duty, who is told next, who has signed; the printed notice is downloaded and handed over."""
    appoint(desk.dsn)
    await fill(desk.settings)
    operator = desk.cookie("operator")
    sizes = ("1366x768", "390x844")
    await look_at(browser, f"{desk.origin}/notify/rosters", "notify-rosters", cookies=operator, sizes=sizes)
    asked = f"{desk.origin}/notify/routing?labels=severity%3Dred,org_code%3DQX-ZJ&at=2026-03-10%2022:00"
    await look_at(browser, asked, "notify-routing-night", cookies=operator, sizes=("1366x768",))
    address = desk.one("group_id IN (SELECT group_id FROM alert_group WHERE emptied_at IS NULL)")
    await look_at(browser, address, "notify-one-letter", cookies=operator, sizes=sizes)
    async with visiting(browser, address, cookies=operator) as page:
        assert "每个岗位都要签收" in await page.inner_text("#signatures")
        async with page.expect_download() as waiting:
            await page.click("a[download]")
        assert (await waiting.value).suggested_filename.endswith(".docx")
        await page.click("button[value=printed]")
        await page.wait_for_load_state("load")
        assert await page.locator("button[value=printed]").count() == 0
        assert "打印送达" in await page.inner_text("#life") + await page.inner_text("main")


async def test_the_operators_page_reads_well(browser: Browser, desk: Desk) -> None:
    """Counts by channel and the disabled address, which is enabled again."""
    await fill(desk.settings)
    lose_one(desk.dsn)
    operator = desk.cookie("operator")
    await look_at(browser, f"{desk.origin}/ops/notify", "notify-ops", cookies=operator)
    async with visiting(browser, f"{desk.origin}/ops/notify", cookies=operator) as page:
        await page.click("button[name=target]")
        await page.wait_for_load_state("load")
        assert await page.locator("button[name=target]").count() == 0


async def test_clerks_do_not_see_the_inbox(browser: Browser, desk: Desk) -> None:
    """A clerk gets a page that says whose room this is."""
    async with visiting(browser, f"{desk.origin}/notify/", cookies=desk.cookie("clerk"), expect_status=403) as page:
        assert await page.locator("#waiting").count() == 0
