"""The scanner of free text: what a published text must not hold (个人信息保护法第二十五条; rule S36)."""

from __future__ import annotations

from libs.common.kernel.masking.numbers import Hit, find_numbers
from libs.common.kernel.masking.words import find_addresses, find_names


def find_personal_data(text: str) -> tuple[Hit, ...]:
    """Every personal datum found, in order of place, without overlap; where two overlap the surer kind stays.

    Sure are numbers (check digits), then addresses, then names. Time is linear in the length of the text.
    """
    taken: list[Hit] = []
    for hits in (find_numbers(text), find_addresses(text), find_names(text)):
        free = _Free(taken)
        taken = sorted([*taken, *(hit for hit in hits if free.takes(hit))], key=lambda hit: hit.start)
    return tuple(taken)


class _Free:
    """Which places are free: hits already taken and those of this round that came before."""

    def __init__(self, taken: list[Hit]) -> None:
        self._places = {place for hit in taken for place in range(hit.start, hit.end)}

    def takes(self, hit: Hit) -> bool:
        places = range(hit.start, hit.end)
        if any(place in self._places for place in places):
            return False
        self._places.update(places)
        return True
