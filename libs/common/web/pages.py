"""How a service shows pages: templates in two languages, the frame around them, who may look, and refusals as pages.

A service builds one `Pages` in its `main`, installs it on its application and renders with it: README.md beside this
file shows how.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from libs.common.kernel.errors import ContractBroken, SunlitError
from libs.common.web import security
from libs.common.web.assets import Assets, load_assets
from libs.common.web.catalogue import HOUSE_TEXTS, LANGUAGES, Texts, choose_language, load_catalogue
from libs.common.web.clock_strip import label_fits
from libs.common.web.formats import Formats
from libs.common.web.frame import OFFICE_ROOMS, AsOf, LegalClock, NavGroup, NavItem, Page, Visitor

HOUSE_TEMPLATES = Path(__file__).parent / "templates"
SESSION_COOKIE = "sunlit_session"
LANGUAGE_COOKIE = "sunlit_lang"
THEME_COOKIE = "sunlit_theme"
THEMES = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 86_400

Identify = Callable[[Request], Visitor | None]


class Missing(StrictUndefined):
    """A value that nobody gave: "no" to a condition, empty to a loop; writing it out is an error, so slips show."""

    # jinja types the methods that refuse as never returning, hence the ignores.
    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __iter__(self) -> Iterator[object]:  # type: ignore[override]
        return iter(())


class LoginNeededError(SunlitError):
    """An office page was asked for by nobody in particular: go to the login and come back."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that a page shows: what was wrong and what to do next."""

    status: int
    title: str
    detail: str
    act: str = ""
    href: str = ""


