"""Waiting for a resource that is away: back-off with jitter, ended by a stop or by a limit."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

from libs.common.runtime.telemetry import log

EX_TEMPFAIL = 75


def pauses_s(first: float = 0.1, longest: float = 5.0) -> Iterator[float]:
    """Seconds to wait before each further try: doubling up to `longest`, each with jitter."""
    step = first
    while True:
        yield step * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        step = min(step * 2, longest)


def leave(why: str) -> None:
    """End this process at once with nothing committed: what is not stored will be delivered again.

    An exception would not do: Faust commits past an agent that raises and may hang when its broker is gone. The
    supervisor starts us again.
    """
    log("sunlit.process").error("process_left", why=why, code=EX_TEMPFAIL)
    os._exit(EX_TEMPFAIL)
