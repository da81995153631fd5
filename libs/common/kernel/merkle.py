"""The Merkle tree of RFC 6962: hashes, proofs and their verification (decision 29).

A leaf is hashed with the prefix 0x00, an inner node with 0x01, so that neither can pass for the other. A proof is a
list of hashes, lowest first; who holds it and the root needs nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# RFC 6962 §2.1: "The hash of an empty list is the hash of an empty string: MTH({}) = SHA-256()."
EMPTY_ROOT = hashlib.sha256(b"").digest()

# The hash of the complete subtree over the leaves [position * 2^level, (position + 1) * 2^level).
NodeHash = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """MTH({d(0)}) = SHA-256(0x00 || d(0))."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """A tree by its size and the hashes of its complete subtrees, widest first: all that appending needs."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> tuple[CompactRange, tuple[tuple[int, int, bytes], ...]]:
        """The tree with one more leaf hash, and the complete subtrees (level, position, hash) that it made."""
        peaks, value, level, position = list(self.peaks), leaf, 0, self.size
        made = [(0, position, value)]
        while position & 1:
            value, level, position = node_hash(peaks.pop(), value), level + 1, position >> 1
            made.append((level, position, value))
        return CompactRange(self.size + 1, (*peaks, value)), tuple(made)

    def root(self) -> bytes:
        """MTH of all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        value = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            value = node_hash(peak, value)
        return value


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree, _ = tree.append(leaf)
    return tree.root()


def node_store(leaves: Sequence[bytes]) -> NodeHash:
    """A store of complete subtree hashes in memory, for small trees and for checks."""
    nodes: dict[tuple[int, int], bytes] = {}
    tree = CompactRange()
    for leaf in leaves:
        tree, made = tree.append(leaf)
        nodes.update(((level, position), value) for level, position, value in made)
    return lambda level, position: nodes[level, position]


def inclusion_proof(index: int, size: int, node: NodeHash) -> tuple[bytes, ...]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1; 0 <= index < size."""
    assert 0 <= index < size, "a proof is for a leaf of the tree"
    first, end = 0, size
    path: list[bytes] = []
    while end - first > 1:
        split = first + _split(end - first)
        if index < split:
            path.append(_range_hash(split, end, node))
            end = split
        else:
            path.append(_range_hash(first, split, node))
            first = split
    return tuple(reversed(path))


def consistency_proof(old_size: int, size: int, node: NodeHash) -> tuple[bytes, ...]:
    """PROOF(old_size, D[size]) of RFC 6962 §2.1.2; 0 < old_size <= size."""
    assert 0 < old_size <= size, "a proof is between a tree and one that grew from it"
    first, end, is_left_edge = 0, size, True
    path: list[bytes] = []
    while old_size != end:
        split = first + _split(end - first)
        if old_size <= split:
            path.append(_range_hash(split, end, node))
            end = split
        else:
            path.append(_range_hash(first, split, node))
            first, is_left_edge = split, False
    if not is_left_edge:
        path.append(_range_hash(first, end, node))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf hash stands at `index` of the tree with this size and root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(old_size: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of `size` begins with the tree of `old_size` (RFC 9162 §2.1.4.2)."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    hashes = list(path)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_value = value = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_value, value = node_hash(sibling, old_value), node_hash(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_value == old_root and value == root


def _split(leaves: int) -> int:
    """The largest power of two below `leaves`, which is at least 2."""
    return 1 << ((leaves - 1).bit_length() - 1)


def _range_hash(first: int, end: int, node: NodeHash) -> bytes:
    """MTH(D[first:end]); `first` is a multiple of the largest power of two in the range, as in every proof."""
    leaves = end - first
    if leaves & (leaves - 1) == 0:
        level = leaves.bit_length() - 1
        return node(level, first >> level)
    split = first + _split(leaves)
    return node_hash(_range_hash(first, split, node), _range_hash(split, end, node))
