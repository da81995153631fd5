"""Files in the formats of halls: messages of Guangdong, calls of Shandong, rows of the national library, as JSON lines
or, for the national rows, CSV. Each line is read with what the lines before it said of its case."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from libs.common.kernel.errors import DataError
from libs.ops.feeding.rows import Row
from services.approval.feeds.converters import load_converters
from services.approval.feeds.messages import NOTHING_KNOWN, Converter, Known

HALL_FORMATS = ("gdbs", "shandong", "national")
# where a line does not name its kind, the name of the file may: `up_pro_result.csv`
_KINDS = {
    "shandong": ("receiveBasicInfo", "receiveProc", "receiveSpecialnode", "receiveApplyFile", "receiveDone"),
    "national": ("up_pro_accept", "up_pro_process", "up_pro_result", "up_pro_special_procedure", "up_pro_material"),
}


def read_messages(path: Path, stream: BinaryIO, flavour: str) -> Iterator[Row]:
    """The events of a file; a line that cannot be read is a row with its problems, located by column."""
    converter = load_converters()[flavour]
    kind = next((name for name in _KINDS.get(flavour, ()) if path.name.startswith(f"{name}.")), None)
    known: dict[str, Known] = {}
    for number, raw in _lines(path, stream):
        yield from _read(converter, number, raw, kind, known)


def _read(converter: Converter, number: int, raw: bytes, kind: str | None, known: dict[str, Known]) -> Iterator[Row]:
    message = converter.message(raw, kind)
    try:
        if message.value is None:
            raise DataError(*message.problems)
        taken = converter.read(message, known.get(message.case_no or "", NOTHING_KNOWN), None)
    except DataError as error:
        yield Row(number, None, error.problems, raw.decode("utf-8", "replace"))
        return
    for event in taken.events:
        known[event["subject"]] = known.get(event["subject"], NOTHING_KNOWN).after(event)
        yield Row(number, event)


def _lines(path: Path, stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    if ".csv" in path.suffixes:
        with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
            for number, row in enumerate(csv.DictReader(text), 2):
                yield number, orjson.dumps({name: cell for name, cell in row.items() if name is not None})
        return
    for number, line in enumerate(stream, 1):
        if line.strip():
            yield number, line.rstrip(b"\r\n")
