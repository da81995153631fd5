"""The board, the wall, a late case with its reason, its card with due process, the overdue list, in real Chromium."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest
from playwright.async_api import Browser

from libs.common.kernel.events.envelope import Event
from libs.common.runtime.auth import TOKEN_COOKIE, Principal, mint, token_key
from libs.common.runtime.clock import ClockFile, build_clock, write_clock_file
from libs.common.runtime.database import Database
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.lines import run_line
from libs.common.runtime.looks import come_due
from libs.common.runtime.settings import Settings
from libs.ops.simulate.acts import heartbeat
from libs.ops.simulate.plans import PausePlan
from services.monitoring.main import build_api, build_parts
from tests.engines import Engines
from tests.pages.harness import LOOKS, THEMES, look_at, serving, visiting
from tests.unit.monitoring.makers import COUNTY, at, events_of, parse, plan, received

pytestmark = [*LOOKS, pytest.mark.engines]
NOW = at("2026-03-31 10:24")
RED, YELLOW, PAUSED, DONE_LATE = ("LL20260302000001", "LL20260309000002", "LL20260305000003", "LL20260226000004")


@dataclass(frozen=True)
class Office:
    """A served supervision with a day's cases."""

    origin: str
    settings: Settings
    dsn: str

    def cookie(self, role: str = "supervisor", orgs: tuple[str, ...] = ()) -> dict[str, str]:
        """A signed-in person; `orgs` is what it is limited to."""
        key = token_key(self.settings.secrets_dir)
        who = Principal(f"孙若澜 {role}", "孙若澜", role, orgs=orgs)
        return {TOKEN_COOKIE: mint(key, who, now=datetime.now(UTC), ttl=timedelta(hours=1))}

    def card(self, rule: str) -> str:
        """The address of a live card of that rule."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                "SELECT card_id FROM card WHERE rule_id = %s AND state = 'issued' LIMIT 1", [rule]
            ).fetchone()
        assert row is not None, rule
        return f"{self.origin}/supervision/cards/{row[0]}"


def story() -> list[Event]:
    """A red case, a yellow one, one in a lawful pause, one that ended late, and one source that fell silent."""
    plans = [
        plan(case_no=RED),
        plan(case_no=YELLOW, submitted_at=at("2026-03-09 09:00")),
        plan(case_no=PAUSED, submitted_at=at("2026-03-05 09:00"), pause=PausePlan("hearing", 12, 9, 40)),
        plan(case_no=DONE_LATE, submitted_at=at("2026-02-26 09:00"), used_days=22),
    ]
    events = [e for e in events_of(*plans) if e.time <= NOW]
    spoke = [parse(heartbeat(source, COUNTY, at("2026-03-31 10:00"))[1]) for source in COUNTY.sources[:-1]]
    quiet = parse(heartbeat(COUNTY.sources[-1], COUNTY, at("2026-03-30 10:00"))[1])
    return [*map(without_party, events), *spoke, quiet]


def without_party(event: Event) -> Event:
    """As it stands on the topic: no person in clear."""
    if getattr(event.data, "party", None) is None:
        return event
    return msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, party=None))


async def fill(settings: Settings) -> None:
    """The story goes through the lines, and every look that is due is worked off."""
    database, clock = Database(settings.dsn, settings.schema_of("monitoring")), build_clock(settings.clock)
    lines = build_parts(settings).lines
    await database.start()
    try:
        for line in lines:
            events = received(event for event in story() if line.wants(event))
            async with database.transaction() as tx:
                await run_line(tx, line, clock.now(), events=events)
        for _ in range(3):
            for line in lines:
                async with database.transaction() as tx:
                    looks = await come_due(tx, line.name, clock.now(), 500)
                    await run_line(tx, line, clock.now(), looks=looks, from_due=True)
    finally:
        await database.stop()


@pytest.fixture
def office(engines: Engines, tmp_path: Path) -> Iterator[Office]:
    corner = engines.migrated_schema("monitoring")
    create_keys(tmp_path / "secrets", [2026])
    clock_file = tmp_path / "clock.json"
    write_clock_file(clock_file, ClockFile(anchor_wall=datetime.now(UTC), anchor_legal=NOW, speed=0.0))
    clock = f"virtual:{clock_file}"
    settings = Settings(home=tmp_path, database=corner.dsn, database_schema=corner.schema, clock=clock)
    with serving(build_api(settings)) as origin:
        yield Office(origin, settings, corner.dsn)


async def test_the_board_reads_well(browser: Browser, office: Office) -> None:
    """Empty, and with a day's cases; in both themes."""
    supervisor = office.cookie()
    address = f"{office.origin}/supervision/"
    await look_at(browser, address, "board-empty", cookies=supervisor, sizes=("1366x768",))
    await fill(office.settings)
    await look_at(browser, address, "board", cookies=supervisor, themes=THEMES)
    await look_at(browser, f"{office.origin}/supervision/wall", "wall", cookies=supervisor, sizes=("1920x1080",))


