"""How a service shows pages: templates in two languages, the frame around them, who may look, and refusals as pages.

A service builds one `Pages` in its `main`, installs it on its application and renders with it: README.md beside this
file shows how.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from libs.common.kernel.errors import Problem
from libs.common.runtime.auth import ROLES, TOKEN_COOKIE, Principal, principal_of
from libs.common.runtime.clock import Clock
from libs.common.runtime.problems import Refusal, language_of
from libs.common.web import security
from libs.common.web.assets import load_assets
from libs.common.web.catalogue import HOUSE_TEXTS, LANGUAGES, Texts, load_catalogue
from libs.common.web.formats import Formats
from libs.common.web.frame import OFFICE_ROOMS, AsOf, NavGroup, NavItem, Page
from libs.common.web.refusals import RefusalPages
from libs.common.web.templating import build_templates

LANGUAGE_COOKIE = "sunlit_lang"
THEME_COOKIE = "sunlit_theme"
THEMES = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 86_400
_READING = ("GET", "HEAD")

Identify = Callable[[Request], Principal | None]


class Pages:
    """The pages of one service.

    Args:
        service: its name.
        templates: its template folder; the house's folder stands behind it.
        catalogues: its catalogue files (`texts.toml`), added to the house's own.
        clock: the legal clock.
        secret: key of the form tokens, the same in all processes.
        owner: whose hall this is ("临澜市人民政府"), in the frame of public pages.
        identify: who looks; the house's way is the token in the header or in the cookie.

    Raises:
        ContractBroken: a catalogue is broken, or two component files have a macro of one name.
    """

    def __init__(
        self,
        service: str,
        *,
        templates: Path,
        catalogues: Sequence[Path],
        clock: Clock,
        secret: bytes,
        owner: str = "",
        identify: Identify = principal_of,
    ) -> None:
        self._service = service
        self._clock = clock
        self._secret = secret
        self._owner = owner
        self._identify = identify
        self.assets = load_assets()
        catalogue = load_catalogue([HOUSE_TEXTS, *catalogues])
        self._texts = {language: Texts(catalogue, language) for language in LANGUAGES}
        self._formats = {language: Formats(texts, clock.zone) for language, texts in self._texts.items()}
        self._environments = {
            language: build_templates(templates, texts, self._formats[language], self.assets)
            for language, texts in self._texts.items()
        }

    # -- for routes --------------------------------------------------------------------------------------------------

    def texts(self, request: Request) -> Texts:
        """The catalogue in the language of this request: for words that a route chooses."""
        return self._texts[self.language(request)]

    def formats(self, request: Request) -> Formats:
        """The formats of dates and numbers in the language of this request."""
        return self._formats[self.language(request)]

    def language(self, request: Request) -> str:
        """The language of this request: `?lang=`, else the cookie, else Accept-Language, else zh-CN (decision 42)."""
        for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
            if wish in LANGUAGES:
                return wish
        return language_of(request.headers.get("accept-language"))

    def principal(self, request: Request) -> Principal | None:
        """Who looks; after `requires` it is somebody."""
        return self._identify(request)

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
        known = _binding(request)
        binding = known or security.new_form_cookie()
        page = self._frame(request, security.form_token(self._secret, binding), side, as_of)
        body = self._environments[page.language].get_template(template).render({**(context or {}), "page": page})
        response = HTMLResponse(body, status_code=status)
        response.headers["vary"] = "Accept-Language, Cookie, HX-Request"
        response.headers["content-language"] = page.language
        response.headers["cache-control"] = "private, no-store" if page.visitor else "private, no-cache"
        if known is None:
            response.set_cookie(security.FORM_COOKIE, binding, httponly=True, samesite="lax")
        self._remember(request, response)
        return response

    def requires(self, *roles: str) -> Callable[[Request], Awaitable[Principal]]:
        """A dependency for office pages: the principal, if it has one of the roles (none named = any; admin always).

        Whatever is not GET or HEAD must come from our own form first. Raises `Refusal`: a stranger is led to the
        login, another role gets a page that says so.
        """
        unknown = set(roles) - ROLES
        assert not unknown, f"unknown roles {unknown}"

        async def principal(request: Request) -> Principal:
            if request.method not in _READING:
                await self.own_form(request)
            found = self._identify(request)
            if found is None:
                raise Refusal("not-signed-in")
            if roles and found.role not in roles and found.role != "admin":
                raise Refusal("forbidden", self._problem("ROLE", "problem.role", role=found.role))
            return found

        return principal

    async def own_form(self, request: Request) -> None:
        """A dependency for forms of everybody: refuses one that we did not give to this visitor.

        A call with a bearer token is no form: no browser sends one by itself. Raises `Refusal`.
        """
        if request.headers.get("authorization", "").lower().startswith("bearer "):
            return
        token = request.headers.get(security.FORM_HEADER)
        if token is None:
            given = (await request.form()).get(security.FORM_FIELD)
            token = given if isinstance(given, str) else None
        if not security.is_own_form(self._secret, _binding(request), token):
            raise Refusal("forbidden", self._problem("FORM", "problem.form"))
        request.state.form_checked = True  # from here on runtime.auth takes the cookie of this request

    # -- for main ----------------------------------------------------------------------------------------------------

    def install(self, app: FastAPI) -> None:
        """Static files, security headers, and refusals as pages for those who asked for a page."""
        app.mount("/static", self.assets, name="static")
        app.add_middleware(security.SecurityHeaders)
        RefusalPages(self.texts, self.render).install(app)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _problem(self, code: str, key: str, **values: object) -> Problem:
        zh, en = (self._texts[language](key, **values) for language in LANGUAGES)
        return Problem(code, "", zh, en)

    def _frame(self, request: Request, token: str, side: Sequence[NavGroup], as_of: AsOf | None) -> Page:
        t = self.texts(request)
        theme = request.query_params.get("theme") or request.cookies.get(THEME_COOKIE) or "auto"
        path = request.url.path
        room = max((href for _, href in OFFICE_ROOMS if path.startswith(href)), key=len, default="")
        return Page(
            service=self._service,
            language=t.language,
            theme=theme if theme in THEMES else "auto",
            path=path,
            query={name: value for name, value in request.query_params.items() if name not in ("lang", "theme")},
            now=self._clock.now(),
            is_virtual=self._clock.is_virtual,
            speed=self._clock.speed,
            visitor=self._identify(request),
            form_token=token,
            main=[NavItem(t(key), href, current=href == room) for key, href in OFFICE_ROOMS],
            side=side,
            as_of=as_of,
            owner=self._owner,
        )

    def _remember(self, request: Request, response: Response) -> None:
        """A choice of language or theme in the address is kept for a year."""
        language, theme = request.query_params.get("lang"), request.query_params.get("theme")
        if language in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, samesite="lax")
        if theme in THEMES:
            response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="lax")


def _binding(request: Request) -> str | None:
    """What a visitor's forms are bound to: his session, or the cookie that stands in for it."""
    return request.cookies.get(TOKEN_COOKIE) or request.cookies.get(security.FORM_COOKIE)
