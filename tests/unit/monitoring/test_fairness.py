"""Outage fairness, takebacks, ranks and acts of persons: a card stands only for what is true and proven."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.common.kernel.events.codec import parse_intake
from libs.common.kernel.events.supervision import SourceRecovered, SourceStale
from libs.common.kernel.spine import Batch
from libs.ops.simulate.acts import heartbeat
from libs.ops.simulate.plans import PausePlan
from services.monitoring.domain.sources import SETTLE, Proof, Source, is_stale, proven_up_to, watermark
from services.monitoring.handlers import hear_sources
from tests.unit.monitoring.makers import COUNTY, Desk, at, events_of, office, plan, play, received

HALL = "//hall/990101/hall"


def silent(up_to: str) -> dict[str, Source]:
    """The sources of the county, all complete only up to an instant."""
    return {name: Source(name, at(up_to)) for name in COUNTY.sources}


def test_no_card_while_the_source_is_silent() -> None:
    """The deadline passes inside an outage: nothing is issued until the source has spoken past it."""
    events = events_of(plan())
    desk = Desk()
    desk.take(events, at("2026-03-02 10:00"), virtual=False, sources=silent("2026-03-02 10:00"))
    for day in ("2026-03-17 08:00", "2026-03-31 08:00"):
        desk.look(at(day), virtual=False, sources=silent("2026-03-13 00:00"))
        assert [card for card in desk.cards() if card[0] != "S01"] == []


def test_a_decision_in_flight_is_not_carded() -> None:
    """Decided in time, reported after the outage: no card ever shows."""
    first, *later = [[e] for e in events_of(plan(used_days=9))]
    desk = Desk()
    desk.take(first, at("2026-03-02 10:00"))
    desk.look(at("2026-03-10 10:00"), proven=at("2026-03-05 00:00"), sources=silent("2026-03-05 00:00"))
    desk.take([e for batch in later for e in batch], at("2026-03-20 10:00"))
    desk.look(at("2026-03-21 10:00"))
    assert [card for card in desk.cards(live=False) if card[0] in ("S01", "S02", "S03")] == []


def test_really_late_is_carded_as_of_its_own_moment() -> None:
    """After the outage the card says when it became true and when it was issued."""
    desk = Desk()
    desk.take(events_of(plan()), at("2026-03-25 09:00"))
    desk.look(at("2026-03-25 09:00"))
    (card,) = [c for file in desk.files.values() for c in file.cards.values() if c.rule_id == "S02"]
    assert card.became_true_at == at("2026-03-17")
    assert card.issued_at == at("2026-03-25 09:00")


def test_bulk_events_alone_issue_nothing() -> None:
    """An acceptance and its decision may lie in two batches: cards wait for a look."""
    accepted = [e for e in events_of(plan(used_days=5)) if e.type != "hall.case.completed"]
    done = [e for e in events_of(plan(used_days=5)) if e.type == "hall.case.completed"]
    desk = Desk()
    desk.take(accepted, at("2026-06-01 09:00"))
    assert desk.told == []
    desk.take(done, at("2026-06-01 09:00"))
    desk.look(at("2026-06-02 09:00"))
    assert [c for c in desk.cards(live=False) if c[0] == "S02"] == []


def test_a_late_fact_takes_the_card_back_and_a_correction_brings_it_again() -> None:
    """A report that proves timeliness revokes by itself; when it is corrected away, the card is back."""
    events = events_of(plan(used_days=9))
    completed = next(e for e in events if e.type == "hall.case.completed")
    desk = play([e for e in events if e is not completed], at("2026-03-20"))
    assert ("S02", "yellow", "2026-03-17") in desk.cards()
    desk.take([completed], at("2026-03-20 10:00"))
    assert [c for c in desk.cards() if c[0] == "S02"] == []
    states = {e.type for e in desk.told}
    assert "supervision.card.revoked" in states


def test_of_a_family_only_the_gravest_counts() -> None:
    """Yellow gives way to red, and comes back when the red is taken back."""
    desk = play(events_of(plan()), at("2026-04-02"))
    assert [c for c in desk.cards() if c[0] in ("S02", "S03")] == [("S03", "red", "2026-03-31")]
    told = next(e for e in events_of(plan(used_days=15)) if e.type == "hall.case.completed")
    desk.take([told], at("2026-04-02 10:00"))
    assert [c for c in desk.cards() if c[0] in ("S02", "S03")] == [("S02", "yellow", "2026-03-17")]


def test_an_unproven_case_gets_no_card() -> None:
    """While a letter of the case is parked nothing is issued (decision 11)."""
    desk = Desk()
    desk.take(events_of(plan()), at("2026-03-02 10:00"))
    now = at("2026-04-02")
    case_no = next(iter(desk.files))
    desk._keep(Batch(desk.files, office(now), (), ((case_no, "clock"),), now, unproven=frozenset({case_no})))
    assert desk.cards(live=False) == []


@pytest.mark.parametrize("seed", range(4))
def test_playing_twice_gives_the_same_cards(seed: int) -> None:
    """One history has one set of cards, ids and all."""
    case = plan(used_days=21 - seed, pause=PausePlan("hearing", 3, 4, 5))
    first, second = (play(events_of(case), at("2026-06-01")) for _ in range(2))
    ids = [sorted(card for file in desk.files.values() for card in file.cards) for desk in (first, second)]
    assert ids[0] == ids[1] != []


def test_a_watermark_waits_for_settle_on_the_wall_clock() -> None:
    """A moment is proven when the source is complete ten minutes past it; without heartbeats now stands for that."""
    now = at("2026-03-17 00:05")
    wall = Proof(now, is_virtual=False)
    assert proven_up_to(Source(HALL, at("2026-03-17 00:00")), wall) == at("2026-03-17 00:00") - SETTLE
    assert watermark(None, wall) == now
    barrier = Proof(now, is_virtual=True, barrier_up_to=now)
    assert proven_up_to(Source(HALL, at("2026-03-01")), barrier) == now


def test_silence_makes_one_finding_and_return_ends_it() -> None:
    """An outage of any number of cases is one finding against the source."""
    spoken = received(event for event in _heartbeats("2026-03-10 09:00", "2026-03-10 09:05"))
    heard = hear_sources(Batch({}, office(at("2026-03-10 09:05"), virtual=False), spoken, (), at("2026-03-10 09:05")))
    (source,) = heard.states.values()
    late = at("2026-03-10 09:16")
    assert is_stale(source, Proof(late, is_virtual=False))
    quiet = hear_sources(Batch(heard.states, office(late, virtual=False), (), ((HALL, "stale"),), late))
    assert [type(fact.event.data) for fact in quiet.facts] == [SourceStale]
    back_at = at("2026-03-10 10:00")
    back = received(_heartbeats("2026-03-10 09:59"))
    returned = hear_sources(Batch(quiet.states, office(back_at, virtual=False), back, (), back_at))
    assert [type(fact.event.data) for fact in returned.facts] == [SourceRecovered]
    assert returned.releases[0].up_to == at("2026-03-10 09:59")


def test_a_heartbeat_proves_nothing_before_every_partition_is_processed_past_it() -> None:
    """Decision 31: a heartbeat overtook case events of another partition; its claim waits for them."""
    spoken_at = at("2026-03-10 09:00")
    behind = replace(office(spoken_at, virtual=False), processed_up_to=at("2026-03-10 08:59"))
    first = hear_sources(Batch({}, behind, received(_heartbeats("2026-03-10 09:00")), (), spoken_at))
    (source,) = first.states.values()
    assert (source.complete_up_to, len(source.claims)) == (None, 1)
    later = at("2026-03-10 09:01")
    caught_up = replace(office(later, virtual=False), processed_up_to=at("2026-03-10 09:00"))
    second = hear_sources(Batch(first.states, caught_up, (), ((HALL, "claim"),), later))
    (source,) = second.states.values()
    assert (source.complete_up_to, source.claims) == (spoken_at, ())
    assert second.releases[0].up_to == spoken_at


def test_a_nightly_feed_is_not_silent_all_day() -> None:
    """The interval is learnt from the source itself."""
    nightly = Source(HALL, at("2026-03-10 02:00"), interval_seconds=timedelta(hours=24).total_seconds())
    assert not is_stale(nightly, Proof(at("2026-03-11 20:00"), is_virtual=False))
    assert is_stale(nightly, Proof(at("2026-03-12 03:00"), is_virtual=False))


def _heartbeats(*instants: str) -> list[object]:
    return [parse_intake(heartbeat(HALL, COUNTY, at(text))[1]) for text in instants]
