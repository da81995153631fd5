"""An organisation's month: patterns, shares, one finding for one broken source, repeated reds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from services.monitoring.domain.month import MonthHit, OrgMonth, judge_month
from tests.unit.monitoring.makers import RULES, ZONE, Desk, at
from tests.unit.monitoring.story import HALL, accepted, judged, submitted

MARCH = OrgMonth("ORG", "某局", "990101", at("2026-03-01").date(), ZONE)


def hit(rule: str, n: int, severity: str = "yellow", day: str = "2026-03-10", group: str | None = None) -> MonthHit:
    return MonthHit(f"C{n}", rule, "1", severity, at(day) + timedelta(hours=n), (f"e{n}",), group)


def found(month: OrgMonth) -> list[tuple[str, str, str]]:
    """(rule, severity, day) of what the month shows."""
    return [(f.rule_id, f.severity, f.became_true_at.date().isoformat()) for f in judge_month(month, RULES, {})]


@pytest.mark.parametrize(
    ("rule", "severity"),
    [("S65", "red"), ("S67", "yellow"), ("S71", "yellow"), ("S72", "yellow")],
)
def test_three_hits_in_a_month_are_a_pattern(rule: str, severity: str) -> None:
    """Two are none; the pattern is true from the third hit on."""
    two = tuple(hit(rule, n) for n in (1, 2))
    assert found(replace(MARCH, hits=two)) == []
    assert found(replace(MARCH, hits=(*two, hit(rule, 3, day="2026-03-20")))) == [(rule, severity, "2026-03-20")]


def test_a_broken_source_makes_one_card() -> None:
    """Four hundred late reports of one source on one day are one finding, as grave as the gravest."""
    late = tuple(hit("S50", n, "yellow" if n else "red", group="S50///hall/990101/hall") for n in range(400))
    day = timedelta(minutes=1)
    same_day = tuple(replace(h, became_true_at=at("2026-03-10 09:00") + n * day) for n, h in enumerate(late))
    (finding,) = judge_month(replace(MARCH, hits=same_day), RULES, {})
    assert (finding.rule_id, finding.severity) == ("S50", "red")
    assert "400 件" in finding.text


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        pytest.param(replace(MARCH, completions=40, odd_ends=2), [], id="S64: 5 percent is allowed"),
        pytest.param(replace(MARCH, completions=40, odd_ends=3), [("S64", "notice", "2026-04-01")], id="S64: more"),
        pytest.param(replace(MARCH, completions=10, reported_late=5), [], id="S68: half is allowed"),
        pytest.param(
            replace(MARCH, completions=10, reported_late=6),
            [("S68", "yellow", "2026-04-01")],
            id="S68: more",
        ),
        pytest.param(replace(MARCH, completions=9, reported_late=9), [], id="S68: too few cases to say"),
        pytest.param(
            replace(MARCH, completions=100, hits=tuple(hit("S66", n, "notice") for n in range(2))),
            [("S66", "yellow", "2026-04-01")],
            id="S66: more than 1 percent",
        ),
        pytest.param(
            replace(MARCH, completions=100, hits=(hit("S66", 1, "notice"),)), [], id="S66: 1 percent is allowed"
        ),
        pytest.param(
            replace(MARCH, completions=100, hits=tuple(hit("S66", n, "notice") for n in range(6))),
            [("S66", "red", "2026-04-01")],
            id="S66: more than 5 percent",
        ),
    ],
)
def test_a_share_is_judged_when_the_month_has_ended(month: OrgMonth, expected: list[tuple[str, str, str]]) -> None:
    """From integers, and never below the least number of cases."""
    assert found(month) == expected


def test_two_reds_in_a_quarter_ask_for_a_letter() -> None:
    """S73: true from the second red on."""
    one = (("card-1", at("2026-01-20")),)
    assert found(replace(MARCH, reds=one)) == []
    assert found(replace(MARCH, reds=(*one, ("card-2", at("2026-03-05"))))) == [("S73", "red", "2026-03-05")]


def test_a_case_gives_its_hits_to_the_month_and_no_card_of_a_group() -> None:
    """S50: reported four working days late: no card of the case, a hit with its source for a group."""
    late = msgspec.structs.replace(accepted(), receivedtime=at("2026-03-06 15:00"))
    assert judged([submitted(), late], "2026-03-09", rule="S50") == []
    outcome = Desk().take([submitted(), late], at("2026-03-06 15:00"))
    (row,) = outcome.extra
    assert [(h.rule_id, h.severity, h.grouping) for h in row.hits] == [("S50", "red", f"S50/{HALL}")]
