"""The answer sheet: what the supervision has to find in what was planted, one line per plant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from libs.ops.simulate.acts import Act

Kind = Literal["fires", "twin", "boundary"]
KINDS: tuple[Kind, ...] = ("fires", "twin", "boundary")


@dataclass(frozen=True, slots=True)
class Count:
    """How a due day is counted, so that anybody can count it again.

    Args:
        start_on: the event day, never counted (C2).
        n: working days, or calendar days that roll when `unit` says so.
    """

    start_on: date
    n: int
    unit: Literal["working_day", "calendar_day", "day_of_expiry"] = "working_day"


@dataclass(frozen=True, slots=True)
class Plant:
    """One planted matter.

    Args:
        expects_card: whether a card of the rule must come; a boundary day may expect either.
        subject: case number, complaint or consultation number; None where the card is the organisation's alone.
        became_true_at: when the breach becomes true; of what is known only when it arrives, when it is sent.
        why: in Chinese, what was planted and why the answer is so.
        also: other rules that the same facts fire.
    """

    rule: str
    kind: Kind
    acts: tuple[Act, ...]
    expects_card: bool
    subject: str | None
    org_code: str
    item_code: str | None
    severity: str
    why: str
    became_true_at: datetime
    due_on: date | None = None
    count: Count | None = None
    also: Sequence[str] = ()

    def answer(self) -> dict[str, Any]:
        """The line of the sheet."""
        count = self.count
        found: dict[str, Any] = {
            "rule": self.rule,
            "kind": self.kind,
            "expect": "card" if self.expects_card else "no_card",
            "subject": self.subject,
            "org_code": self.org_code,
            "item_code": self.item_code,
            # of what must not come too: a milder rung of the same ladder may
            "severity": self.severity,
        }
        if self.expects_card:
            found["became_true_at"] = self.became_true_at.isoformat()
            found["became_true_on"] = self.became_true_at.date().isoformat()
        if self.due_on is not None:
            found["due_on"] = self.due_on.isoformat()
        if count is not None:
            found["limit"] = {"start_on": count.start_on.isoformat(), "n": count.n, "unit": count.unit}
        found["why"] = self.why
        found["also"] = list(self.also)
        found["begins_at"] = self.acts[0][0].isoformat()
        return found


def write_answers(path: Path, plants: Iterable[Plant]) -> int:
    """Writes the sheet as JSON lines; answers how many."""
    lines = [orjson.dumps(plant.answer(), option=orjson.OPT_APPEND_NEWLINE) for plant in plants]
    path.write_bytes(b"".join(lines))
    return len(lines)
