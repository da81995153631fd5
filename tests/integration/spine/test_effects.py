"""One transaction per batch: effects once, poison parked, the others through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pytest

from libs.common.kernel.spine import Batch, Outcome
from libs.common.runtime.assembly import Spine
from libs.common.runtime.budget import Budget
from libs.common.runtime.database import is_transient
from libs.common.runtime.deadletters import Record
from libs.common.runtime.effects import Effects, Tripped
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.letters import CLOSED, GONE, NO_REASON, NOT_FIRST
from libs.common.runtime.lines import Line
from tests.spine.house import House, records
from tests.spine.ledger import SERVICE, Account, AccountStore, build_line, event_bytes

pytestmark = pytest.mark.engines


@dataclass
class Bench:
    """Effects on a corner, ready to be given records."""

    house: House
    spine: Spine
    effects: Effects

    async def apply(self, *values: bytes | None, first: int = 0, partition: int = 0, key: bytes = b"C-1") -> None:
        """One batch of consecutive records."""
        await self.effects.apply(records(values, first=first, partition=partition, key=key))

    def effect_ids(self) -> list[str]:
        """Events that took effect, in order."""
        return [event_id for (event_id,) in self.house.rows("SELECT event_id FROM effect ORDER BY seq")]

    def letters(self) -> list[tuple[Any, ...]]:
        """(offset, key, code, attempts, state) of every letter."""
        return self.house.rows('SELECT "offset", key, code, attempts, state FROM dead_letter ORDER BY id')

    def next_offset(self) -> int:
        """Where the effects of partition 0 end."""
        return int(self.house.one("SELECT next_offset FROM next_offset WHERE partition = 0"))


async def bench_of(house: House, line: Line[Any, Any], budget: Budget | None = None) -> Bench:
    """A bench with one line."""
    spine = house.spine(line)
    await spine.database.start()
    return Bench(house, spine, house.effects(spine, budget=budget))


@pytest.fixture
async def bench(house: House) -> AsyncIterator[Bench]:
    """The ledger's line: a hall's topic, later events are folded."""
    made = await bench_of(house, build_line(house.out_topic))
    yield made
    await made.spine.database.stop()


@pytest.fixture
async def keyed(house: House) -> AsyncIterator[Bench]:
    """The ledger's line on a topic of our own: later events park behind."""
    made = await bench_of(house, build_line(house.out_topic, parks_behind=True))
    yield made
    await made.spine.database.stop()


async def test_a_batch_is_one_transaction(bench: Bench) -> None:
    """Inbox, states, facts in order and next offset are there together."""
    await bench.apply(*(event_bytes(n, f"C-{n % 3}") for n in range(1, 10)))
    assert bench.effect_ids() == [f"e-{n}" for n in range(1, 10)]
    assert bench.house.rows("SELECT case_no, seen, total FROM account ORDER BY 1") == [
        ("C-0", 3, 18),
        ("C-1", 3, 12),
        ("C-2", 3, 15),
    ]
    assert bench.house.rows("SELECT id FROM outbox ORDER BY seq") == [(f"fact of e-{n}",) for n in range(1, 10)]
    xmins = " UNION ".join(f"SELECT xmin::text FROM {t}" for t in ("inbox", "outbox", "account", "next_offset"))
    assert len(bench.house.rows(xmins)) == 1
    assert bench.next_offset() == 9


async def test_redelivery_changes_nothing_and_offsets_only_grow(bench: Bench) -> None:
    """The same records again, whole and in part, as after a crash between commit and ack."""
    batch = [event_bytes(n, "C-1") for n in range(5)]
    await bench.apply(*batch)
    await bench.apply(*batch)
    await bench.apply(*batch[:2])
    assert (bench.effect_ids(), bench.next_offset()) == ([f"e-{n}" for n in range(5)], 5)
    assert bench.spine.metrics.registry.get_sample_value("sunlit_consumer_duplicates_total") == 7


async def test_an_event_that_no_line_wants_is_entered_and_nothing_more(bench: Bench) -> None:
    """Its row in the inbox, no effect, no letter."""
    other = event_bytes(1, "C-1").replace(b"hall.evaluation.submitted", b"hall.evaluation.handled")
    other = other.replace(b'"grade":5,"channel":"window","named":true', b'"step":"contacted"')
    await bench.apply(other)
    assert (bench.house.one("SELECT count(*) FROM inbox"), bench.effect_ids(), bench.letters()) == (1, [], [])


POISON = [
    b"",
    None,
    b"\xff\xfe\x00",
    b"{",
    b'{"a":' * 3000,
    event_bytes(90, "C-1", comment="poison"),
    event_bytes(91, "C-1", comment="crash"),
    event_bytes(92, "C-1", type="hall.unheard.of"),
]


