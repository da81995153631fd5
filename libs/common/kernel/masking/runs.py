"""Runs of digits in plain text: digits of every kind as 0–9, with the gaps between them remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.common.kernel.masking.plain import is_joiner

_CHINESE_BY_DIGIT = ("〇零○", "一壹弌幺", "二贰貳弍", "三叁叄弎", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
_DIGITS = {character: str(n) for n, characters in enumerate(_CHINESE_BY_DIGIT) for character in characters}
_DIGITS |= {str(n): str(n) for n in range(10)} | dict.fromkeys("Xx×✕ΧχХх", "X")
_BRACKETS = frozenset("()")
_MOST_JOINERS = 6  # a line break with its indent; more than that parts two numbers
_MOST_GAPS = {10: 3, 11: 3, 12: 3, 16: 4, 17: 4, 18: 4, 19: 4}  # 138-0013-8000, 6222 0000 0000 0000 000


@dataclass(slots=True)
class Run:
    """Digits that belong together: `folded[i]` stood at `places[i]`, `gaps[i]` tells a joiner before it."""

    folded: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    gaps: list[bool] = field(default_factory=list)

    def window(self, first: int, length: int) -> str:
        """At most `length` digits from `first` on."""
        return "".join(self.folded[first : first + length])

    def stands_alone(self, at: int, length: int, text: str) -> bool:
        """Whether a window begins and ends where a group of digits does, and is cut as people cut such numbers."""
        end = at + length
        if end > len(self.folded):
            return False
        begins = at == 0 or self.gaps[at] or (length == 11 and self._after_country(at))
        ends = end == len(self.folded) or self.gaps[end]
        if not begins or not ends or self._touches_letter(text, at, end):
            return False
        cuts = sum(self.gaps[at + 1 : end])
        return cuts <= _MOST_GAPS.get(length, 2) or cuts == length - 1

    def _after_country(self, at: int) -> bool:
        """+86 stands before the window, and nothing before it."""
        return at >= 2 and self.window(at - 2, 2) == "86" and (at == 2 or self.gaps[at - 2])

    def _touches_letter(self, text: str, at: int, end: int) -> bool:
        return any(
            0 <= place < len(text) and text[place].isascii() and text[place].isalpha()
            for place in (self.places[at] - 1, self.places[end - 1] + 1)
        )


def runs_of(text: str) -> Iterator[Run]:
    """Every run of a plain text, in order of place; up to six joiners do not end a run."""
    run, joiners = Run(), 0
    for place, character in enumerate(text):
        digit = _DIGITS.get(character)
        if digit is not None:
            run.folded.append(digit)
            run.places.append(place)
            run.gaps.append(joiners > 0)
            joiners = 0
        elif run.folded and joiners < _MOST_JOINERS and (character in _BRACKETS or is_joiner(character)):
            joiners += 1
        elif run.folded:
            yield run
            run, joiners = Run(), 0
    if run.folded:
        yield run
