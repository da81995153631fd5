"""Proofs of the Merkle tree verify, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libs.common.kernel.merkle import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    node_store,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(130)]
ROOTS = [root_of(LEAVES[:size]) for size in range(131)]
NODE = node_store(LEAVES)

sizes = st.integers(1, 130)


def recursive_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 writes it, by slices."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(32, "big")


@given(sizes)
def test_appending_gives_the_root_of_the_definition(size: int) -> None:
    """One by one or by the recursive definition: the same root."""
    assert ROOTS[size] == recursive_root(LEAVES[:size])
    assert len(CompactRange(0).append(LEAVES[0])[1]) == 1


@given(sizes, st.data())
def test_every_leaf_is_proven(size: int, data: st.DataObject) -> None:
    """Its proof verifies, and not for a neighbour, another size or another leaf."""
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, NODE)
    assert verify_inclusion(LEAVES[index], index, size, path, ROOTS[size])
    assert not verify_inclusion(leaf_hash(b"other"), index, size, path, ROOTS[size])
    assert not verify_inclusion(LEAVES[index], index, size, (*path, ROOTS[1]), ROOTS[size])
    if size > 1:
        assert not verify_inclusion(LEAVES[index], (index + 1) % size, size, path, ROOTS[size])
        assert not verify_inclusion(LEAVES[index], index, size, path[:-1], ROOTS[size])


@given(sizes, st.data(), st.integers(0, 255))
def test_any_flipped_bit_breaks_an_inclusion_proof(size: int, data: st.DataObject, bit: int) -> None:
    """In the leaf, in each hash of the path, in the root."""
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, NODE)
    assert not verify_inclusion(flipped(LEAVES[index], bit), index, size, path, ROOTS[size])
    assert not verify_inclusion(LEAVES[index], index, size, path, flipped(ROOTS[size], bit))
    for place in range(len(path)):
        broken = (*path[:place], flipped(path[place], bit), *path[place + 1 :])
        assert not verify_inclusion(LEAVES[index], index, size, broken, ROOTS[size])


@given(sizes, st.data(), st.integers(0, 255))
def test_growth_is_proven_and_rewriting_is_not(size: int, data: st.DataObject, bit: int) -> None:
    """The proof verifies; a flipped bit in either root or in the path does not."""
    old = data.draw(st.integers(1, size))
    path = consistency_proof(old, size, NODE)
    assert verify_consistency(old, size, ROOTS[old], ROOTS[size], path)
    assert not verify_consistency(old, size, flipped(ROOTS[old], bit), ROOTS[size], path)
    assert not verify_consistency(old, size, ROOTS[old], flipped(ROOTS[size], bit), path)
    for place in range(len(path)):
        broken = (*path[:place], flipped(path[place], bit), *path[place + 1 :])
        assert not verify_consistency(old, size, ROOTS[old], ROOTS[size], broken)


@given(sizes, st.data())
def test_a_tree_with_a_changed_leaf_did_not_grow_from_the_old_one(size: int, data: st.DataObject) -> None:
    """No honest-looking proof leads from the old root to a history that was rewritten."""
    old = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*LEAVES[:changed], leaf_hash(b"forged"), *LEAVES[changed + 1 : size]]
    path = consistency_proof(old, size, node_store(forged))
    assert not verify_consistency(old, size, ROOTS[old], root_of(forged), path)
