"""Which season is simulated when nobody says so, and what the demonstration plays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.runtime.calendars import load_calendars
from libs.ops.commands.feed import format_of, parse_rate, town_of
from libs.ops.commands.replay import instant_of
from libs.ops.commands.simulate import acts_of
from libs.ops.demo import Ahead
from libs.ops.errors import CommandError, ExitCode
from libs.ops.simulate.county import load_county
from libs.ops.simulate.output import lines_of, write_lines
from libs.ops.simulate.seasons import DEMO_LIVE_ON, DEMO_STARTS_ON, demo_season, usual_season
from libs.ops.simulate.stream import Season

SMALL = Season(cases=20, first_on=date(2026, 1, 5), last_on=date(2026, 1, 9), seed=3)


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return load_calendars().of("990101")


def test_the_demonstration_ends_while_every_limit_can_be_counted(calendar: WorkingCalendar) -> None:
    """Sixty days are past when it goes live, and 25 working days are left at its end."""
    season = demo_season(calendar)
    assert (DEMO_LIVE_ON - DEMO_STARTS_ON).days == 60
    assert season.first_on == DEMO_STARTS_ON < DEMO_LIVE_ON < season.last_on
    assert calendar.count(season.last_on, calendar.last_day) == 25


@pytest.mark.parametrize(
    ("asked", "season"),
    [
        pytest.param({}, (780, "2026-01-01", "2026-03-01"), id="nothing said"),
        pytest.param({"first_on": date(2026, 4, 1)}, (780, "2026-04-01", "2026-05-30"), id="sixty days from there"),
        pytest.param({"last_on": date(2026, 3, 1)}, (780, "2026-01-01", "2026-03-01"), id="sixty days until there"),
        pytest.param({"ends_on": date(2026, 3, 1)}, (780, "2026-01-01", "2026-03-01"), id="until today"),
        pytest.param(
            {"first_on": date(2026, 2, 27), "ends_on": date(2026, 3, 1)},
            (39, "2026-02-27", "2026-03-01"),
            id="from there until today",
        ),
        pytest.param({"cases": 5, "seed": 0}, (5, "2026-01-01", "2026-03-01"), id="so many cases"),
        pytest.param({"cases": 300_000}, (300_000, "2026-01-01", "2026-04-10"), id="more cases than sixty days hold"),
        pytest.param({"cases": 10**6}, (10**6, "2026-01-01", "2026-11-26"), id="as far as the calendar reaches"),
    ],
)
def test_what_was_not_said_is_filled_in(
    calendar: WorkingCalendar, asked: dict[str, date], season: tuple[int, str, str]
) -> None:
    """Sixty days, thirteen cases a day, never behind the wall clock's today."""
    found = usual_season(calendar, **asked)  # type: ignore[arg-type]  # a table of keywords
    assert (found.cases, str(found.first_on), str(found.last_on)) == season


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        pytest.param({"first_on": date(2026, 3, 2), "last_on": date(2026, 3, 1)}, "before it begins", id="backwards"),
        pytest.param({"last_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)}, "has not come yet", id="tomorrow"),
        pytest.param({"first_on": date(2099, 1, 1)}, "covers", id="behind the horizon"),
    ],
)
def test_an_impossible_season_is_refused(calendar: WorkingCalendar, asked: dict[str, date], reason: str) -> None:
    """The reason names the dates."""
    with pytest.raises(ValueError, match=reason):
        usual_season(calendar, **asked)  # type: ignore[arg-type]  # a table of keywords


def test_a_packed_file_too_is_equal_for_equal_seeds(tmp_path: Path) -> None:
    """Two runs write the same bytes, whatever the file is called and whenever it is written."""
    county = load_county()
    files = [tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"]
    counts = [
        write_lines(file, lines_of(acts_of(county, SMALL), "cloudevents", county.timezone), lambda *_: None)
        for file in files
    ]
    assert counts[0] == counts[1] > 60
    assert files[0].read_bytes() == files[1].read_bytes()


def test_acts_are_taken_once_and_never_from_the_future() -> None:
    """As time passes, what has happened comes in order, each act once."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    ahead = Ahead(iter([(start + timedelta(hours=n), {"id": str(n)}) for n in range(4)]))

    def taken(hours: float) -> list[str]:
        return [row.event["id"] for row in ahead.until(start + timedelta(hours=hours)) if row.event]

    assert [taken(0.5), taken(0.7), taken(2), taken(99), taken(100)] == [["0"], [], ["1", "2"], ["3"], []]


@pytest.mark.parametrize("text", ["200", "0/s", "fast", "-1/s", "1/m"])
def test_a_rate_is_events_per_second(text: str) -> None:
    """Anything else is wrong usage, with an example."""
    with pytest.raises(CommandError, match="200/s") as told:
        parse_rate(text)
    assert told.value.code == ExitCode.USAGE


def test_a_slow_rate_goes_in_by_small_batches() -> None:
    """A batch holds what may go in within a second."""
    rates = ("0.5/s", "20/s", "90000/s")
    assert [parse_rate(text).batch_rows for text in rates] == [1, 20, 2000]
    assert parse_rate(None).batch_rows == 2000


def test_what_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    """A missing file, an unknown format, a log without its profile, an instant without an offset."""
    log = tmp_path / "log.xes"
    log.write_text("<log/>")
    for wrong in (
        lambda: format_of(tmp_path / "none.jsonl", None),
        lambda: format_of(log, "csv"),
        lambda: town_of("xes", None),
        lambda: town_of("xes", "nowhere"),
        lambda: instant_of("2026-03-02T09:00:00"),
    ):
        with pytest.raises(CommandError) as told:
            wrong()
        assert told.value.code == ExitCode.USAGE


def test_a_profile_says_which_town_it_speaks_for() -> None:
    """The receipt log is Dutch: its days are counted in Amsterdam."""
    town = town_of("xes", "receipt")
    assert town is not None
    assert (town.region_code, town.timezone, len(town.organisations)) == ("NL-RECEIPT", "Europe/Amsterdam", 3)
    assert town_of("cloudevents", None) is None
