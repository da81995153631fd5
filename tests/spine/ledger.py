"""A service small enough to be sure of: it keeps a ledger of every event that took effect, and how often.

    python -m tests.spine.ledger       runs its worker; the environment says where (SUNLIT_*, LEDGER_TOPIC, LEDGER_OUT)

Each case_no has a state (`seen`, `total`), each effect is a row without any key, each event makes one fact. So a lost
event, a doubled one and a fact too many can all be counted afterwards. What an event asks for stands in its comment:
`poison` a data error, `crash` an unknown one, `look:<seconds>` a look so many legal seconds later.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Batch, Fact, Look, Outcome, Received, Release
from libs.common.runtime.consume import Line
from libs.common.runtime.database import Tx, copy_rows, stage_rows
from libs.common.runtime.settings import Settings
from libs.common.runtime.spine_schema import create_spine
from libs.common.runtime.worker import build_worker, run_worker

SERVICE = "ledger"
TABLES = (
    "CREATE TABLE account (case_no text PRIMARY KEY, seen int NOT NULL, total bigint NOT NULL, last text NOT NULL)",
    "CREATE TABLE heard (pid int NOT NULL, event_id text NOT NULL)",
    "CREATE TABLE effect (seq bigint GENERATED ALWAYS AS IDENTITY, case_no text NOT NULL, event_id text NOT NULL,"
    " how text NOT NULL, unproven bool NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Account:
    """State of one case: how many events and looks it saw, the sum of their numbers, the last event."""

    seen: int
    total: int
    last: str


class AccountStore:
    """The ledger's tables."""

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Account], datetime]:
        found = await tx.execute(
            text(
                "SELECT case_no, seen, total, last FROM account WHERE case_no = ANY(:keys) ORDER BY case_no FOR UPDATE"
            ),
            {"keys": list(keys)},
        )
        return {case_no: Account(seen, total, last) for case_no, seen, total, last in found}, now

    async def save(self, tx: Tx, outcome: Outcome[Account], now: datetime) -> None:
        rows = [(case_no, a.seen, a.total, a.last) for case_no, a in outcome.states.items()]
        columns = ("case_no", "seen", "total", "last")
        twin = await stage_rows(tx, "account", columns, rows)
        await tx.exec_driver_sql(
            f"INSERT INTO account SELECT * FROM {twin} ON CONFLICT (case_no) DO UPDATE"
            " SET seen = EXCLUDED.seen, total = EXCLUDED.total, last = EXCLUDED.last"
        )
        await copy_rows(tx, "effect", ("case_no", "event_id", "how", "unproven"), outcome.extra)


def number_of(event: Event) -> int:
    """The number that an event adds: its id ends in it."""
    return int(event.id.rpartition("-")[2])


def handle(batch: Batch[Account, datetime], out_topic: str = "ledger.facts.v1") -> Outcome[Account]:
    """Count events and looks; see the module for what a comment asks for."""
    states = dict(batch.states)
    facts: list[Fact] = []
    looks: dict[str, tuple[Look, ...]] = {}
    effects: list[tuple[str, str, str, bool]] = []
    releases: list[Release] = []
    for item in batch.events:
        event, comment = item.event, item.event.data.comment or ""
        refuse(comment)
        case_no = event.subject
        old = states.get(case_no, Account(0, 0, ""))
        states[case_no] = Account(old.seen + 1, old.total + number_of(event), event.id)
        effects.append((case_no, event.id, "event", case_no in batch.unproven))
        facts.append(Fact(out_topic, fact_of(item)))
        word, _, argument = comment.partition(":")
        if word in ("look", "sleep"):
            seconds, _, key = argument.partition(",")
            due_at = event.time + timedelta(seconds=float(seconds))
            looks[case_no] = (Look("again", due_at, key or None),)
        elif word == "wake":
            releases.append(Release(argument, batch.now))
    for case_no, kind in batch.looks:
        old = states.get(case_no, Account(0, 0, ""))
        states[case_no] = Account(old.seen + 1, old.total, old.last)
        effects.append((case_no, f"look {kind}", "look", case_no in batch.unproven))
    return Outcome(states, tuple(facts), looks, tuple(releases), tuple(effects))


def refuse(comment: str) -> None:
    """What the comment of an event makes of it."""
    if comment == "poison":
        raise DataError(Problem("POISON", "/data/comment", "坏数据。", "Bad data."))
    if comment == "crash":
        raise KeyError("a bug of the handler")
    if comment == "nul":
        raise DataError(Problem("NUL", "/data/comment", "空字符。", "NUL."))


def fact_of(item: Received) -> Event:
    """The fact that an event makes; its id follows from the event's."""
    event = item.event
    return Event(
        id=f"fact of {event.id}",
        source="//sunlit/ledger",
        type="approval.case.opened",
        subject=event.subject,
        time=event.time,
        data={"number": number_of(event)},
    )


def build_line(out_topic: str, **options: Any) -> Line[Account, datetime]:
    """The ledger's line."""
    return Line(
        "account",
        wants=lambda event: event.type == "hall.evaluation.submitted",
        key=lambda event: event.subject,
        store=AccountStore(),
        handle=lambda batch: handle(batch, out_topic),
        **options,
    )


def create_tables(connection: Any) -> None:
    """The spine's tables and the ledger's, on an open psycopg connection."""
    create_spine(connection)
    for statement in TABLES:
        connection.execute(statement)


def event_bytes(number: int, case_no: str, *, time: str = "2026-03-02T09:30:00+08:00", **change: Any) -> bytes:
    """Event number `number` of a case, as it stands on the wire; `comment=` and any attribute can be given."""
    comment = change.pop("comment", None)
    body = {
        "case_no": case_no,
        "item_code": "440100-I-1",
        "org_code": "11440100MB2C00001A",
        "region_code": "440100",
        "grade": 5,
        "channel": "window",
        "named": True,
    }
    event = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "//hall/440100/window",
        "type": "hall.evaluation.submitted",
        "subject": case_no,
        "time": time,
        "data": body | ({"comment": comment} if comment is not None else {}),
    }
    return msgspec.json.encode(event | change)


def main() -> None:
    """Run the worker; the service is named like its schema, so that tests do not meet in one consumer group."""
    settings = Settings()
    topic, out_topic = os.environ["LEDGER_TOPIC"], os.environ["LEDGER_OUT"]
    line = build_line(out_topic, parks_behind=os.environ.get("LEDGER_PARKS_BEHIND") == "1")

    async def hear(event: Event) -> None:
        if event.data.reason == "crash":
            raise KeyError("a bug of the listener")
        async with app.spine.database.transaction() as tx:
            await copy_rows(tx, "heard", ("pid", "event_id"), [(os.getpid(), event.id)])

    app = build_worker(settings, settings.database_schema, [line], [topic], on_control=hear)
    run_worker(app)


if __name__ == "__main__":
    main()
