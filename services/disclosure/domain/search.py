"""Chinese full text without a dictionary: a text is the set of its neighbouring pairs of characters.

A query finds the rows that hold all its pairs (an index look-up); the order of the pairs is checked afterwards on
those few rows. Works for names, document numbers and credit codes alike, for one character too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MAX_QUERY_CHARS = 100


def normal(text: str) -> str:
    """Full width to half width, lower case, letters, digits and Han characters only; words stay apart by one space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def grams(text: str) -> list[str]:
    """Every character and every pair of neighbours within a word of the normalised text, sorted, each once."""
    found: set[str] = set()
    for word in normal(text).split():
        found.update(word)
        found.update(word[i : i + 2] for i in range(len(word) - 1))
    return sorted(found)


def haystack(texts: Iterable[str]) -> str:
    """The normalised text of all published fields, which the recheck reads."""
    return " ".join(filter(None, (normal(text) for text in texts)))


def words_of(query: str) -> list[str]:
    """The words of a query; a row must hold each of them."""
    return list(dict.fromkeys(normal(query[:MAX_QUERY_CHARS]).split()))


def query_grams(words: Iterable[str]) -> list[str]:
    """The pairs (for a word of one character, the character) that a row must hold to be looked at."""
    found: set[str] = set()
    for word in words:
        found.update([word] if len(word) == 1 else (word[i : i + 2] for i in range(len(word) - 1)))
    return sorted(found)
