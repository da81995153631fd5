"""What the browser is told to refuse: headers on every answer, and tokens that prove a form is our own.

The policy allows nothing but our own origin: no inline script or style, no frame around us, no other host.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
FORM_COOKIE = "sunlit_form"
FORM_FIELD = "form_token"
FORM_HEADER = "x-form-token"


class SecurityHeaders:
    """ASGI middleware that sets `HEADERS` on every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add headers where an HTTP answer starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def new_form_cookie() -> str:
    """A random value for visitors without a session, so that their forms can be told from forged ones."""
    return secrets.token_urlsafe(24)


def form_token(secret: bytes, binding: str) -> str:
    """The token of all forms of one visitor: bound to his session (or form cookie), worthless to anyone else."""
    return hmac.new(secret, f"form\0{binding}".encode(), hashlib.sha256).hexdigest()


def is_own_form(secret: bytes, binding: str | None, token: str | None) -> bool:
    """Whether a form came from a page that we gave to this visitor."""
    if not binding or not token:
        return False
    return hmac.compare_digest(form_token(secret, binding), token)
