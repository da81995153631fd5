"""Persons' data sealed from the first event on (decision 26).

A data key per (case, purpose), wrapped by the yearly key of that purpose, seals each field as an AES-256-GCM envelope
bound to its event and field. Whoever deletes the wrapped data keys of a case has shredded its fields everywhere: in
every topic, archive and backup.

    envelope = s1.<suite>.<purpose>.<nonce>.<ciphertext>      (base64url without padding)
    wrapped  = w1.<suite>.<year>.<nonce>.<ciphertext>
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.database import Tx
from libs.common.runtime.keyring import PURPOSES, read_key

NONCE_BYTES = 12


class Suite(Protocol):
    """An authenticated cipher with 32-byte keys as this module sees it; AES-256-GCM here, an SM4 provider elsewhere."""

    name: str

    def encrypt(self, key: bytes, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes: ...

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
        """The plain bytes; None when key, nonce, content or binding do not fit."""


class Aes256Gcm:
    """AES-256-GCM of the `cryptography` package."""

    name = "A256GCM"

    def encrypt(self, key: bytes, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, plain, bound_to)

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
        try:
            return AESGCM(key).decrypt(nonce, sealed, bound_to)
        except InvalidTag:
            return None


@dataclass(frozen=True, slots=True, order=True)
class KeyRef:
    """Names a data key: one per case and purpose (`case`, `submission`, `notify`)."""

    case_no: str
    purpose: str


class KeyStore(Protocol):
    """Where wrapped data keys live; approval's table `case_key` implements it."""

    async def wrapped_keys(self, tx: Tx, refs: Sequence[KeyRef]) -> Mapping[KeyRef, str]:
        """The wrapped keys that exist, in one statement."""

    async def add_wrapped_keys(self, tx: Tx, keys: Mapping[KeyRef, str]) -> None:
        """Store keys that do not exist yet (a key that is there stays)."""

    async def shred(self, tx: Tx, case_nos: Sequence[str]) -> None:
        """Delete every key of these cases: their sealed fields can never be read again."""


class Wrapping:
    """The yearly keys of each purpose, and the suite they are used with."""

    def __init__(self, keys: Mapping[tuple[str, int], bytes], suite: Suite | None = None) -> None:
        self._keys, self.suite = dict(keys), suite or Aes256Gcm()

    @classmethod
    def from_dir(cls, directory: Path, suite: Suite | None = None) -> Wrapping:
        """The keys of the files `seal.<purpose>.<year>.key`; a service is given those of its purposes only."""
        keys: dict[tuple[str, int], bytes] = {}
        for file in sorted(directory.glob("seal.*.*.key")):
            _, purpose, year, _ = file.name.split(".")
            keys[purpose, int(year)] = read_key(directory, file.name)
        return cls(keys, suite)

    def wrap(self, ref: KeyRef, key: bytes, year: int) -> str:
        """A data key, wrapped with the key of `year` or, before the new year's key is there, the latest before it."""
        years = [y for purpose, y in self._keys if purpose == ref.purpose and y <= year]
        if not years:
            raise ContractBroken(f"no wrapping key for purpose {ref.purpose!r} and year {year}: make it in the secrets")
        nonce, used = secrets.token_bytes(NONCE_BYTES), max(years)
        sealed = self.suite.encrypt(self._keys[ref.purpose, used], nonce, key, _ref_bytes(ref))
        return ".".join(("w1", self.suite.name, str(used), _text(nonce), _text(sealed)))

    def unwrap(self, ref: KeyRef, wrapped: str) -> bytes:
        """The data key. Raises `ContractBroken` for a key that this service was not given, or that does not fit."""
        version, suite, year, nonce, sealed = wrapped.split(".")
        key = self._keys.get((ref.purpose, int(year)))
        if version != "w1" or suite != self.suite.name or key is None:
            raise ContractBroken(f"wrapped key {version}.{suite}.{year} for {ref.purpose!r} cannot be opened here")
        plain = self.suite.decrypt(key, _bytes(nonce), _bytes(sealed), _ref_bytes(ref))
        if plain is None:
            raise ContractBroken(f"wrapped key of purpose {ref.purpose!r} does not belong to its case")
        return plain


