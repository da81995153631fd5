"""The static files that we serve ourselves, each under an address that holds the digest of its content.

`/static/<digest>/components.css` never changes, so it may be kept for ever; an address with another digest (a page of
the release before, during a rolling update) is still answered, but not kept.
Front-end packages come from npm by `package-lock.json`; they are served from `node_modules`, and a page whose packages
were not installed works all the same: every page works without JavaScript.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STATIC_FOLDER = Path(__file__).parent / "static"
PACKAGES_FOLDER = Path(__file__).parents[3] / "node_modules"
PACKAGE_FILES = {"htmx.js": "htmx.org/dist/htmx.min.js"}

KEPT_FOR_EVER = "public, max-age=31536000, immutable"
ASKED_AGAIN = "public, no-cache"


class Assets:
    """The static files of the platform, read once; an ASGI application to mount at `/static`."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)
        self._digests = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in files.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def url(self, name: str) -> str:
        """The address of a file, with its digest."""
        return f"/static/{self._digests[name]}/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer GET and HEAD of `/static/<digest>/<name>`."""
        request = Request(scope)
        digest, _, name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/").partition("/")
        if request.method not in ("GET", "HEAD") or name not in self._files:
            response = Response("no such file", status_code=404, media_type="text/plain")
        else:
            fresh = digest == self._digests[name]
            headers = {"cache-control": KEPT_FOR_EVER if fresh else ASKED_AGAIN, "etag": f'"{self._digests[name]}"'}
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            response = Response(self._files[name], media_type=kind, headers=headers)
        await response(scope, receive, send)


def load_assets() -> Assets:
    """Read the static files of the house and those npm packages that are installed."""
    files = {path.name: path.read_bytes() for path in sorted(STATIC_FOLDER.iterdir()) if path.is_file()}
    for name, inside in PACKAGE_FILES.items():
        path = PACKAGES_FOLDER / inside
        if path.is_file():
            files[name] = path.read_bytes()
    return Assets(files)
