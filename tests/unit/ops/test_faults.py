"""The parts of `sunlit faults` that decide: which county, which moment of a conversation, what is lost or doubled."""

from __future__ import annotations

import struct
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from libs.common.kernel.errors import DataError
from libs.common.kernel.events import codec
from libs.common.runtime.topics import HALL_EVENTS
from libs.ops.commands.faults import chosen_faults
from libs.ops.errors import CommandError, ExitCode
from libs.ops.faults.catalogue import all_faults
from libs.ops.faults.county import write_script
from libs.ops.faults.launch import at_port
from libs.ops.faults.ledger import Ledger, compare
from libs.ops.faults.messages import COPIES, Duplicates, Reorder, corrupt_values, happened_at
from libs.ops.faults.offsets import is_ahead
from libs.ops.faults.play import days_of_harm
from libs.ops.faults.proxy import Talk
from libs.ops.fingerprint import PARTS, Fingerprint, Part, part_of
from libs.ops.offset_guard import Place

E1, E2 = ("//hall/1/a", "1"), ("//hall/1/a", "2")


def ledger(events: set[tuple[str, str]], cases: dict[str, str], doubles: tuple[str, ...] = ()) -> Ledger:
    """A ledger with some events and cases and nothing else."""
    parts = {name: (cases if name == "cases" else {}) for name in PARTS}
    marks = {name: part_of(f"{key}{value}" for key, value in rows.items()) for name, rows in parts.items()}
    return Ledger({"approval": frozenset(events)}, parts, doubles, Fingerprint(marks, doubles, 0, 0))


def stage(**known: Any) -> Any:
    """What a decision needs of a stage."""
    return SimpleNamespace(dice=Random(7), **known)


def test_the_same_ledgers_differ_in_nothing() -> None:
    """Two platforms that came to the same."""
    one = ledger({E1, E2}, {"C-1": "open"})
    assert compare(one, one, {E1, E2}).is_none


@pytest.mark.parametrize(
    ("found", "lost", "doubled", "unequal"),
    [
        (ledger({E1}, {"C-1": "open"}), 1, 0, ()),  # an accepted event without effect
        (ledger({E1, E2}, {}), 1, 0, ("cases",)),  # a case that is not there
        (ledger({E1, E2}, {"C-1": "open", "C-2": "open"}), 0, 1, ("cases",)),  # one too many
        (ledger({E1, E2}, {"C-1": "ended"}), 0, 0, ("cases",)),  # another content
        (ledger({E1, E2}, {"C-1": "open"}, ("told twice: …",)), 0, 1, ()),  # an effect twice
    ],
)
def test_each_kind_of_difference_is_counted(found: Ledger, lost: int, doubled: int, unequal: tuple[str, ...]) -> None:
    """Lost, doubled and unequal are told apart, each with a sample."""
    difference = compare(ledger({E1, E2}, {"C-1": "open"}), found, {E1, E2})
    assert (difference.lost, difference.doubled, difference.unequal) == (lost, doubled, unequal)
    assert difference.samples
    assert not difference.is_none


def test_a_part_that_the_other_does_not_have_is_unequal() -> None:
    """The fingerprint decides, not the samples."""
    one = ledger({E1}, {"C-1": "open"})
    other = replace(one, fingerprint=replace(one.fingerprint, parts={**one.fingerprint.parts, "cards": Part(1, "x")}))
    assert compare(one, other, {E1}).unequal == ("cards",)


def message(kind: bytes, text: bytes) -> tuple[bytes, bytes]:
    """A message as the proxy takes it apart."""
    whole = kind + struct.pack("!I", len(text) + 4) + text
    return whole[:1], whole[5:]


def test_a_commit_counts_only_behind_a_copy() -> None:
    """What only read, or was rolled back, is no moment at which effects could be lost."""
    talk = Talk(1)
    assert talk.hear_client(*message(b"Q", b"SELECT 1\0")) is None
    assert talk.hear_server(*message(b"C", b"COMMIT\0")) is None
    assert talk.hear_client(*message(b"Q", b'COPY "staged_inbox" FROM STDIN\0')) is None
    assert talk.hear_server(*message(b"C", b"COPY 3\0")) is None
    assert talk.hear_server(*message(b"C", b"COMMIT\0")) == "committed"
    assert talk.hear_server(*message(b"C", b"COMMIT\0")) is None
    talk.hear_client(*message(b"Q", b"COPY t FROM STDIN\0"))
    assert talk.hear_server(*message(b"C", b"ROLLBACK\0")) is None
    assert talk.hear_server(*message(b"C", b"COMMIT\0")) is None