@pytest.mark.parametrize("poison", POISON)
@pytest.mark.parametrize("place", [0, 3, 6])
async def test_poison_is_parked_alone(bench: Bench, poison: bytes | None, place: int) -> None:
    """First, in the middle or last: its neighbours take effect, the letter holds every byte, the offset goes on."""
    values: list[bytes | None] = [event_bytes(n, "C-2") for n in range(6)]
    values.insert(place, poison)
    await bench.apply(*values)
    assert bench.effect_ids() == [f"e-{n}" for n in range(6)]
    assert [(offset, state) for offset, _, _, _, state in bench.letters()] == [(place, "parked")]
    assert bench.house.one("SELECT raw FROM dead_letter") == poison
    assert bench.next_offset() == 7


async def test_an_unknown_error_is_tried_three_times_and_a_data_error_once(bench: Bench) -> None:
    """Attempts and codes stand in the letters."""
    await bench.apply(event_bytes(1, "C-1", comment="crash"), event_bytes(2, "C-2", comment="poison"))
    assert bench.letters() == [(0, "C-1", "HANDLER_FAILED", 3, "parked"), (1, "C-2", "POISON", 1, "parked")]


async def test_several_poison_events_among_many(bench: Bench) -> None:
    """Bisecting finds all of them; everything else has effect once and in order."""
    bad = {0, 7, 8, 63, 64, 99}
    await bench.apply(*(event_bytes(n, f"C-{n % 10}", comment="poison" if n in bad else None) for n in range(100)))
    assert sorted(bench.effect_ids(), key=lambda i: int(i[2:])) == [f"e-{n}" for n in range(100) if n not in bad]
    assert {offset for offset, *_ in bench.letters()} == bad
    per_case = [i for i in bench.effect_ids() if int(i[2:]) % 10 == 5]
    assert per_case == sorted(per_case, key=lambda i: int(i[2:]))


async def test_redelivered_poison_makes_no_second_letter(bench: Bench) -> None:
    """Bytes without an id are known by their place."""
    for _ in range(2):
        await bench.apply(b"\xff", event_bytes(1, "C-1", comment="poison"))
    assert [offset for offset, *_ in bench.letters()] == [0, 1]


async def test_a_reused_id_is_parked_and_the_first_content_stays(bench: Bench) -> None:
    """Never overwritten, whatever comes (decision 12)."""
    await bench.apply(event_bytes(1, "C-1"))
    await bench.apply(event_bytes(1, "C-1", comment="other"), first=1)
    assert (bench.effect_ids(), bench.letters()) == (["e-1"], [(1, "C-1", "ID_REUSED", 1, "parked")])


async def test_a_case_with_a_letter_is_unproven_until_it_is_settled(bench: Bench) -> None:
    """A hall's later events are folded, marked; after the discard the key is judged again, without the mark."""
    await bench.apply(event_bytes(1, "C-1", comment="poison"), event_bytes(2, "C-1"), event_bytes(3, "C-2"))
    await bench.apply(b"\xff", first=3, key=b"C-3")
    await bench.apply(event_bytes(4, "C-3"), first=4)
    marked = dict(bench.house.rows("SELECT event_id, unproven FROM effect"))
    assert marked == {"e-2": True, "e-3": False, "e-4": True}
    letter = (await bench.spine.letters.page())[0]
    assert await bench.spine.letters.discard(letter.id, by="wang", reason="重复上报") == ()
    assert bench.house.rows("SELECT event_id, unproven FROM effect WHERE how = 'look'") == [
        ("look letter_settled", False)
    ]


async def test_later_events_of_a_key_wait_behind_a_letter(keyed: Bench) -> None:
    """Of our own topics: the key's events wait in order, other keys go on, a restart changes nothing."""
    await keyed.apply(event_bytes(1, "A", comment="poison"), event_bytes(2, "A"), event_bytes(3, "B"))
    await keyed.apply(event_bytes(4, "A"), event_bytes(5, "B"), first=3)
    assert keyed.effect_ids() == ["e-3", "e-5"]
    assert [(offset, state) for offset, _, _, _, state in keyed.letters()] == [
        (0, "parked"),
        (1, "behind"),
        (3, "behind"),
    ]


