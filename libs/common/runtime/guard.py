"""ASGI middleware of every API: body limit, headers that a browser must obey, and the request metrics."""

from __future__ import annotations

import time

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.kernel.errors import Problem
from libs.common.runtime.problems import respond
from libs.common.runtime.telemetry import Metrics
from libs.common.runtime.tracing import Tracing

SAFE_HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "same-origin", "x-frame-options": "DENY"}


class _Count:
    """How much of a body has come, and whether that was too much."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes
        self.over = False

    def watch(self, receive: Receive) -> Receive:
        """Count what comes; a body of which the length was not declared, or declared falsely, ends at the limit."""

        async def counted() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                self._left -= len(message.get("body", b""))
                self.over = self._left < 0
                if self.over:
                    raise HTTPException(413)
            return message

        return counted


class Guard:
    """Refuses bodies beyond the limit (413), counts, times and traces every request."""

    def __init__(self, app: ASGIApp, limit_bytes: int, metrics: Metrics, tracing: Tracing) -> None:
        self._app, self._limit, self._metrics, self._tracing = app, limit_bytes, metrics, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request on, watched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, count = time.perf_counter(), 500, _Count(self._limit)

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        async def unless_over(message: Message) -> None:
            if not count.over:  # what the app says about a body that we cut off is not the reason
                await watched(message)

        with self._tracing.request(scope["method"], Headers(scope=scope).get("traceparent")) as span:
            try:
                count.over = self._declared_bytes(scope) > self._limit
                if not count.over:
                    await self._app(scope, count.watch(receive), unless_over)
                if count.over:
                    await self._too_large(scope)(scope, receive, watched)
            finally:
                route = getattr(scope.get("route"), "path", "other")
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.response.status_code", status)
                self._metrics.requests.labels(scope["method"], route, str(status)).inc()
                self._metrics.request_seconds.observe(time.perf_counter() - started)

    def _declared_bytes(self, scope: Scope) -> int:
        declared = Headers(scope=scope).get("content-length", "0")
        return int(declared) if declared.isdigit() else 0

    def _too_large(self, scope: Scope) -> ASGIApp:
        mebibytes = self._limit / (1024 * 1024)
        problem = Problem(
            "BODY_TOO_LARGE",
            "",
            f"请求内容超过 {mebibytes:g} MiB，请分批发送。",
            f"The body is larger than {mebibytes:g} MiB: send it in parts.",
        )
        return respond(Request(scope), "too-large", [problem])
