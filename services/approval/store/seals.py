"""Data keys of cases in the table `case_key`, and the two things done with them: seal a party, read its name."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.events.parts import Party, SealedParty
from libs.common.kernel.masking import public_party
from libs.common.runtime.database import Tx
from libs.common.runtime.sealing import KeyRef, Seals, party_ref

PURPOSE = "case"
FIELD = "party"

_FIND = text(
    """
    SELECT k.case_no, k.purpose, k.wrapped FROM case_key AS k
    JOIN unnest(CAST(:cases AS text[]), CAST(:purposes AS text[])) AS n (case_no, purpose) USING (case_no, purpose)
    """
)
_ADD = text(
    """
    INSERT INTO case_key (case_no, purpose, wrapped)
    SELECT * FROM unnest(CAST(:cases AS text[]), CAST(:purposes AS text[]), CAST(:wrapped AS text[])) ORDER BY 1, 2
    ON CONFLICT DO NOTHING
    """
)
_SHRED = text("DELETE FROM case_key WHERE case_no = ANY(:cases)")


class CaseKeys:
    """`runtime.sealing.KeyStore` over the table `case_key`."""

    async def wrapped_keys(self, tx: Tx, refs: Sequence[KeyRef]) -> Mapping[KeyRef, str]:
        """The wrapped keys that exist."""
        if not refs:
            return {}
        rows = await tx.execute(_FIND, {"cases": [r.case_no for r in refs], "purposes": [r.purpose for r in refs]})
        return {KeyRef(case_no, purpose): wrapped for case_no, purpose, wrapped in rows}

    async def add_wrapped_keys(self, tx: Tx, keys: Mapping[KeyRef, str]) -> None:
        """Store keys that do not exist yet."""
        values = {
            "cases": [r.case_no for r in keys],
            "purposes": [r.purpose for r in keys],
            "wrapped": list(keys.values()),
        }
        await tx.execute(_ADD, values)

    async def shred(self, tx: Tx, case_nos: Sequence[str]) -> None:
        """Delete every key of these cases: their sealed fields can never be read again."""
        await tx.execute(_SHRED, {"cases": list(case_nos)})


class PartySeals:
    """Seals the parties of the cases whose keys are in hand (port `Seals`)."""

    def __init__(self, seals: Seals, hash_key: bytes) -> None:
        self._seals, self._hash_key = seals, hash_key

    def party(self, case_no: str, event_id: str, party: Party, said: Mapping[str, Any]) -> SealedParty:
        """Names and codes of organisations stay readable, everything else goes under the case's key (decision 26).

        Identifiers are trimmed and upper-cased first (decision 28).
        """
        id_no = (party.id_no or "").strip().upper()
        code = id_no if party.id_type == "uscc" and id_no else None
        shown = public_party(party.type, (party.name or "").strip() or None, code)
        is_named = shown.display_name is not None and shown.display_name == (party.name or "").strip()
        identity = (party.id_type or "other", id_no) if id_no else ("name", f"{party.type}\0{party.name}")
        return SealedParty(
            type=party.type,
            name=shown.display_name if is_named else None,
            code=shown.code,
            party_ref=party_ref(self._hash_key, *identity),
            sealed=self._seals.seal(
                KeyRef(case_no, PURPOSE), event_id, FIELD, msgspec.json.encode({**said, "id_no": id_no}).decode()
            ),
        )

    def secret(self, case_no: str, text: str) -> bytes:
        """A keyed hash bound to the case; see `secret_hash`."""
        return secret_hash(self._hash_key, case_no, text)


class PartyNames:
    """Reads the names of sealed parties of the cases whose keys are in hand (port `Persons`)."""

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def name_of(self, case_no: str, event_id: str, party: SealedParty) -> str | None:
        """The name in clear; None when the case was shredded or the hall sent no name."""
        if party.sealed is None:
            return None
        clear = self._seals.open(KeyRef(case_no, PURPOSE), event_id, FIELD, party.sealed)
        return msgspec.json.decode(clear, type=Party).name if clear is not None else None


def secret_hash(key: bytes, case_no: str, text: str) -> bytes:
    """HMAC-SHA-256 of a query code or of the end of an ID, bound to the case; upper-cased and trimmed first."""
    value = f"progress\0{case_no}\0{text.strip().upper()}".encode()
    return hmac.new(key, value, hashlib.sha256).digest()