async def test_discarding_a_letter_releases_what_waits_in_order(keyed: Bench) -> None:
    """Each waiting event has effect once, in its order; new events flow again."""
    await keyed.apply(event_bytes(1, "A", comment="poison"), *(event_bytes(n, "A") for n in range(2, 6)))
    assert await keyed.spine.letters.discard((await keyed.spine.letters.page())[0].id, by="wang", reason="作废") == ()
    await keyed.apply(event_bytes(6, "A"), first=5)
    assert [i for i in keyed.effect_ids() if i.startswith("e-")] == [f"e-{n}" for n in range(2, 7)]
    assert [state for *_, state in keyed.letters()] == ["discarded"] + ["replayed"] * 4


async def test_discarding_what_could_not_be_read_releases_what_waits_behind_it(keyed: Bench) -> None:
    """Such a letter belongs to no line; the facts of its key wait all the same, and are let go with it."""
    await keyed.apply(b"\xff no event", key=b"A")
    await keyed.apply(event_bytes(2, "A"), event_bytes(3, "A"), first=1)
    assert keyed.effect_ids() == []
    assert await keyed.spine.letters.discard((await keyed.spine.letters.page())[0].id, by="wang", reason="作废") == ()
    assert keyed.effect_ids() == ["e-2", "e-3"]
    assert [state for *_, state in keyed.letters()] == ["discarded", "replayed", "replayed"]


async def test_release_stops_at_the_next_letter(house: House) -> None:
    """A waiting event that fails becomes the next letter, and the rest goes on waiting behind it."""
    bad = {"e-1", "e-3"}
    line = build_line(house.out_topic, parks_behind=True)

    def handle(batch: Batch[Account, datetime]) -> Outcome[Account]:
        if any(item.event.id in bad for item in batch.events):
            raise KeyError("not yet")
        return line.handle(batch)

    mended = Line("account", wants=line.wants, key=line.key, store=AccountStore(), handle=handle, parks_behind=True)
    bench = await bench_of(house, mended)
    await bench.apply(*(event_bytes(n, "A") for n in range(1, 6)))
    first, *_ = await bench.spine.letters.page()
    bad.remove("e-1")
    assert await bench.spine.letters.replay(first.id, by="wang") == ()
    assert bench.effect_ids() == ["e-1", "e-2"]
    assert [state for *_, state in bench.letters()] == ["replayed", "replayed", "parked", "behind", "behind"]
    bad.clear()
    second = (await bench.spine.letters.page())[0]
    assert await bench.spine.letters.replay(second.id, by="wang") == ()
    assert bench.effect_ids() == [f"e-{n}" for n in range(1, 6)]
    assert bench.house.one("SELECT total FROM account") == 15
    await bench.spine.database.stop()


async def test_acts_on_letters_that_may_not_be(keyed: Bench) -> None:
    """Unknown, settled, not the first of its key, without a reason, or failing again: told, nothing changed."""
    letters = keyed.spine.letters
    await keyed.apply(event_bytes(1, "A", comment="poison"), event_bytes(2, "A"))
    first, second = await letters.page()
    assert await letters.replay(999, by="w") == (GONE,)
    assert await letters.replay(second.id, by="w") == (NOT_FIRST,)
    assert await letters.discard(first.id, by="w", reason="  ") == (NO_REASON,)
    assert [p.code for p in await letters.replay(first.id, by="w")] == ["POISON"]
    assert keyed.letters()[0] == (0, "A", "POISON", 2, "parked")
    assert await letters.discard(first.id, by="w", reason="x") == ()
    assert await letters.discard(first.id, by="w", reason="x") == (CLOSED,)
    one = await letters.one(first.id)
    assert one is not None
    assert (one.state, one.by, one.reason, one.settled_at is not None) == ("discarded", "w", "x", True)


async def test_bytes_that_can_be_read_after_a_mend_take_effect_once(bench: Bench) -> None:
    """A letter whose type was not known then is replayed; its resent twin stays a duplicate."""
    good = event_bytes(1, "C-1")
    await bench.apply(good.replace(b"hall.evaluation.submitted", b"hall.unheard.of"))
    bench.house.run("UPDATE dead_letter SET raw = %s", good)  # what the mended release reads in these bytes
    assert await bench.spine.letters.replay((await bench.spine.letters.page())[0].id, by="w") == ()
    await bench.apply(good, first=1)
    assert bench.effect_ids() == ["e-1"]


async def test_fifty_in_a_row_stop_the_consumer(house: House) -> None:
    """The budget trips; nothing after it is touched."""
    bench = await bench_of(house, build_line(house.out_topic))
    with pytest.raises(Tripped, match="50 events in a row"):
        await bench.apply(*(event_bytes(n, f"C-{n}", comment="poison") for n in range(80)))
    assert len(bench.letters()) == 50
    assert bench.next_offset() == 50
    await bench.spine.database.stop()


