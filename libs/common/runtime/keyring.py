"""Key files of a platform: made once by `create_keys` (local mode) or mounted as a secret (Kubernetes).

token.private.json, token.public.json   Ed25519 JWK and JWK set: access tokens
seal.<purpose>.<year>.key               yearly wrapping keys of decision 26 (32 bytes, base64url)
party_ref.key, cursor.key, form.key     keyed hash of parties; page cursors; form tokens
api_key.key                             keyed hash of the secrets of hall systems
log.key                                 Ed25519 seed that signs the heads of the transparency log
webhook.key                             signs outgoing webhooks (Standard Webhooks)
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from joserfc.jwk import KeySet, OKPKey

from libs.common.kernel.errors import ContractBroken

PURPOSES = ("case", "submission", "notify")
KEY_BYTES = 32


def create_keys(directory: Path, years: Iterable[int]) -> list[str]:
    """Make the key files that are missing (readable by the owner alone); returns their names. Never overwrites one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[str] = []
    if not (directory / "token.private.json").exists():
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, private=True, auto_kid=True)
        _write(directory / "token.private.json", json.dumps(key.as_dict(private=True)))
        _write(directory / "token.public.json", json.dumps(KeySet([key]).as_dict(private=False)))
        made += ["token.private.json", "token.public.json"]
    names = [f"seal.{purpose}.{year}.key" for year in years for purpose in PURPOSES]
    for name in (*names, "party_ref.key", "api_key.key", "cursor.key", "form.key", "log.key", "webhook.key"):
        if not (directory / name).exists():
            _write(directory / name, base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode())
            made.append(name)
    return made


def read_key(directory: Path, name: str) -> bytes:
    """The 32 bytes of a key file; raises `ContractBroken` naming the file when it is missing or something else."""
    file = directory / name
    try:
        key = base64.urlsafe_b64decode(file.read_text().strip())
    except (OSError, ValueError) as error:
        raise ContractBroken(f"key file {file}: {error}; `sunlit up` makes the keys of a local platform") from error
    if len(key) != KEY_BYTES:
        raise ContractBroken(f"key file {file} holds {len(key)} bytes, {KEY_BYTES} are wanted")
    return key


def _write(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
