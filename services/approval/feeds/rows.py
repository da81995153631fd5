"""Rows of a format that names its kind by the address, as the intake sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from libs.common.kernel.errors import Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.faults import fault, unknown_code
from services.approval.feeds.columns import Column, relocated
from services.approval.feeds.messages import Known, Message, Taken

# these formats are Chinese, and their instants Beijing time
CHINA = ZoneInfo("Asia/Shanghai")
Read = Callable[[str, Mapping[str, Any], ZoneInfo, Known, str | None], Taken]


@dataclass(frozen=True, slots=True)
class RowConverter:
    """`feeds.messages.Converter` over tables of columns.

    Args:
        tables: by kind.
        number, counter: the columns of the case number and of the number of the act.
        kind_column: where a row itself names its kind, in files that hold several.
    """

    flavour: str
    tables: Mapping[str, Sequence[Column]]
    reads: Read
    number: str
    counter: str
    kind_column: str

    def message(self, raw: bytes, kind: str | None = None) -> Message:
        """The row in these bytes."""
        value, faults = strict_json.read(raw)
        if faults or not isinstance(value, dict):
            return Message(raw, None, kind or "", None, problems=tuple(faults) or (fault("NOT_AN_OBJECT", ""),))
        row = {str(name).upper(): cell for name, cell in value.items()}
        kind = kind or str(row.get(self.kind_column.upper(), ""))
        number = row.get(self.number.upper())
        case_no = str(number).strip() if isinstance(number, str | int) else None
        problems: tuple[Problem, ...] = ()
        if kind not in self.tables:
            problems = (unknown_code(f"/{self.kind_column}", "", "", "、".join(self.tables)),)
        act = f"{kind}:{row.get(self.counter.upper()) or 1}"
        return Message(raw, None if problems else value, kind, case_no or None, act, problems)

    def read(self, message: Message, known: Known, source: str | None) -> Taken:
        """Its events; raises `DataError`."""
        assert message.value is not None, "an unreadable row is not read"
        row = {name: cell for name, cell in message.value.items() if str(name).upper() != self.kind_column.upper()}
        return self.reads(message.kind, row, CHINA, known, source)

    def told(self, problems: tuple[Problem, ...], message: Message) -> tuple[Problem, ...]:
        """Problems of the canonical event at the columns of the row."""
        columns = self.tables.get(message.kind)
        return problems if columns is None else tuple(relocated(problems, columns, ""))
