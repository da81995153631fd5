"""Who reports: a hall system with its key (`<kid>.<secret>`), or a person or a service with a token."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, principal_of, token_of
from libs.common.runtime.problems import Refusal
from services.approval.domain.intake import Scope
from services.approval.store.api_keys import ApiKeys

KEY_HEADER = "x-api-key"
ROLES = frozenset({"hall", "clerk", "department", "operator", "admin"})


@dataclass(frozen=True, slots=True)
class Sender:
    """Who reports.

    Args:
        source: the one source that a key speaks for; None = told by what is sent, inside the scope.
    """

    principal: Principal
    source: str | None = None

    @property
    def scope(self) -> Scope:
        """What may be spoken for."""
        sources = frozenset({self.source}) if self.source is not None else frozenset()
        return Scope(frozenset(self.principal.regions), frozenset(self.principal.orgs), sources)


async def sender_of(request: Request) -> Sender:
    """The sender of a request: `Authorization: Bearer <token or key>`, or `X-API-Key: <key>`.

    Refuses with 401 without a valid token or a living key, and with 403 for a role that reports nothing.
    """
    shown = request.headers.get(KEY_HEADER) or token_of(request) or ""
    if shown.count(".") == 1:
        spine: Spine = request.app.state.spine
        keys: ApiKeys = request.app.state.api_keys
        key = await keys.bearer(shown, spine.clock.wall(), time.monotonic())
        if key is None:
            raise Refusal("not-signed-in")
        return Sender(Principal(f"key:{key.kid}", key.name, "hall", key.regions, key.orgs), key.source)
    principal = principal_of(request)
    if principal is None:
        raise Refusal("not-signed-in")
    if principal.role not in ROLES:
        raise Refusal("forbidden")
    return Sender(principal)


Sending = Annotated[Sender, Depends(sender_of)]
