"""Messages of feeds taken in: read with what is known of their cases, judged like every event, parked when unreadable.

One transaction holds the events, their receipts, what is known of the cases and the letters, so that the answer is true
when it is given. A letter of a feed has the topic `feed.<flavour>` and a receipt number, `<flavour>-<n>`, by which its
sender reads what became of it. A later message about the same act closes the letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import text

from libs.common.kernel.errors import DataError, Problem
from libs.common.kernel.events import codec
from libs.common.kernel.events.envelope import Event
from libs.common.runtime import deadletters
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.deadletters import Letter, NewLetter, Record
from libs.common.runtime.letters import FEED_TOPICS
from services.approval.domain.intake import ID_REUSED, Scope
from services.approval.feeds.identity import rival_id
from services.approval.feeds.messages import NOTHING_KNOWN, Converter, Known, Message
from services.approval.store.intake import Intake, Row
from services.approval.store.sources import Sources

Status = Literal["accepted", "duplicate", "rejected"]
TOPIC = FEED_TOPICS
BY = "//sunlit/approval"
# Refusals that nothing of ours can mend later: the sender is told, and nothing is parked.
_NOT_PARKED = frozenset({"TIME_IN_FUTURE", "OUT_OF_SCOPE", "ID_REUSED"})

_KNOWN = text(
    "SELECT case_no, item_code, org_code, region_code, carried FROM feed_case"
    " WHERE case_no = ANY(:cases) AND (CAST(:source AS text) IS NULL OR source = :source)"
)
_REMEMBER = text(
    """
    INSERT INTO feed_case (source, case_no, item_code, org_code, region_code, carried)
    SELECT s, c, i, o, r, CAST(k AS jsonb)
    FROM unnest(CAST(:sources AS text[]), CAST(:cases AS text[]), CAST(:items AS text[]), CAST(:orgs AS text[]),
                CAST(:regions AS text[]), CAST(:carried AS text[])) AS n (s, c, i, o, r, k) ORDER BY 1, 2
    ON CONFLICT (source, case_no) DO UPDATE SET item_code = EXCLUDED.item_code, org_code = EXCLUDED.org_code,
        region_code = EXCLUDED.region_code, carried = EXCLUDED.carried
    """
)
_NEXT_LETTER = text("SELECT nextval('feed_letter')")
_SAME_LETTER = text(
    "SELECT \"offset\" FROM dead_letter WHERE topic = :topic AND state = 'parked' AND raw = :raw"
    " AND key IS NOT DISTINCT FROM CAST(:key AS text) LIMIT 1"
)
_ANSWERED = text(
    "SELECT id FROM dead_letter WHERE topic = :topic AND state = 'parked' AND key = :key"
    " AND headers @> CAST(:act AS jsonb) ORDER BY id FOR UPDATE"
)
_BY_PLACE = text('SELECT id FROM dead_letter WHERE topic = :topic AND partition = 0 AND "offset" = :place')
_OWNER = text("SELECT source FROM case_owner WHERE case_no = :case_no")
_TAKEN = text("SELECT received_at FROM receipt WHERE source = :source AND id = :id")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message.

    Args:
        problems: why it was not taken.
        warnings: what was taken all the same: VERSION_CONFLICT, MISSING_COLUMN, UNKNOWN_COLUMN.
        receipt_no: under which it is found again: the number of its letter, or the id of its (first) event.
    """

    message: Message
    status: Status
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    receipt_no: str | None = None