async def test_every_number_opens_what_it_counts(browser: Browser, office: Office) -> None:
    """The list behind a number has exactly that many rows: in the rows and the foot, in figures, for today and for a
    day that has passed, on the board and on the overdue list."""
    await fill(office.settings)
    supervisor = office.cookie()
    for path in ("/supervision/", "/supervision/?as_of=2026-03-20", "/supervision/overdue?as_of=2026-03-31"):
        async with visiting(browser, office.origin + path, cookies=supervisor) as page:
            numbers = await page.locator(
                "main tbody td.num a, main tfoot td a, main .figure__link, #asked a"
            ).evaluate_all("links => links.map(a => [a.getAttribute('href'), a.firstChild.textContent.trim()])")
        assert numbers, path
        for href, shown in dict.fromkeys(map(tuple, numbers)):
            async with visiting(browser, office.origin + href, cookies=supervisor) as page:
                assert await page.locator("main tbody tr").count() == int(shown), f"{path}: {href}"


async def test_a_past_day_stays_that_day(browser: Browser, office: Office) -> None:
    """On 20 March the law had passed for nobody and three promises had; nothing is live, and nonsense is refused."""
    await fill(office.settings)
    supervisor = office.cookie()
    async with visiting(browser, f"{office.origin}/supervision/?as_of=2026-03-20", cookies=supervisor) as page:
        assert await page.locator("#orgs .tile--red").count() == 0
        assert (await page.inner_text("#orgs tfoot td >> nth=2")).strip() == "3"
        assert await page.locator("[data-live]").count() == 0
    wrong = f"{office.origin}/supervision/?as_of=yesterday"
    async with visiting(browser, wrong, cookies=supervisor, expect_status=422) as page:
        assert "2026-03-31" in await page.inner_text("main")


async def test_the_export_is_what_is_filtered(browser: Browser, office: Office) -> None:
    """The CSV holds exactly the rows of the list; a cell that a spreadsheet would run is quoted."""
    await fill(office.settings)
    with psycopg.connect(office.dsn) as connection:
        connection.execute("UPDATE case_file SET item_name = '=1+1' WHERE case_no = %s", [RED])
    async with visiting(browser, f"{office.origin}/supervision/cases?light=red", cookies=office.cookie()) as page:
        answer = await page.request.get(f"{office.origin}/supervision/cases?light=red&format=csv")
        rows = list(csv.DictReader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))
    assert [(row["case_no"], row["light"], row["item_name"]) for row in rows] == [(RED, "red", "'=1+1")]


async def test_a_department_sees_its_own(browser: Browser, office: Office) -> None:
    """Another organisation's department finds no number, no case, no card and no list of this one."""
    await fill(office.settings)
    stranger = office.cookie("department", orgs=("NOT-THIS-ONE",))
    async with visiting(browser, f"{office.origin}/supervision/", cookies=stranger) as page:
        shown = await page.inner_text("main")
        assert await page.locator("#orgs tbody tr").count() == 0
        assert "LL2026" not in shown
        assert "S03" not in shown
    for path in (f"/supervision/cases/{RED}", office.card("S03").removeprefix(office.origin)):
        async with visiting(browser, office.origin + path, cookies=stranger, expect_status=404) as page:
            assert RED not in await page.inner_text("main")
    for path in ("/supervision/cases", "/supervision/cards?state=all"):
        async with visiting(browser, office.origin + path, cookies=stranger) as page:
            assert await page.locator("main tbody tr").count() == 0, path


