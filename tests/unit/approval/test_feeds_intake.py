"""Versions of an act in any order, and what a hall's own topic brings while its source is paused."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import orjson
import pytest

from libs.common.kernel.events import codec
from libs.common.kernel.spine import Batch, Received
from services.approval.domain.acts import Case, merge, version_gaps
from services.approval.domain.intake import Owner
from services.approval.handlers import take_in
from services.approval.ports import Gate, Held
from services.approval.store.cases import read_case, write_acts
from tests.unit.approval.builders import CASE_NO, SOURCE, accepted, decoded, submitted

NOW = datetime(2026, 3, 11, tzinfo=UTC)


def version(number: int) -> dict[str, Any]:
    """The acceptance in that version."""
    return {**accepted("2026-03-02"), "id": f"v{number}", "dataversion": number}


@pytest.mark.parametrize("order", list(permutations((1, 2, 4))))
def test_a_gap_is_told_whatever_the_order_of_arrival(order: tuple[int, ...]) -> None:
    """Of 1, 2 and 4 the third is missing and 4 stands; when it comes late the gap is closed, and 4 still stands."""
    case = Case(CASE_NO)
    for number in (*order, *order):  # and once more, which changes nothing
        case = merge(case, decoded(version(number)), orjson.dumps(version(number)))
    assert [(event.dataversion, absent) for event, absent in version_gaps(case)] == [(4, (3,))]
    stored = read_case(CASE_NO, 0, write_acts(case), None)
    assert list(version_gaps(stored)) == list(version_gaps(case)), "what came is stored with the case"
    late = merge(stored, decoded(version(3)), orjson.dumps(version(3)))
    assert list(version_gaps(late)) == []
    assert [act.event.dataversion for act in late.acts.values()] == [4]


def taken(paused: frozenset[str]) -> Any:
    """The outcome for two events of a hall's own topic."""
    topic = "hall.ingest.330106.window.v1"
    raws = [orjson.dumps(event) for event in (submitted("2026-03-02"), accepted("2026-03-03"))]
    events = tuple(Received(codec.decode_intake(raw), raw, topic, 0, n, NOW) for n, raw in enumerate(raws))
    gate = Gate(seals=NOBODY, paused=paused)
    return take_in(Batch({CASE_NO: Owner(SOURCE)}, gate, events, (), NOW, frozenset()))


class _Nobody:
    """Seals of a batch in which no person stands."""

    def party(self, *_: Any) -> Any:
        raise AssertionError("nobody is to be sealed")

    def secret(self, *_: Any) -> bytes:
        raise AssertionError("nothing is to be hashed")


NOBODY = _Nobody()


def test_what_a_paused_source_writes_to_its_topic_is_held() -> None:
    """Stored in its order and not passed on; of another source, or after the pause, it is passed on."""
    held = taken(frozenset({SOURCE}))
    assert held.facts == ()
    assert [(row.source, row.fact.event.type) for row in held.extra if isinstance(row, Held)] == [
        (SOURCE, "hall.application.submitted"),
        (SOURCE, "hall.case.accepted"),
    ]
    for others in (frozenset(), frozenset({"//hall/330106/other"})):
        free = taken(others)
        assert ([fact.event.type for fact in free.facts], free.extra) == (
            ["hall.application.submitted", "hall.case.accepted"],
            (),
        )