async def test_a_schema_that_does_not_fit_parks_nothing(bench: Bench) -> None:
    """A table that is missing is no event's fault: stop at once."""
    bench.house.run("ALTER TABLE account RENAME TO account_gone")
    with pytest.raises(Tripped, match="schema"):
        await bench.apply(event_bytes(1, "C-1"))
    assert bench.letters() == []
    assert bench.house.one("SELECT count(*) FROM inbox") == 0


async def test_a_lost_database_parks_nothing_and_a_second_try_finishes(bench: Bench) -> None:
    """The connection is cut inside the transaction: transient, nothing stored; then everything once."""
    with psycopg.connect(bench.house.corner.dsn) as lock:
        lock.execute("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Exception) as caught:
            await bench.apply(*(event_bytes(n, "C-1") for n in range(3)))
    assert is_transient(caught.value)
    assert (bench.house.one("SELECT count(*) FROM inbox"), bench.letters()) == (0, [])
    await bench.apply(*(event_bytes(n, "C-1") for n in range(3)))
    assert bench.effect_ids() == ["e-0", "e-1", "e-2"]


async def test_lines_take_events_by_topic_and_keep_inboxes_of_their_own(house: House) -> None:
    """What a hall wrote and what was made of it have one id: both take effect, each in its line."""
    house.run("CREATE TABLE receipt (LIKE inbox INCLUDING ALL)")
    seen: list[tuple[str, str]] = []

    def watch(name: str, **options: Any) -> Line[Account, datetime]:
        def handle(batch: Batch[Account, datetime]) -> Outcome[Account]:
            seen.extend((name, item.event.id) for item in batch.events)
            return Outcome()

        return Line(name, wants=lambda _: True, key=lambda e: e.subject, store=AccountStore(), handle=handle, **options)

    spine = house.spine(watch("intake", topics=("hall.ingest.*.v1",), inbox=Inbox("receipt")), watch("fold"))
    await spine.database.start()
    effects = house.effects(spine)
    one = event_bytes(1, "C-1")
    batch: Sequence[Record] = [
        *records([one], topic="hall.ingest.440100.window.v1"),
        *records([one, one], topic="hall.events.v1"),
    ]
    await effects.apply(batch)
    assert seen == [("intake", "e-1"), ("fold", "e-1")]
    assert (house.one("SELECT count(*) FROM receipt"), house.one("SELECT count(*) FROM inbox")) == (1, 1)
    await spine.database.stop()


async def test_two_consumers_of_one_batch_give_it_effect_once(house: House) -> None:
    """A worker that was thought dead comes back while another does its work: 0 doubled."""
    one, two = [await bench_of(house, build_line(house.out_topic)) for _ in range(2)]
    batch = [event_bytes(n, f"C-{n % 7}") for n in range(200)]
    await asyncio.gather(
        one.apply(*batch), two.apply(*batch), one.apply(*batch[100:], first=100), two.apply(*batch[:50])
    )
    assert sorted(one.effect_ids()) == sorted(f"e-{n}" for n in range(200))
    assert one.next_offset() == 200
    assert house.one("SELECT consumer_group FROM next_offset") == SERVICE
    for bench in (one, two):
        await bench.spine.database.stop()


async def test_a_tombstone_on_a_compacted_topic_is_no_letter(bench: Bench) -> None:
    """A key without a value says there that the key is no more; on other topics it is an empty message."""
    at = records([None], topic="approval.reference.v1", key=b"org:11")
    await bench.effects.apply([*at, *records([event_bytes(1, "C-1")], topic="approval.reference.v1", first=1)])
    assert bench.letters() == []
    assert bench.effect_ids() == ["e-1"]
    assert bench.next_offset() == 2
    await bench.apply(None)
    assert bench.letters() == [(0, "C-1", "EMPTY", 1, "parked")]


async def test_nonsense_on_a_halls_own_topic_does_not_trip(bench: Bench) -> None:
    """It says nothing about this release; the same on a topic of ours does."""
    effects = Effects(
        SERVICE, bench.effects.lines, bench.spine.database, bench.spine.clock, inbox=bench.spine.inbox,
        metrics=bench.spine.metrics, tracing=bench.spine.tracing, budget=Budget(in_a_row=5),
    )  # fmt: skip
    await effects.apply(records([b"{"] * 20, topic="hall.ingest.330106.window.v1"))
    await effects.apply(records([event_bytes(1, "C-1")]))
    await effects.apply(records([b"{"] * 5, first=1))
    with pytest.raises(Tripped):
        await effects.apply(records([event_bytes(2, "C-1")], first=6))
    assert bench.effect_ids() == ["e-1"]