def build_templates(templates: Path | Sequence[Path], texts: Texts, zone: ZoneInfo, assets: Assets) -> Environment:
    """The template environment of one language: components as `ui`, texts as `t`, formats as filters."""
    folders = [templates] if isinstance(templates, Path) else list(templates)
    environment = Environment(
        loader=FileSystemLoader([*folders, HOUSE_TEMPLATES]),
        autoescape=True,
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(Formats(texts, zone).filters())
    environment.globals.update(t=texts, language=texts.language, static=assets.url, has_static=assets.__contains__)
    environment.globals["label_fits"] = label_fits
    environment.globals["ui"] = _components(environment)
    return environment


def _components(environment: Environment) -> SimpleNamespace:
    """Every macro of `components/*.html` under one name; a service may add files of its own."""
    macros: dict[str, object] = {}
    for name in environment.list_templates(filter_func=lambda name: name.startswith("components/")):
        module = environment.get_template(name).module
        for macro, value in vars(module).items():
            if macro.startswith("_"):
                continue
            if macro in macros:
                raise ContractBroken(f"{name}: another component file already has a macro {macro!r}")
            macros[macro] = value
    return SimpleNamespace(**macros)


class Pages:
    """The pages of one service.

    Args:
        service: its name, for the frame and for the title.
        templates: its template folder; the house's folder stands behind it.
        catalogues: its catalogue files (`texts.toml`), added to the house's own.
        zone: the legal time zone.
        clock: the legal clock.
        secret: key of the form tokens.
        identify: who looks: reads the session cookie or the bearer token; None for a stranger.
        owner: whose hall this is ("临澜市人民政府"), in the frame of public pages; from the settings.
    """

    def __init__(
        self,
        service: str,
        *,
        templates: Path,
        catalogues: Sequence[Path],
        zone: ZoneInfo,
        clock: LegalClock,
        secret: bytes,
        identify: Identify,
        owner: str = "",
    ) -> None:
        self._service = service
        self._clock = clock
        self._secret = secret
        self._identify = identify
        self._owner = owner
        self.assets = load_assets()
        catalogue = load_catalogue([HOUSE_TEXTS, *catalogues])
        self._texts = {language: Texts(catalogue, language) for language in LANGUAGES}
        self._environments = {
            language: build_templates(templates, texts, zone, self.assets) for language, texts in self._texts.items()
        }

    # -- for routes --------------------------------------------------------------------------------------------------

    def texts(self, request: Request) -> Texts:
        """The catalogue in the language of this request: for words that a route chooses."""
        return self._texts[self.language(request)]

    def language(self, request: Request) -> str:
        """The language of this request."""
        return choose_language(
            request.query_params.get("lang"),
            request.cookies.get(LANGUAGE_COOKIE),
            request.headers.get("accept-language"),
        )

    def render(
        self,
        request: Request,
        template: str,
        context: Mapping[str, object] | None = None,
        *,
        status: int = 200,
        side: Sequence[NavGroup] = (),
        as_of: AsOf | None = None,
    ) -> HTMLResponse:
        """A page, or a fragment of one when the template extends no layout."""
        binding, fresh_cookie = self._form_binding(request)
        page = self._frame(request, security.form_token(self._secret, binding), side, as_of)
        body = self._environments[page.language].get_template(template).render({**(context or {}), "page": page})
        response = HTMLResponse(body, status_code=status)
        response.headers["vary"] = "Accept-Language, Cookie, HX-Request"
        response.headers["content-language"] = page.language
        response.headers["cache-control"] = "private, no-store" if page.visitor else "private, no-cache"
        if fresh_cookie:
            response.set_cookie(security.FORM_COOKIE, binding, httponly=True, samesite="lax")
        self._remember(request, response)
        return response

    def requires(self, *roles: str) -> Callable[[Request], Visitor]:
        """A dependency for office pages: the visitor, if he has one of the roles (any role when none is named)."""

        def visitor(request: Request) -> Visitor:
            found = self._identify(request)
            if found is None:
                raise LoginNeededError
            if roles and found.role not in roles:
                raise HTTPException(HTTPStatus.FORBIDDEN, detail=self.texts(request)("problem.role", role=found.role))
            return found

        return visitor

    async def own_form(self, request: Request) -> None:
        """A dependency for every POST of a page: refuses a form that we did not give to this visitor.

        A call with a bearer token is no form: no browser sends one by itself.
        """
        if request.headers.get("authorization", "").lower().startswith("bearer "):
            return
        token = request.headers.get(security.FORM_HEADER)
        if token is None:
            given = (await request.form()).get(security.FORM_FIELD)
            token = given if isinstance(given, str) else None
        binding = request.cookies.get(SESSION_COOKIE) or request.cookies.get(security.FORM_COOKIE)
        if not security.is_own_form(self._secret, binding, token):
            raise HTTPException(HTTPStatus.FORBIDDEN, detail=self.texts(request)("problem.form"))

    # -- for main ----------------------------------------------------------------------------------------------------

    def install(self, app: FastAPI) -> None:
        """Static files, security headers, and refusals as pages for those who asked for a page."""
        app.mount("/static", self.assets, name="static")
        app.add_middleware(security.SecurityHeaders)
        app.add_exception_handler(LoginNeededError, self._to_login)
        for failure in (StarletteHTTPException, RequestValidationError):
            others = app.exception_handlers.get(failure)
            app.add_exception_handler(failure, self._as_page(others))

    def refuse(self, request: Request, refusal: Refusal) -> HTMLResponse:
        """The page of a refusal."""
        return self.render(request, "problem.html", {"refusal": refusal}, status=refusal.status)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _frame(self, request: Request, token: str, side: Sequence[NavGroup], as_of: AsOf | None) -> Page:
        t = self.texts(request)
        asked = request.query_params.get("theme") or request.cookies.get(THEME_COOKIE) or "auto"
        path = request.url.path
        query = {name: value for name, value in request.query_params.items() if name not in ("lang", "theme")}
        current = max((href for _, href in OFFICE_ROOMS if path.startswith(href)), key=len, default="")
        return Page(
            service=self._service,
            language=t.language,
            theme=asked if asked in THEMES else "auto",
            path=path,
            query=query,
            now=self._clock.now(),
            is_virtual=self._clock.is_virtual,
            speed=self._clock.speed,
            visitor=self._identify(request),
            form_token=token,
            main=[NavItem(t(key), href, current=href == current) for key, href in OFFICE_ROOMS],
            side=side,
            as_of=as_of,
            owner=self._owner,
        )

    def _form_binding(self, request: Request) -> tuple[str, bool]:
        known = request.cookies.get(SESSION_COOKIE) or request.cookies.get(security.FORM_COOKIE)
        return (known, False) if known else (security.new_form_cookie(), True)

    def _remember(self, request: Request, response: Response) -> None:
        if request.query_params.get("lang"):
            response.set_cookie(LANGUAGE_COOKIE, self.language(request), max_age=_YEAR_SECONDS, samesite="lax")
        if (theme := request.query_params.get("theme")) in THEMES:
            response.set_cookie(THEME_COOKIE, str(theme), max_age=_YEAR_SECONDS, samesite="lax")

    async def _to_login(self, request: Request, _: Exception) -> Response:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("hx-request"):
            return Response(status_code=204, headers={"hx-redirect": f"/login?next={quote(asked, safe='')}"})
        return RedirectResponse(f"/login?next={quote(asked, safe='')}", status_code=HTTPStatus.SEE_OTHER)

    def _as_page(self, others: Callable[..., object] | None) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def answer(request: Request, error: Exception) -> Response:
            if not wants_page(request):
                return await _by_others(others, request, error)
            return self.refuse(request, self._refusal(request, error))

        return answer

    def _refusal(self, request: Request, error: Exception) -> Refusal:
        t = self.texts(request)
        status = error.status_code if isinstance(error, StarletteHTTPException) else HTTPStatus.UNPROCESSABLE_ENTITY
        known = str(int(status)) if t.has(f"problem.{int(status)}.title") else "other"
        said = error.detail if isinstance(error, HTTPException) and isinstance(error.detail, str) else ""
        plain = said if said and said != HTTPStatus(status).phrase else ""
        return Refusal(
            status=int(status),
            title=t(f"problem.{known}.title"),
            detail=plain or t(f"problem.{known}.detail"),
            act=t(f"problem.{known}.act"),
            href="/",
        )


def wants_page(request: Request) -> bool:
    """Whether the asker is a browser that wants to read: everything outside `/api/` that accepts HTML."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


async def _by_others(others: Callable[..., object] | None, request: Request, error: Exception) -> Response:
    if others is None:
        status = error.status_code if isinstance(error, StarletteHTTPException) else HTTPStatus.UNPROCESSABLE_ENTITY
        return Response(str(error), status_code=int(status), media_type="text/plain")
    answer = others(request, error)
    if isinstance(answer, Response):
        return answer
    found = await answer  # type: ignore[misc]  # Starlette types a handler as sync or async
    assert isinstance(found, Response)
    return found
