"""The transparency log: what its leaves say, how its head is signed, which subtrees a proof needs (decision 29).

A leaf is the canonical JSON of {record_id, release, action, at, content}, where `content` is the salted SHA-256 of the
release's content: a content can leave the public view and its leaf stays provable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from libs.common.kernel.checkpoint import Checkpoint, open_note, parse_checkpoint, sign_note
from libs.common.kernel.merkle import NodeHash
from services.disclosure.domain.release import canonical

# (level, position) of a complete subtree
Node = tuple[int, int]


def salted(content: str, salt: str) -> str:
    """SHA-256 over the salt and the canonical content, as hex; `salt` is hex of 16 random bytes."""
    return hashlib.sha256(bytes.fromhex(salt) + content.encode()).hexdigest()


def leaf_bytes(record_id: str, release: int, action: str, at: datetime, content: str, salt: str) -> bytes:
    """The exact bytes of a leaf."""
    return canonical(
        {
            "action": action,
            "at": at.astimezone(UTC).isoformat(),
            "content": salted(content, salt),
            "record_id": record_id,
            "release": release,
        }
    ).encode()


def sign_head(head: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note."""
    return sign_note(head.text(), head.origin, key.public_key().public_bytes_raw(), key.sign)


def open_head(note: str, origin: str, public_key: bytes) -> Checkpoint | None:
    """The head that a signed note states; None when it is not signed by this key for this log."""
    text = open_note(note, origin, public_key, _right_signature(public_key))
    head = None if text is None else parse_checkpoint(text)
    return head if head is not None and head.origin == origin else None


def peak_nodes(size: int) -> list[Node]:
    """The complete subtrees of a tree, widest first: the peaks of kernel.merkle.CompactRange."""
    nodes: list[Node] = []
    first = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            nodes.append((level, first >> level))
            first += 1 << level
    return nodes


def nodes_asked(proof: Callable[[NodeHash], object]) -> list[Node]:
    """Which complete subtrees a proof reads, so that a store can fetch them in one go."""
    asked: dict[Node, None] = {}

    def note(level: int, position: int) -> bytes:
        asked[level, position] = None
        return b""

    proof(note)
    return list(asked)


def _right_signature(public_key: bytes) -> Callable[[bytes, bytes], bool]:
    key = Ed25519PublicKey.from_public_bytes(public_key)

    def is_right(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return is_right
