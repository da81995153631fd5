"""Refusals as pages: the problem documents of `runtime.problems`, for those who asked for a page.

A browser that reads gets a page in its language that says what was wrong and what to do next; a stranger on an office
page is led to the login and back; everybody else gets the problem document.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from libs.common.kernel.errors import DataError
from libs.common.runtime.problems import BY_STATUS, TITLES, Refusal, install_problems
from libs.common.web.catalogue import Texts

FAILURES: tuple[type[Exception], ...] = (
    Refusal,
    DataError,
    RequestValidationError,
    StarletteHTTPException,
    Exception,
)
Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


class Render(Protocol):
    """`Pages.render`, as far as a refusal needs it."""

    def __call__(self, request: Request, template: str, context: dict[str, object], *, status: int) -> Response:
        """A page."""
        ...


@dataclass(frozen=True, slots=True)
class RefusalView:
    """What the page of a refusal shows."""

    status: int
    title: str
    details: tuple[str, ...]
    act: str
    href: str


class RefusalPages:
    """Stands before the handlers of problem documents and answers readers with pages."""

    def __init__(self, texts: Callable[[Request], Texts], render: Render) -> None:
        self._texts = texts
        self._render = render

    def install(self, app: FastAPI) -> None:
        """Take over every kind of failure; the house's own handlers answer first, so that each is logged once."""
        if Refusal not in app.exception_handlers:
            install_problems(app)
        for failure in FAILURES:
            app.add_exception_handler(failure, self._before(app.exception_handlers[failure]))

    def _before(self, documents: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def answer(request: Request, error: Exception) -> Response:
            found = documents(request, error)
            document = await found if inspect.isawaitable(found) else found
            if not wants_page(request):
                return document
            if document.status_code == HTTPStatus.UNAUTHORIZED:
                return _to_login(request)
            view = self._view(request, error, document.status_code)
            return self._render(request, "problem.html", {"refusal": view}, status=view.status)

        return answer

    def _view(self, request: Request, error: Exception, status: int) -> RefusalView:
        t = self._texts(request)
        code = error.code if isinstance(error, Refusal) else BY_STATUS.get(status, "bad-request")
        known = code if t.has(f"problem.{code}.detail") else "other"
        english = t.language == "en"
        _, title, english_title = TITLES[code]
        return RefusalView(
            status=status,
            title=english_title if english else title,
            details=_said(error, english=english) or (t(f"problem.{known}.detail"),),
            act=t(f"problem.{known}.act"),
            href="/",
        )


def wants_page(request: Request) -> bool:
    """Whether the asker is a browser that wants to read: everything outside `/api/` that accepts HTML."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _said(error: Exception, *, english: bool) -> tuple[str, ...]:
    """What the one who refused said himself."""
    if isinstance(error, HTTPException) and isinstance(error.detail, str):
        return (error.detail,) if error.detail != HTTPStatus(error.status_code).phrase else ()
    problems = error.errors if isinstance(error, Refusal) else error.problems if isinstance(error, DataError) else ()
    return tuple(problem.message_en if english else problem.message for problem in problems)


def _to_login(request: Request) -> Response:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"/login?next={quote(asked if request.method == 'GET' else '/', safe='')}"
    if request.headers.get("hx-request"):
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"hx-redirect": address})
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
