"""When Python looks for rings of objects that hold each other.

Events, cases and answers live for one batch or one request and hold no rings. Looking for some after every 700 new
objects, and every so often through all that was ever imported, cost a tenth of a worker's time and made single requests
wait 50 ms and more.
"""

from __future__ import annotations

import gc

YOUNG_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS = 20_000, 20, 20


def look_seldom() -> None:
    """Never look again at what is there now (modules, routes, settings), and seldom at the rest. Call it once a process
    is built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)
