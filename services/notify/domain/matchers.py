"""Matchers of the routing tree, as Alertmanager writes them: `severity="red"`, `org=~"a|b"`, `{a!="b", c!~"d"}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
QUOTED = r'"(?:[^"\\]|\\.)*"'
MATCHER = re.compile(rf"\s*(?P<name>{NAME}|{QUOTED})\s*(?P<op>=~|!~|!=|=)\s*(?P<value>{QUOTED}|[^,{{}}\"]*?)\s*$")
PIECE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; an absent label counts as empty. Patterns match the whole value."""

    name: str
    op: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels fulfil the condition."""
        found = labels.get(self.name, "")
        if self.op == "=":
            return found == self.value
        if self.op == "!=":
            return found != self.value
        hit = _compiled(self.value).fullmatch(found) is not None
        return hit if self.op == "=~" else not hit

    def __str__(self) -> str:
        return f'{self.name}{self.op}"{self.value}"'


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers of one text; several are joined by commas, with or without braces.

    Raises:
        ValueError: the text is no matcher, or its pattern no regular expression; the message says which.
    """
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    pieces = [piece for piece in PIECE.findall(inner) if piece.strip()]
    if not pieces:
        raise ValueError(f'「{text}」里没有匹配条件，应写成 标签="值"')
    return tuple(_parse_one(piece) for piece in pieces)


def _parse_one(text: str) -> Matcher:
    found = MATCHER.match(text)
    if found is None:
        raise ValueError(f'「{text.strip()}」不是匹配条件，应写成 标签="值"、标签!=、标签=~ 或 标签!~')
    name, op, value = _unquoted(found["name"]), found["op"], _unquoted(found["value"])
    if op in ("=~", "!~"):
        try:
            _compiled(value)
        except re.error as error:
            raise ValueError(f"「{text.strip()}」的正则表达式有误：{error}") from error
    return Matcher(name, op, value)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r'\\[n"\\]', lambda hit: ESCAPES[hit[0]], text[1:-1])


def all_match(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    """Whether every matcher holds (an empty list always does)."""
    return all(matcher.matches(labels) for matcher in matchers)
