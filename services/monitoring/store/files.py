"""Case files and their cards: the state store of the line `cases`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.events import codec
from libs.common.kernel.spine import Outcome, Received
from libs.common.kernel.statutory_clock import Pause
from libs.common.runtime.database import Tx, stage_rows
from libs.common.runtime.inbox import Inbox
from services.monitoring.domain.cards import Card, Change
from services.monitoring.domain.case_file import CaseFile, merge
from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.domain.sources import SETTLE
from services.monitoring.ports import FileRow, Office
from services.monitoring.store.months import keep_hits
from services.monitoring.store.office import OfficeStore

COLUMNS = (
    "case_no", "acts", "kind", "source", "region_code", "timezone", "org_code", "org_name", "item_code", "item_name",
    "case_kind", "submit_channel", "service_level", "by_proxy", "opened_at", "accepted_at", "accepted_on",
    "promise_due_on", "legal_due_on", "notice_on", "yellow_on", "red_on", "pauses", "ended_at", "ended_on", "result",
    "changed_at", "original_case_no", "is_limited", "first_heard_at",
    "used_days", "promise_days", "legal_days", "service_point", "grade", "is_default_grade",
)  # fmt: skip
_NAMES = ", ".join(COLUMNS)
_SET = ", ".join(f"{column} = EXCLUDED.{column}" for column in COLUMNS if column != "case_no")
_SAVE = text(
    f"INSERT INTO case_file ({_NAMES}) SELECT {_NAMES} FROM staged_case_file "  # noqa: S608 - names are ours
    f"ORDER BY case_no ON CONFLICT (case_no) DO UPDATE SET {_SET}"
)
# A case that is not there yet cannot be locked by its row: its number is locked instead, in order, for the transaction.
_LOCK_NUMBERS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('case:' || n, 0)) FROM unnest(CAST(:keys AS text[])) AS n ORDER BY n"
)
_FILES = text("SELECT case_no, acts FROM case_file WHERE case_no = ANY(:keys) ORDER BY case_no FOR UPDATE")
_ONE = text("SELECT case_no, acts FROM case_file WHERE case_no = :case_no")
_PAGE = text("SELECT case_no, acts FROM case_file WHERE case_no > :after ORDER BY case_no LIMIT :limit")
# Whom a changed file concerns: cases that file it again (S72), and decisions on the same limited item (S51).
_CONCERNED = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT 'cases', n.case_no, 'across', :at FROM (
        SELECT f.case_no FROM case_file f WHERE f.original_case_no = ANY(:keys)
        UNION
        SELECT f.case_no FROM case_file c
        JOIN case_file f ON f.is_limited AND f.item_code = c.item_code AND f.org_code = c.org_code
            AND f.ended_at IS NOT NULL
        WHERE c.case_no = ANY(:keys) AND c.is_limited
    ) AS n
    ORDER BY n.case_no ON CONFLICT (line, subject, kind) DO NOTHING
    """
)
_CARDS = text("SELECT case_no, body FROM card WHERE case_no = ANY(:keys)")
_SAVE_CARDS = text(
    """
    INSERT INTO card (card_id, case_no, rule_id, family, severity, state, org_code, org_name, item_code,
        became_true_at, issued_at, changed_at, body)
    SELECT r.body ->> 'card_id', r.body ->> 'case_no', r.body ->> 'rule_id', r.body ->> 'family',
           r.body ->> 'severity', r.body ->> 'state', r.body ->> 'org_code', r.body ->> 'org_name',
           r.body ->> 'item_code', (r.body ->> 'became_true_at')::timestamptz, (r.body ->> 'issued_at')::timestamptz,
           (r.body ->> 'changed_at')::timestamptz, r.body
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS r (body)
    ON CONFLICT (card_id) DO UPDATE SET state = EXCLUDED.state, changed_at = EXCLUDED.changed_at, body = EXCLUDED.body
    """
)
_SAVE_ENTRIES = text(
    """
    INSERT INTO card_entry (card_id, at, act, state, by, note)
    SELECT r.card_id, r.at, r.act, r.state, r.by, r.note
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (card_id text, at timestamptz, act text, state text, by text,
        note text)
    """
)
NEWS = "sunlit_supervision_news"
_TELL = text("SELECT pg_notify(:channel, :payload)")
_DECODE_ACTS = msgspec.json.Decoder(list[msgspec.Raw])


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
    """State store of the line `cases`; takes `FileRow` as extra."""

    def __init__(self, office: OfficeStore) -> None:
        self._office = office

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, CaseFile], Office]:
        """The files with their cards, locked in order of their numbers, and the office."""
        await lock_numbers(tx, keys)
        rows = (await tx.execute(_FILES, {"keys": list(keys)})).all()
        cards: dict[str, dict[str, Card]] = {}
        for case_no, body in await tx.execute(_CARDS, {"keys": list(keys)}):
            card = read_card(body)
            cards.setdefault(case_no, {})[card.card_id] = card
        files = {case_no: _file(case_no, acts, cards.get(case_no, {})) for case_no, acts in rows}
        return files, await self._office.office(tx, cases=keys)

    async def one(self, tx: Tx, case_no: str) -> CaseFile | None:
        """One file as it stands, not locked."""
        row = (await tx.execute(_ONE, {"case_no": case_no})).one_or_none()
        if row is None:
            return None
        cards = [read_card(body) for _, body in await tx.execute(_CARDS, {"keys": [case_no]})]
        return _file(row.case_no, row.acts, {card.card_id: card for card in cards})

    async def page(self, tx: Tx, after: str, limit: int) -> list[CaseFile]:
        """Files by number, from the one after `after` on, not locked."""
        rows = (await tx.execute(_PAGE, {"after": after, "limit": limit})).all()
        cards: dict[str, dict[str, Card]] = {}
        for case_no, body in await tx.execute(_CARDS, {"keys": [row.case_no for row in rows]}):
            card = read_card(body)
            cards.setdefault(case_no, {})[card.card_id] = card
        return [_file(row.case_no, row.acts, cards.get(row.case_no, {})) for row in rows]

    async def save(self, tx: Tx, outcome: Outcome[CaseFile], now: datetime) -> None:
        """Writes files with their columns, cards with their history, and wakes the boards."""
        rows = [row for row in outcome.extra if isinstance(row, FileRow)]
        if rows:
            await stage_rows(tx, "case_file", COLUMNS, [_row(row, now) for row in rows])
            await tx.execute(_SAVE)
            settle = timedelta(0) if self._office.is_virtual else SETTLE
            await keep_hits(tx, rows, now, settle)
            fresh = [row.file.case_no for row in rows if row.is_fresh and row.proceeding is not None]
            await tx.execute(_CONCERNED, {"keys": fresh, "at": now + settle})
        await save_changes(tx, [change for row in rows for change in row.changes])


