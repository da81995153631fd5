"""`sunlit feed`: a file of events goes in through the intake, with progress, and can be stopped and resumed.

1. Rows are read one by one and posted in batches; the answer to a batch means that it is durable.
2. After each batch the number of rows taken is written to a small progress file beside the platform's data; a feed
   of the same file (same name, size and digest of its head) goes on from there. Even without it nothing would be
   doubled: intake knows every (source, id).
3. Rows that were not taken go to a file beside the input, each with its reasons, ready to be mended and fed again.
4. At the end each source that was fed says `hall.source.heartbeat`: everything up to the last event is here.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from libs.ops.feeding.documents import Row
from libs.ops.feeding.intake import BATCH_EVENTS, IntakeClient, Tally

HEAD_BYTES = 1 << 20

Report = Callable[[int, Tally], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a feed of one file stands; kept in `path`."""

    path: Path

    def rows_done(self) -> int:
        """Rows that an earlier run has taken, 0 for a new file."""
        return int(self.path.read_text()) if self.path.is_file() else 0

    def note(self, rows: int) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(str(rows))

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def progress_of(folder: Path, document: Path) -> Progress:
    """The progress note of that document: another file, or a changed one, has another note."""
    with document.open("rb") as stream:
        digest = hashlib.sha256(stream.read(HEAD_BYTES))
    digest.update(f"{document.name}\n{document.stat().st_size}".encode())
    return Progress(folder / f"{digest.hexdigest()[:24]}.rows")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast rows may go in; `rows_per_second` None = as fast as the intake answers."""

    rows_per_second: float | None = None

    @property
    def batch_rows(self) -> int:
        """Rows of one request: what may go in within a second, so that a slow feed flows and does not gush."""
        return BATCH_EVENTS if self.rows_per_second is None else max(1, min(BATCH_EVENTS, int(self.rows_per_second)))

    async def hold(self, rows: int, started: float) -> None:
        """Waits until that many rows have had their time since `started` (a reading of `time.monotonic`)."""
        if self.rows_per_second is not None:
            await asyncio.sleep(max(0.0, rows / self.rows_per_second - (time.monotonic() - started)))


AT_ONCE = Pace()


@dataclass(slots=True)
class Fed:
    """What a feed has done so far; `latest` is the time of the last event of each source."""

    tally: Tally = field(default_factory=Tally)
    latest: dict[str, datetime] = field(default_factory=dict)


async def feed(
    rows: Iterable[Row],
    client: IntakeClient,
    progress: Progress | None,
    report: Report,
    *,
    dry_run: bool = False,
    pace: Pace = AT_ONCE,
    fed: Fed | None = None,
) -> Fed:
    """Posts every row and, behind the last, a heartbeat of each source.

    Args:
        progress: None = nothing is noted and nothing skipped.
        fed: filled as the feed goes on, so that a caller who is interrupted knows what was done.

    Raises:
        IntakeUnreachableError: the intake does not answer; what was taken is taken.
    """
    fed = fed or Fed()
    done, skipped = 0, 0 if dry_run or progress is None else progress.rows_done()
    for batch in _batches(rows, pace.batch_rows):
        started = time.monotonic()
        done += len(batch)
        _remember_latest(batch, fed.latest)
        if done <= skipped:
            continue
        await post_rows(batch, client, fed.tally, done - len(batch), dry_run=dry_run)
        if progress is not None and not dry_run:
            progress.note(done)
        report(done, fed.tally)
        await pace.hold(len(batch), started)
    if not dry_run:
        if fed.latest:
            await client.post([heartbeat_of(source, at) for source, at in sorted(fed.latest.items())])
        if progress is not None:
            progress.forget()
    return fed


async def post_rows(
    batch: list[Row], client: IntakeClient, tally: Tally, first_row: int, *, dry_run: bool = False
) -> None:
    """Posts what is readable of a batch and notes what is not."""
    readable = [(place, row.event) for place, row in enumerate(batch) if row.event is not None]
    for place, row in enumerate(batch):
        if row.event is None:
            errors = [asdict(problem) for problem in row.problems]
            tally.rejected.append({"index": first_row + place, "id": None, "errors": errors, "row": row.text})
    if not readable:
        return
    answer = await client.post([event for _, event in readable], dry_run=dry_run)
    for rejected in answer["rejected"]:
        place, event = readable[rejected["index"]]
        rejected["index"], rejected["row"] = place, event
    tally.add(answer, first_row)


def heartbeat_of(source: str, complete_up_to: datetime) -> dict[str, Any]:
    """The source's word that everything up to that instant has been sent."""
    at = complete_up_to.isoformat()
    region = source.removeprefix("//hall/").partition("/")[0]
    return {
        "specversion": "1.0",
        "id": f"heartbeat-{at}",
        "source": source,
        "type": "hall.source.heartbeat",
        "subject": source,
        "time": at,
        "regioncode": region,
        "datacontenttype": "application/json",
        "data": {"complete_up_to": at},
    }


def write_rejected(path: Path, tally: Tally, *, goes_on: bool = False) -> None:
    """One JSON line for each row that was not taken: where it stood, why, and the row itself.

    Args:
        goes_on: the rows of an earlier, interrupted run are in the file already and stay there.
    """
    with path.open("ab" if goes_on else "wb") as stream:
        for row in tally.rejected:
            stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    walk = iter(rows)
    while batch := list(islice(walk, size)):
        yield batch


def _remember_latest(batch: list[Row], latest: dict[str, datetime]) -> None:
    for row in batch:
        if row.event is None:
            continue
        at = event_time(row.event)
        source = row.event.get("source")
        if at is not None and isinstance(source, str) and (source not in latest or at > latest[source]):
            latest[source] = at


def told_time(event: dict[str, Any]) -> datetime | None:
    """When the event is said: when it happened, or later where the file tells so by `senttime`."""
    happened_at = event_time(event)
    sent_at = event_time({"time": event["senttime"]}) if "senttime" in event else None
    return happened_at if happened_at is None or sent_at is None else max(happened_at, sent_at)


def event_time(event: dict[str, Any]) -> datetime | None:
    """When the event happened, or None where it does not say so readably (the intake will say why)."""
    try:
        at = datetime.fromisoformat(str(event.get("time")))
    except ValueError:
        return None
    return at if at.tzinfo else None
