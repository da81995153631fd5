"""Files of events, read as rows: JSON lines (plain or `.gz`), formats of halls, XES logs by a mapping profile."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, cast

import orjson

from libs.common.kernel.errors import DataError, Problem
from libs.ops.feeding.halls import HALL_FORMATS, read_messages
from libs.ops.feeding.rows import Row
from services.approval.feeds.xes import convert, load_profile, open_log, read_traces

Format = Literal["cloudevents", "gdbs", "shandong", "national", "xes"]

__all__ = ["Format", "Row", "guess_format", "read_rows"]


def guess_format(path: Path) -> Format:
    """XES by its name, national rows by the names of their tables, everything else is JSON lines of events."""
    if path.name.startswith("up_pro_"):
        return "national"
    return "xes" if ".xes" in path.suffixes else "cloudevents"


def read_rows(path: Path, file_format: Format, profile_name: str | None = None) -> Iterator[Row]:
    """The rows of a file, one at a time; memory does not grow with the file.

    Raises:
        DataError: PROFILE_NEEDED or UNKNOWN_PROFILE for an XES log; BROKEN_XML where a log breaks off.
    """
    if file_format == "xes":
        yield from _read_xes(path, profile_name)
        return
    with _open(path) as stream:
        if file_format in HALL_FORMATS:
            yield from read_messages(path, stream, file_format)
            return
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield _read_line(number, line)


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _read_line(number: int, line: bytes) -> Row:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        problem = Problem(
            "BROKEN_JSON", "", f"第 {number} 行不是完好的 JSON：{error}", f"line {number} is not JSON: {error}"
        )
        return Row(number, None, (problem,), line.decode("utf-8", "replace").rstrip("\n"))
    if not isinstance(value, dict):
        problem = Problem(
            "NOT_AN_OBJECT", "", f"第 {number} 行不是一个事件对象", f"line {number} is not an event object"
        )
        return Row(number, None, (problem,), line.decode("utf-8", "replace").rstrip("\n"))
    return Row(number, value)


def _read_xes(path: Path, profile_name: str | None) -> Iterator[Row]:
    if profile_name is None:
        raise DataError(
            Problem("PROFILE_NEEDED", "", "XES 日志要用 --profile 指明映射方案", "an XES log needs --profile NAME")
        )
    profile = load_profile(profile_name)
    with open_log(path) as stream:
        for number, trace in enumerate(read_traces(stream), 1):
            try:
                events = convert(trace, profile)
            except DataError as error:
                yield Row(number, None, error.problems, str(dict(trace.attributes)))
                continue
            for event in events:
                yield Row(number, event)
