"""The intake's state: who may speak about a number (table `case_owner`), with the seals of the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text

from libs.common.kernel.spine import Outcome
from libs.common.runtime.database import Tx
from libs.common.runtime.sealing import KeyRef, Sealer
from services.approval.domain.intake import Owner, Scope
from services.approval.ports import Gate, Held, Secrets
from services.approval.store.held import hold, paused_sources
from services.approval.store.seals import PURPOSE, PartySeals

_LOAD = text("SELECT case_no, source, guests FROM case_owner WHERE case_no = ANY(:cases) ORDER BY case_no FOR UPDATE")
# The first source keeps a number, whoever else was quick at the same moment; guests are only ever added.
_SAVE = text(
    """
    INSERT INTO case_owner AS o (case_no, source, guests)
    SELECT n.case_no, n.source, string_to_array(n.guests, chr(31))
    FROM unnest(CAST(:cases AS text[]), CAST(:sources AS text[]), CAST(:guests AS text[]))
      AS n (case_no, source, guests)
    ORDER BY n.case_no
    ON CONFLICT (case_no) DO UPDATE
    SET guests = ARRAY(SELECT DISTINCT g FROM unnest(o.guests || EXCLUDED.guests) AS g ORDER BY g)
    WHERE o.source = EXCLUDED.source
    RETURNING case_no
    """
)
_REMEMBER = text(
    """
    UPDATE case_owner AS o
    SET code_hash = COALESCE(n.code_hash, o.code_hash), id_tail_hash = COALESCE(n.id_tail_hash, o.id_tail_hash)
    FROM unnest(CAST(:cases AS text[]), CAST(:codes AS bytea[]), CAST(:tails AS bytea[]))
      AS n (case_no, code_hash, id_tail_hash)
    WHERE o.case_no = n.case_no
    """
)
_SECRETS = text("SELECT code_hash, id_tail_hash FROM case_owner WHERE case_no = :case_no")


class ContendedError(ConnectionError):
    """Another intake took the same new number at the same moment: the work is tried again (a transient error)."""


class Owners:
    """State store of the line `intake`; the HTTP intake uses it too.

    Args:
        hash_key: `party_ref.key`.
        key_year: the year whose wrapping key new data keys get: machinery, so the wall clock's (decision 1).
    """

    def __init__(self, sealer: Sealer, hash_key: bytes, key_year: Callable[[], int]) -> None:
        self._sealer, self.hash_key, self._key_year = sealer, hash_key, key_year

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Owner], Gate]:
        """Owners of the numbers, and a gate that can seal for all of them."""
        # every paused source: what a topic brings is known only when its events are read
        return await self.owners(tx, keys), await self.gate(tx, keys, Scope(), None)

    async def owners(self, tx: Tx, keys: Sequence[str]) -> Mapping[str, Owner]:
        """The owners that are known, locked."""
        rows = await tx.execute(_LOAD, {"cases": list(keys)})
        return {case_no: Owner(source, frozenset(guests)) for case_no, source, guests in rows}

    async def gate(self, tx: Tx, keys: Sequence[str], scope: Scope, sources: Sequence[str] | None) -> Gate:
        """Data keys for the numbers; those that do not exist are made. `sources` None = all that there are."""
        # Heartbeats speak of a source (`//hall/…`), which has no persons to seal.
        refs = [KeyRef(key, PURPOSE) for key in keys if not key.startswith("//")]
        seals = await self._sealer.seals(tx, refs, self._key_year())
        return Gate(PartySeals(seals, self.hash_key), scope, await paused_sources(tx, sources))

    async def hold(self, tx: Tx, rows: Sequence[Held]) -> None:
        """Keep back the facts of paused sources; see `save`."""
        await hold(tx, rows)

    async def save(self, tx: Tx, outcome: Outcome[Owner], now: datetime) -> None:
        """Write changed owners and the hashes of query codes.

        Raises:
            ContendedError: somebody else became the owner of one of the numbers meanwhile.
        """
        await self.keep(tx, outcome.states)
        await self.remember(tx, [row for row in outcome.extra if isinstance(row, Secrets)])
        await self.hold(tx, [row for row in outcome.extra if isinstance(row, Held)])

    async def keep(self, tx: Tx, owners: Mapping[str, Owner]) -> None:
        """Write changed owners; see `save`."""
        if not owners:
            return
        values = {
            "cases": list(owners),
            "sources": [owner.source for owner in owners.values()],
            "guests": [chr(31).join(sorted(owner.guests)) for owner in owners.values()],
        }
        kept = [case_no for (case_no,) in await tx.execute(_SAVE, values)]
        if len(kept) < len(owners):
            raise ContendedError("a number was taken by another source at the same moment")

    async def remember(self, tx: Tx, rows: Sequence[Secrets]) -> None:
        """Write the hashes by which an applicant is recognised; the latest of a number counts."""
        latest = {row.case_no: row for row in rows}
        if latest:
            values = {
                "cases": list(latest),
                "codes": [row.code_hash for row in latest.values()],
                "tails": [row.id_tail_hash for row in latest.values()],
            }
            await tx.execute(_REMEMBER, values)

    async def secrets(self, tx: Tx, case_no: str) -> tuple[bytes | None, bytes | None] | None:
        """The hashes of one number; None when nobody has used it."""
        row = (await tx.execute(_SECRETS, {"case_no": case_no})).one_or_none()
        return (row[0], row[1]) if row is not None else None
