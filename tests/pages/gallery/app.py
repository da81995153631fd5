"""The gallery: every component in every state, and the pages of the mocks in small, on made-up data of one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import HTMLResponse

from libs.common.runtime.auth import Principal
from libs.common.web.catalogue import Texts
from libs.common.web.clock_strip import Strip, StripClock, StripDay, build_strip
from libs.common.web.frame import AsOf, NavGroup, NavItem
from libs.common.web.pages import Pages

HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 11, 10, 24, 6, tzinfo=ZONE)
SPRING_FESTIVAL = {date(2026, 2, 15) + timedelta(days=step) for step in range(9)}
MAKE_UP = {date(2026, 2, 14), date(2026, 2, 28)}


@dataclass(frozen=True)
class StandingClock:
    """A legal clock that stands at the moment of the gallery."""

    is_virtual: bool = False
    speed: float = 1.0
    zone: ZoneInfo = ZONE

    def now(self) -> datetime:
        """Always the same moment."""
        return NOW

    def wall(self) -> datetime:
        """The same moment."""
        return NOW

    def proven_up_to(self, source: str) -> datetime | None:
        """Nothing is declared."""
        return None


CLERK = Principal("chen", "水务局 · 陈立言", "clerk")


def build_gallery(clock: StandingClock | None = None) -> FastAPI:
    """The gallery as an application."""
    app = FastAPI()
    pages = Pages(
        "gallery",
        templates=HERE / "templates",
        catalogues=[HERE / "texts.toml"],
        clock=clock or StandingClock(),
        secret=b"gallery",
        identify=lambda request: CLERK if request.url.path.startswith(("/hall", "/supervision", "/notify")) else None,
        owner="临澜市人民政府",
    )
    pages.install(app)

    def show(path: str, template: str, values: dict[str, object] | None = None) -> None:
        @app.get(path, response_class=HTMLResponse)
        async def page(request: Request) -> HTMLResponse:
            t = pages.texts(request)
            as_of = AsOf(NOW, whole=False, note=t("gallery.sources"), href="#sources")
            return pages.render(request, template, values, side=_side(t), as_of=as_of)

    _add_live(app, pages)
    show("/", "portal.html")
    show("/records/1", "record.html")
    show("/supervision/", "components.html", {"long": long_strip()})
    show("/supervision/wall", "wall.html")
    show("/hall/case", "case.html", {"drawn": example_strip()})
    return app


def _add_live(app: FastAPI, pages: Pages) -> None:
    """A page whose part comes anew for every event of a stream: here one, then the stream is cut."""
    asked = iter(range(1, 100))

    @app.get("/hall/live", response_class=HTMLResponse)
    async def live(request: Request) -> HTMLResponse:
        return pages.render(request, "live.html", {"count": "0"})

    @app.get("/hall/news", response_class=HTMLResponse)
    async def news(request: Request) -> HTMLResponse:
        return pages.render(request, "news.html", {"count": str(next(asked))})

    @app.get("/hall/stream")
    async def stream() -> EventSourceResponse:
        async def events() -> AsyncIterator[dict[str, object]]:
            yield {"event": "card", "data": "1", "retry": 60_000}

        return EventSourceResponse(events())


def _side(t: Texts) -> list[NavGroup]:
    queues = [("overdue", 1, True), ("today", 0, False), ("soon", 4, False), ("paused", 9, False), ("open", 53, False)]
    after = [("to_deliver", 8), ("to_publish", 2)]
    return [
        NavGroup(t("gallery.queues"), [NavItem(t(f"gallery.q_{key}"), "#", n, here) for key, n, here in queues]),
        NavGroup(t("gallery.after"), [NavItem(t(f"gallery.q_{key}"), "#", n) for key, n in after]),
    ]


def example_strip() -> Strip:
    """The case of 5 February: promise 15 days with a told review of 3 days, legal 20 with the real 4."""
    start = date(2026, 2, 5)
    promise = strip_clock("承诺 15 个工作日", start, 15, (date(2026, 3, 2), date(2026, 3, 5)), "yellow", NOW.date())
    legal = strip_clock("法定 20 个工作日", start, 20, (date(2026, 3, 2), date(2026, 3, 6)), "red", NOW.date())
    return build_strip([promise, legal], NOW.date())


def long_strip() -> Strip:
    """A case that waited for an inspection of ten weeks: too long for one line, its quiet weeks are folded."""
    start = date(2025, 11, 20)
    pause = (date(2025, 12, 1), date(2026, 2, 8))
    return build_strip([strip_clock("法定 20 个工作日", start, 20, pause, "red", NOW.date())], NOW.date())


def strip_clock(
    name: str, start: date, limit_days: int, pause: tuple[date, date], light: str, until: date
) -> StripClock:
    """A clock of working days for the gallery, by the rest days that the gallery knows."""
    days = [StripDay(start, "start")]
    due_on: date | None = None
    n = 0
    while due_on is None or days[-1].on < until:
        on = days[-1].on + timedelta(days=1)
        if pause[0] <= on <= pause[1]:
            days.append(StripDay(on, "pause", label="专家评审"))
        elif on in SPRING_FESTIVAL:
            days.append(StripDay(on, "holiday", label="春节"))
        elif on.isoweekday() > 5 and on not in MAKE_UP:
            days.append(StripDay(on, "weekend"))
        elif due_on is not None:
            days.append(StripDay(on, "over", n := n + 1))
        else:
            n += 1
            days.append(StripDay(on, "make_up" if on in MAKE_UP else "counted", n))
            if n == limit_days:
                due_on, n = on, 0
    return StripClock(name, days, due_on, light=light, ground="《行政许可法》42、45、82 条")
