"""The set of acts: versions, contradictions, voiding."""

from __future__ import annotations

from itertools import permutations

from services.approval.domain.acts import contradictions, standing
from tests.unit.approval.builders import accepted, case_of, completed, submitted, wire


def test_the_highest_version_of_an_act_stands() -> None:
    """A re-report replaces the lower version, and a lower one that comes later is history."""
    first, second = accepted("2026-03-02"), accepted("2026-03-03") | {"dataversion": 2, "id": "v2"}
    for order in ((first, second), (second, first)):
        assert [event.id for event in standing(case_of(*order))] == ["v2"]


def test_one_version_with_two_contents_is_a_contradiction_whatever_the_order() -> None:
    """The event taken in first stands; the others are named as rivals, a mere repetition is none."""
    one = accepted("2026-03-02", received="2026-03-02 10:00") | {"id": "a"}
    same = accepted("2026-03-02", received="2026-03-02 11:00") | {"id": "b"}
    other = accepted("2026-03-02", promise=10, received="2026-03-02 12:00") | {"id": "c"}
    found = {
        (tuple(e.id for e in standing(case)), tuple((e.id, rivals) for e, rivals in contradictions(case)))
        for order in permutations((one, same, other))
        if (case := case_of(*order))
    }
    assert found == {(("a",), (("a", ("c",)),))}


def test_a_higher_version_settles_a_contradiction() -> None:
    """Rivals of a version that no longer stands are history."""
    events = [accepted("2026-03-02"), accepted("2026-03-02", promise=9) | {"id": "x"}]
    events.append(accepted("2026-03-02", promise=8) | {"id": "y", "dataversion": 2})
    for order in permutations(events):
        assert not list(contradictions(case_of(*order)))


def test_a_voided_act_does_not_stand() -> None:
    """误报作废 takes back the act it names and stands itself for nothing."""
    void = wire("record.voided", "2026-03-05", voids={"type": "hall.case.completed", "seqno": 1}, reason="误报")
    for order in permutations((submitted("2026-03-01"), completed("2026-03-04"), void)):
        assert [event.type for event in standing(case_of(*order))] == ["hall.application.submitted"]
