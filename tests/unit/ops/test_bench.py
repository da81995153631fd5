"""Benchmarks: what they answer and how it is shown; the figures themselves are nobody's business here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.__main__ import CLAIMS
from bench.claim import Order, Target, rate_result, time_result
from bench.latency import record_of, woven
from bench.material import hall_events, sealed_events
from bench.open_loop import percentile
from libs.common.kernel.events import codec
from libs.ops.commands.bench import BENCHES, bench, kept, markdown, table_rows
from libs.ops.errors import CommandError, ExitCode
from services.approval.handlers import is_of_case

TINY = Order(is_quick=True, size=60)
SHAPE = {"name", "value", "unit", "limit", "ratio_to_limit", "others", "machine", "at"}


def plain(result: Any) -> dict[str, Any]:
    """A result as the command reads it."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(result))
    return found


def test_the_command_knows_every_claim() -> None:
    """What can be named is what can be run."""
    assert list(BENCHES) == list(CLAIMS)


@pytest.mark.parametrize("name", ["decode", "fold"])
def test_a_claim_answers_in_the_shape_of_the_contract(name: str) -> None:
    """Name, value with unit, limit of the same run, ratio, other figures, machine, instant."""
    answer = plain(CLAIMS[name](TINY))
    assert answer.keys() == SHAPE
    assert answer["name"] == name
    assert answer["value"] > 0
    assert answer["limit"] > 0
    assert 0 < answer["others"]["events"] <= 60
    assert answer["others"]["limit_is"]
    assert answer["machine"]["cores"] >= 1


def test_a_ratio_is_the_part_of_the_limit_that_is_reached() -> None:
    """A rate is divided by its limit, a time divides it: 1 is perfect for both."""
    assert rate_result("r", 25.0, 100.0, "l").ratio_to_limit == 0.25
    assert time_result("t", 100.0, 25.0, "l").ratio_to_limit == 0.25


def test_a_target_says_whether_it_is_reached() -> None:
    """At least for rates, at most for times."""
    assert Target("x", 8.0, 8.0).is_reached
    assert not Target("x", 8.0, 7.9).is_reached
    assert Target("ms", 150.0, 149.0, at_least=False).is_reached
    assert not Target("ms", 150.0, 151.0, at_least=False).is_reached


def test_a_missed_target_is_shown_and_fails_nothing() -> None:
    """One row per target; the figures stand in the first."""
    targets = [Target("of the limit", 0.25, 0.2), Target("times a plain agent", 8.0, 9.0)]
    rows = table_rows([plain(rate_result("consume", 20.0, 100.0, "l", targets=targets))])
    assert [row[-1] for row in rows] == ["no", "yes"]
    assert rows[0][:5] == ("consume", 20.0, "events/s", 100.0, 0.2)
    assert rows[1][0] == ""


def test_kept_results_become_a_table_with_their_machine(tmp_path: Path) -> None:
    """What a folder holds is shown in the order asked for; what it does not hold is left out."""
    result = rate_result("fold", 5000.0, 200_000.0, "l", unit="folds/s")
    (tmp_path / "fold.json").write_bytes(msgspec.json.encode(result))
    shown = markdown(kept(tmp_path, ["decode", "fold"]))
    assert "| fold | 5,000 folds/s | 200,000 folds/s | 0.025 | – | – |" in shown
    assert f"{result.machine['cores']} cores" in shown


def test_an_empty_folder_has_no_table(tmp_path: Path) -> None:
    """It says what to do."""
    with pytest.raises(CommandError, match="sunlit bench"):
        kept(tmp_path, ["fold"])


def test_an_unknown_claim_is_wrong_usage() -> None:
    """The message names those that there are."""
    with pytest.raises(CommandError, match="latency") as told:
        bench(["speed"])
    assert told.value.code == ExitCode.USAGE


def test_the_material_is_what_approval_would_put_on_its_topic(tmp_path: Path) -> None:
    """Sealed, stamped, in order of time, with a key for every case that has a party."""
    material = sealed_events(60, tmp_path)
    events = [codec.decode(message.value) for message in material.messages]
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert all(event.receivedtime is not None for event in events)
    sealed = {event.subject for event in events if getattr(event.data, "party", None) is not None}
    assert sealed == {ref.case_no for ref in material.keys}
    assert material.subjects == len({event.subject for event in events if is_of_case(event)})


def test_woven_cases_keep_the_order_of_their_acts() -> None:
    """Many cases run side by side, and no act overtakes one of its own case."""
    events = hall_events(300)
    stream = woven(events)
    assert sorted(e["id"] for e in stream) == sorted(e["id"] for e in events)
    for subject in {e["subject"] for e in events}:
        times = [e["time"] for e in stream if e["subject"] == subject]
        assert times == sorted(times)
    firsts = {e["subject"]: place for place, e in reversed(list(enumerate(stream)))}
    lasts = {e["subject"]: place for place, e in enumerate(stream)}
    assert any(firsts[a] < firsts[b] < lasts[a] for a in firsts for b in firsts if a != b)


def test_only_a_granted_decision_has_a_record() -> None:
    """It is the record that disclosure will publish; nothing else is waited for."""
    found = {e["type"] for e in hall_events(600) if record_of(e) is not None}
    assert found == {"hall.case.completed"}


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    """Nearest rank, nothing is interpolated."""
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value
