"""Numbers of persons in free text: resident IDs, mobiles, bank cards, also in disguise.

The text is read once: digits of every script (１, ①, 一) fold to 0–9, spaces, line breaks, hyphens, dots and invisible
characters between digits are skipped but remembered as gaps. Each run of digits is then searched with windows of fixed
length, so the work is linear in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from libs.common.kernel.identifiers.credit_code import judge_credit_code
from libs.common.kernel.identifiers.regions import PROVINCES
from libs.common.kernel.identifiers.resident_id import birth_of, resident_id_check
from libs.common.kernel.masking.masks import mask_bank_card, mask_mobile, mask_resident_id

HitKind = Literal["resident_id", "mobile", "bank_card", "address", "name"]

_CHINESE_BY_DIGIT = ("〇零○", "一壹", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_CHINESE = {character: str(n) for n, characters in enumerate(_CHINESE_BY_DIGIT) for character in characters}
_CROSSES = frozenset("XxＸｘ×✕ΧχХх")
_JOINERS = frozenset("-‐‑‒–—―－_＿.．·•・‧/／~～")
_MOST_JOINERS = 6  # a line break with its indent; more than that parts two numbers
_MOST_GAPS = {11: 3, 16: 4, 17: 4, 18: 4, 19: 4}  # 138-0013-8000, 6222 0000 0000 0000 000
_CARD_LENGTHS = (19, 18, 17, 16)
_CARD_PREFIXES = ("62", "60", "4", "51", "52", "53", "54", "55", "35", "9558")
_ID_WORDS = ("身份证", "身份号", "证件号", "ID")
_WORD_REACH = 16


@dataclass(frozen=True, slots=True)
class Hit:
    """A personal datum in a text: `text[start:end]` is to be shown as `masked`. It does not hold the datum itself."""

    kind: HitKind
    start: int
    end: int
    masked: str


@dataclass(slots=True)
class _Run:
    """Digits that belong together: `folded[i]` stood at `places[i]`, `gaps[i]` tells a joiner before it."""

    folded: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    gaps: list[bool] = field(default_factory=list)

    def window(self, first: int, length: int) -> str:
        return "".join(self.folded[first : first + length])


def find_numbers(text: str) -> Iterator[Hit]:
    """Every resident ID, mobile and bank card, in order of place, without overlap."""
    for run in _runs(text):
        yield from _search(run, text)


def _runs(text: str) -> Iterator[_Run]:
    run, joiners = _Run(), 0
    for place, character in enumerate(text):
        digit = _digit(character)
        if digit is not None:
            run.folded.append(digit)
            run.places.append(place)
            run.gaps.append(joiners > 0)
            joiners = 0
        elif run.folded and joiners < _MOST_JOINERS and _joins(character):
            joiners += 1
        elif run.folded:
            yield run
            run, joiners = _Run(), 0
    if run.folded:
        yield run


def _digit(character: str) -> str | None:
    if character.isascii():
        return character if character.isdigit() else "X" if character in "Xx" else None
    if character in _CHINESE:
        return _CHINESE[character]
    if character in _CROSSES:
        return "X"
    value = unicodedata.digit(character, None)
    return None if value is None else str(value)


def _joins(character: str) -> bool:
    return character in _JOINERS or character.isspace() or unicodedata.category(character) in ("Cf", "Zs", "Mn")


def _search(run: _Run, text: str) -> Iterator[Hit]:
    at, size = 0, len(run.folded)
    while at + 11 <= size:
        found = (
            _resident_id(run, at) or _old_resident_id(run, at, text) or _mobile(run, at, text) or _card(run, at, text)
        )
        if found is None:
            at += 1
        else:
            length, kind, masked = found
            yield Hit(kind, run.places[at], run.places[at + length - 1] + 1, masked)
            at += length


_Found = tuple[int, HitKind, str]


def _resident_id(run: _Run, at: int) -> _Found | None:
    """18 characters by region, date and check digit, also inside a longer run: two numbers may have been joined."""
    value = run.window(at, 18)
    if len(value) < 18 or value[:2] not in PROVINCES or not value[:17].isdigit():
        return None
    birth = birth_of(value)
    if birth is None or not 1900 <= birth.year <= 2099 or value[17] != resident_id_check(value[:17]):
        return None
    return 18, "resident_id", mask_resident_id(value)


def _old_resident_id(run: _Run, at: int, text: str) -> _Found | None:
    """15 digits of the first generation carry no check digit: only after a word that says so."""
    value = run.window(at, 15)
    if not _stands_alone(run, at, 15, text) or not value.isdigit() or value[:2] not in PROVINCES:
        return None
    before = text[max(0, run.places[at] - _WORD_REACH) : run.places[at]]
    if birth_of(f"{value[:6]}19{value[6:12]}") is None or not any(word in before for word in _ID_WORDS):
        return None
    return 15, "resident_id", mask_resident_id(value)


def _mobile(run: _Run, at: int, text: str) -> _Found | None:
    value = run.window(at, 11)
    if value[0] != "1" or value[1] not in "3456789" or not value.isdigit():
        return None
    return (11, "mobile", mask_mobile(value)) if _stands_alone(run, at, 11, text) else None


def _card(run: _Run, at: int, text: str) -> _Found | None:
    for length in _CARD_LENGTHS:
        if not _stands_alone(run, at, length, text):
            continue
        value = run.window(at, length)
        if value.isdigit() and value.startswith(_CARD_PREFIXES) and _luhn(value) and not judge_credit_code(value).valid:
            return length, "bank_card", mask_bank_card(value)
    return None


def _stands_alone(run: _Run, at: int, length: int, text: str) -> bool:
    """Whether the window begins and ends where a group of digits does, and is cut as people cut such numbers."""
    end = at + length
    if end > len(run.folded):
        return False
    begins = at == 0 or run.gaps[at] or run.window(max(0, at - 2), min(at, 2)) == "86"
    ends = end == len(run.folded) or run.gaps[end]
    if (
        not begins
        or not ends
        or _touches_letter(text, run.places[at] - 1)
        or _touches_letter(text, run.places[end - 1] + 1)
    ):
        return False
    cuts = sum(run.gaps[at + 1 : end])
    return cuts <= _MOST_GAPS.get(length, 2) or cuts == length - 1


def _touches_letter(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isascii() and text[place].isalpha()


def _luhn(value: str) -> bool:
    total = 0
    for place, character in enumerate(reversed(value)):
        digit = int(character) << (place & 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
