"""The work queue, the page of a case, the applicant's look-up and the operators' page, in real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from libs.common.kernel.events import codec
from libs.common.kernel.events.supervision import CardIssued
from libs.common.runtime.auth import TOKEN_COOKIE, Principal, mint, token_key
from libs.common.runtime.settings import Settings
from services.approval.main import build_api
from tests.engines import Engines
from tests.integration.approval.conftest import House, opened_house
from tests.pages.harness import LOOKS, THEMES, look_at, serving, visiting
from tests.unit.approval.builders import CASE_NO, accepted, completed, local, special, special_ended, submitted, wire

pytestmark = [*LOOKS, pytest.mark.engines]
COMPANY = {"type": "enterprise", "name": "临澜市安和桥梁建设有限公司", "id_type": "uscc", "id_no": "91350100M000100Y43"}


@dataclass(frozen=True)
class Hall:
    """A served approval service with some cases."""

    origin: str
    settings: Settings

    def cookie(self, role: str) -> dict[str, str]:
        """A signed-in person."""
        key = token_key(self.settings.secrets_dir)
        token = mint(key, Principal(role, "陈立言", role), now=datetime.now(UTC), ttl=timedelta(hours=1))
        return {TOKEN_COOKIE: token}


def numbered(case_no: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """The same acts under another number."""
    return [
        {**e, "subject": case_no, "id": f"{case_no}/{e['id']}", "data": {**e["data"], "case_no": case_no}}
        for e in events
    ]


async def story(house: House) -> None:
    """A morning of a county: overdue, due today, paused, received, waiting, done, and one letter."""
    handler = {"no": "31", "name": "陈立言"}
    materials = [{"name": "申请表"}, {"name": "洪水影响评价报告（报批稿）"}]
    await house.feed(
        submitted(
            "2026-02-03 15:18", project_name="安和大桥改建工程", party=COMPANY, query_code="482913", materials=materials
        ),
        accepted("2026-02-05 10:42", handler=handler),
        special("2026-03-02 09:05", handler=handler),
        special_ended("2026-03-06 16:20"),
        wire(
            "step.completed", "2026-03-06 17:00", step_code="review", step_name="审核", outcome="agreed",
            opinion="同意", started_at=local("2026-02-06").isoformat(), ended_at=local("2026-03-06").isoformat(),
            handler=handler,
        ),
    )  # fmt: skip
    await house.feed(*numbered("SW-20260225-0007", submitted("2026-02-25"), accepted("2026-02-25", promise=11)))
    await house.feed(
        *numbered("SW-20260301-0003", submitted("2026-03-01"), accepted("2026-03-02"), special("2026-03-09"))
    )
    await house.feed(*numbered("SW-20260306-0004", submitted("2026-03-06")))
    asked = wire("supplement.requested", "2026-03-10", materials=[{"name": "平面图"}], reason="缺平面图")
    await house.feed(*numbered("SW-20260309-0005", submitted("2026-03-09"), asked))
    await house.feed(
        *numbered("SW-20260302-0006", submitted("2026-02-27"), accepted("2026-03-02"), completed("2026-03-10"))
    )
    for n in range(60):
        await house.feed(
            *numbered(f"SW-20260304-{n:04d}", submitted("2026-03-04"), accepted("2026-03-05", promise=None))
        )
    card = CardIssued(
        card_id="c1", rule_id="S02", severity="yellow", mode="auto", case_no=CASE_NO, org_code="X", state="issued",
        ground="承诺到期日 3 月 10 日已过，未作决定（优化营商环境条例 36 条）", became_true_at=local("2026-03-11"),
        due_on=local("2026-03-18").date(),
    )  # fmt: skip
    event = codec.new_event(
        "supervision.card.issued", CASE_NO, card, time=local("2026-03-11 00:10"), source="//sunlit/monitoring"
    )
    await house.consume("supervision.findings.v1", codec.encode(event))
    foreign = submitted("2026-03-02") | {"source": "//hall/330106/planning", "id": "f", "subject": "SW-20260304-0001"}
    foreign["data"] = {**foreign["data"], "case_no": "SW-20260304-0001"}
    await house.consume("hall.ingest.330106.window.v1", orjson.dumps(foreign))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hall(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    folder: Path = tmp_path_factory.mktemp("approval")
    async with opened_house(engines, folder) as house:
        await story(house)
        with serving(build_api(house.settings)) as origin:
            yield Hall(origin, house.settings)


async def test_the_queue_reads_well(browser: Browser, hall: Hall) -> None:
    """What is due first stands first; every check in both languages, sizes and themes."""
    await look_at(browser, f"{hall.origin}/hall/", "hall-queue", cookies=hall.cookie("clerk"), themes=THEMES)


async def test_an_empty_queue_says_how_it_fills(browser: Browser, hall: Hall) -> None:
    """Nothing found is no blank page."""
    url = f"{hall.origin}/hall/?queue=all&q=nothing-like-this"
    await look_at(browser, url, "hall-empty", cookies=hall.cookie("clerk"), sizes=["1366x768"])


async def test_the_overdue_case_in_under_a_minute(browser: Browser, hall: Hall) -> None:
    """From the queue one click to the case; there stand how late, why, and what now."""
    async with visiting(browser, f"{hall.origin}/hall/?queue=over", cookies=hall.cookie("clerk")) as page:
        first = page.locator("#queue tbody tr").first
        assert CASE_NO in await first.inner_text()
        await first.locator("th a").click()
        text = await page.locator("main").inner_text()
    for words in ("已超 1 个工作日", "还剩 5 个工作日", "3 月 10 日", "3 月 18 日", "S02", "立即办结并公开说明理由"):
        assert words in text


async def test_the_page_of_a_case_reads_well(browser: Browser, hall: Hall) -> None:
    """Lights, strip, timeline, cards: every check in both languages, sizes and themes."""
    url = f"{hall.origin}/hall/cases/{CASE_NO}"
    await look_at(browser, url, "hall-case", cookies=hall.cookie("clerk"), themes=THEMES)


@pytest.mark.parametrize(
    "case_no", ["SW-20260301-0003", "SW-20260306-0004", "SW-20260309-0005", "SW-20260302-0006", "SW-20260304-0001"]
)
async def test_other_states_of_a_case_read_well(browser: Browser, hall: Hall, case_no: str) -> None:
    """Paused, received, waiting for a supplement, done, unproven."""
    url = f"{hall.origin}/hall/cases/{case_no}"
    await look_at(browser, url, f"hall-case-{case_no[-4:]}", cookies=hall.cookie("clerk"), sizes=["1366x768"])


async def test_an_unknown_case_says_what_to_do(browser: Browser, hall: Hall) -> None:
    """A number that nobody knows is a page, not an error."""
    url = f"{hall.origin}/hall/cases/NO-SUCH"
    await look_at(browser, url, "hall-unknown", cookies=hall.cookie("clerk"), sizes=["1366x768"], expect_status=404)


async def test_the_applicant_finds_the_case(browser: Browser, hall: Hall) -> None:
    """Number and code lead to state, due day and timeline; nothing personal is on the page."""

    async def ask(page: Page) -> None:
        await page.fill("#case_no", CASE_NO)
        await page.fill("#code", "482913")
        await page.click("button.btn--go")
        text = await page.locator("main").inner_text()
        assert "陈立言" not in text
        assert COMPANY["name"] not in text
        assert CASE_NO in text

    await look_at(browser, f"{hall.origin}/progress", "progress-ask")
    await look_at(browser, f"{hall.origin}/progress", "progress-found", act=ask)


async def test_the_operators_page_reads_well(browser: Browser, hall: Hall) -> None:
    """Figures, letters, sources; a letter with what can be done about it."""
    await look_at(browser, f"{hall.origin}/ops/approval", "ops-approval", cookies=hall.cookie("operator"))
    async with visiting(browser, f"{hall.origin}/ops/approval", cookies=hall.cookie("operator")) as page:
        link = await page.locator("#dead tbody a").first.get_attribute("href")
    url = f"{hall.origin}{link}"
    await look_at(browser, url, "ops-letter", cookies=hall.cookie("operator"), sizes=["1366x768", "390x844"])


async def test_a_letter_is_discarded_with_a_reason(browser: Browser, hall: Hall) -> None:
    """Afterwards nothing is parked and the case is proven again."""
    async with visiting(browser, f"{hall.origin}/ops/approval", cookies=hall.cookie("operator")) as page:
        await page.locator("#dead tbody a").first.click()
        await page.fill("#reason", "来源误报，已通知该单位")
        await page.click("button[value=discard]")
        assert "没有死信" in await page.locator("#dead").inner_text()
    async with visiting(browser, f"{hall.origin}/hall/cases/SW-20260304-0001", cookies=hall.cookie("clerk")) as page:
        assert await page.locator(".banner--grey").count() == 0
