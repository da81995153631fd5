"""Keys of hall systems, `<kid>.<secret>`: a keyed hash of the secret is kept, two keys of one source live at a time.

The secret has 256 random bits, so HMAC-SHA256 with a pepper of the key ring is enough: there is nothing to guess, and
whoever reads the table alone can neither use nor test a key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Database, Tx

SECRET_BYTES = 32
LIVE_MAX = 2
# a key that was revoked is refused everywhere at most so long after
CACHE_S = 5.0
_CACHE_KEYS = 1024

_COLUMNS = "kid, source, name, regions, orgs, made_by, made_at, expires_at, revoked_at, revoked_by"
_FIND = text(f"SELECT secret_hash, {_COLUMNS} FROM api_key WHERE kid = :kid")  # noqa: S608 - constants above
_LIST = text(f"SELECT {_COLUMNS} FROM api_key ORDER BY made_at DESC, kid LIMIT 1000")  # noqa: S608
_LIVE = text("SELECT count(*) FROM api_key WHERE source = :source AND revoked_at IS NULL AND expires_at > :wall")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('api key ' || :source, 0))")
_ADD = text(
    "INSERT INTO api_key (kid, source, name, secret_hash, regions, orgs, made_by, made_at, expires_at)"
    " VALUES (:kid, :source, :name, :hash, :regions, :orgs, :by, :wall, :expires_at)"
)
_REVOKE = text(
    "UPDATE api_key SET revoked_at = :wall, revoked_by = :by WHERE kid = :kid AND revoked_at IS NULL RETURNING kid"
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret.

    Args:
        regions, orgs: what its bearer may speak for; empty = everything of its source.
        expires_at: wall instant; keys are machinery (decision 1).
    """

    kid: str
    source: str
    name: str
    regions: tuple[str, ...]
    orgs: tuple[str, ...]
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None

    def lives(self, wall: datetime) -> bool:
        """Whether it may be used at that wall instant."""
        return self.revoked_at is None and wall < self.expires_at


class TooManyKeysError(Exception):
    """The source has two living keys: one must be revoked before a third is made."""


class ApiKeys:
    """Makes, checks and revokes keys.

    Args:
        pepper: key of the hashes, from the key ring.
    """

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._database, self._pepper = database, pepper
        self._seen: dict[str, tuple[float, bytes, ApiKey]] = {}

    async def bearer(self, shown: str, wall: datetime, ticks_s: float) -> ApiKey | None:
        """The key that was shown, if it is one of ours and lives; None for everything else.

        Args:
            ticks_s: a monotonic reading, for the few seconds in which a key that was checked is known without asking.
        """
        kid, _, secret = shown.partition(".")
        digest = self._hash(kid, secret)
        known = self._seen.get(kid)
        if known is None or ticks_s - known[0] > CACHE_S:
            async with self._database.glance() as tx:
                row = (await tx.execute(_FIND, {"kid": kid})).one_or_none()
            if row is None:
                return None
            if len(self._seen) >= _CACHE_KEYS:
                self._seen.clear()
            known = self._seen[kid] = (ticks_s, bytes(row[0]), _key(row[1:]))
        return known[2] if hmac.compare_digest(known[1], digest) and known[2].lives(wall) else None

    async def make(
        self,
        source: str,
        name: str,
        regions: Sequence[str],
        orgs: Sequence[str],
        by: str,
        wall: datetime,
        ttl: timedelta,
    ) -> tuple[ApiKey, str]:
        """A new key and the text that its bearer shows; the text cannot be had again.

        Raises:
            TooManyKeysError: two keys of the source live.
        """
        kid, secret = secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES)
        key = ApiKey(kid, source, name, tuple(regions), tuple(orgs), by, wall, wall + ttl, None, None)
        async with self._database.transaction() as tx:
            await tx.execute(_LOCK, {"source": source})
            if (await tx.execute(_LIVE, {"source": source, "wall": wall})).scalar_one() >= LIVE_MAX:
                raise TooManyKeysError
            values: dict[str, object] = {
                "kid": kid,
                "source": source,
                "name": name,
                "hash": self._hash(kid, secret),
                "by": by,
            }
            values |= {"regions": list(regions), "orgs": list(orgs), "wall": wall, "expires_at": key.expires_at}
            await tx.execute(_ADD, values)
        return key, f"{kid}.{secret}"

    async def revoke(self, kid: str, by: str, wall: datetime) -> bool:
        """End a key's life; False when there is none that lives."""
        async with self._database.transaction() as tx:
            done = (await tx.execute(_REVOKE, {"kid": kid, "by": by, "wall": wall})).one_or_none()
        self._seen.pop(kid, None)
        return done is not None

    def forget(self) -> None:
        """Ask the table again for every key."""
        self._seen.clear()

    async def listed(self, tx: Tx) -> list[ApiKey]:
        """All keys, the newest first."""
        return [_key(row) for row in await tx.execute(_LIST)]

    def _hash(self, kid: str, secret: str) -> bytes:
        return hmac.new(self._pepper, f"{kid}.{secret}".encode(), hashlib.sha256).digest()


def _key(row: Sequence[Any]) -> ApiKey:
    kid, source, name, regions, orgs, *rest = row
    return ApiKey(kid, source, name, tuple(regions), tuple(orgs), *rest)
