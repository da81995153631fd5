"""A simulated season in which every rule that hall events can break is broken on purpose, kept, and kept at its edge.

Everything is read as halls report it, hour by hour on a driven clock, and judged at each look's own moment: every
planted
breach is found on its day and with its severity, nothing that was not planted is found, and another life that reads
the same events in another order comes to the same cards.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
import pytest

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.disclosure import Channel, RecordPublished, Review
from libs.common.kernel.events.envelope import Event
from libs.ops.simulate.plants.plan_file import everything
from libs.ops.simulate.plants.planting import plant_all
from libs.ops.simulate.plants.sheet import Plant
from libs.ops.simulate.stream import Season, working_days_of
from services.monitoring.domain.cards import Card
from tests.unit.monitoring.makers import CALENDARS, COUNTY, at, parse
from tests.unit.monitoring.world import World

SEASON = Season(cases=0, first_on=date(2026, 1, 5), last_on=date(2026, 9, 30), seed=12)
DAYS = working_days_of(CALENDARS.of(COUNTY.region_code).is_working_day, SEASON, date(2026, 12, 31))
END = at("2026-12-20")
# what follows from cards that nobody answers
PROCESS = "S61"
HOUR = timedelta(hours=1)

Told = list[tuple[datetime, Event]]


@pytest.fixture(scope="module")
def plants() -> tuple[Plant, ...]:
    """Each rule as a breach, a lawful twin and a boundary day."""
    planted = plant_all(COUNTY, DAYS, SEASON, everything(SEASON))
    assert planted.left_out == ()
    return planted.plants


@pytest.fixture(scope="module")
def told(plants: tuple[Plant, ...]) -> Told:
    """The plants as they reach the platform, and the records that disclosure makes of their decisions."""
    found: Told = []
    for plant in plants:
        for happened_at, wire in plant.acts:
            body = {name: value for name, value in wire.items() if name != "senttime"}
            arrived_at = datetime.fromisoformat(wire["senttime"]) if "senttime" in wire else happened_at
            event = msgspec.structs.replace(parse(body), receivedtime=arrived_at)
            found.append((arrived_at, event))
            if event.type in ("hall.case.completed", "hall.penalty.decided") and not _waits_for_review(plant):
                found += [(arrived_at + HOUR, record) for record in _records(event, arrived_at + HOUR)]
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))


@pytest.fixture(scope="module")
def world(told: Told) -> World:
    """The season, lived."""
    found = World()
    found.live(told, END)
    return found


def test_every_planted_breach_is_found_on_its_day(plants: tuple[Plant, ...], world: World) -> None:
    """Rule, severity, matter and the instant at which it became true."""
    missing = [
        (plant.rule, plant.kind, plant.subject, plant.why)
        for plant in plants
        if plant.expects_card and not [c for c in _cards_of(plant, world) if c.became_true_at == plant.became_true_at]
    ]
    assert missing == []
    assert len({plant.rule for plant in plants if plant.expects_card}) >= 59


def test_no_lawful_twin_is_blamed(plants: tuple[Plant, ...], world: World) -> None:
    """Neither the twin nor the last day of a limit has a card of the rule."""
    assert [(p.rule, p.kind, p.subject) for p in plants if not p.expects_card and _cards_of(p, world)] == []


def test_nothing_is_blamed_that_was_not_planted(plants: tuple[Plant, ...], world: World) -> None:
    """Every yellow or red card of a planted matter is of the rule that was planted, or of one that the sheet names."""
    allowed = {plant.subject: {plant.rule, *plant.also, PROCESS} for plant in plants if plant.subject}
    strangers = [
        (card.rule_id, card.severity, card.case_no, card.text)
        for card in world.cards()
        if card.severity != "notice" and card.rule_id not in allowed.get(_subject(card), {card.rule_id})
    ]
    assert strangers == []


def test_another_life_comes_to_the_same_cards(told: Told, world: World) -> None:
    """Read all at once and in another order, the facts make the same cards, ids, hashes and evidence alike."""
    assert _facts(world.rebuilt(told, END)) == _facts(world)


def _facts(world: World) -> dict[str, tuple[str, str, str, tuple[str, ...]]]:
    """Cards that follow from facts; feedback and escalation follow from the instants at which cards were issued."""
    return {
        card.card_id: (card.rule_id, card.severity, card.hash, card.evidence)
        for card in world.cards()
        if card.severity != "notice" and card.rule_id != PROCESS and card.escalated_from is None
    }


def _cards_of(plant: Plant, world: World) -> list[Card]:
    """Cards of the planted rule and severity on the planted matter, or on the organisation's month."""
    return [
        card
        for card in world.cards()
        if card.rule_id == plant.rule
        and card.severity == plant.severity
        and card.escalated_from is None
        and (_subject(card) == plant.subject or (plant.subject is None and _is_month_of(card, plant)))
    ]


def _is_month_of(card: Card, plant: Plant) -> bool:
    """Whether the card is of the plant's organisation, and came true when the plant's would have."""
    return card.case_no.startswith(f"org/{plant.org_code}/") and card.became_true_at == plant.became_true_at


def _subject(card: Card) -> str:
    kind, slash, number = card.case_no.partition("/")
    return number if slash and kind != "org" else card.case_no


def _waits_for_review(plant: Plant) -> bool:
    return plant.rule == "S34" and plant.kind == "fires"


def _records(event: Event, when: datetime) -> list[Event]:
    """One record for each licence of the decision, public and read back."""
    records = []
    for number in range(max(1, len(getattr(event.data, "all_licences", ())))):
        body = RecordPublished(
            record_id=f"{event.subject}-{number}",
            kind="permit",
            release=1,
            org_code=event.data.org_code,
            case_no=event.subject,
            judgement="publish",
            ground="许可法 40",
            policy_version="1",
            review=Review(id="review", by_rule_version="1"),
            channels=(Channel(name="portal", published_at=when, verified_at=when),),
        )
        source = "//sunlit/disclosure"
        records.append(new_event("disclosure.record.published", body.record_id, body, time=when, source=source))
    return records
