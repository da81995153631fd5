"""Refusals over HTTP: RFC 9457 problem documents with located errors, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from libs.common.kernel.errors import DataError, Problem, SunlitError
from libs.common.runtime.database import is_transient
from libs.common.runtime.health import describe
from libs.common.runtime.telemetry import log

MEDIA_TYPE = "application/problem+json"

# code → (status, zh-CN title, English title); `type` is `urn:sunlit:problem:<code>`, stable for ever.
TITLES: dict[str, tuple[int, str, str]] = {
    "bad-request": (400, "请求有误", "The request is wrong"),
    "not-signed-in": (401, "请先登录或出示有效的令牌", "Sign in, or show a valid token"),
    "forbidden": (403, "您的角色无权进行此操作", "Your role may not do this"),
    "not-found": (404, "没有找到", "Not found"),
    "method-not-allowed": (405, "不支持此方法", "This method is not supported here"),
    "conflict": (409, "与现有数据冲突", "It conflicts with what is there"),
    "too-large": (413, "内容过大", "The content is too large"),
    "media-type": (415, "不支持此内容类型", "This media type is not supported"),
    "invalid": (422, "内容有误", "The content is wrong"),
    "too-many-requests": (429, "请求过于频繁", "Too many requests"),
    "internal": (500, "系统内部错误，已记录", "Internal error; it was recorded"),
    "unavailable": (503, "服务暂时不可用，请稍后再试", "Not available at the moment; try again later"),
}
BY_STATUS = {status: code for code, (status, _, _) in TITLES.items()}


class Refusal(SunlitError):  # noqa: N818 - it is an answer, no failure
    """Ends a request with a problem document.

    Args:
        code: a key of `TITLES`.
        errors: what is wrong, each with its pointer.
        retry_after_s: seconds after which a new try makes sense.
    """

    def __init__(self, code: str, *errors: Problem, retry_after_s: int | None = None) -> None:
        assert code in TITLES, f"{code} is no problem code"
        self.code, self.errors, self.retry_after_s = code, errors, retry_after_s
        super().__init__(f"{code}: {'; '.join(e.message_en for e in errors)}")


def language_of(accept_language: str | None) -> str:
    """`en` when the reader prefers English to Chinese, else `zh-CN` (decision 42)."""
    best = {"zh": 0.0, "en": 0.0}
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = parameters.strip().removeprefix("q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().split("-", 1)[0]
        if primary in best:
            best[primary] = max(best[primary], quality)
    return "en" if best["en"] > best["zh"] else "zh-CN"


def problem_document(
    code: str, errors: Sequence[Problem], language: str, *, instance: str | None = None
) -> dict[str, Any]:
    """The body of a problem answer."""
    status, zh, en = TITLES[code]
    english = language == "en"
    document: dict[str, Any] = {
        "type": f"urn:sunlit:problem:{code}",
        "title": en if english else zh,
        "status": status,
        "errors": [error_item(e, language) for e in errors],
    }
    if errors:
        document["detail"] = errors[0].message_en if english else errors[0].message
    if instance is not None:
        document["instance"] = instance
    return document


def error_item(problem: Problem, language: str) -> dict[str, str]:
    """One located error in the reader's language."""
    message = problem.message_en if language == "en" else problem.message
    return {"pointer": problem.pointer, "code": problem.code, "message": message}


def respond(
    request: Request, code: str, errors: Sequence[Problem] = (), *, retry_after_s: int | None = None
) -> JSONResponse:
    """A problem answer to `request`."""
    language = language_of(request.headers.get("accept-language"))
    headers = {"Content-Language": language, "Cache-Control": "no-store"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    if code == "not-signed-in":
        headers["WWW-Authenticate"] = 'Bearer realm="sunlit"'
    body = problem_document(code, errors, language, instance=request.url.path)
    return JSONResponse(body, TITLES[code][0], headers, MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Every error of `app` leaves as a problem document; none tells what is inside."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(DataError, _data_error)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return respond(request, error.code, error.errors, retry_after_s=error.retry_after_s)


async def _data_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DataError)
    return respond(request, "invalid", error.problems)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return respond(request, "invalid", [_located(item) for item in error.errors()])


def _located(item: dict[str, Any]) -> Problem:
    """A finding of pydantic as a problem: JSON pointer into the body, or `?name` for a query parameter."""
    where, *path = item["loc"]
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
    if where != "body":
        pointer = f"{'?' if where == 'query' else ''}{'.'.join(str(step) for step in path)}"
    code = str(item["type"]).upper()
    return Problem(
        code, pointer, f"此处的值不符合要求（{code}）。", f"The value here is not acceptable: {item['msg']}."
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = BY_STATUS.get(error.status_code, "bad-request" if error.status_code < 500 else "internal")
    return respond(request, code)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    if is_transient(error):
        return respond(request, "unavailable", retry_after_s=2)
    log("sunlit.api").error("request_failed", path=request.url.path, error=describe(error), exc_info=error)
    return respond(request, "internal")
