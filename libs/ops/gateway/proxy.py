"""Passing requests on to the services' api processes, streamed both ways: a feed and a live stream both work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from libs.common.runtime.problems import MEDIA_TYPE, language_of, problem_document
from libs.ops.gateway.routing import service_of
from libs.ops.probe import Place, host_and_port

# RFC 9110, 7.6.1: they belong to one connection and are never passed on
HOP_BY_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
LIMITS = httpx.Limits(max_connections=500, max_keepalive_connections=50)
# no limit for reading: a live stream is silent for long; a dead process closes its connection by itself
TIMEOUT = httpx.Timeout(connect=2.0, read=None, write=60.0, pool=5.0)
RETRY_AFTER_SECONDS = 2


class Proxy:
    """Sends a request to the process that answers its path.

    Args:
        places: api process name (`approval-api`) → where it answers.
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = dict(places)
        self._client = httpx.AsyncClient(limits=LIMITS, timeout=TIMEOUT, trust_env=False, follow_redirects=False)

    async def stop(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def __call__(self, request: Request) -> Response:
        """The service's answer, or 503 while its process is away."""
        place = self._places[f"{service_of(request.url.path)}-api"]
        passed_on = self._client.build_request(
            request.method,
            target(request, place),
            headers=list(headers(request)),
            content=body(request),
        )
        try:
            answer = await self._client.send(passed_on, stream=True)
        except httpx.TransportError:
            return away(request)
        kept = [(name, value) for name, value in answer.headers.raw if name.decode("latin-1").lower() not in HOP_BY_HOP]
        response = StreamingResponse(stream(answer), status_code=answer.status_code)
        response.raw_headers = kept
        return response


def target(request: Request, place: Place) -> httpx.URL:
    """The same path and query, byte for byte, at the process."""
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    host, port = host_and_port(place)
    return httpx.URL(scheme="http", host=host, port=port, raw_path=raw_path + (b"?" + query if query else b""))


def headers(request: Request) -> list[tuple[bytes, bytes]]:
    """What the process hears: the request's own headers, and who asked."""
    kept = [(n, v) for n, v in request.headers.raw if n.decode("latin-1") not in HOP_BY_HOP | {"x-forwarded-for"}]
    client = request.client.host if request.client else "unknown"
    return [*kept, (b"x-forwarded-for", client.encode()), (b"x-forwarded-proto", request.url.scheme.encode())]


def body(request: Request) -> AsyncIterator[bytes] | None:
    """The request's body as it comes in; None when it has none."""
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        return None
    return request.stream()


async def stream(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The answer's body as it comes in; the connection is given back when the asker has gone."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except (httpx.TransportError, ClientDisconnect):
        return  # the process died in the middle: the asker sees a body that ends too early
    finally:
        await answer.aclose()


def away(request: Request) -> Response:
    """The process does not answer: it is being started again."""
    language = language_of(request.headers.get("accept-language"))
    document = problem_document("unavailable", (), language, instance=request.url.path)
    return JSONResponse(
        document, status_code=503, media_type=MEDIA_TYPE, headers={"retry-after": str(RETRY_AFTER_SECONDS)}
    )
