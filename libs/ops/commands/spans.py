"""Spans of time as they are typed: 30m, 12h, 1d."""

from __future__ import annotations

import re
from datetime import timedelta

from libs.ops.errors import CommandError, ExitCode

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_span(text: str) -> timedelta:
    """A span like `30m`, `12h`, `1d`.

    Raises:
        CommandError: it is none (exit code 2).
    """
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found or int(found.group(1)) == 0:
        raise CommandError(f"{text}: write a number and s, m, h or d, as in 30m, 12h or 1d.", ExitCode.USAGE)
    return timedelta(seconds=int(found.group(1)) * UNITS[found.group(2)])