@dataclass(slots=True)
class _Work:
    """A message on its way: its events, and where their rows stand."""

    message: Message
    events: tuple[dict[str, Any], ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    places: range = range(0)


class Feeds:
    """Takes messages in through the intake."""

    def __init__(self, database: Database, intake: Intake, sources: Sources) -> None:
        self._database, self._intake, self._sources = database, intake, sources

    async def take(
        self,
        converter: Converter,
        messages: Sequence[Message],
        source: str | None,
        scope: Scope,
        now: datetime,
        wall: datetime,
        *,
        dry_run: bool = False,
    ) -> list[Result] | None:
        """What became of each message, durable; None = the outbox is full and nothing was looked at."""
        async with self._database.transaction() as tx:
            if await self._intake.is_full(tx):
                return None
            async with tx.begin_nested() as point:
                results = await self.take_within(tx, converter, messages, source, scope, now, wall)
                if dry_run:
                    await point.rollback()
            return results

    async def take_within(
        self,
        tx: Tx,
        converter: Converter,
        messages: Sequence[Message],
        source: str | None,
        scope: Scope,
        now: datetime,
        wall: datetime,
    ) -> list[Result]:
        """The same inside the caller's transaction."""
        known = await self._known(tx, messages, source)
        before = dict(known)
        at_least = _told_by(source, scope)
        works = [_read(converter, message, known, at_least, source) for message in messages]
        rows: list[Row] = []
        for work in works:
            work.places = range(len(rows), len(rows) + len(work.events))
            rows += [_row(event) for event in work.events]
        fresh, refused = await self._judge(tx, rows, scope, now, wall, works)
        await self._sources.seen(tx, converter.flavour, {row.event.source for row in rows if row.event}, now)
        results = [await self._settle(tx, converter, work, fresh, refused, rows, source, wall) for work in works]
        await self._remember(tx, rows, fresh, before)
        return results

    async def _judge(
        self, tx: Tx, rows: list[Row], scope: Scope, now: datetime, wall: datetime, works: Sequence[_Work]
    ) -> tuple[frozenset[int], Mapping[int, tuple[Problem, ...]]]:
        """Which rows are fresh and which refused. A version said twice with other content is kept as a rival (S69)."""
        answer = await self._intake.take_within(tx, rows, scope, now, wall)
        refused = {place: problems for place, _, problems in answer.rejected}
        reused = [place for place, problems in refused.items() if problems == (ID_REUSED,)]
        if not reused:
            return answer.fresh, refused
        for place in reused:
            event = msgspec.json.decode(rows[place].raw)
            event["id"] = rival_id(event["id"], rows[place].raw)
            rows[place] = _row(event)
        again = await self._intake.take_within(tx, [rows[place] for place in reused], scope, now, wall)
        refused = {place: problems for place, problems in refused.items() if place not in reused}
        refused |= {reused[index]: problems for index, _, problems in again.rejected}
        for work in works:
            if any(place in work.places for place in reused):
                work.warnings += (_VERSION_CONFLICT,)
        return answer.fresh | {reused[index] for index in again.fresh}, refused

    async def _settle(
        self,
        tx: Tx,
        converter: Converter,
        work: _Work,
        fresh: frozenset[int],
        refused: Mapping[int, tuple[Problem, ...]],
        rows: Sequence[Row],
        source: str | None,
        wall: datetime,
    ) -> Result:
        message = work.message
        against = tuple(problem for place in work.places for problem in refused.get(place, ()))
        problems = work.problems or converter.told(against, message)
        if problems:
            parked = not _NOT_PARKED & {problem.code for problem in problems}
            number = await self._park(tx, converter, message, problems, source, wall) if parked else None
            return Result(message, "rejected", problems, work.warnings, number)
        if message.case_no is not None:
            await self._answer(tx, converter, message, wall)
        is_fresh = any(place in fresh for place in work.places)
        first = rows[work.places[0]].id if work.places else None
        return Result(message, "accepted" if is_fresh else "duplicate", (), work.warnings, first)

    async def _park(
        self,
        tx: Tx,
        converter: Converter,
        message: Message,
        problems: tuple[Problem, ...],
        source: str | None,
        wall: datetime,
    ) -> str:
        topic = TOPIC + converter.flavour
        key = await self._key(tx, message, source)
        same = (await tx.execute(_SAME_LETTER, {"topic": topic, "raw": message.raw, "key": key})).scalar_one_or_none()
        if same is not None:
            return f"{converter.flavour}-{same}"
        place = int((await tx.execute(_NEXT_LETTER)).scalar_one())
        said = {"kind": message.kind, "act": message.act, "source": source or ""}
        headers = [(name, value.encode()) for name, value in said.items()]
        record = Record(topic, 0, place, key.encode() if key else None, message.raw, tuple(headers), wall)
        await deadletters.park(tx, [NewLetter(record, "", key, problems)], wall)
        return f"{converter.flavour}-{place}"

    async def _key(self, tx: Tx, message: Message, source: str | None) -> str | None:
        """The case that a letter leaves unproven (decision 11); never one that belongs to another source."""
        number = message.case_no
        if number is None or not 0 < len(number) <= 64:
            return None
        owner = (await tx.execute(_OWNER, {"case_no": number})).scalar_one_or_none()
        return number if owner is None or source is None or owner == source else None

    async def _answer(self, tx: Tx, converter: Converter, message: Message, wall: datetime) -> None:
        """A message that was taken closes the letters of the same act: the sender has re-reported it."""
        act = msgspec.json.encode([["act", message.act]]).decode()
        values = {"topic": TOPIC + converter.flavour, "key": message.case_no, "act": act}
        for (id_,) in (await tx.execute(_ANSWERED, values)).all():
            letter = await deadletters.one(tx, id_)
            if letter is not None:
                await deadletters.settle(tx, letter, "discarded", by=BY, reason="报送单位已更正重报", now=wall)

    async def replay(self, tx: Tx, converter: Converter, letter: Letter, now: datetime, wall: datetime) -> Result:
        """A parked message read once more, after a mend of ours; the letter is the caller's to settle."""
        headers = dict(letter.record.headers)
        message = converter.message(letter.record.raw or b"", headers.get("kind", b"").decode() or None)
        source = headers.get("source", b"").decode() or None
        (result,) = await self.take_within(tx, converter, [message], source, Scope(), now, wall)
        return result

    async def letter(self, tx: Tx, receipt_no: str) -> Letter | None:
        """The letter of a receipt number."""
        flavour, _, place = receipt_no.rpartition("-")
        if not place.isdecimal() or len(place) > 18:
            return None
        found = (await tx.execute(_BY_PLACE, {"topic": TOPIC + flavour, "place": int(place)})).scalar_one_or_none()
        return await deadletters.one(tx, found) if found is not None else None

    async def taken_at(self, tx: Tx, source: str, event_id: str) -> datetime | None:
        """When an event was taken in (wall); None when it was not."""
        return (await tx.execute(_TAKEN, {"source": source, "id": event_id})).scalar_one_or_none()

    async def _known(self, tx: Tx, messages: Sequence[Message], source: str | None) -> dict[str, Known]:
        cases = sorted({message.case_no for message in messages if message.case_no is not None})
        if not cases:
            return {}
        rows = await tx.execute(_KNOWN, {"cases": cases, "source": source})
        return {case_no: Known(*rest) for case_no, *rest in rows}

    async def _remember(self, tx: Tx, rows: Sequence[Row], fresh: frozenset[int], known: Mapping[str, Known]) -> None:
        latest: dict[tuple[str, str], Known] = {}
        for place in sorted(fresh):
            event = msgspec.json.decode(rows[place].raw)
            key = (event["source"], event["subject"])
            latest[key] = latest.get(key, known.get(event["subject"], NOTHING_KNOWN)).after(event)
        if latest:
            values = {
                "sources": [source for source, _ in latest],
                "cases": [case_no for _, case_no in latest],
                "items": [k.item_code for k in latest.values()],
                "orgs": [k.org_code for k in latest.values()],
                "regions": [k.region_code for k in latest.values()],
                "carried": [msgspec.json.encode(k.carried).decode() for k in latest.values()],
            }
            await tx.execute(_REMEMBER, values)


_VERSION_CONFLICT = Problem(
    "VERSION_CONFLICT",
    "",
    "同一版本此前报过另一内容：两份都已留存并标记矛盾；更正请把数据版本号加 1",
    "this version was reported before with other content: both are kept and marked; to correct, raise the version by 1",
)


def _told_by(source: str | None, scope: Scope) -> Known:
    """What the sender's key says when it speaks for one region or one organisation alone."""
    regions, orgs = scope.regions or ({source.split("/")[3]} if source is not None else ()), scope.orgs
    return Known(
        org_code=next(iter(orgs)) if len(orgs) == 1 else None,
        region_code=next(iter(regions)) if len(regions) == 1 else None,
    )


def _read(
    converter: Converter, message: Message, known: dict[str, Known], at_least: Known, source: str | None
) -> _Work:
    if message.value is None:
        return _Work(message, problems=message.problems)
    case_no = message.case_no or ""
    try:
        taken = converter.read(message, known.get(case_no, at_least), source)
    except DataError as error:
        return _Work(message, problems=error.problems)
    for event in taken.events:
        known[event["subject"]] = known.get(event["subject"], NOTHING_KNOWN).after(event)
    return _Work(message, taken.events, (), (*_missing(taken.events), *_strange(taken.strange)))


def _row(event: Mapping[str, Any]) -> Row:
    raw = msgspec.json.encode(event)
    found = codec.parse_intake(raw)
    return Row(raw, found, id=found.id) if isinstance(found, Event) else Row(raw, None, found, str(event["id"]))


def _missing(events: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    names = {name: None for event in events for name in (event["data"].get("extra") or {}).get("missing_columns", ())}
    return tuple(
        Problem(
            "MISSING_COLUMN", f"/{name}", f"缺少应报的 {name}；已收下并标记", f"{name} is missing; taken and marked"
        )
        for name in names
    )


def _strange(names: Sequence[str]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "UNKNOWN_COLUMN",
            f"/{name}",
            "不是标准中的字段，其内容未保留",
            "no column of the standard; its content was not kept",
        )
        for name in names[:20]
    )
