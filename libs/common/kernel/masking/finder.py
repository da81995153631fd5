"""The scanner of free text: what a published text must not hold (个人信息保护法第二十五条; rule S36)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from libs.common.kernel.masking.masks import mask_address, mask_name
from libs.common.kernel.masking.numbers import Hit, HitKind, find_numbers
from libs.common.kernel.masking.plain import Plain, joined, plain
from libs.common.kernel.masking.words import Span, find_addresses, find_joined_addresses, find_names, names_anyone


def find_personal_data(text: str) -> tuple[Hit, ...]:
    """Every personal datum found, in order of place, without overlap; where two overlap the surer kind stays.

    Read is the text without its disguises (`plain`), words also without what parts their letters (`joined`); the hits
    tell places of the text as given. Sure are numbers (check digits), then addresses, then names: of a less sure datum
    stays what no surer one covers. Time is linear in the length of the text.
    """
    bare = plain(text)
    close = joined(bare.text)
    hits = list(find_numbers(bare.text))
    taken = bytearray(len(bare.text))
    for hit in hits:
        _take(taken, hit.start, hit.end)
    addresses = _merged((*find_addresses(bare.text), *_opened(find_joined_addresses(close.text), close)))
    names = _merged((*find_names(bare.text), *_opened(find_names(close.text), close)))
    found: tuple[tuple[HitKind, list[Span]], ...] = (("address", addresses), ("name", names))
    for kind, spans in found:
        for start, end in spans:
            hits.extend(_free(kind, start, end, bare.text, taken))
    return tuple(_placed(sorted(hits, key=lambda hit: hit.start), bare))


def may_name(text: str, masked_name: str) -> bool:
    """Whether a text may name the person of whom only the masked name (王**) is known; without a surname: no."""
    surname = masked_name.partition("*")[0]
    return bool(surname) and names_anyone(joined(plain(text).text).text, surname, masked_name.count("*"))


def _take(taken: bytearray, start: int, end: int) -> None:
    taken[start:end] = b"\x01" * (end - start)


def _opened(spans: Iterable[Span], close: Plain) -> Iterator[Span]:
    return ((close.starts[start], close.ends[end - 1]) for start, end in spans)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _free(kind: HitKind, start: int, end: int, text: str, taken: bytearray) -> Iterator[Hit]:
    """The parts of a span that no surer datum covers."""
    at = start
    while at < end:
        stop = taken.find(1, at, end)
        stop = end if stop < 0 else stop
        shown = joined(text[at:stop]).text
        if shown and (kind == "address" or at == start):
            yield Hit(kind, at, stop, (mask_address if kind == "address" else mask_name)(shown))
            _take(taken, at, stop)
        following = taken.find(0, stop, end)
        at = end if following < 0 else following


def _placed(hits: Iterable[Hit], bare: Plain) -> Iterator[Hit]:
    """The hits at their places in the original, where one character may have been several (⑩ is 10)."""
    free_from = 0
    for hit in hits:
        start, end = max(free_from, bare.starts[hit.start]), bare.ends[hit.end - 1]
        if start < end:
            free_from = end
            yield Hit(hit.kind, start, end, hit.masked)