def test_the_deletion_of_facts_is_known_when_it_is_prepared() -> None:
    """After some rounds the driver sends the name of the statement only."""
    talk = Talk(1)
    delete = b"_pg3_0\0DELETE FROM outbox WHERE seq = ANY($1)\0\0\0"
    assert talk.hear_client(*message(b"P", delete)) is None
    assert talk.hear_client(*message(b"B", b"\0_pg3_0\0\0\0")) == "acknowledged"
    assert talk.hear_client(*message(b"B", b"\0_pg3_1\0\0\0")) is None


def test_the_county_is_the_same_for_the_same_seed() -> None:
    """Days in order, each of one date, all events of the season in them."""
    one, again, other = write_script(3, 40), write_script(3, 40), write_script(4, 40)
    assert one.events == again.events != other.events
    assert [day.first_at.date() for day in one.days] == sorted({happened_at(e).date() for e in one.events})
    assert one.begins_at <= one.days[0].first_at
    assert one.days[-1].last_at < one.ends_at


def test_harm_is_done_on_busy_days_and_as_often_as_asked() -> None:
    """No day twice, never more often than there are days."""
    script = write_script(3, 60)
    chosen = days_of_harm(stage(script=script, strikes=3))
    assert len(chosen) == 3
    assert chosen == days_of_harm(stage(script=script, strikes=3))
    assert len(days_of_harm(stage(script=script, strikes=500))) == len(script.days)


def test_duplicates_and_reordering_keep_every_event() -> None:
    """Ten of each; or each once, never more than an hour late."""
    day = write_script(3, 40).days[0]
    many = Duplicates().told(stage(), day)
    assert sorted(str(e["id"]) for e in many) == sorted(str(e["id"]) for e in day.events for _ in range(COPIES))
    mixed = Reorder().told(stage(), day)
    assert sorted(str(e["id"]) for e in mixed) == sorted(str(e["id"]) for e in day.events)
    assert mixed != list(day.events)
    latest = day.first_at
    for event in mixed:
        at = happened_at(event)
        assert (latest - at).total_seconds() <= 3600
        latest = max(latest, at)


def test_what_is_called_corrupt_is_no_event() -> None:
    """Each of the values is refused by the codec."""
    for value in corrupt_values(Random(7).randbytes(300)):
        with pytest.raises(DataError):
            codec.decode(value or b"")


def test_an_offset_is_ahead_only_beyond_the_effects() -> None:
    """A group that is behind loses nothing: what it hears again the inbox knows."""

    def place(committed: int | None) -> Place:
        return Place("monitoring", HALL_EVENTS, 0, effects=5, committed=committed, first=0, end=9)

    assert [is_ahead(place(committed)) for committed in (None, 4, 5, 6)] == [False, False, False, True]


def test_a_fault_is_named_or_all_are_done() -> None:
    """Unknown names are refused with the known ones; a name given twice is done once."""
    assert [fault.name for fault in chosen_faults(None)] == list(all_faults())
    assert [fault.name for fault in chosen_faults(["freeze", "corrupt", "freeze"])] == ["freeze", "corrupt"]
    with pytest.raises(CommandError, match="kill-notify") as refused:
        chosen_faults(["flood"])
    assert refused.value.code is ExitCode.USAGE


def test_every_fault_says_what_it_does_and_which_row_it_proves() -> None:
    """The table of docs/reliability.md is made of these."""
    for name, fault in all_faults().items():
        assert fault.name == name
        assert fault.words
        assert fault.rows
        assert 0 < fault.times_quick <= fault.times


def test_the_proxy_stands_at_the_same_database() -> None:
    """Login, name and options stay."""
    assert at_port("postgresql://a:b%20c@127.0.0.1:5/sunlit?x=1", 9) == "postgresql://a:b%20c@127.0.0.1:9/sunlit?x=1"
