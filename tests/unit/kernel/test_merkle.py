"""The Merkle tree by known answers, and checkpoints by their text (RFC 6962, C2SP)."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from libs.common.kernel.checkpoint import Checkpoint, key_id, open_note, parse_checkpoint, sign_note, verifier_key
from libs.common.kernel.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    node_store,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(bytes([n])) for n in range(7)]


def test_the_empty_tree_and_prefixes() -> None:
    """MTH({}) = SHA-256(); a leaf and a node of the same bytes differ."""
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert node_hash(b"a" * 32, b"b" * 32) != leaf_hash(b"a" * 32 + b"b" * 32)


def test_the_tree_of_seven_is_the_figure_of_the_rfc() -> None:
    """RFC 6962 §2.1.3: root = H(k = H(g,h), l = H(i,j)) with i = H(e,f) and j = d6; its proofs by name."""
    a, b, c, d, e, f, j = LEAVES
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, last = node_hash(g, h), node_hash(i, j)
    assert root_of(LEAVES) == node_hash(k, last)
    node = node_store(LEAVES)
    assert inclusion_proof(0, 7, node) == (b, h, last)
    assert inclusion_proof(3, 7, node) == (c, g, last)
    assert inclusion_proof(4, 7, node) == (f, j, k)
    assert inclusion_proof(6, 7, node) == (i, k)
    assert consistency_proof(3, 7, node) == (c, d, g, last)
    assert consistency_proof(4, 7, node) == (last,)
    assert consistency_proof(6, 7, node) == (i, j, k)


@pytest.mark.parametrize(("index", "size"), [(-1, 7), (7, 7), (0, 0)])
def test_a_leaf_outside_the_tree_proves_nothing(index: int, size: int) -> None:
    """No index outside the tree verifies."""
    assert not verify_inclusion(LEAVES[0], index, size, (), LEAVES[0])


def test_consistency_of_trees_that_did_not_grow() -> None:
    """Equal sizes need equal roots and no path; a shrunken or empty tree is no prefix."""
    root = root_of(LEAVES)
    assert verify_consistency(7, 7, root, root, ())
    assert not verify_consistency(7, 7, root, EMPTY_ROOT, ())
    assert not verify_consistency(7, 7, root, root, (root,))
    assert not verify_consistency(8, 7, root, root, ())
    assert not verify_consistency(0, 7, EMPTY_ROOT, root, ())
    assert not verify_consistency(3, 7, root_of(LEAVES[:3]), root, ())


CHECKPOINT = Checkpoint("sunlit.example/log", 7, root_of(LEAVES))


def test_a_checkpoint_is_three_lines_and_reads_back() -> None:
    """Origin, size, base64 root."""
    text = CHECKPOINT.text()
    assert text == f"sunlit.example/log\n7\n{base64.b64encode(root_of(LEAVES)).decode()}\n"
    assert parse_checkpoint(text) == parse_checkpoint(text + "extension\n") == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "\n7\nAAAA\n",
        "a\n7\nAAAA\n",
        "a\n07\n{root}\n",
        "a\n-1\n{root}\n",
        "a\n７\n{root}\n",
        "a\n7\n{root}",
        "a\n7\n!\n",
        "a\n" + "9" * 5000 + "\n{root}\n",
    ],
    ids=range(10),
)
def test_what_is_no_checkpoint_is_none(text: str) -> None:
    """A size with a leading zero, another script's digit, a short root, a missing line end."""
    assert parse_checkpoint(text.replace("{root}", base64.b64encode(EMPTY_ROOT).decode())) is None


def test_a_note_opens_for_its_key_alone() -> None:
    """Signed by Ed25519, opened by name and key; another key, another name or another text do not open it."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    public = key.public_key().public_bytes_raw()
    note = sign_note(CHECKPOINT.text(), "sunlit.example/log", public, key.sign)
    assert open_note(note, "sunlit.example/log", public, verifying(public)) == CHECKPOINT.text()
    other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32).public_key().public_bytes_raw()
    assert open_note(note, "sunlit.example/log", other, verifying(other)) is None
    assert open_note(note, "sunlit.example", public, verifying(public)) is None
    assert open_note(note.replace("\n7\n", "\n8\n"), "sunlit.example/log", public, verifying(public)) is None
    assert open_note(CHECKPOINT.text(), "sunlit.example/log", public, verifying(public)) is None
    assert open_note(note.replace("\u2014 sunlit.example/log ", "\u2014 sunlit.example/log !"), "sunlit.example/log",
                     public, verifying(public)) is None  # fmt: skip


def test_the_verifier_key_names_log_and_key() -> None:
    """name + hash + base64 of algorithm and key."""
    public = b"\x05" * 32
    name, digest, material = verifier_key("sunlit.example/log", public).split("+", 2)
    assert (name, digest) == ("sunlit.example/log", key_id("sunlit.example/log", public).hex())
    assert base64.b64decode(material) == b"\x01" + public


def verifying(public: bytes):  # type: ignore[no-untyped-def]
    """A check of signatures by one public key."""

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return verify