async def test_who_may_act_on_a_card(browser: Browser, office: Office) -> None:
    """The office signs, answers and revokes; a department signs, answers and appeals; an auditor only reads."""
    await fill(office.settings)
    with psycopg.connect(office.dsn) as connection:
        row = connection.execute("SELECT DISTINCT org_code FROM card").fetchone()
    assert row is not None
    for role, orgs, expected in (
        ("supervisor", (), ["sign", "reply", "revoke"]),
        ("department", (row[0],), ["sign", "reply", "appeal"]),
        ("auditor", (), []),
    ):
        async with visiting(browser, office.card("S03"), cookies=office.cookie(role, orgs)) as page:
            acts = await page.locator("#acts button").evaluate_all("buttons => buttons.map(b => b.value)")
        assert acts == expected, role


async def test_a_late_case_says_why(browser: Browser, office: Office) -> None:
    """From the case to its card: the due day, the day strip, the article, the history."""
    await fill(office.settings)
    supervisor = office.cookie()
    address = f"{office.origin}/supervision/cases/{RED}"
    await look_at(browser, address, "supervised-case", cookies=supervisor)
    async with visiting(browser, address, cookies=supervisor) as page:
        due = await page.inner_text("#due")
        assert "已超 1 个工作日" in due
        assert "3 月 30 日" in due
        assert "S03" in await page.inner_text("#cards")
        assert await page.locator("#trace").count() == 1
    async with visiting(browser, office.card("S03"), cookies=supervisor) as page:
        assert "二十日内" in await page.inner_text("#ground")
        assert await page.locator("#trace").count() == 1
    await look_at(browser, office.card("S03"), "card", cookies=supervisor, themes=THEMES)


async def test_due_process_on_the_page(browser: Browser, office: Office) -> None:
    """Signed, answered, closed; each step stays in the history and leaves a fact."""
    await fill(office.settings)
    async with visiting(browser, office.card("S03"), cookies=office.cookie()) as page:
        await page.click("button[value=sign]")
        await page.wait_for_selector("button[value=close]")
        await page.fill("textarea[name=said]", "已于今日补办")
        await page.click("button[value=reply]")
        await page.wait_for_load_state("load")
        history = await page.inner_text("#history")
        assert "已于今日补办" in history
        assert "孙若澜 supervisor" in history
    with psycopg.connect(office.dsn) as connection:
        told = connection.execute("SELECT type FROM outbox ORDER BY seq DESC LIMIT 2").fetchall()
    assert {row[0] for row in told} == {"supervision.card.signed", "supervision.card.replied"}


async def test_lists_read_well(browser: Browser, office: Office) -> None:
    """Cards, cases, the overdue list as of a date, rules, operators' page."""
    await fill(office.settings)
    supervisor, sizes = office.cookie(), ("1366x768", "390x844")
    for name, path in (
        ("cards", "/supervision/cards?state=all"),
        ("supervised-cases", "/supervision/cases"),
        ("overdue", "/supervision/overdue?as_of=2026-04-01"),
        ("rules", "/supervision/rules"),
    ):
        await look_at(browser, office.origin + path, name, cookies=supervisor, sizes=sizes)
    await look_at(
        browser, f"{office.origin}/ops/monitoring", "monitoring-ops", cookies=office.cookie("operator"), sizes=sizes
    )


async def test_reports_read_well(browser: Browser, office: Office) -> None:
    """The shelf of reports, and one report as a page."""
    await fill(office.settings)
    supervisor, sizes = office.cookie(), ("1366x768",)
    for name, path in (
        ("reports", "/supervision/reports"),
        ("report-monthly", "/api/supervision/v1/reports/monthly/2026-03.html"),
    ):
        await look_at(browser, office.origin + path, name, cookies=supervisor, sizes=sizes)


async def test_the_overdue_list_counts_apart(browser: Browser, office: Office) -> None:
    """Finished late and open past due are two numbers; before the deadline nobody was late."""
    await fill(office.settings)
    for as_of, expected in (("2026-03-31", ("1", "1")), ("2026-03-20", ("0", "0"))):
        address = f"{office.origin}/supervision/overdue?as_of={as_of}"
        async with visiting(browser, address, cookies=office.cookie()) as page:
            foot = await page.locator("main tfoot td").all_inner_texts()
        assert tuple(foot[:2]) == expected, as_of


async def test_strangers_and_clerks_are_kept_out(browser: Browser, office: Office) -> None:
    """The board is the supervision office's."""
    address = f"{office.origin}/supervision/"
    async with visiting(browser, address, cookies=office.cookie("clerk"), expect_status=403) as page:
        assert await page.locator("#orgs").count() == 0
