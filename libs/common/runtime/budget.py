"""How much may be parked before we stop: a poison event is one thing, a broken release of ours another.

Nonsense that a hall writes to its own topic is not counted (effects.py): it says nothing about our release.
"""

from __future__ import annotations

from collections import deque


class Budget:
    """Trips when more than 1 % of the last events, or 50 in a row, had to be parked.

    Args:
        share: part of the window that may be parked.
        window_events: how many events the share is taken of; a younger history counts as if it were full, so that
            three bad ones among the first hundred do not stop a hall.
        in_a_row: that many parked one after the other trip whatever the share.
    """

    def __init__(self, share: float = 0.01, window_events: int = 10_000, in_a_row: int = 50) -> None:
        self._share, self._window, self._limit = share, window_events, in_a_row
        self._chunks: deque[tuple[int, bool]] = deque()
        self._seen = self._parked = self._row = 0

    def good(self, events: int) -> None:
        """`events` went through."""
        if events:
            self._row = 0
            self._add(events, False)

    def bad(self) -> None:
        """One was parked."""
        self._row += 1
        self._add(1, True)

    @property
    def tripped(self) -> str | None:
        """Why to stop, or None."""
        if self._row >= self._limit:
            return f"{self._row} events in a row had to be parked"
        if self._parked > self._share * self._window:
            return f"{self._parked} of the last {self._seen} events had to be parked"
        return None

    def _add(self, events: int, parked: bool) -> None:
        self._chunks.append((events, parked))
        self._seen += events
        self._parked += events if parked else 0
        while len(self._chunks) > 1 and self._seen - self._chunks[0][0] >= self._window:
            old, was_parked = self._chunks.popleft()
            self._seen -= old
            self._parked -= old if was_parked else 0
