"""Signed keyset cursors of lists (decision 42): opaque to the reader, refused when they were not made by us."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec

from libs.common.kernel.errors import DataError, Problem

LIMIT_MAX = 500
SIGNATURE_BYTES = 16


class Cursors:
    """Makes and reads cursors; `scope` (the list's name and filters) binds a cursor to its list."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, scope: str, position: list[Any]) -> str:
        """The cursor that stands behind a row; `position` holds the row's sort values."""
        body = msgspec.json.encode(position)
        return base64.urlsafe_b64encode(self._sign(scope, body) + body).decode().rstrip("=")

    def read(self, scope: str, cursor: str) -> list[Any]:
        """The sort values of the row that the cursor stands behind. Raises `DataError` for one that is not ours."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(scope, body)):
            raise DataError(
                Problem(
                    "BAD_CURSOR",
                    "?cursor",
                    "分页游标无效或不属于此列表，请从第一页重新开始。",
                    "The cursor is not valid for this list: start again from the first page.",
                )
            )
        return msgspec.json.decode(body, type=list[Any])

    def _sign(self, scope: str, body: bytes) -> bytes:
        return hmac.new(self._key, scope.encode() + b"\0" + body, hashlib.sha256).digest()[:SIGNATURE_BYTES]
