"""Wires the supervision: the API with its pages, and the worker that reads, judges and issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from libs.common.runtime import api, worker
from libs.common.runtime.assembly import Spine
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.clock import build_clock
from libs.common.runtime.keyring import read_key
from libs.common.runtime.lines import Line
from libs.common.runtime.settings import Settings
from libs.common.runtime.worker import SpineApp
from libs.common.web.pages import Pages
from services.monitoring import handlers
from services.monitoring.gauges import GAUGES
from services.monitoring.pages.ops import ops_pages
from services.monitoring.pages.routers import supervision_pages
from services.monitoring.ports import Preset
from services.monitoring.routes.cards import CardRoutes
from services.monitoring.routes.complaints import ComplaintRoutes
from services.monitoring.routes.exports import ExportRoutes
from services.monitoring.routes.orders import OrderRoutes
from services.monitoring.routes.reports import ReportRoutes
from services.monitoring.routes.rules import RuleRoutes
from services.monitoring.routes.statistics import StatisticsRoutes
from services.monitoring.routes.supervision import Api
from services.monitoring.store.acts import CardActs
from services.monitoring.store.files import CaseFiles, archive
from services.monitoring.store.news import News
from services.monitoring.store.office import OfficeStore, RegionStore, SourceStore
from services.monitoring.store.presets import load_presets
from services.monitoring.store.reference import ReferenceStore
from services.monitoring.store.rulebook import load_rules
from services.monitoring.timers import ProgressWatch

SERVICE = "monitoring"
HERE = Path(__file__).parent
# a card is due within a minute (decision 8): supervision may gather while a permit is on its way to the portal
GATHER_S = 0.1
TOPICS = (
    "hall.events.v1",
    "approval.cases.v1",
    "disclosure.records.v1",
    "approval.reference.v1",
    # its own: acts of persons on cards are folded again by a rebuild
    "supervision.findings.v1",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What both kinds of process of this service share."""

    office: OfficeStore
    files: CaseFiles
    presets: Mapping[str, Preset]
    lines: tuple[Line[Any, Any], ...]


def build_parts(settings: Settings) -> Parts:
    """Calendars, presets, stores and lines."""
    presets, rules = load_presets(), load_rules()
    clock = build_clock(settings.clock, settings.timezone)
    office = OfficeStore(load_calendars(), presets, rules, clock)
    files = CaseFiles(office)
    lines: tuple[Line[Any, Any], ...] = (
        # regions first: a case of a batch is read by the profile that came with it
        Line(
            "regions",
            wants=handlers.is_reference,
            key=handlers.region_key,
            store=RegionStore(),
            handle=handlers.take_regions,
        ),
        Line(
            "reference",
            wants=handlers.is_evidence,
            key=handlers.evidence_key,
            store=ReferenceStore(),
            handle=handlers.take_evidence,
        ),
        Line(
            "sources",
            wants=handlers.is_heartbeat,
            key=handlers.source_key,
            store=SourceStore(office),
            handle=handlers.hear_sources,
        ),
        Line("cases", wants=handlers.is_of_case, key=handlers.case_key, store=files, handle=handlers.supervise),
    )
    return Parts(office, files, presets, lines)


def build_api(settings: Settings) -> FastAPI:
    """The API process: `/api/supervision/v1`, `/supervision/`, `/ops/monitoring`."""
    parts = build_parts(settings)
    news = News(settings.dsn_direct)

    async def begin(_: FastAPI) -> None:
        await news.start()

    async def end(_: FastAPI) -> None:
        await news.stop()

    app = api.build_api(
        settings,
        SERVICE,
        [],
        on_start=begin,
        on_stop=end,
        lines=parts.lines,
        inbox=archive(),
        title="阳光政务 · 电子监察 Sunlit Hall · supervision",
    )
    spine: Spine = app.state.spine
    database, clock, cursors = spine.database, spine.clock, app.state.cursors
    acts = CardActs(database, clock, parts.office)
    app.include_router(Api(database, clock, cursors, parts.office, news).router())
    line = next(line for line in parts.lines if line.name == "cases")
    app.include_router(ComplaintRoutes(database, clock, cursors, parts.files, line).router())
    app.include_router(ExportRoutes(database, clock, parts.office, parts.files).router())
    app.include_router(OrderRoutes(database, clock, parts.office).router())
    app.include_router(StatisticsRoutes(database, clock).router())
    app.include_router(RuleRoutes(database, clock, parts.office, parts.files, parts.presets).router())
    app.include_router(CardRoutes(database, clock, cursors, parts.office, acts).router())
    pages = Pages(
        SERVICE,
        templates=HERE / "templates",
        catalogues=[HERE / "texts.toml"],
        clock=clock,
        secret=read_key(settings.secrets_dir, "form.key"),
    )
    pages.install(app)
    reports = ReportRoutes(database, clock, parts.office, pages)
    app.include_router(reports.router())
    app.include_router(reports.page_router())
    app.include_router(supervision_pages(pages, database, clock, cursors, parts.files, parts.office))
    app.include_router(ops_pages(pages, spine, parts.office))
    return app


def build_worker(settings: Settings) -> SpineApp:
    """The worker process: folds what halls and disclosure say, judges, issues and takes back cards."""
    return worker.build_worker(
        settings,
        SERVICE,
        build_parts(settings).lines,
        TOPICS,
        [ProgressWatch],
        inbox=archive(),
        gather_s=GATHER_S,
        gauges=GAUGES,
    )
