"""Wires approval: the API with its pages, and the worker that takes in, folds and tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.type_info import HALL_EVENTS, SUPERVISION_FINDINGS
from libs.common.runtime import api, worker
from libs.common.runtime.assembly import Spine
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.clock import build_clock
from libs.common.runtime.keyring import read_key
from libs.common.runtime.lines import Line
from libs.common.runtime.sealing import Opener, Sealer, Wrapping
from libs.common.runtime.settings import Settings
from libs.common.runtime.topics import INGEST_PATTERN
from libs.common.runtime.worker import SpineApp
from libs.common.web.pages import Pages
from services.approval.domain.cards import fold_cards
from services.approval.feeds.converters import load_converters
from services.approval.feeds.flavours import load_flavours
from services.approval.gauges import GAUGES
from services.approval.handlers import fold_cases, is_of_case, subject, take_in
from services.approval.pages.guesses import Guesses
from services.approval.pages.hall import hall_pages
from services.approval.pages.ops import ops_pages
from services.approval.pages.progress import progress_pages
from services.approval.routes.calculate import calculation_routes
from services.approval.routes.calendars import calendar_routes
from services.approval.routes.cases import case_routes
from services.approval.routes.events import event_routes
from services.approval.routes.feeds import feed_routes, read_again
from services.approval.routes.items import item_routes
from services.approval.routes.reference import reference_routes
from services.approval.routes.sources import key_routes, source_routes
from services.approval.routes.xes import xes_routes
from services.approval.store.api_keys import ApiKeys
from services.approval.store.cards import Cards
from services.approval.store.cases import CaseFiles, archive
from services.approval.store.feeds import Feeds
from services.approval.store.intake import Intake, receipts
from services.approval.store.owners import Owners
from services.approval.store.progress import Progress
from services.approval.store.reference import References
from services.approval.store.seals import CaseKeys
from services.approval.store.sources import Sources

SERVICE = "approval"
HERE = Path(__file__).parent
TOPICS = (HALL_EVENTS, INGEST_PATTERN, SUPERVISION_FINDINGS)
CASES = "cases"


@dataclass(frozen=True, slots=True)
class Parts:
    """What both kinds of process of this service share."""

    owners: Owners
    files: CaseFiles
    references: References
    cards: Cards
    lines: tuple[Line[Any, Any], ...]


def build_parts(settings: Settings) -> Parts:
    """Keys, calendars, stores and lines; raises ContractBroken naming the file that is missing or wrong."""
    wrapping, keys = Wrapping.from_dir(settings.secrets_dir), CaseKeys()
    clock = build_clock(settings.clock, settings.timezone)
    owners = Owners(Sealer(wrapping, keys), read_key(settings.secrets_dir, "party_ref.key"), lambda: clock.wall().year)
    references = References(load_calendars(), ZoneInfo(settings.timezone))
    files, cards = CaseFiles(references, Opener(wrapping, keys)), Cards()
    lines: tuple[Line[Any, Any], ...] = (
        Line(
            "intake",
            wants=_is_halls,
            key=subject,
            store=owners,
            handle=take_in,
            topics=(INGEST_PATTERN,),
            inbox=receipts(),
        ),
        Line(CASES, wants=is_of_case, key=subject, store=files, handle=fold_cases, topics=(HALL_EVENTS,)),
        Line(
            "cards",
            wants=_is_card,
            key=_card,
            store=cards,
            handle=fold_cards,
            topics=(SUPERVISION_FINDINGS,),
            parks_behind=True,
        ),
    )
    return Parts(owners, files, references, cards, lines)


def build_api(settings: Settings) -> FastAPI:
    """The API process: `/api/approval/v1`, `/hall/`, `/progress`, `/ops/approval`."""
    parts = build_parts(settings)
    app = api.build_api(
        settings,
        SERVICE,
        [],
        lines=parts.lines,
        inbox=archive(),
        title="阳光政务 · 办件 Sunlit Hall · approval",
    )
    spine: Spine = app.state.spine
    database, clock, cursors = spine.database, spine.clock, app.state.cursors
    pages = Pages(
        SERVICE,
        templates=HERE / "templates",
        catalogues=[HERE / "texts.toml"],
        clock=clock,
        secret=read_key(settings.secrets_dir, "form.key"),
    )
    pages.install(app)
    progress = Progress(database, parts.files, parts.owners)
    guesses = Guesses()
    intake = Intake(database, parts.owners, settings.outbox_cap_rows)
    converters = load_converters()
    sources = Sources(parts.references, load_flavours())
    feeds = Feeds(database, intake, sources)
    app.state.api_keys = ApiKeys(database, read_key(settings.secrets_dir, "api_key.key"))
    spine.letters.read_again = read_again(feeds, clock, converters)
    routers = (
        event_routes(intake, clock),
        feed_routes(feeds, database, clock, converters),
        xes_routes(intake, database, clock, parts.references),
        source_routes(database, clock, cursors, sources),
        key_routes(database, clock),
        case_routes(database, clock, cursors, parts.files, parts.cards, progress, pages, guesses),
        calculation_routes(database, parts.references),
        calendar_routes(database, clock, parts.references, CASES),
        item_routes(database, clock),
        reference_routes(database, clock, cursors, parts.references),
        hall_pages(pages, database, clock, cursors, parts.files, parts.cards),
        progress_pages(pages, clock, progress, guesses),
        ops_pages(pages, spine, parts.references),
    )
    for router in routers:
        app.include_router(router)
    return app


def build_worker(settings: Settings) -> SpineApp:
    """The worker process: ingest topics, the fold of cases, supervision's cards."""
    return worker.build_worker(settings, SERVICE, build_parts(settings).lines, TOPICS, inbox=archive(), gauges=GAUGES)


def _is_halls(event: Event) -> bool:
    return event.type.startswith("hall.")


def _is_card(event: Event) -> bool:
    return event.type.startswith("supervision.card.")


def _card(event: Event) -> str:
    return str(event.data.card_id)
