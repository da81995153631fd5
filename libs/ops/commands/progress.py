"""Progress of a long command on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from libs.ops.commands.terminal import ERR, say

LINE_SECONDS = 5.0


class Meter:
    """Use as a context manager; `show` as often as you like."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what, self._total = what, total
        self._told = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, TextColumn("{task.fields[note]}"), console=ERR) if ERR.is_terminal else None

    def __enter__(self) -> Meter:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._total, note="")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, note: str = "") -> None:
        """So many are done; `note` says where one is."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, note=note)
        elif time.monotonic() - self._told > LINE_SECONDS:
            self._told = time.monotonic()
            of = f" of {self._total}" if self._total is not None else ""
            say(f"{self._what}: {done}{of} {note}".rstrip())
