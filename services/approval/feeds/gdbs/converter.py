"""The Guangdong exchange as the intake sees it."""

from __future__ import annotations

from libs.common.kernel.errors import Problem
from libs.common.kernel.events import strict_json
from libs.common.kernel.events.faults import fault
from services.approval.feeds.columns import relocated
from services.approval.feeds.gdbs.kinds import KINDS
from services.approval.feeds.gdbs.reading import FLAVOUR, OBJECT, read
from services.approval.feeds.messages import Known, Message, Taken
from services.approval.feeds.rows import CHINA


class Gdbs:
    """`feeds.messages.Converter`: messages `{sblsh, sptype, spobject}`; their instants are Beijing time."""

    flavour = FLAVOUR

    def message(self, raw: bytes, kind: str | None = None) -> Message:
        """The message in these bytes."""
        value, faults = strict_json.read(raw)
        if faults or not isinstance(value, dict):
            return Message(raw, None, "", None, problems=tuple(faults) or (fault("NOT_AN_OBJECT", ""),))
        body = value.get("spobject")
        if isinstance(body, str):
            body, _ = strict_json.read(body.encode())
        row = body if isinstance(body, dict) else {}
        number = value.get("sblsh") or row.get("SBLSH")
        kind = str(value.get("sptype", ""))
        act = f"{kind}:{row.get('SPBZH') or row.get('XH') or 1}"
        return Message(raw, value, kind, number if isinstance(number, str) else None, act)

    def read(self, message: Message, known: Known, source: str | None) -> Taken:
        """Its events; raises `DataError`."""
        assert message.value is not None, "an unreadable message is not read"
        return read(message.value, CHINA, known=known, source=source)

    def told(self, problems: tuple[Problem, ...], message: Message) -> tuple[Problem, ...]:
        """Problems of the canonical event at the columns of the kind."""
        kind = KINDS.get(message.kind)
        return problems if kind is None else tuple(relocated(problems, kind.columns, OBJECT))
