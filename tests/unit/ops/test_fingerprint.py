"""What two runs are compared by."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from libs.ops.fingerprint import PARTS, Fingerprint, part_of

ROWS = st.lists(st.text(max_size=8), max_size=8)


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_count(rows: list[str], random: Random) -> None:
    """Any shuffle of the same rows has the same hash."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert part_of(rows) == part_of(shuffled)


@given(ROWS, ROWS)
def test_other_rows_have_another_hash(one: list[str], other: list[str]) -> None:
    """A row more, a row less, a row twice or a changed row shows."""
    assert (part_of(one) == part_of(other)) == (sorted(one) == sorted(other))


def test_rows_do_not_run_into_each_other() -> None:
    """Two short rows are not one long row."""
    assert part_of(["ab", "c"]) != part_of(["a", "bc"])
    assert part_of(["abc"]) != part_of(["ab", "c"])


def test_the_parts_that_differ_are_named() -> None:
    """A changed part and a missing one are named, the others are not."""
    parts = {name: part_of([name]) for name in PARTS}
    one = Fingerprint(parts, (), 0, 0)
    other = Fingerprint(parts | {"cards": part_of(["x"])}, (), 3, 1)
    assert one.differs_from(one) == ()
    assert one.differs_from(other) == ("cards",)
    assert one.differs_from(Fingerprint({}, (), 0, 0)) == tuple(PARTS)
