"""Every event has effect once: (source, id) with a digest of its content, entered in the transaction of its effects.

A service that keeps the raw events passes its archive table, so that inbox and archive are one row (decision 17).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from libs.common.kernel.events.digest import content_digest
from libs.common.kernel.spine import Received
from libs.common.runtime.database import Tx, stage_rows

BASE_COLUMNS = ("source", "id", "digest", "topic", "partition", "offset", "received_at")


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a batch at the door.

    Args:
        fresh: events never seen, in their order.
        duplicates: how many were seen before with the same content (dropped).
        reused: events whose (source, id) stands for another content (decision 12: parked as ID_REUSED).
    """

    fresh: tuple[Received, ...]
    duplicates: int
    reused: tuple[Received, ...]


class Inbox:
    """The table of what was received.

    Args:
        table: `inbox`, or the service's archive with at least the columns of `inbox`.
        extra: further columns of an archive and how to read each from an event, e.g. `{"raw": lambda r: r.raw}`.
        key: makes the digests keyed; needed where events hold clear personal data (kernel.events.digest).
    """

    def __init__(
        self,
        table: str = "inbox",
        extra: Mapping[str, Callable[[Received], object]] | None = None,
        key: bytes | None = None,
    ) -> None:
        self.table, self._key = table, key
        self._extra = dict(extra or {})
        columns = (*BASE_COLUMNS, *self._extra)
        self._columns = columns
        names = ", ".join(f'"{c}"' for c in columns)
        twin = f"staged_{table}"
        self._insert = text(
            f'INSERT INTO "{table}" ({names}) SELECT {names} FROM "{twin}" '  # noqa: S608 - names are constants of ours
            "ON CONFLICT (source, id) DO NOTHING RETURNING source, id"
        )
        self._known = text(
            f'SELECT k.source, k.id, k.digest FROM "{table}" k JOIN "{twin}" USING (source, id)'  # noqa: S608
        )

    async def enter(self, tx: Tx, batch: Sequence[Received], now: datetime) -> Admission:
        """Enter a batch; `now` is the wall instant written beside new rows."""
        if not batch:
            return Admission((), 0, ())
        first: dict[tuple[str, str], bytes] = {}
        fresh: dict[tuple[str, str], Received] = {}
        again: list[tuple[Received, bytes]] = []
        for item in batch:
            identity, digest = (item.event.source, item.event.id), content_digest(item.raw, key=self._key)
            if identity in first:
                again.append((item, digest))
            else:
                first[identity], fresh[identity] = digest, item
        rows = [(*self._row(item, first[identity], now),) for identity, item in fresh.items()]
        await stage_rows(tx, self.table, self._columns, rows)
        entered = {(source, id_) for source, id_ in await tx.execute(self._insert)}
        if len(entered) < len(fresh):
            known = {(source, id_): bytes(digest) for source, id_, digest in await tx.execute(self._known)}
            again += [(item, first[identity]) for identity, item in fresh.items() if identity not in entered]
            first |= {identity: digest for identity, digest in known.items() if identity not in entered}
        reused = tuple(item for item, digest in again if first[item.event.source, item.event.id] != digest)
        return Admission(
            tuple(item for identity, item in fresh.items() if identity in entered), len(again) - len(reused), reused
        )

    def _row(self, item: Received, digest: bytes, now: datetime) -> Sequence[object]:
        event = item.event
        base = (event.source, event.id, digest, item.topic, item.partition, item.offset, now)
        return (*base, *(read(item) for read in self._extra.values()))
