"""What is missing in an event that was taken (decision 13, S66): marked, never refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.hall_case import CaseCompleted
from libs.common.kernel.events.parts import Limit, Part
from libs.common.kernel.events.reference import SourcePublished

# Results for which a reason is owed (hall-events §1.3).
_REASON_OWED = frozenset({"denied", "returned", "voided", "deleted", "lapsed"})

_WORDS = {
    "MISSING_MANDATORY": ("应报未报的字段。", "A field that should be reported is missing."),
    "LIMIT_EMPTY": (
        "时限既无数值和单位，也无截止日期。",
        "The limit has neither a value with its unit nor a date.",
    ),
    "NO_SUCH_DAY": ("没有这一天。", "There is no such day."),
}


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """What a source cannot send, so that no rule blames it (decision 13).

    Args:
        cannot_send: pairs (wire type or `*`, dotted path without indices: `notice.served_at`); a path covers all that
            lies under it.
    """

    cannot_send: frozenset[tuple[str, str]] = frozenset()

    def excuses(self, wire_type: str, path: str) -> bool:
        """True when the source cannot send this field."""
        steps = path.split(".")
        heads = [".".join(steps[: n + 1]) for n in range(len(steps))]
        return any((kind, head) in self.cannot_send for kind in (wire_type, "*") for head in heads)

    @classmethod
    def of(cls, published: SourcePublished) -> SourceProfile:
        """The profile that approval published for a source."""
        return cls(frozenset((field.type, field.path) for field in published.cannot_send))


ABLE = SourceProfile()


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """One defect of an event that was taken; `pointer` is relative to the event (`/data/accept_doc/no`)."""

    code: str
    pointer: str
    message: str
    message_en: str


def quality_issues(event: Event, profile: SourceProfile = ABLE) -> tuple[QualityIssue, ...]:
    """Fields that the contract wants and the event lacks, in the order of the body; empty for bodies that are no Part.

    A text of blanks counts as missing, an empty list does not.
    """
    return tuple(
        QualityIssue(code, pointer, *_WORDS[code])
        for code, pointer, path in _defects(event.data, "/data", "")
        if not profile.excuses(event.type, path)
    )


def due_moment(due: str | None) -> date | datetime | None:
    """The day or the instant of a `due` text; None when there is none, or no such day."""
    if not due:
        return None
    try:
        return date.fromisoformat(due) if len(due) == 10 else datetime.fromisoformat(due.upper())
    except ValueError:
        return None


@cache
def expected_fields(kind: type[Part]) -> tuple[str, ...]:
    """The fields that a body should have, those of its parents first."""
    return tuple(dict.fromkeys(name for parent in reversed(kind.__mro__) for name in vars(parent).get("expected", ())))


def _defects(part: Any, pointer: str, path: str) -> Iterator[tuple[str, str, str]]:
    if not isinstance(part, Part):
        return
    for name in (*expected_fields(type(part)), *_owed(part)):
        if _is_missing(getattr(part, name)):
            yield "MISSING_MANDATORY", f"{pointer}/{name}", f"{path}{name}"
    if isinstance(part, Limit) and part.due_on is None and (part.value is None or part.unit is None):
        yield "LIMIT_EMPTY", pointer, path.rstrip(".")
    due = getattr(part, "due", None)
    if due and due_moment(due) is None:
        yield "NO_SUCH_DAY", f"{pointer}/due", f"{path}due"
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, Part):
            yield from _defects(value, f"{pointer}/{name}", f"{path}{name}.")
        elif isinstance(value, tuple):
            for index, element in enumerate(value):
                yield from _defects(element, f"{pointer}/{name}/{index}", f"{path}{name}.")


def _owed(part: Part) -> tuple[str, ...]:
    """What this very result owes besides: a reason, a decision, the licence that was granted."""
    if not isinstance(part, CaseCompleted):
        return ()
    owed: tuple[str, ...] = ("reason",) if part.result in _REASON_OWED else ()
    if part.result in ("granted", "denied"):
        owed += ("decision",)
    if part.result == "granted" and not part.all_licences:
        owed += ("licences",)
    return owed


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
