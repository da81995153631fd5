"""Free text without its disguises, and the way back: which characters of the original each plain character came from.

NFKC makes full-width, ringed and compatibility forms plain; tables of our own add what NFKC leaves apart: digits of
every script, traditional characters of roles and surnames, invisible characters, HTML entities and tags.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_ENTITY = re.compile(r"&(?:amp;){0,4}(#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)")
_MARKUP = re.compile(rf"(?P<tag></?[A-Za-z][^<>]{{0,80}}>)|(?P<entity>{_ENTITY.pattern})")

# One character for one: traditional and variant forms that stand in role words, home words and surnames.
_TRADITIONAL = dict(
    zip(
        "負責當請聯繫經辦處罰違為對證舉報訴駛員傷損屬監護權產財賃號碼電話銀賬帳戶籍現棟單樓區縣鎮鄉莊門國東業資夥僱貨執圍連"
        "張劉陳楊黃趙吳孫馬鄭許韓馮鄧蕭葉蔣蘇呂盧鍾譚陸範廖賈韋鄒閻龍賀顧龔錢嚴戴莊聶齊莊歐駱靳萬喬蘭寧紀畢時農項簡費衛應邊倉鳳"
        "衆眾協簽壽蓮麗軍駕傅實際轉讓繼職長師項題劃導鋪廠後並東遠單",
        "负责当请联系经办处罚违为对证举报诉驶员伤损属监护权产财赁号码电话银账账户籍现栋单楼区县镇乡庄门国东业资伙雇货执围连"
        "张刘陈杨黄赵吴孙马郑许韩冯邓萧叶蒋苏吕卢钟谭陆范廖贾韦邹阎龙贺顾龚钱严戴庄聂齐庄欧骆靳万乔兰宁纪毕时农项简费卫应边仓凤"
        "众众协签寿莲丽军驾傅实际转让继职长师项题划导铺厂后并东远单",
        strict=True,
    )
)
# Letters and signs that draw nothing.
_VARIANTS = _TRADITIONAL | dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", "")
_INVISIBLE = ("Cf", "Mn", "Me", "Cc", "Co")
_JOINERS = frozenset("-‐‑‒–—―－_.·•・‧/／~～|")


@dataclass(frozen=True, slots=True)
class Plain:
    """`text[i]` was written by `original[starts[i]:ends[i]]`."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def plain(original: str) -> Plain:
    """The text as it reads, in one pass over the original."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def write(shown: str, start: int, end: int) -> None:
        characters.extend(shown)
        starts.extend([start] * len(shown))
        ends.extend([end] * len(shown))

    place = 0
    for mark in _MARKUP.finditer(original):
        for at in range(place, mark.start()):
            write(_fold(original[at]), at, at + 1)
        shown = " " if mark["tag"] else _unescaped(mark["entity"])
        write("".join(_fold(character) for character in shown), mark.start(), mark.end())
        place = mark.end()
    for at in range(place, len(original)):
        write(_fold(original[at]), at, at + 1)
    return Plain("".join(characters), tuple(starts), tuple(ends))


def joined(text: str) -> Plain:
    """A plain text without what may part the letters of a word: spaces, line breaks, hyphens, dots, bars."""
    kept = [place for place, character in enumerate(text) if not is_joiner(character)]
    return Plain("".join(text[place] for place in kept), tuple(kept), tuple(place + 1 for place in kept))


def is_joiner(character: str) -> bool:
    """Whether a plain character may stand inside a number or a word without ending it."""
    return character in _JOINERS or character.isspace()


@lru_cache(maxsize=1 << 15)
def _fold(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() or character.isspace() else ""
    if character in _VARIANTS:
        return _VARIANTS[character]
    category = unicodedata.category(character)
    value = unicodedata.numeric(character, None) if category in ("Nd", "Nl", "No") else None
    if value is not None and value in range(10):  # ① ⑴ ⒈ ❶ 🄋 ㈠ 〡 Ⅱ ٣: NFKC leaves some apart and spells some "(1)"
        return str(int(value))
    if category in _INVISIBLE and not character.isspace():
        return ""
    return unicodedata.normalize("NFKC", character)


def _unescaped(entity: str) -> str:
    shown = _settled(html.unescape, entity)
    return entity if shown.startswith("&") and len(shown) > 1 else shown


def _settled(step: Callable[[str], str], value: str) -> str:
    """`step` until nothing changes: `&amp;#49;` is an escaped escape; each step shortens the text."""
    while (shown := step(value)) != value:
        value = shown
    return value
