"""What commands have in common: text for people on stderr, one JSON document on stdout, `--home`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="SUNLIT_HOME", help="Folder of the platform: data, logs, secrets, clock.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text.")]
DEFAULT_HOME = Path(".sunlit")

ERR = Console(stderr=True, highlight=False, soft_wrap=True)
OUT = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One line for the person at the terminal."""
    ERR.print(text, markup=False)


def show_json(document: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on stdout; a number stands right, a missing value is a dash."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        is_number = any(isinstance(row[number], int | float) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row))
    OUT.print(table)


def mebibytes(count: int) -> int:
    """Whole MiB."""
    return round(count / 2**20)
