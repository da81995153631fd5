"""Reading a configuration file so that every problem is found at once and named with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.common.kernel.errors import Problem
from services.notify.domain.matchers import Matcher, parse_matchers

DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$")
DURATION_SECONDS = (365 * 86400, 7 * 86400, 86400, 3600, 60, 1, 0.001)


@dataclass(slots=True)
class Reading:
    """Collects every problem of one file, so that the author sees all of them at once."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, code: str, pointer: str, message: str, message_en: str) -> None:
        self.problems.append(Problem(code, pointer, message, message_en))

    def only(self, value: Mapping[str, Any], known: frozenset[str], pointer: str) -> None:
        """Every key that is not known is named: an option that is silently ignored loses alerts."""
        for key in value:
            if key not in known:
                self.wrong("UNSUPPORTED", f"{pointer}/{key}", f"不支持配置项 {key}", f"{key} is not supported")

    def mapping(self, value: Any, pointer: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.wrong("NOT_A_MAPPING", pointer, "这里应是键值对", "a mapping is expected here")
        return {}

    def items(self, value: Any, pointer: str) -> list[Any]:
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.wrong("NOT_A_LIST", pointer, "这里应是列表", "a list is expected here")
        return []

    def rows(self, value: Any, pointer: str) -> list[tuple[Mapping[str, Any], str]]:
        """The mappings of a list, each with its place."""
        return [
            (self.mapping(raw, f"{pointer}/{number}"), f"{pointer}/{number}")
            for number, raw in enumerate(self.items(value, pointer))
        ]

    def words(self, value: Any, pointer: str) -> tuple[str, ...]:
        return tuple(str(word) for word in self.items(value, pointer))

    def text(self, value: Mapping[str, Any], key: str, pointer: str, *, required: bool = True) -> str:
        """A text that must be there."""
        found = str(value.get(key) or "")
        if required and not found:
            self.wrong("MISSING_FIELD", f"{pointer}/{key}", f"缺少 {key}", f"{key} is missing")
        return found

    def flag(self, value: Mapping[str, Any], key: str, pointer: str, otherwise: bool) -> bool:
        found = value.get(key, otherwise)
        if not isinstance(found, bool):
            self.wrong("NOT_A_FLAG", f"{pointer}/{key}", f"{key} 应为 true 或 false", f"{key} must be true or false")
            return otherwise
        return found

    def number(self, value: Mapping[str, Any], key: str, pointer: str, otherwise: int, least: int = 0) -> int:
        found = value.get(key, otherwise)
        if isinstance(found, bool) or not isinstance(found, int) or found < least:
            message = f"{key} 应为不小于 {least} 的整数"
            self.wrong("BAD_NUMBER", f"{pointer}/{key}", message, f"{key} must be a whole number of at least {least}")
            return otherwise
        return found

    def duration(self, value: Mapping[str, Any], key: str, inherited: float, pointer: str) -> float:
        """Seconds of a duration as Prometheus writes it; the inherited value where there is none."""
        if value.get(key) is None:
            return inherited
        seconds = seconds_of(str(value[key]))
        if seconds is None:
            self.wrong(
                "BAD_DURATION",
                f"{pointer}/{key}",
                f"{key} 的时长「{value[key]}」写法不对，例：30s、5m、4h",
                f"{str(value[key])!r} is no duration; write 30s, 5m, 4h",
            )
            return inherited
        return seconds

    def matchers(self, value: Mapping[str, Any], keys: tuple[str, str, str], pointer: str) -> tuple[Matcher, ...]:
        """The matchers of a node, in the form of today and in the two older ones."""
        modern, exact, pattern = keys
        found: list[Matcher] = []
        for number, text in enumerate(self.items(value.get(modern), f"{pointer}/{modern}")):
            try:
                found += parse_matchers(str(text))
            except ValueError as error:
                self.wrong("BAD_MATCHER", f"{pointer}/{modern}/{number}", str(error), f"not a matcher: {text}")
        for key, op in ((exact, "="), (pattern, "=~")):
            for name, wanted in self.mapping(value.get(key) or {}, f"{pointer}/{key}").items():
                try:
                    found += parse_matchers(f"{name}{op}{_quoted(str(wanted))}")
                except ValueError as error:
                    self.wrong("BAD_MATCHER", f"{pointer}/{key}/{name}", str(error), f"not a matcher: {wanted}")
        return tuple(found)


def seconds_of(text: str) -> float | None:
    """Seconds of a duration such as `1h30m`; None when it is none."""
    if text == "0":
        return 0.0
    found = DURATION.match(text)
    if not text or found is None or not any(found.groups()):
        return None
    return sum(int(part) * unit for part, unit in zip(found.groups("0"), DURATION_SECONDS, strict=True))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
