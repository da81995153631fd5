"""A simulated county is lived once in small pieces, and again from its topics: the same cases, cards and records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.registry import REGISTRY
from libs.common.kernel.events.type_info import APPROVAL_CASES, APPROVAL_REFERENCE, HALL_EVENTS
from libs.common.runtime.assembly import build_spine
from libs.common.runtime.keyring import create_keys
from libs.common.runtime.rebuild import Rebuilding, read, work_off
from libs.common.runtime.settings import Settings
from libs.ops.errors import CommandError
from libs.ops.rebuild import PLANS, Report, maker_of, rebuild_service
from libs.ops.simulate.acts import heartbeat
from libs.ops.simulate.stream import Season, stream_events
from tests.engines import Corner, Engines
from tests.integration.approval.conftest import House as Hall
from tests.integration.approval.conftest import opened_house
from tests.spine.house import apart, send_all
from tests.unit.monitoring.makers import COUNTY, DAYS, at

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]
SEASON = Season(cases=60, first_on=date(2026, 1, 5), last_on=date(2026, 2, 27), seed=11)
HALF_WAY, END = at("2026-01-30"), at("2026-03-02")
PIECE = 200
OF_CASES = "case_no NOT LIKE 'org/%'"
CARDS = f"SELECT card_id, state, became_true_at, issued_at FROM card WHERE {OF_CASES} ORDER BY 1"
STEPS = (
    "SELECT e.card_id, e.at, e.act, e.state, e.by FROM card_entry AS e JOIN card USING (card_id)"
    f" WHERE {OF_CASES} ORDER BY 1, e.seq"
)


@dataclass
class Lives:
    """The county's topics and the services that lived on them."""

    engines: Engines
    home: Path
    hall: Hall
    topics: dict[str, str]
    times: dict[str, list[datetime]]

    def end(self, topic: str, now: datetime = END) -> int:
        """How far a topic reaches at an instant: to the first event that is later."""
        return next((n for n, happened_at in enumerate(self.times[topic]) if happened_at > now), len(self.times[topic]))

    def settings(self, corner: Corner, **changes: Any) -> Settings:
        """Settings of a service on a schema of its own."""
        return Settings(
            **{
                "kafka": self.engines.bootstrap,
                "database": SecretStr(corner.dsn),
                "database_schema": corner.schema,
                "home": self.home,
                "clock": f"virtual:{self.home / 'clock.json'}",
                **changes,
            }
        )

    def plan(self, service: str, settings: Settings) -> Rebuilding:
        """The service's plan on the topics of this county."""
        made = maker_of(service)(settings)
        lines = tuple(replace(line, topics=tuple(self.topics.get(t, t) for t in line.topics)) for line in made.lines)
        topics = tuple(self.topics[topic] for topic in made.topics if topic in self.topics)
        return replace(made, topics=topics, lines=lines)

    async def live(self, service: str) -> Corner:
        """Live a service in small batches: what had happened half way as of half way, the rest as of the end."""
        corner = self.engines.migrated_schema(service)
        settings = self.settings(corner, consumer_batch_events=37)
        plan = self.plan(service, settings)
        spine = build_spine(settings, service, plan.lines, plan.inbox)
        await spine.database.start()
        try:
            for now in (HALF_WAY, END):
                self.hall.set_clock(now)
                await read(spine, plan.topics, {(topic, 0): self.end(topic, now) for topic in plan.topics})
                await work_off(spine)
        finally:
            await spine.database.stop()
        return corner

    async def rebuild(self, service: str, corner: Corner, *, check_only: bool = False) -> Report:
        """`sunlit rebuild` on a schema of this test."""
        settings = self.settings(corner)
        plan = self.plan(service, settings)
        return await rebuild_service(settings, self.engines.dsn, plan, check_only=check_only, live=corner.schema)

    def rows(self, corner: Corner, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query in a service's schema."""
        with psycopg.connect(corner.dsn, autocommit=True) as connection:
            done = connection.execute(query, values or None)  # type: ignore[arg-type]
            return done.fetchall() if done.description else []


def topic_of(event: Event) -> str:
    """Where an event stands."""
    return REGISTRY.types[event.type].topic


@pytest.fixture
async def lives(engines: Engines, tmp_path: Path) -> AsyncIterator[Lives]:
    """The county taken in by approval, and everything that it told, on topics of this test."""
    async with opened_house(engines, tmp_path) as hall:
        hall.set_clock(END)
        events = [event for _, event in stream_events(COUNTY, DAYS, SEASON, heartbeats=False)]
        for now in (HALF_WAY, END):
            events += [heartbeat(source, COUNTY, now - timedelta(minutes=1))[1] for source in COUNTY.sources]
        events.sort(key=lambda event: datetime.fromisoformat(event["time"]))
        for start in range(0, len(events), PIECE):
            await hall.feed(*events[start : start + PIECE])
        names = {name: engines.fresh_topic(name, 1) for name in (HALL_EVENTS, APPROVAL_CASES, APPROVAL_REFERENCE)}
        told = {name: [e for e in hall.told if topic_of(e) == name] for name in names} | {HALL_EVENTS: hall.forwarded}
        for name, topic in names.items():
            await asyncio.to_thread(write, engines, topic, told[name])
        yield Lives(engines, tmp_path, hall, names, {names[n]: [e.time for e in told[n]] for n in names})


def write(engines: Engines, topic: str, events: Iterable[Event]) -> None:
    """Events onto a topic, as a relay writes them."""
    apart(send_all(engines.bootstrap, topic, [(e.subject.encode(), codec.encode(e)) for e in events]))


async def test_supervision_is_the_same_after_a_rebuild_and_damage_is_mended(lives: Lives) -> None:
    """Cards, cases and sources by hash; a damaged card and a lost case are found, and come back with the swap."""
    corner = await lives.live("monitoring")
    cards = lives.rows(corner, CARDS)
    steps = lives.rows(corner, STEPS)
    assert cards, "the county has cards"
    checked = await lives.rebuild("monitoring", corner, check_only=True)
    differing = [c for c in checked.comparisons if not c.equal]
    assert (differing, checked.swapped, checked.letters) == ([], False, 0)
    case_no, card_id = lives.rows(
        corner, f"SELECT case_no, card_id FROM card WHERE state = 'issued' AND {OF_CASES} LIMIT 1"
    )[0]
    lives.rows(corner, "UPDATE card SET severity = 'notice', rule_id = 'S99' WHERE card_id = %s", card_id)
    lives.rows(corner, "UPDATE case_file SET legal_due_on = '2030-01-01' WHERE case_no = %s", case_no)
    lives.rows(corner, "INSERT INTO outbox (id, topic, key, type, payload) VALUES ('untold', 't', 'k', 'y', '')")
    found = await lives.rebuild("monitoring", corner, check_only=True)
    assert set(found.differing) == {"cases", "cards"}
    assert any(card_id in row for comparison in found.comparisons for row in comparison.only_live)
    swapped = await lives.rebuild("monitoring", corner)
    assert swapped.swapped
    assert lives.rows(corner, CARDS) == cards
    assert lives.rows(corner, STEPS) == steps
    assert (await lives.rebuild("monitoring", corner, check_only=True)).differing == ()
    assert ("untold",) in lives.rows(corner, "SELECT id FROM outbox"), "what was on its way still is"


async def test_the_register_is_the_same_after_a_rebuild_and_what_was_published_stays(lives: Lives) -> None:
    """Records, releases and reviews by hash; after a swap the log, its leaves and instants are those of before."""
    corner = await lives.live("disclosure")
    log = (
        "SELECT r.record_id, r.release, r.at, r.salt, l.leaf FROM release r JOIN log_leaf l USING (record_id, release)"
    )
    before = lives.rows(corner, f"{log} ORDER BY 1, 2")
    instants = lives.rows(corner, "SELECT record_id, first_published_at, published_at FROM record ORDER BY 1")
    assert before, "the county has published decisions"
    assert (await lives.rebuild("disclosure", corner, check_only=True)).differing == ()
    lives.rows(corner, "DELETE FROM record WHERE record_id = %s", before[0][0])
    assert (await lives.rebuild("disclosure", corner)).swapped
    assert lives.rows(corner, f"{log} ORDER BY 1, 2") == before
    assert lives.rows(corner, "SELECT record_id, first_published_at, published_at FROM record ORDER BY 1") == instants
    lives.rows(corner, "UPDATE release SET content = replace(content, '水', '火') WHERE record_id = %s", before[0][0])
    lives.rows(corner, "DELETE FROM release WHERE record_id = %s", before[-1][0])
    with pytest.raises(CommandError, match="published anew"):
        await lives.rebuild("disclosure", corner)


async def test_approvals_read_side_is_the_same_after_a_rebuild(lives: Lives) -> None:
    """Cases by hash from the events that were let in; receipts, keys and what was told are kept."""
    hall = lives.hall
    corner = Corner(hall.settings.database_schema, hall.settings.dsn)
    lives.rows(corner, "DELETE FROM next_offset")
    topic = lives.topics[HALL_EVENTS]
    lives.rows(corner, "INSERT INTO next_offset VALUES ('approval', %s, 0, %s)", topic, lives.end(topic))
    kept = {t: lives.rows(corner, f"SELECT * FROM {t} ORDER BY 1, 2") for t in ("receipt", "case_owner", "case_key")}
    told = lives.rows(corner, "SELECT case_no, told FROM case_file ORDER BY 1")
    checked = await lives.rebuild("approval", corner, check_only=True)
    assert checked.differing == (), checked
    lives.rows(corner, "UPDATE case_file SET state = 'completed', due_on = NULL WHERE case_no = %s", told[0][0])
    assert (await lives.rebuild("approval", corner, check_only=True)).differing == ("cases",)
    assert (await lives.rebuild("approval", corner)).swapped
    assert (await lives.rebuild("approval", corner, check_only=True)).differing == ()
    assert lives.rows(corner, "SELECT case_no, told FROM case_file ORDER BY 1") == told
    assert {t: lives.rows(corner, f"SELECT * FROM {t} ORDER BY 1, 2") for t in kept} == kept


@pytest.mark.parametrize("service", sorted(PLANS))
def test_no_table_is_forgotten(engines: Engines, tmp_path: Path, service: str) -> None:
    """Every table of a service is made again or kept: who adds one decides which (`services/<name>/rebuilding.py`)."""
    corner = engines.migrated_schema(service)
    create_keys(tmp_path / "secrets", [2026])
    plan = maker_of(service)(Settings(database=SecretStr(corner.dsn), home=tmp_path))
    with psycopg.connect(corner.dsn) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [corner.schema])
        tables = {name for (name,) in rows}
    spine = {"inbox", "outbox", "due", "dead_letter", "next_offset", "alembic_version"}
    assert tables - spine - plan.made == set(plan.kept) & tables


def test_notify_is_deaf() -> None:
    """What people were told is not told again: the command says so and does nothing."""
    with pytest.raises(CommandError, match="second telling"):
        maker_of("notify")
    with pytest.raises(CommandError, match="no service"):
        maker_of("nobody")
