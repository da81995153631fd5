"""Case files: the set of acts, what was told, and the columns by which queues find a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.errors import ContractBroken
from libs.common.kernel.events import codec
from libs.common.kernel.spine import Outcome, Received
from libs.common.runtime.database import Tx, stage_rows
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.sealing import KeyRef, Opener
from services.approval.domain.acts import Act, Case, Rival, Told
from services.approval.handlers import Changed
from services.approval.ports import Desk, Seen
from services.approval.store.reference import References
from services.approval.store.seals import PURPOSE, PartyNames

# Rows are made before they are locked, so that two workers that see a number for the first time wait for each other.
_OPEN = text(
    "INSERT INTO case_file (case_no, revision) SELECT k, 0 FROM unnest(CAST(:cases AS text[])) AS k ORDER BY k"
    " ON CONFLICT DO NOTHING"
)
_LOCK = text(
    "SELECT case_no, revision, acts, told FROM case_file WHERE case_no = ANY(:cases) ORDER BY case_no FOR UPDATE"
)
_ONE = text("SELECT case_no, revision, acts, told FROM case_file WHERE case_no = :case_no AND acts IS NOT NULL")
COLUMNS = (
    "case_no", "revision", "acts", "told", "kind", "source", "region_code", "org_code", "org_name", "item_code",
    "item_name", "project_name", "case_kind", "state", "result", "received_at", "accepted_on", "ended_at", "due_on",
    "due_at", "notice_at", "yellow_at", "red_at", "paused_from", "paused_until", "grey_from", "final_light",
    "changed_at",
)  # fmt: skip
_SET = ", ".join(f"{column} = s.{column}" for column in COLUMNS if column != "case_no")
_SAVE = text(
    f"UPDATE case_file AS f SET {_SET} FROM staged_case_file AS s "  # noqa: S608 - names are constants of ours
    "WHERE f.case_no = s.case_no AND f.revision = s.revision - 1"
)


class _StoredAct(msgspec.Struct, array_like=True):
    raw: msgspec.Raw
    rivals: list[Rival] = []
    older: list[int] = []


_ACTS = msgspec.json.Decoder(list[_StoredAct])
_TOLD = msgspec.json.Decoder(dict[str, Told])


def archive() -> Inbox:
    """The archive of everything the worker reads, which is its inbox too (decision 17)."""
    return Inbox(
        "event",
        {
            "type": lambda r: r.event.type,
            "subject": lambda r: r.event.subject,
            "happened_at": lambda r: r.event.time,
            "raw": _raw,
        },
    )


def _raw(received: Received) -> bytes:
    return received.raw


class CaseFiles:
    """State store of the line `cases`."""

    def __init__(self, references: References, opener: Opener) -> None:
        self._references, self._opener = references, opener

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Case], Desk]:
        """The cases, locked in order of their numbers, and the desk of their handlers."""
        await tx.execute(_OPEN, {"cases": list(keys)})
        rows = await tx.execute(_LOCK, {"cases": list(keys)})
        cases = {row[0]: read_case(*row) for row in rows}
        return cases, await self.desk(tx, keys)

    async def desk(self, tx: Tx, keys: Sequence[str]) -> Desk:
        """Calendars, regions, items, and the names of the cases' parties."""
        seals = await self._opener.seals(tx, [KeyRef(key, PURPOSE) for key in keys])
        return await self._references.desk(tx, PartyNames(seals))

    async def one(self, tx: Tx, case_no: str) -> Case | None:
        """One case as it stands, not locked."""
        row = (await tx.execute(_ONE, {"case_no": case_no})).one_or_none()
        return read_case(*row) if row is not None else None

    async def save(self, tx: Tx, outcome: Outcome[Case], now: datetime) -> None:
        """Write changed cases with their columns, and register what was seen for the first time."""
        changed = [row for row in outcome.extra if isinstance(row, Changed)]
        if changed:
            await stage_rows(tx, "case_file", COLUMNS, [_row(row, now) for row in changed])
            written = (await tx.execute(_SAVE)).rowcount
            if written != len(changed):
                raise ContractBroken(f"{len(changed) - written} case files changed under their lock")
        await self._references.register(tx, [row for row in outcome.extra if isinstance(row, Seen)], now)


def read_case(case_no: str, revision: int, acts: bytes | None, told: bytes | None) -> Case:
    """A case from its row."""
    found = {}
    for stored in _ACTS.decode(acts) if acts else ():
        raw = bytes(stored.raw)
        event = codec.decode(raw)
        found[event.act] = Act(event, raw, frozenset(stored.rivals), frozenset(stored.older))
    return Case(case_no, found, _TOLD.decode(told) if told else {}, revision)


def write_acts(case: Case) -> bytes:
    """The acts of a case as they are stored; `read_case` reads them."""
    acts = [case.acts[identity] for identity in sorted(case.acts)]
    return msgspec.json.encode(
        [_StoredAct(msgspec.Raw(act.raw), sorted(act.rivals), sorted(act.older)) for act in acts]
    )


def _row(changed: Changed, now: datetime) -> tuple[object, ...]:
    case = changed.case
    columns: dict[str, Any] = dict.fromkeys(COLUMNS)
    columns |= {
        "case_no": case.case_no,
        "revision": case.revision,
        "acts": write_acts(case),
        "told": msgspec.json.encode(case.told),
        "changed_at": now,
    }
    if changed.penalty is not None:
        first = changed.penalty.events[0]
        columns |= {
            "kind": "penalty",
            "source": first.source,
            "region_code": first.data.region_code,
            "org_code": first.data.org_code,
            "org_name": first.data.org_name,
            "state": changed.penalty.state,
            "received_at": first.time,
        }
    elif changed.view is not None:
        columns |= _case_columns(changed)
    return tuple(columns[name] for name in COLUMNS)


def _case_columns(changed: Changed) -> dict[str, Any]:
    view = changed.view
    assert view is not None, "only a case that can be seen has columns"
    common, plan, due = view.common, view.lights, view.next_clock
    ending = view.procedure.ending
    return {
        "kind": "case",
        "source": common.source,
        "region_code": common.region_code,
        "org_code": common.org_code,
        "org_name": common.org_name,
        "item_code": common.item_code,
        "item_name": common.item_name,
        "project_name": common.project_name,
        "case_kind": common.case_kind,
        "state": view.state,
        "result": view.procedure.result,
        "received_at": view.received_at,
        "accepted_on": view.accepted_on,
        "ended_at": ending.time if ending is not None else None,
        "due_on": due.due_on if due is not None else None,
        "due_at": view.due_moment,
        "notice_at": plan.notice_at,
        "yellow_at": plan.yellow_at,
        "red_at": plan.red_at,
        "paused_from": plan.paused_from,
        "paused_until": plan.paused_until,
        "grey_from": plan.grey_from,
        "final_light": plan.final,
    }
