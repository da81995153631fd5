"""C2SP checkpoints and signed notes as text (c2sp.org/tlog-checkpoint, signed-note); the caller does the signing.

A checkpoint is `origin`, size and base64 of the root, one a line. A signed note is a text, an empty line and signature
lines `— name base64(key id || signature)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

ED25519 = b"\x01"

_KEY_ID_BYTES = 4
_ROOT_BYTES = 32
_DASH = "\u2014 "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root of a log at one moment; `origin` names the log."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines, each ended by a line break."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint | None:
    """The checkpoint of a note's text; extension lines are allowed and ignored; None when it is none."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not lines[0] or not _SIZE.fullmatch(lines[1]):
        return None
    root = _decoded(lines[2])
    if root is None or len(root) != _ROOT_BYTES:
        return None
    return Checkpoint(lines[0], int(lines[1]), root)


def key_id(name: str, public_key: bytes, algorithm: bytes = ED25519) -> bytes:
    """The first four bytes of SHA-256(name || newline || algorithm || public key)."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public_key).digest()[:_KEY_ID_BYTES]


def verifier_key(name: str, public_key: bytes, algorithm: bytes = ED25519) -> str:
    """`name+hex(key id)+base64(algorithm || public key)`, to be printed where people find it."""
    material = base64.b64encode(algorithm + public_key).decode()
    return f"{name}+{key_id(name, public_key, algorithm).hex()}+{material}"


def sign_note(text: str, name: str, public_key: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The signed note over `text`, which ends with a line break; `sign` makes an Ed25519 signature."""
    assert text.endswith("\n") and "+" not in name and " " not in name, (
        "C2SP: text ends a line, a name has no + or space"
    )
    signature = base64.b64encode(key_id(name, public_key) + sign(text.encode())).decode()
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_note(note: str, name: str, public_key: bytes, verify: Callable[[bytes, bytes], bool]) -> str | None:
    """The text of a note that `name` has signed with its key; None when no line of its is right.

    Args:
        verify: (signature, message) → whether it is right.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        return None
    text += "\n"
    wanted = key_id(name, public_key)
    for line in signatures[:-1].split("\n"):
        if not line.startswith(f"{_DASH}{name} "):
            continue
        blob = _decoded(line[len(_DASH) + len(name) + 1 :])
        if blob and blob[:_KEY_ID_BYTES] == wanted and verify(blob[_KEY_ID_BYTES:], text.encode()):
            return text
    return None


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