async def lock_numbers(tx: Tx, keys: Sequence[str]) -> None:
    """Locks the numbers of files for the transaction, in order; whoever changes a file or its cards holds them."""
    await tx.execute(_LOCK_NUMBERS, {"keys": list(keys)})


async def save_changes(tx: Tx, changes: Sequence[Change]) -> None:
    """Cards as they became, each step as an entry of the card's history; boards hear of it on commit."""
    if not changes:
        return
    newest = {change.card.card_id: change.card for change in changes}
    cards = [msgspec.to_builtins(asdict(card)) for card in newest.values()]
    await tx.execute(_SAVE_CARDS, {"rows": msgspec.json.encode(cards).decode()})
    entries = [
        {
            "card_id": change.card.card_id,
            "at": change.at,
            "act": change.act,
            "state": change.card.state,
            "by": change.card.by,
            "note": change.card.note,
        }
        for change in changes
    ]
    await tx.execute(_SAVE_ENTRIES, {"rows": msgspec.json.encode(entries).decode()})
    await tx.execute(_TELL, {"channel": NEWS, "payload": str(len(changes))})


def read_card(body: Any) -> Card:
    """A card from its stored body."""
    return msgspec.convert(body, Card, strict=False)


def _file(case_no: str, acts: bytes, cards: Mapping[str, Card]) -> CaseFile:
    file = CaseFile(case_no, {}, cards)
    for stored in _DECODE_ACTS.decode(acts):
        raw = bytes(stored)
        file = merge(file, codec.decode(raw), raw)
    return file


def _row(row: FileRow, now: datetime) -> tuple[object, ...]:
    columns: dict[str, Any] = dict.fromkeys(COLUMNS)
    acts = [msgspec.Raw(row.file.acts[key].raw) for key in sorted(row.file.acts)]
    acts += [msgspec.Raw(row.file.others[key].raw) for key in sorted(row.file.others)]
    columns |= {"case_no": row.file.case_no, "acts": msgspec.json.encode(acts), "changed_at": now}
    seen = row.proceeding
    if seen is not None:
        ending, accepted = seen.ending, seen.accepted
        columns |= {
            "kind": _kind(row.file, seen),
            "source": min(row.file.sources, default=None),
            "region_code": seen.region_code,
            "timezone": seen.zone.key,
            "org_code": seen.org_code,
            "org_name": seen.org_name,
            "item_code": seen.item_code,
            "item_name": seen.item_name,
            "case_kind": seen.case_kind,
            "submit_channel": seen.submit_channel,
            "service_level": seen.service_point[0] if seen.service_point else None,
            "by_proxy": seen.by_proxy,
            "opened_at": seen.opened_at,
            "accepted_at": accepted.time if accepted else None,
            "accepted_on": seen.start_on,
            "ended_at": ending.at if ending else None,
            "ended_on": seen.ended_on,
            "result": ending.result if ending else None,
            "original_case_no": seen.original_case_no,
            "is_limited": seen.is_limited,
            "first_heard_at": min((e.receivedtime or e.time for e in seen.events), default=None),
        }
    if row.clocks is not None:
        clocks = row.clocks
        columns |= {
            "promise_due_on": clocks.promise.due_on if clocks.promise else None,
            "legal_due_on": clocks.legal.due_on if clocks.legal else None,
            "notice_on": clocks.turns.notice_on,
            "yellow_on": clocks.turns.yellow_on,
            "red_on": clocks.turns.red_on,
            "pauses": _multirange(clocks.pauses),
        }
    if row.row is not None:
        counted = row.row
        columns |= {
            "used_days": counted.used_days,
            "promise_days": counted.promise_days,
            "legal_days": counted.legal_days,
            "service_point": counted.service_point,
            "grade": counted.grade,
            "is_default_grade": counted.is_default,
        }
    return tuple(columns[name] for name in COLUMNS)


def _kind(file: CaseFile, seen: Proceeding) -> str:
    """`case`, `penalty`, or what the matter is."""
    if file.kind != "case":
        return file.kind
    return "penalty" if seen.penalty_decided or (seen.item_name is None and seen.accepted is None) else "case"


def _multirange(pauses: Iterable[Pause]) -> str | None:
    """Closed intervals as PostgreSQL writes them, half open; an open pause has no upper bound."""
    parts = [f"[{p.start_on.isoformat()},{_day_after(p.end_on)})" for p in pauses]
    return "{" + ",".join(parts) + "}" if parts else None


def _day_after(day: date | None) -> str:
    return (day + timedelta(days=1)).isoformat() if day is not None else ""
