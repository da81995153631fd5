"""Every event has effect once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from libs.common.kernel.spine import Received
from libs.common.runtime.inbox import Admission, Inbox
from libs.common.runtime.wire import decode_record
from tests.spine.house import House, records
from tests.spine.ledger import event_bytes

pytestmark = pytest.mark.engines
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def items(*values: bytes) -> list[Received]:
    """Decoded events."""
    return [decode_record(record) for record in records(values)]


async def enter(house: House, inbox: Inbox, *values: bytes) -> Admission:
    """One batch, committed."""
    spine = house.spine()
    await spine.database.start()
    try:
        async with spine.database.transaction() as tx:
            return await inbox.enter(tx, items(*values), NOW)
    finally:
        await spine.database.stop()


async def test_a_second_delivery_is_a_duplicate(house: House) -> None:
    """In the same batch and in a later one; order of keys, spaces and the trace do not matter."""
    one = event_bytes(1, "C-1")
    spaced = one.replace(b'","', b'", "')
    traced = event_bytes(1, "C-1", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    first = await enter(house, Inbox(), one, spaced, event_bytes(2, "C-1"))
    again = await enter(house, Inbox(), traced, event_bytes(3, "C-1"))
    assert ([i.event.id for i in first.fresh], first.duplicates, first.reused) == (["e-1", "e-2"], 1, ())
    assert ([i.event.id for i in again.fresh], again.duplicates, again.reused) == (["e-3"], 1, ())


async def test_the_same_id_with_another_content_is_reused(house: House) -> None:
    """Inside a batch and against what is stored; another source may use the same id."""
    one, other = event_bytes(1, "C-1"), event_bytes(1, "C-1", comment="changed")
    foreign = event_bytes(1, "C-1", source="//hall/440100/mobile", comment="changed")
    first = await enter(house, Inbox(), one, other)
    again = await enter(house, Inbox(), other, foreign)
    assert (len(first.fresh), len(first.reused)) == (1, 1)
    assert ([i.event.source for i in again.fresh], len(again.reused)) == (["//hall/440100/mobile"], 1)
    assert house.one("SELECT count(*) FROM inbox") == 2


async def test_an_archive_is_an_inbox_with_more_columns(house: House) -> None:
    """One row for both, with the raw bytes."""
    house.run("CREATE TABLE event (LIKE inbox INCLUDING ALL, type text NOT NULL, raw bytea NOT NULL)")
    archive = Inbox("event", {"type": lambda r: r.event.type, "raw": lambda r: r.raw})
    one = event_bytes(1, "C-1")
    assert len((await enter(house, archive, one)).fresh) == 1
    assert (await enter(house, archive, one)).duplicates == 1
    assert house.rows("SELECT type, raw FROM event") == [("hall.evaluation.submitted", one)]


async def test_digests_can_be_keyed(house: House) -> None:
    """Where clear personal data pass, nobody without the key can try values against the digest."""
    one, other = event_bytes(1, "C-1"), event_bytes(1, "C-1", comment="changed")
    await enter(house, Inbox(), one)
    plain = house.one("SELECT digest FROM inbox")
    house.run("DELETE FROM inbox")
    keyed = Inbox(key=b"k" * 32)
    await enter(house, keyed, one)
    assert house.one("SELECT digest FROM inbox") != plain
    assert (await enter(house, keyed, one)).duplicates == 1
    assert len((await enter(house, keyed, other)).reused) == 1
