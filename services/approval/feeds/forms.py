"""How the text of a column becomes a value and a value text again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

_BETWEEN_MATERIALS = re.compile(r"[;；\n|]+")


class FormError(ValueError):
    """A value that cannot be read: the code of the fault and the words of its message."""

    def __init__(self, code: str, **words: object) -> None:
        super().__init__(code)
        self.code, self.words = code, words


@dataclass(frozen=True, slots=True)
class Form:
    """A way to read and to write; `read` raises `FormError`."""

    read: Callable[[Any, ZoneInfo], Any]
    write: Callable[[Any, ZoneInfo], Any]


def _same(value: Any, zone: ZoneInfo) -> Any:
    return value


def _text(raw: Any, zone: ZoneInfo) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise FormError("WRONG_TYPE", wanted="str", got=type(raw).__name__, zh_wanted="文本", zh_got="其他")
    return str(raw).strip()


def _said(value: Any, zone: ZoneInfo) -> str:
    return str(value)


def _count(raw: Any, zone: ZoneInfo) -> int:
    text = _text(raw, zone)
    if not re.fullmatch(r"-?\d{1,9}(\.0+)?", text):
        raise FormError("WRONG_TYPE", wanted="int", got="str", zh_wanted="整数", zh_got="文本")
    return int(text.partition(".")[0])


def _money(raw: Any, zone: ZoneInfo) -> str:
    try:
        amount = Decimal(_text(raw, zone))
    except InvalidOperation as error:
        raise FormError("BAD_FORMAT", pattern="1234.50") from error
    if not amount.is_finite() or amount < 0:
        raise FormError("OUT_OF_RANGE", expected=">= 0")
    return format(amount, "f")


def _instant(raw: Any, zone: ZoneInfo) -> str:
    text = _text(raw, zone).replace("/", "-")
    if text.isdecimal() and len(text) == 14:  # yyyyMMddHHmmss
        text = f"{text[:8]}T{text[8:]}"
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise FormError("BAD_TIME") from error
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()


def _local(value: Any, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(str(value)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _day(raw: Any, zone: ZoneInfo) -> str:
    text = _text(raw, zone).replace("/", "-")
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError as error:
        raise FormError("BAD_TIME") from error


def _written_day(value: Any, zone: ZoneInfo) -> str:
    return date.fromisoformat(str(value)).isoformat()


def _materials(raw: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    names = (name.strip() for name in _BETWEEN_MATERIALS.split(_text(raw, zone)))
    return [{"name": name} for name in names if name]


def _listed(value: Any, zone: ZoneInfo) -> str:
    return "；".join(str(material.get("name", "")) for material in value)


TEXT = Form(_text, _said)
COUNT = Form(_count, _same)
MONEY = Form(_money, _said)
INSTANT = Form(_instant, _local)
DAY = Form(_day, _written_day)
MATERIALS = Form(_materials, _listed)
