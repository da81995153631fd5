"""Who is asking: EdDSA access tokens, roles, and the scope that a principal may see.

The algorithm is named, never read from the token; audience, expiry and type are checked.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.problems import Refusal

Role = Literal[
    "hall",
    "clerk",
    "department",
    "reviewer",
    "approver",
    "supervisor",
    "supervisor-admin",
    "operator",
    "auditor",
    "admin",
]
ROLES: frozenset[str] = frozenset(get_args(Role))
ISSUER = "sunlit"
AUDIENCE = "sunlit"
TYPE = "at+jwt"  # RFC 9068
ALGORITHM = "Ed25519"  # EdDSA with its curve named (RFC 9864)
LEEWAY_S = 30
TOKEN_COOKIE = "sunlit_token"  # noqa: S105 - the name of a cookie


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a machine that showed a valid token.

    Args:
        regions, orgs: what it is limited to; empty = no limit.
    """

    subject: str
    name: str
    role: str
    regions: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()

    def covers(self, *, region: str | None = None, org: str | None = None) -> bool:
        """Whether the principal's scope holds this region and this organisation (None = not asked)."""
        return (region is None or not self.regions or region in self.regions) and (
            org is None or not self.orgs or org in self.orgs
        )


class Verifier:
    """Checks tokens against the pinned public keys."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        )

    @classmethod
    def from_dir(cls, directory: Path) -> Verifier:
        """The verifier of `token.public.json` (a JWK set); raises `ContractBroken` naming the file."""
        file = directory / "token.public.json"
        try:
            return cls(KeySet.import_key_set(_json(file)))
        except (OSError, ValueError, JoseError) as error:
            raise ContractBroken(f"{file}: {error}; `sunlit up` makes the keys of a local platform") from error

    def principal(self, token: str) -> Principal | None:
        """Who shows this token; None when it is not valid, for whatever reason."""
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            if decoded.header.get("typ") != TYPE:
                return None
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError):
            return None
        claims = decoded.claims
        if claims.get("role") not in ROLES:
            return None
        return Principal(
            str(claims["sub"]),
            str(claims.get("name", claims["sub"])),
            str(claims["role"]),
            tuple(map(str, claims.get("regions", ()))),
            tuple(map(str, claims.get("orgs", ()))),
        )


def mint(key: OKPKey, principal: Principal, *, now: datetime, ttl: timedelta) -> str:
    """An access token of `principal` from the wall instant `now` on. Raises `ContractBroken` for an unknown role."""
    if principal.role not in ROLES:
        raise ContractBroken(f"role {principal.role!r} is unknown; there are {', '.join(sorted(ROLES))}")
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": principal.subject,
        "name": principal.name,
        "role": principal.role,
        "regions": list(principal.regions),
        "orgs": list(principal.orgs),
        "iat": int(now.timestamp()),
        "exp": int((now + ttl).timestamp()),
        "jti": secrets.token_urlsafe(12),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])


def token_key(directory: Path) -> OKPKey:
    """The private key `token.private.json` (a JWK); raises `ContractBroken` naming the file."""
    file = directory / "token.private.json"
    try:
        return OKPKey.import_key(_json(file))
    except (OSError, ValueError, JoseError) as error:
        raise ContractBroken(f"{file}: {error}; `sunlit up` makes the keys of a local platform") from error


def token_of(request: Request) -> str | None:
    """The token of a request: the Authorization header, or for reading a page's cookie.

    A cookie counts for GET and HEAD only, unless the page layer has checked its form token and says so: another
    site's form sends cookies too.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if request.method in ("GET", "HEAD") or getattr(request.state, "form_checked", False):
        return request.cookies.get(TOKEN_COOKIE)
    return None


def principal_of(request: Request) -> Principal | None:
    """Who asks; None = nobody that we know."""
    token = token_of(request)
    verifier: Verifier = request.app.state.verifier
    return verifier.principal(token) if token else None


def require(*roles: Role) -> Callable[[Request], Coroutine[Any, Any, Principal]]:
    """A FastAPI dependency: the principal, if it has one of `roles` (none named = any); `admin` passes everywhere.

    Refuses with 401 without a valid token and 403 for another role.
    """
    unknown = set(roles) - ROLES
    assert not unknown, f"unknown roles {unknown}"

    async def dependency(request: Request) -> Principal:
        principal = principal_of(request)
        if principal is None:
            raise Refusal("not-signed-in")
        if roles and principal.role not in roles and principal.role != "admin":
            raise Refusal("forbidden")
        return principal

    return dependency


def _json(file: Path) -> Any:
    return json.loads(file.read_text())
