"""Wires disclosure: the API with its pages, and the worker."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from uuid6 import uuid7

from libs.common.kernel.calendar import Calendars
from libs.common.runtime import api, worker
from libs.common.runtime.assembly import Spine
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.database import Database
from libs.common.runtime.keyring import read_key
from libs.common.runtime.lines import Line
from libs.common.runtime.settings import Settings
from libs.common.runtime.worker import SpineApp
from libs.common.web.pages import Pages
from services.disclosure import handlers
from services.disclosure.domain.audit import Report
from services.disclosure.domain.policy import Policies, parse_policies
from services.disclosure.domain.record_file import RecordFile
from services.disclosure.gauges import GAUGES
from services.disclosure.pages.desk import DeskPages
from services.disclosure.pages.ops import OpsPages
from services.disclosure.pages.public import PublicPages
from services.disclosure.ports import Desk
from services.disclosure.routes.api import Api
from services.disclosure.routes.feeds import FeedRoutes
from services.disclosure.store.acts import LINE, Acts
from services.disclosure.store.audit import verify_log
from services.disclosure.store.files import RecordFiles
from services.disclosure.store.log import TransparencyLog

SERVICE = "disclosure"
HERE = Path(__file__).parent
LOG_ORIGIN = "sunlit-hall/disclosure-log"
TOPICS = ("approval.cases.v1",)


@dataclass(frozen=True, slots=True)
class Parts:
    """What both kinds of process of this service share."""

    policies: Policies
    log: TransparencyLog
    files: RecordFiles
    line: Line[RecordFile, Desk]


def build_parts(settings: Settings) -> Parts:
    """Policies, calendar and the log's key; raises ContractBroken naming the file that is missing or wrong."""
    policies = parse_policies(tomllib.loads((HERE / "data" / "policies.toml").read_text(encoding="utf-8")))
    log = open_log(settings)
    files = RecordFiles(policies, log, _Workdays(load_calendars()), ZoneInfo(settings.timezone))
    line = Line(LINE, wants=handlers.wants, key=handlers.key, store=files, handle=handlers.handle, parks_behind=True)
    return Parts(policies, log, files, line)


def open_log(settings: Settings) -> TransparencyLog:
    """The transparency log with its signing key (`log.key`)."""
    seed = read_key(settings.secrets_dir, "log.key")
    return TransparencyLog(LOG_ORIGIN, Ed25519PrivateKey.from_private_bytes(seed))


def build_api(settings: Settings) -> FastAPI:
    """The API process: `/api/disclosure/v1`, the portal, the review desk, the operators' page."""
    parts = build_parts(settings)
    app = api.build_api(settings, SERVICE, [], lines=[parts.line], title="阳光政务 · 公开 Sunlit Hall · disclosure")
    spine: Spine = app.state.spine
    acts = Acts(parts.files, handlers.do)
    verifier_key = parts.log.verifier_key
    app.include_router(
        Api(spine.database, spine.clock, app.state.cursors, acts, LOG_ORIGIN, verifier_key, _new_id).router()
    )
    app.include_router(FeedRoutes(spine.database, spine.clock).router())
    pages = Pages(
        SERVICE,
        templates=HERE / "templates",
        catalogues=[HERE / "texts.toml"],
        clock=spine.clock,
        secret=read_key(settings.secrets_dir, "form.key"),
    )
    pages.install(app)
    cursors = app.state.cursors
    app.include_router(PublicPages(pages, spine.database, spine.clock, cursors, parts.policies).router())
    app.include_router(DeskPages(pages, spine.database, spine.clock, cursors, acts, parts.policies, _new_id).router())
    app.include_router(OpsPages(pages, spine, parts.policies, verifier_key).router())
    return app


def build_worker(settings: Settings) -> SpineApp:
    """The worker process: follows approval, publishes, reads back, lets periods end."""
    return worker.build_worker(settings, SERVICE, [build_parts(settings).line], TOPICS, gauges=GAUGES)


async def verify(settings: Settings) -> Report:
    """Checks the whole log against the database: what `sunlit verify log` runs. Reads only."""
    log = open_log(settings)
    # one statement reads some thousand rows; a full log takes many of them in one snapshot
    database = Database(settings.dsn, settings.schema_of(SERVICE), pool_size=1, statement_timeout_ms=60_000)
    await database.start()
    try:
        async with database.reading() as tx:
            return await verify_log(tx, log.origin, log.public_key)
    finally:
        await database.stop()


class _Workdays:
    """The working days of the region's calendar."""

    def __init__(self, calendars: Calendars) -> None:
        self._calendars = calendars

    def __call__(self, region: str | None, start: date, n: int) -> date | None:
        return self._calendars.of(region).nth_after(start, n)


def _new_id() -> str:
    return str(uuid7())
