"""The transparency log in PostgreSQL: one sequencer under the head row's lock, stored subtrees, the signed head."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.common.kernel.checkpoint import Checkpoint, verifier_key
from libs.common.kernel.merkle import CompactRange, NodeHash, consistency_proof, inclusion_proof, leaf_hash
from libs.common.runtime.database import Tx, copy_rows
from services.disclosure.domain.release import Release
from services.disclosure.domain.transparency import Node, leaf_bytes, nodes_asked, peak_nodes, sign_head
from services.disclosure.store.tables import log_head, log_leaf, log_node, release

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The proof that one leaf stands in the tree of `tree_size`; `leaf` is the exact bytes that are hashed."""

    leaf_index: int
    tree_size: int
    leaf: bytes
    path: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True)
class SignedHead:
    """The head of the log as everybody may keep it."""

    size: int
    root: bytes
    checkpoint: str
    at: datetime | None


class TransparencyLog:
    """The log of one schema.

    Args:
        origin: name of the log in its checkpoints (C2SP: a host and path without scheme).
        key: the signing key.
    """

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self.origin = origin
        self._key = key

    @property
    def public_key(self) -> bytes:
        """The raw Ed25519 public key."""
        return self._key.public_key().public_bytes_raw()

    @property
    def verifier_key(self) -> str:
        """The C2SP verifier key, for people to keep."""
        return verifier_key(self.origin, self.public_key)

    async def append(self, tx: Tx, releases: Sequence[Release]) -> None:
        """Writes releases and their leaves and signs the new head, in the caller's transaction.

        Appenders queue on the head row, so leaves are numbered without a gap and in the order of their commits.
        """
        size = (await tx.execute(sa.select(log_head.c.size).with_for_update())).scalar_one()
        tree = await compact_range(tx, size)
        leaves: list[tuple[int, bytes, str, int]] = []
        nodes: list[tuple[int, int, bytes]] = []
        rows: list[Mapping[str, Any]] = []
        for entry in releases:
            salt = secrets.token_hex(SALT_BYTES)
            leaf = leaf_bytes(entry.record_id, entry.release, entry.action, entry.at, entry.content, salt)
            leaves.append((tree.size, leaf, entry.record_id, entry.release))
            rows.append(_release_row(entry, salt, tree.size))
            tree, made = tree.append(leaf_hash(leaf))
            nodes.extend(made)
        await tx.execute(sa.insert(release), rows)
        await copy_rows(tx, "log_leaf", ("leaf_index", "leaf", "record_id", "release"), leaves)
        await copy_rows(tx, "log_node", ("level", "position", "hash"), nodes)
        head = Checkpoint(self.origin, tree.size, tree.root())
        note = sign_head(head, self._key)
        await tx.execute(
            sa.update(log_head).values(size=head.size, root=head.root, checkpoint=note, at=releases[-1].at)
        )


async def head(tx: Tx) -> SignedHead:
    """The current head."""
    row = (await tx.execute(sa.select(log_head))).one()
    return SignedHead(row.size, row.root, row.checkpoint, row.at)


async def inclusion(tx: Tx, record_id: str, number: int | None = None) -> Inclusion | None:
    """The proof of a release (the latest one without a number) in the current tree; None when there is no such one."""
    query = sa.select(log_leaf.c.leaf_index, log_leaf.c.leaf).where(log_leaf.c.record_id == record_id)
    query = (
        query.order_by(log_leaf.c.release.desc()).limit(1)
        if number is None
        else query.where(log_leaf.c.release == number)
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    top = await head(tx)
    path = await _proof(tx, lambda node: inclusion_proof(row.leaf_index, top.size, node))
    return Inclusion(row.leaf_index, top.size, row.leaf, path, top.root)


async def consistency(tx: Tx, first: int, second: int) -> tuple[bytes, ...]:
    """The proof that the tree of `first` leaves is a prefix of that of `second`; 0 <= first <= second <= size."""
    return await _proof(tx, lambda node: consistency_proof(first, second, node)) if first else ()


async def compact_range(tx: Tx, size: int) -> CompactRange:
    """The tree as it was with `size` leaves."""
    nodes = peak_nodes(size)
    known = await _nodes(tx, nodes)
    return CompactRange(size, tuple(known[node] for node in nodes))


async def _proof(tx: Tx, proof: Callable[[NodeHash], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    known = await _nodes(tx, nodes_asked(proof))
    return proof(lambda level, position: known[level, position])


async def _nodes(tx: Tx, nodes: Sequence[Node]) -> dict[Node, bytes]:
    if not nodes:
        return {}
    query = sa.select(log_node).where(sa.tuple_(log_node.c.level, log_node.c.position).in_(nodes))
    return {(row.level, row.position): row.hash for row in await tx.execute(query)}


def _release_row(entry: Release, salt: str, leaf_index: int) -> Mapping[str, Any]:
    row = {name: getattr(entry, name) for name in Release.__dataclass_fields__}
    return {**row, "by": list(entry.by), "salt": salt, "leaf_index": leaf_index}
