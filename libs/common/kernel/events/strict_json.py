"""Strict reading of JSON from outside: every fault is named with its place, and nothing is guessed.

`is_plain` is the quick look that lets an ordinary message past without this reading.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.faults import fault

SIZE_MAX_BYTES = 256 * 1024
DEPTH_MAX = 32
PROBLEMS_MAX = 20

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
# Escapes that may hide a control character or half a surrogate pair; the slow reading decides.
_SUSPECT = re.compile(rb"\\(?:[bf]|u00[01]|u007[fF]|u[dD][89a-fA-F])")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Twice(dict[str, Any]):
    """An object in which a name stood twice."""

    names: tuple[str, ...] = ()


class _NotANumber:
    """Stands where NaN or an infinity stood."""


def depth_of(raw: bytes) -> int:
    """Deepest nesting of brackets outside strings."""
    if raw.count(b"{") + raw.count(b"[") <= DEPTH_MAX:
        return 0
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def is_plain(raw: bytes) -> bool:
    """True when a message can hold none of the faults that a typed decoder would overlook."""
    if len(raw) > SIZE_MAX_BYTES or (b"\\" in raw and _SUSPECT.search(raw)) or b"\x7f" in raw:
        return False
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError:
            return False
    return depth_of(raw) <= DEPTH_MAX


def read(raw: bytes) -> tuple[Any, tuple[Problem, ...]]:
    """The JSON value in `raw` and what is wrong with it; with problems the value is None."""
    if len(raw) > SIZE_MAX_BYTES:
        return None, (fault("TOO_LARGE", "", limit=SIZE_MAX_BYTES // 1024),)
    if problem := encoding_fault(raw):
        return None, (problem,)
    text = raw.decode()
    if depth_of(raw) > DEPTH_MAX:
        return None, (fault("TOO_DEEP", "", limit=DEPTH_MAX),)
    marked = bool(_SUSPECT.search(raw)) or b"\x7f" in raw

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal marked
        found = dict(items)
        if len(found) == len(items):
            return found
        marked = True
        twice = _Twice(found)
        names = [name for name, _ in items]
        twice.names = tuple(name for name in found if names.count(name) > 1)
        return twice

    def number(text: str) -> Any:
        nonlocal marked
        value = float(text) if text.lstrip("-")[0].isdigit() else math.nan
        if math.isfinite(value):
            return value
        marked = True
        return _NotANumber()

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=number, parse_float=number)
    except (ValueError, RecursionError) as error:
        return None, (fault("BROKEN_JSON", "", at=getattr(error, "pos", 0)),)
    problems = tuple(faults_in(value)) if marked else ()
    return (None, problems) if problems else (value, ())


def encoding_fault(raw: bytes) -> Problem | None:
    """Why the bytes are no plain UTF-8 text, or None.

    Zeros come from UTF-16 and UTF-32: as text of ours they would be control characters.
    """
    if not raw.strip(b" \t\r\n"):
        return fault("EMPTY", "")
    if raw.startswith(b"\xef\xbb\xbf"):
        return fault("BYTE_ORDER_MARK", "")
    if (zero := raw.find(0)) >= 0:
        return fault("BAD_ENCODING", "", byte=zero)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return fault("BAD_ENCODING", "", byte=error.start)
    return None


def rows_of(raw: bytes, rows_max: int) -> tuple[bytes, ...] | None:
    """The rows of a list that is no JSON as a whole, told apart by brackets, texts and commas alone, so that one
    broken row does not take the others with it; each is still to be read strictly.

    Returns None where even these do not fit together. Rows beyond `rows_max` stay in one piece.
    """
    start = raw.find(b"[") + 1
    if not start or raw[: start - 1].strip():
        return None
    rows: list[bytes] = []
    depth = 1
    for found in _MARK.finditer(raw, start):
        mark = found.group()
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                rows.append(raw[start : found.start()].strip())
                return tuple(rows) if mark == b"]" and not raw[found.end() :].strip() else None
        elif mark == b"," and depth == 1 and len(rows) < rows_max:
            rows.append(raw[start : found.start()].strip())
            start = found.end()
        elif mark == b'"':
            return None
    return None


def read_object(raw: bytes) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """The same for what must be an object; with problems the object is empty."""
    value, faults = read(raw)
    if not faults and not isinstance(value, dict):
        faults = (fault("NOT_AN_OBJECT", ""),)
    return ({} if faults else value), faults


def faults_in(value: Any) -> Iterator[Problem]:
    """At most PROBLEMS_MAX faults of a JSON value that no type sees: texts, numbers, names, nesting."""
    found = 0
    waiting: list[tuple[str, int, Any]] = [("", 1, value)]
    while waiting:
        pointer, depth, node = waiting.pop()
        for problem in _faults_at(pointer, depth, node):
            yield problem
            found += 1
            if found == PROBLEMS_MAX:
                return
        if depth > DEPTH_MAX:
            return
        if isinstance(node, dict):
            waiting.extend((f"{pointer}/{escape(str(k))}", depth + 1, v) for k, v in reversed(node.items()))
        elif isinstance(node, list | tuple):
            waiting.extend((f"{pointer}/{i}", depth + 1, v) for i, v in reversed(list(enumerate(node))))


def _faults_at(pointer: str, depth: int, node: Any) -> Iterator[Problem]:
    if isinstance(node, str):
        if unwanted := _UNWANTED.search(node):
            yield _text_fault(pointer, unwanted.group())
    elif isinstance(node, _NotANumber) or (isinstance(node, float) and not math.isfinite(node)):
        yield fault("NAN", pointer)
    elif isinstance(node, dict | list | tuple) and depth > DEPTH_MAX:
        yield fault("TOO_DEEP", pointer, limit=DEPTH_MAX)
    elif isinstance(node, dict):
        for name in node:
            if not isinstance(name, str):
                yield fault("BROKEN_JSON", pointer, at=0)
            elif unwanted := _UNWANTED.search(name):
                yield _text_fault(pointer, unwanted.group())
        if isinstance(node, _Twice):
            for name in node.names:
                yield fault("DUPLICATE_KEY", f"{pointer}/{escape(name)}", name=printable(name))


def _text_fault(pointer: str, character: str) -> Problem:
    code = "LONE_SURROGATE" if "\ud800" <= character <= "\udfff" else "CONTROL_CHARACTER"
    return fault(code, pointer, character=f"U+{ord(character):04X}")


def printable(text: str) -> str:
    """The text with everything that cannot be printed or sent as UTF-8 replaced, at most 60 characters."""
    return _UNWANTED.sub("�", text)[:60]


def escape(name: str) -> str:
    """A member name as one step of a JSON pointer (RFC 6901), printable."""
    return printable(name).replace("~", "~0").replace("/", "~1")
