"""Failures of the command line: what was wrong, where, what to do, and the exit code that says which kind it is."""

from __future__ import annotations

from enum import IntEnum

from libs.common.kernel.errors import SunlitError


class ExitCode(IntEnum):
    """Exit codes of `sunlit` (docs/architecture.md, command line)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    REFUSED = 4


class CommandError(SunlitError):
    """Ends a command with one message for the person who typed it."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.code = code
