"""The fakes of the spine's ports behave like the real ones: each test runs on both."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from libs.common.kernel.spine import Outcome
from libs.common.runtime.clock import Clock, ClockFile, VirtualClock, WallClock, write_clock_file
from libs.common.runtime.database import Database
from libs.common.runtime.sealing import KeyRef, KeyStore
from services.approval.store.seals import CaseKeys
from tests.engines import Engines
from tests.spine.fakes import FakeClock, MemoryKeyStore, MemoryStore
from tests.spine.house import open_house
from tests.spine.ledger import Account, AccountStore

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
KINDS = ["fake", pytest.param("real", marks=pytest.mark.engines)]


@contextlib.asynccontextmanager
async def opened(dsn: str, schema: str) -> AsyncIterator[Database]:
    """A started database."""
    database = Database(dsn, schema)
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


@contextlib.asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    """A fake's transaction."""
    yield None


@pytest.fixture(params=KINDS)
async def keys(request: pytest.FixtureRequest) -> AsyncIterator[tuple[KeyStore, Callable[[], Any]]]:
    """A key store and how to open a transaction for it."""
    if request.param == "fake":
        yield MemoryKeyStore(), nothing
        return
    engines: Engines = request.getfixturevalue("engines")
    corner = engines.migrated_schema("approval")
    async with opened(corner.dsn, corner.schema) as database:
        yield CaseKeys(), database.transaction


async def test_a_wrapped_key_that_is_there_stays(keys: tuple[KeyStore, Callable[[], Any]]) -> None:
    """The first one wins; only what was asked for and exists is answered."""
    store, transaction = keys
    one, two, none = KeyRef("C-1", "case"), KeyRef("C-1", "notify"), KeyRef("C-9", "case")
    async with transaction() as tx:
        assert await store.wrapped_keys(tx, [one, two]) == {}
        await store.add_wrapped_keys(tx, {one: "w1.a", two: "w1.b"})
        await store.add_wrapped_keys(tx, {one: "w1.c"})
    async with transaction() as tx:
        assert await store.wrapped_keys(tx, [one, none]) == {one: "w1.a"}
        assert await store.wrapped_keys(tx, []) == {}


async def test_shredding_takes_every_key_of_a_case(keys: tuple[KeyStore, Callable[[], Any]]) -> None:
    """All purposes of the named cases, nothing of others; again does no harm."""
    store, transaction = keys
    refs = [KeyRef(case_no, purpose) for case_no in ("C-1", "C-2") for purpose in ("case", "notify")]
    async with transaction() as tx:
        await store.add_wrapped_keys(tx, {ref: f"w1.{n}" for n, ref in enumerate(refs)})
        await store.shred(tx, ["C-1", "C-9"])
        await store.shred(tx, ["C-1"])
        assert set(await store.wrapped_keys(tx, refs)) == set(refs[2:])


@pytest.fixture(params=KINDS)
async def states(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Any, Callable[[], Any]]]:
    """A state store and how to open a transaction for it."""
    if request.param == "fake":
        yield MemoryStore[Account](), nothing
        return
    house = open_house(request.getfixturevalue("engines"), tmp_path)
    async with opened(house.corner.dsn, house.corner.schema) as database:
        yield AccountStore(), database.transaction


async def test_a_state_comes_back_as_it_was_saved(states: tuple[Any, Callable[[], Any]]) -> None:
    """Absent keys are absent, a later save replaces, keys that an outcome does not name stay."""
    store, transaction = states
    async with transaction() as tx:
        assert (await store.load(tx, ["A", "B"], NOW))[0] == {}
        await store.save(tx, Outcome({"A": Account(1, 2, "e"), "B": Account(3, 4, "f")}), NOW)
    async with transaction() as tx:
        await store.save(tx, Outcome({"A": Account(9, 9, "g")}), NOW)
    async with transaction() as tx:
        loaded, context = await store.load(tx, ["A", "B", "C"], NOW)
        assert dict(loaded) == {"A": Account(9, 9, "g"), "B": Account(3, 4, "f")}
        assert context == NOW


def virtual(tmp_path: Path) -> Clock:
    """A virtual clock that stands."""
    write_clock_file(tmp_path / "clock.json", ClockFile(anchor_wall=NOW, anchor_legal=NOW, speed=0))
    return VirtualClock(tmp_path / "clock.json")


CLOCKS = {"wall": lambda _: WallClock(), "virtual": virtual, "fake": lambda _: FakeClock(NOW)}


@pytest.mark.parametrize("make", CLOCKS.values(), ids=CLOCKS)
def test_every_clock_tells_aware_instants(make: Callable[[Path], Clock], tmp_path: Path) -> None:
    """Legal time in the legal zone, wall time in UTC, neither runs back, nothing is proven or driven unasked."""
    clock = make(tmp_path)
    first, second = clock.now(), clock.now()
    assert first <= second
    assert first.utcoffset() == timedelta(hours=8)
    assert clock.wall().utcoffset() == timedelta(0)
    assert clock.proven_up_to("//hall/440100/window") is None
    assert not clock.is_driven
    assert clock.is_virtual == (not isinstance(clock, WallClock))
