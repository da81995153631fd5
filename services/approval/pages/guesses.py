"""Wrong codes at the applicant's look-up are counted, so that nobody tries all endings of an ID."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

GUESSES, GUESS_WINDOW_S, GUESS_CASES = 10, 600.0, 10_000


@dataclass(slots=True)
class Guesses:
    """Wrong codes per case number of the last ten minutes; one for the API and the page of a process."""

    wrong: dict[str, deque[float]] = field(default_factory=dict)

    def are_too_many(self, case_no: str, now_s: float) -> bool:
        """Whether the case must rest."""
        tries = self.wrong.get(case_no)
        while tries and tries[0] < now_s - GUESS_WINDOW_S:
            tries.popleft()
        return tries is not None and len(tries) >= GUESSES

    def note(self, case_no: str, now_s: float) -> None:
        """One more wrong code; the oldest case is forgotten when there are too many."""
        if len(self.wrong) >= GUESS_CASES and case_no not in self.wrong:
            self.wrong.pop(next(iter(self.wrong)))
        self.wrong.setdefault(case_no, deque()).append(now_s)
