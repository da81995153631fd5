"""Tables of columns: one row says where a column of a foreign format stands in the canonical event, both ways.

A flavour is its tables. Reading puts each column at its path, keeps the raw codes, and names what is missing, unknown
or unreadable; writing looks at the same path and gives the raw code back where the event still has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.faults import fault, quoted, unknown_code
from services.approval.feeds.forms import TEXT, Form, FormError

Need = Literal["R", "O", "C"]


@dataclass(frozen=True, slots=True)
class CodeList:
    """A closed list of codes.

    Args:
        name: canonical name of the list (`result_code`).
        meaning: raw code → canonical value; several raw codes may mean the same.
        spoken: canonical value → raw code, where the list has no code of its own (the nearest one, a listed loss), or
            where several mean the same.
    """

    name: str
    meaning: Mapping[str, Any]
    spoken: Mapping[Any, str] = field(default_factory=dict)

    def raw_of(self, value: Any) -> str | None:
        """The code for a value; None when the list has none."""
        if value in self.spoken:
            return self.spoken[value]
        return next((raw for raw, meant in self.meaning.items() if meant == value), None)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: as the format writes it (`SQRMC`).
        title: its name for people.
        path: dotted place in the wire form of the canonical event; None = it is read for its code alone or is not kept
            (`docs/feeds-loss.md`).
        form: how its text becomes a value.
        need: required, optional or conditional by the format.
        codes: its closed list, if it has one.
    """

    name: str
    title: str
    path: str | None = None
    form: Form = TEXT
    need: Need = "O"
    codes: CodeList | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row says.

    Args:
        event: what was found, as a nested dictionary in wire form.
        codes: raw codes by column.
        missing: required columns that the row lacks, as far as the platform would keep them.
        strange: columns of the row that the format does not know; their values are not kept.
        problems: unknown codes and unreadable values, at the columns' pointers.
    """

    event: dict[str, Any]
    codes: dict[str, str]
    missing: tuple[str, ...]
    strange: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_columns(row: Mapping[str, Any], columns: Sequence[Column], zone: ZoneInfo, pointer: str) -> Reading:
    """Read a row by its table; nothing is guessed and nothing raised.

    Args:
        zone: of instants that are written without an offset.
        pointer: where the row stands, for the problems.
    """
    event: dict[str, Any] = {}
    codes: dict[str, str] = {}
    problems: list[Problem] = []
    for column in columns:
        raw = row.get(column.name)
        if _is_blank(raw):
            continue
        try:
            value = column.form.read(raw, zone)
        except FormError as error:
            problems.append(fault(error.code, f"{pointer}/{column.name}", **error.words))
            continue
        if column.codes is not None:
            codes[column.name] = str(value)
            if value not in column.codes.meaning:
                problems.append(_unknown(column, value, pointer))
                continue
            value = column.codes.meaning[value]
        if column.path is not None and value is not None:
            put(event, column.path, value)
    known = {column.name for column in columns}
    kept = (c for c in columns if c.need == "R" and (c.path is not None or c.codes is not None))
    missing = tuple(c.name for c in kept if _is_blank(row.get(c.name)))
    return Reading(event, codes, missing, tuple(name for name in row if name not in known), tuple(problems))


def write_columns(event: Mapping[str, Any], columns: Sequence[Column], zone: ZoneInfo, flavour: str) -> dict[str, Any]:
    """The row of an event: only columns of which the event says something, raw codes as they came."""
    raw = look(event, "data.raw") or {}
    known_codes = (raw.get("codes") or {}) if raw.get("flavour") == flavour else {}
    row: dict[str, Any] = {}
    for column in columns:
        value = look(event, column.path) if column.path is not None else None
        if value is None:
            continue
        if column.codes is not None:
            kept = known_codes.get(column.name)
            same = kept is not None and column.codes.meaning.get(kept) == value
            code = kept if same else column.codes.raw_of(value)
            if code is not None:
                row[column.name] = code
        else:
            row[column.name] = column.form.write(value, zone)
    return row


def look(event: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path, numbers being places in lists; None where there is nothing."""
    found: Any = event
    for step in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list | tuple) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def put(event: dict[str, Any], path: str, value: Any) -> None:
    """Set what stands at a dotted path; a step `0` makes a list of one."""
    *heads, last = path.split(".")
    place: Any = event
    for number, step in enumerate(heads):
        following = (*heads, last)[number + 1]
        empty: Any = [{}] if following == "0" else {}
        place = place[0] if step == "0" else place.setdefault(step, empty)
    place[0 if last == "0" else last] = value


def relocated(problems: Sequence[Problem], columns: Sequence[Column], pointer: str) -> Iterator[Problem]:
    """Problems of the canonical event told at the column that brought them, where one did."""
    places = {f"/{c.path.replace('.', '/')}": c.name for c in columns if c.path is not None}
    for problem in problems:
        name = places.get(problem.pointer)
        at = problem.pointer if name is None else f"{pointer}/{name}"
        yield Problem(problem.code, at, problem.message, problem.message_en)


def _unknown(column: Column, value: Any, pointer: str) -> Problem:
    assert column.codes is not None, "only a coded column can hold an unknown code"
    zh, en = quoted(value)
    return unknown_code(f"{pointer}/{column.name}", zh, en, "、".join(str(code) for code in column.codes.meaning))


def _is_blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())
