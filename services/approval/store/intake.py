"""The intake: what a hall sends is durable, sealed and stamped before it gets its answer; one transaction per call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.spine import Received
from libs.common.runtime import outbox
from libs.common.runtime.database import Database, Tx
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.outbox import outbox_state
from services.approval.domain.intake import ID_REUSED, Scope
from services.approval.handlers import admit, forward, is_of_case, split_paused
from services.approval.store.owners import Owners

HTTP = "http"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a call: its bytes, and the event or what is wrong with it; `id` as far as it can be read."""

    raw: bytes
    event: Event | None
    problems: tuple[Problem, ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the rows.

    Args:
        rejected: (place, id, problems) of each row that was not taken, by place.
        fresh: places of the rows that were taken now.
        is_full: nothing was looked at: the outbox has reached its cap.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: tuple[tuple[int, str | None, tuple[Problem, ...]], ...] = field(default=())
    fresh: frozenset[int] = frozenset()
    is_full: bool = False


def receipts() -> Inbox:
    """What was taken in, by (source, id) with a digest of the content (decisions 12 and 17)."""
    return Inbox("receipt")


class Intake:
    """Takes rows in.

    Args:
        cap_rows: rows of the outbox beyond which nothing is taken (503).
    """

    def __init__(self, database: Database, owners: Owners, cap_rows: int) -> None:
        self._database, self._owners, self._cap_rows = database, owners, cap_rows
        self._receipts = receipts()

    async def take(
        self, rows: Sequence[Row], scope: Scope, now: datetime, wall: datetime, *, dry_run: bool = False
    ) -> Answer:
        """Take what may come in; the answer is given only when it is durable.

        Args:
            now: legal instant: the `receivedtime` of the events.
            wall: wall instant of the receipts.
            dry_run: everything is judged and nothing is kept.
        """
        async with self._database.transaction() as tx:
            if await self.is_full(tx):
                return Answer(is_full=True)
            async with tx.begin_nested() as point:
                answer = await self.take_within(tx, rows, scope, now, wall)
                if dry_run:
                    await point.rollback()
            return answer

    async def is_full(self, tx: Tx) -> bool:
        """Whether the outbox has reached its cap: then nothing more may be taken."""
        return (await outbox_state(tx, self._cap_rows)).rows >= self._cap_rows

    async def take_within(self, tx: Tx, rows: Sequence[Row], scope: Scope, now: datetime, wall: datetime) -> Answer:
        """The same inside the caller's transaction: it is durable when that commits."""
        received = {
            place: Received(row.event, row.raw, HTTP, 0, 0, wall)
            for place, row in enumerate(rows)
            if row.event is not None
        }
        refused = {place: row.problems for place, row in enumerate(rows) if row.event is None}
        keys = sorted({item.event.subject for item in received.values()})
        owned = sorted({item.event.subject for item in received.values() if is_of_case(item.event)})
        owners = await self._owners.owners(tx, owned) if owned else {}
        sources = sorted({item.event.source for item in received.values()})
        gate = await self._owners.gate(tx, _sealed(keys, received), scope, sources)
        admitted = admit(list(received.values()), owners, gate, now)
        places = list(received)
        refused |= {places[index]: problems for index, problems in admitted.refused.items()}
        good = {place: item for place, item in received.items() if place not in refused}
        await self._owners.keep(tx, admitted.owners)
        entered = await self._receipts.enter(tx, list(good.values()), wall)
        by_item = {id(item): place for place, item in good.items()}
        refused |= {by_item[id(item)]: (ID_REUSED,) for item in entered.reused}
        facts, secrets = forward(entered.fresh, gate, now)
        await self._owners.remember(tx, secrets)
        open_facts, held = split_paused(facts, gate.paused)
        await outbox.append(tx, open_facts)
        await self._owners.hold(tx, held)
        fresh = frozenset(by_item[id(item)] for item in entered.fresh)
        return Answer(len(entered.fresh), entered.duplicates, _rejected(rows, refused), fresh)


def _sealed(keys: Sequence[str], received: Mapping[int, Received]) -> list[str]:
    """The numbers whose events carry a party: only they need a data key."""
    with_party = {i.event.subject for i in received.values() if getattr(i.event.data, "party", None) is not None}
    return [key for key in keys if key in with_party]


def _rejected(
    rows: Sequence[Row], refused: Mapping[int, tuple[Problem, ...]]
) -> tuple[tuple[int, str | None, tuple[Problem, ...]], ...]:
    return tuple((place, rows[place].id, refused[place]) for place in sorted(refused))
