"""A row of a file that is fed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from libs.common.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the event, or why there is none.

    Args:
        number: line (JSON lines) or trace (XES), from 1.
        event: a CloudEvent in wire form, or None.
        problems: why the row cannot be read.
        text: the row as it stands, for the file of rejected rows.
    """

    number: int
    event: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()
    text: str = ""
