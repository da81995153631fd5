"""Passing requests on to the services' api processes, streamed both ways: a feed and a live stream both work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import aiohttp
from multidict import CIMultiDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from yarl import URL

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
# who asked is told by us, and the wait for a 100 is between the asker and us
NOT_PASSED_ON = HOP_BY_HOP | {"x-forwarded-for", "expect"}
# what aiohttp would say by itself where the asker said nothing
UNASKED = frozenset({"Accept", "Accept-Encoding", "User-Agent", "Content-Type"})
MOST_CONNECTIONS = 500
SMALL_BODY_BYTES = 64 * 1024
# below the 30 s after which the processes close idle connections
KEEPALIVE_SECONDS = 15.0
# no limit for reading: a live stream is silent for long; a dead process closes its connection by itself
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5.0, sock_connect=2.0)
RETRY_AFTER_SECONDS = 2


class Proxy:
    """Sends a request to the process that answers its path.

    Args:
        places: api process name (`approval-api`) → where it answers.
    """

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = dict(places)
        self._session: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, request: Request) -> Response:
        """The service's answer, or 503 while its process is away."""
        place = self._places[f"{service_of(request.url.path)}-api"]
        try:
            answer = await self._client().request(
                request.method,
                target(request, place),
                headers=headers(request),
                data=await body(request),
                allow_redirects=False,
                skip_auto_headers=UNASKED,
            )
        except (aiohttp.ClientError, TimeoutError, ClientDisconnect):
            return away(request)
        response = StreamingResponse(stream(answer), status_code=answer.status)
        response.raw_headers = [(n, v) for n, v in answer.raw_headers if n.decode("latin-1").lower() not in HOP_BY_HOP]
        return response

    def _client(self) -> aiohttp.ClientSession:
        """Made at the first request: it belongs to the loop that serves."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=TIMEOUT,
                auto_decompress=False,
            )
        return self._session


def target(request: Request, place: Place) -> URL:
    """The same path and query, byte for byte, at the process."""
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope.get("query_string", b"")
    host, port = host_and_port(place)
    path = raw_path + (b"?" + query if query else b"")
    return URL(f"http://{host}:{port}{path.decode('latin-1')}", encoded=True)


def headers(request: Request) -> CIMultiDict[str]:
    """What the process hears: the request's own headers, and who asked."""
    told = ((name.decode("latin-1"), value) for name, value in request.headers.raw)
    # the client writes UTF-8: what is none would arrive as something else
    kept = CIMultiDict((name, value.decode("utf-8", "replace")) for name, value in told if name not in NOT_PASSED_ON)
    kept.add("x-forwarded-for", request.client.host if request.client else "unknown")
    kept.add("x-forwarded-proto", request.url.scheme)
    return kept


async def body(request: Request) -> AsyncIterator[bytes] | bytes | None:
    """The request's body: a small one whole, any other as it comes in; None when it has none."""
    length = request.headers.get("content-length")
    if length is None and "transfer-encoding" not in request.headers:
        return None
    if length is not None and length.isdecimal() and int(length) <= SMALL_BODY_BYTES:
        return await request.body()
    return request.stream()


async def stream(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The answer's body as it comes in; the connection is given back when the asker has gone."""
    try:
        async for chunk in answer.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, ClientDisconnect):
        return  # the process died in the middle: the asker sees a body that ends too early
    finally:
        answer.close()  # a body that was read to its end has given its connection back by itself


def away(request: Request) -> Response:
    """The process does not answer: it is being started again."""
    language = language_of(request.headers.get("accept-language"))
    document = problem_document("unavailable", (), language, instance=request.url.path)
    return JSONResponse(
        document, status_code=503, media_type=MEDIA_TYPE, headers={"retry-after": str(RETRY_AFTER_SECONDS)}
    )
