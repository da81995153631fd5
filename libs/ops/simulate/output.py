"""A story written to a file: CloudEvents or Guangdong messages, as JSON lines, packed when the name ends in `.gz`.

The same story gives the same bytes, whatever the file is called and whenever it is written.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast
from zoneinfo import ZoneInfo

import orjson

from libs.ops.simulate.acts import Act
from services.approval.feeds.gdbs.writing import write as write_gdbs

OutputFormat = Literal["cloudevents", "gdbs"]
FORMATS: tuple[OutputFormat, ...] = ("cloudevents", "gdbs")


def lines_of(acts: Iterable[Act], file_format: OutputFormat, zone: ZoneInfo) -> Iterator[tuple[datetime, bytes]]:
    """The lines of the file, each with the instant at which it is said."""
    if file_format == "cloudevents":
        for at, event in acts:
            yield at, orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
        return
    last_at: list[datetime] = []

    def events() -> Iterator[dict[str, Any]]:
        for at, event in acts:
            last_at[:] = [at]
            yield event

    for message in write_gdbs(events(), zone):
        yield last_at[0], orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE)


def write_lines(path: Path, lines: Iterable[tuple[datetime, bytes]], report: Callable[[int, datetime], None]) -> int:
    """Writes the lines; answers how many.

    Args:
        report: called after each line with the number so far and its instant.
    """
    count = 0
    with ExitStack() as stack:
        file: BinaryIO = stack.enter_context(path.open("wb"))
        if path.suffix == ".gz":
            # without name and time in its head, a packed file too is the same for the same seed
            packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
            file = cast(BinaryIO, stack.enter_context(packed))
        for count, (at, line) in enumerate(lines, 1):
            file.write(line)
            report(count, at)
    return count
