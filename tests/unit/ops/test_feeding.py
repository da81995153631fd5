"""Files as rows, the progress of a feed, and the spans of a replay."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from libs.common.kernel.errors import DataError
from libs.ops.feeding.documents import Row, guess_format, read_rows
from libs.ops.feeding.feed import feed, progress_of
from libs.ops.feeding.intake import Tally
from libs.ops.feeding.replay import in_order, replay, take_span

ZONES = (ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Amsterdam"))
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def row(minutes: int, kind: str = "hall.case.accepted") -> Row:
    at = START + timedelta(minutes=minutes)
    return Row(minutes, {"id": str(minutes), "source": "//hall/1/a", "type": kind, "time": at.isoformat()})


class FakeIntake:
    """An intake that remembers every (source, id), as the real one does."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def post(self, events: list[dict[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        fresh = [e["id"] for e in events if e["id"] not in self.taken and e["type"] != "bad"]
        bad = [
            {"index": n, "id": e["id"], "errors": [{"code": "X"}]} for n, e in enumerate(events) if e["type"] == "bad"
        ]
        if not dry_run:
            self.taken += fresh
        return {"accepted": len(fresh), "duplicates": len(events) - len(fresh) - len(bad), "rejected": bad}


class FakeTime:
    """A clock that works due moments off in order and notes what it did."""

    def __init__(self, due: list[datetime]) -> None:
        self.due, self.at = sorted(due), START - timedelta(days=1)
        self.log: list[tuple[str, datetime]] = []

    def now(self) -> datetime:
        return self.at

    async def work_off(self, until: datetime, speaking: frozenset[str]) -> None:
        self.due = [moment for moment in self.due if moment > until]
        self.log.append(("worked off", until))
        self.at = until

    def move_on(self, at: datetime) -> None:
        assert at >= self.at, "legal time never goes back"
        assert not [moment for moment in self.due if moment <= at], "a due moment was jumped over"
        self.log.append(("stands", at))
        self.at = at

    async def next_due(self) -> datetime | None:
        return self.due[0] if self.due else None


def test_json_lines_are_read_one_by_one(tmp_path: Path) -> None:
    """A broken line is a row with its reason; the neighbours are untouched."""
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "1"}\n\n{broken\n[1]\n{"id": "2"}\n'))
    rows = list(read_rows(path, guess_format(path)))
    assert [r.number for r in rows] == [1, 3, 4, 5]
    assert [r.problems[0].code if r.problems else None for r in rows] == [None, "BROKEN_JSON", "NOT_AN_OBJECT", None]


def test_a_log_without_a_profile_is_refused(tmp_path: Path) -> None:
    """XES says nothing about law by itself; the reader is told which option is missing."""
    with pytest.raises(DataError, match="PROFILE_NEEDED"):
        list(read_rows(tmp_path / "a.xes", "xes"))


async def test_a_feed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """Rows that an earlier run has taken are not sent again; the end forgets the note."""
    path = tmp_path / "events.jsonl"
    rows = [row(n) for n in range(4500)]
    path.write_bytes(b"".join(orjson.dumps(r.event) + b"\n" for r in rows))
    progress = progress_of(tmp_path / "feeds", path)
    intake = FakeIntake()
    progress.note(2000)
    fed = await feed(rows, intake, progress, lambda *_: None)  # type: ignore[arg-type]
    assert (fed.tally.accepted, len(intake.taken)) == (2500, 2501)
    assert fed.latest == {"//hall/1/a": START + timedelta(minutes=4499)}
    assert intake.taken[-1] == f"heartbeat-{(START + timedelta(minutes=4499)).isoformat()}"
    assert progress.rows_done() == 0


async def test_rejected_rows_keep_their_place_and_their_content(tmp_path: Path) -> None:
    """Rows that cannot be read and rows that are refused both come back with index, reason and text."""
    path = tmp_path / "x"
    path.write_text("x")
    rows = [row(0), Row(2, None, (), "{oops"), row(2, "bad"), row(3)]
    fed = await feed(rows, FakeIntake(), progress_of(tmp_path, path), lambda *_: None)  # type: ignore[arg-type]
    assert sorted((r["index"], r.get("id")) for r in fed.tally.rejected) == [(1, None), (2, "2")]
    assert fed.tally.accepted == 2


@pytest.mark.parametrize(
    ("minutes", "due", "taken"),
    [
        pytest.param([0, 29, 95], None, [0, 29, 95], id="one piece of a day"),
        pytest.param([0, 200], None, [0], id="not across four hours: 01:30 and 04:50 UTC"),
        pytest.param([870, 869, 868], None, [868, 869], id="not across the midnight of Shanghai, 16:00 UTC"),
        pytest.param([1290, 1288], None, [1288], id="not across the midnight of Amsterdam, 23:00 UTC"),
        pytest.param([0, 29, 30, 95], 30, [0, 29], id="not across what is due"),
    ],
)
def test_a_span_ends_where_a_judgement_may_begin(minutes: list[int], due: int | None, taken: list[int]) -> None:
    """Rows that go in together are of one legal day in every zone, of one piece of it, and before what is due."""
    timed = in_order([row(n) for n in minutes])
    at = None if due is None else START + timedelta(minutes=due)
    assert [one.row.number for one in take_span(timed, 0, at, ZONES)] == taken


async def test_due_moments_are_worked_off_before_later_events_go_in() -> None:
    """No event goes in while something that was due before it waits; the clock never jumps over a due moment."""
    due = [START + timedelta(minutes=m) for m in (40, 600)]
    time = FakeTime(due)
    tally = await replay([row(0), row(50), row(700)], FakeIntake(), time, lambda *_: None, zones=ZONES)  # type: ignore[arg-type]
    assert tally.accepted == 3
    assert time.due == []
    assert time.at == START + timedelta(minutes=700)


async def test_what_happens_after_as_of_has_not_happened() -> None:
    """As of noon, an event of the afternoon is not fed, and the clock stands at noon."""
    time, intake = FakeTime([]), FakeIntake()
    as_of = START + timedelta(minutes=60)
    await replay([row(0), row(50), row(70), row(700)], intake, time, lambda *_: None, zones=ZONES, as_of=as_of)  # type: ignore[arg-type]
    assert intake.taken == ["0", "50", f"heartbeat-{as_of.isoformat()}"]
    assert time.at == as_of


def test_a_tally_speaks_of_the_whole_feed() -> None:
    """Indexes of a batch become indexes of the feed."""
    tally = Tally()
    tally.add({"accepted": 1, "duplicates": 0, "rejected": [{"index": 3}]}, first_row=2000)
    assert tally.rejected == [{"index": 2003}]