class Seals:
    """Data keys in hand: seals and opens fields of the cases it was made for, without I/O."""

    def __init__(self, keys: Mapping[KeyRef, bytes], suite: Suite) -> None:
        self._keys, self._suite = dict(keys), suite

    def seal(self, ref: KeyRef, event_id: str, field: str, plain: str) -> str:
        """The envelope of one field of one event."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._suite.encrypt(self._keys[ref], nonce, plain.encode(), _bound_to(event_id, field))
        return ".".join(("s1", self._suite.name, ref.purpose, _text(nonce), _text(sealed)))

    def open(self, ref: KeyRef, event_id: str, field: str, envelope: str) -> str | None:
        """The field's text; None when the case was shredded. Raises `ContractBroken` for a forged or moved envelope."""
        version, suite, purpose, nonce, sealed = _parts(envelope)
        if version != "s1" or suite != self._suite.name or purpose != ref.purpose:
            raise ContractBroken(f"envelope {version}.{suite}.{purpose} cannot be opened as {ref.purpose!r}")
        key = self._keys.get(ref)
        if key is None:
            return None
        plain = self._suite.decrypt(key, _bytes(nonce), _bytes(sealed), _bound_to(event_id, field))
        if plain is None:
            raise ContractBroken(f"envelope of field {field!r} does not belong to its event")
        return plain.decode()


class Sealer:
    """Makes `Seals` that can seal: keys that do not exist yet are made and stored in the caller's transaction."""

    def __init__(self, wrapping: Wrapping, store: KeyStore) -> None:
        self._wrapping, self._store = wrapping, store

    async def seals(self, tx: Tx, refs: Iterable[KeyRef], year: int) -> Seals:
        """Seals for `refs`; `year` chooses the wrapping key of new data keys."""
        wanted = sorted(set(refs))
        there = dict(await self._store.wrapped_keys(tx, wanted))
        missing = [ref for ref in wanted if ref not in there]
        if missing:
            fresh = {ref: self._wrapping.wrap(ref, secrets.token_bytes(32), year) for ref in missing}
            await self._store.add_wrapped_keys(tx, fresh)
            # Somebody else may have been first with the same case: what is stored counts.
            there |= await self._store.wrapped_keys(tx, missing)
        keys = {ref: self._wrapping.unwrap(ref, there[ref]) for ref in wanted}
        return Seals(keys, self._wrapping.suite)


class Opener:
    """Makes `Seals` that can open: of a shredded case there is no key, and its fields open to None."""

    def __init__(self, wrapping: Wrapping, store: KeyStore) -> None:
        self._wrapping, self._store = wrapping, store

    async def seals(self, tx: Tx, refs: Iterable[KeyRef]) -> Seals:
        """Seals for `refs`."""
        there = await self._store.wrapped_keys(tx, sorted(set(refs)))
        return Seals({ref: self._wrapping.unwrap(ref, w) for ref, w in there.items()}, self._wrapping.suite)


def party_ref(key: bytes, id_type: str, id_no: str) -> str:
    """Keyed hash of a party's identifier: equal for the same party, worthless without the key (22 characters).

    The identifier is trimmed and upper-cased first (decision 28).
    """
    value = f"{id_type}\0{id_no.strip().upper()}".encode()
    return _text(hmac.new(key, value, hashlib.sha256).digest()[:16])


def _ref_bytes(ref: KeyRef) -> bytes:
    assert ref.purpose in PURPOSES, f"unknown purpose {ref.purpose!r}"
    return f"{ref.case_no}\0{ref.purpose}".encode()


def _bound_to(event_id: str, field: str) -> bytes:
    return f"{event_id}\0{field}".encode()


def _parts(envelope: str) -> tuple[str, str, str, str, str]:
    parts = envelope.split(".")
    if len(parts) != 5:
        raise ContractBroken("a sealed field is no envelope of ours")
    return parts[0], parts[1], parts[2], parts[3], parts[4]


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
